//! `berkeley check`: what it says of programs that are right, and of
//! programs in which one thing is wrong.

#![allow(clippy::unwrap_used)]

mod class;
#[path = "../common/mod.rs"]
mod common;
mod ends;
mod fairness;
mod planted;
mod references;
mod usage;
mod watch;

use std::path::Path;
use std::process::Command;

use common::{
    Finished, Language, SOON, interpreter, program, run, run_within,
};
use serde_json::Value;

/// `berkeley check` with these arguments.
pub(crate) fn check(args: &[&str]) -> Command {
    let mut command = Command::new(program(Language::Rust, "berkeley"));
    command.arg("check").args(args);
    command
}

/// Its report, and its exit code.
pub(crate) fn report(command: &mut Command) -> (Value, i32) {
    let done: Finished = run_within(SOON * 8, command, b"");
    let report = serde_json::from_slice(&done.stdout).unwrap_or_else(|why| {
        panic!("{why}: {}{}", done.out(), done.err());
    });
    (report, done.code)
}

/// What a script prints about a file.
pub(crate) fn python_lines(script: &str, file: &Path) -> Vec<String> {
    let mut python = Command::new(interpreter().unwrap());
    let done = run(python.arg("-c").arg(script).arg(file), b"");
    assert_eq!(done.code, 0, "{}", done.err());
    done.out().lines().map(str::to_owned).collect()
}

/// The cases in which this was the result.
pub(crate) fn ids(report: &Value, result: &str) -> Vec<String> {
    let outcomes = report["outcomes"].as_array().unwrap().iter();
    let of_it = outcomes.filter(|outcome| outcome["result"] == result);
    of_it.map(|outcome| outcome["id"].as_str().unwrap().to_owned()).collect()
}
