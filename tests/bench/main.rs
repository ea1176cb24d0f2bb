//! What `berkeley bench` promises: it says what it has measured, it is not
//! taken in, and it leaves nothing behind.
//!
//! Figures of a busy machine are nobody's promise, so none is judged here
//! but those that hold however busy it is.

#![allow(clippy::unwrap_used)]

mod cells;
#[path = "../common/mod.rs"]
mod common;
mod ends;
mod files;
mod rate;
mod strangers;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Finished, Language, program, run};
use serde_json::Value;

/// The tool among the programs that cargo and make have built for the tests.
fn bench(args: &[&str]) -> Command {
    program(Language::C, "knock");
    let mut command = Command::new(program(Language::Rust, "berkeley"));
    command.args(["bench", "--no-build"]).args(args);
    command
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let name = format!("bench-{name}-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn record(finished: &Finished) -> Value {
    serde_json::from_slice(&finished.stdout)
        .unwrap_or_else(|_| panic!("{}{}", finished.out(), finished.err()))
}

/// The record of a short run, which must be good.
fn measured(args: &[&str]) -> Value {
    let finished = run(bench(args).args(["--json", "-"]), b"");
    let record = record(&finished);
    assert_eq!(finished.code, 0, "{}\n{record:#}", finished.err());
    record
}

fn cells(record: &Value) -> &[Value] {
    record["cells"].as_array().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn verdict(cell: &Value) -> &str {
    cell["verdict"].as_str().unwrap()
}

#[test]
fn what_makes_no_sense_is_refused() {
    let wrong: [&[&str]; 12] = [
        &["--models", "spoon"],
        &["--languages", "ada"],
        &["--mode", "sideways"],
        &["--concurrency", "0"],
        &["--rounds", "0"],
        &["--seconds", "-1"],
        &["--seconds", "nan"],
        &["--rate", "0"],
        &["--server", "mine=python3 echo.py"],
        &["--target", "127.0.0.1"],
        &["--target", "127.0.0.1:1", "--models", "epoll"],
        &["--protocol", "supply", "--size", "16385"],
    ];
    for args in wrong {
        let refused = run(&mut bench(args), b"");
        assert_eq!(refused.code, 2, "{args:?}: {}", refused.err());
        assert!(refused.err().starts_with("error: "), "{}", refused.err());
    }
    let nobody = run(&mut bench(&["--compare", "/no/such/file"]), b"");
    assert_eq!(nobody.code, 3);
}
