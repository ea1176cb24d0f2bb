//! What `berkeley trace --lint` promises: each mistake is found in a program
//! that makes it, and nothing is found where nothing is wrong.

#![allow(clippy::unwrap_used)]
// The peers are not written with the code under test.
#![allow(clippy::disallowed_types)]

#[path = "../common/mod.rs"]
mod common;

mod conversations;
mod innocent;
mod planted;
mod printed;

use std::process::Command;

use common::{Finished, Language, program, run};
use serde_json::Value;

fn trace(args: &[&str]) -> Command {
    let mut command = Command::new(program(Language::Rust, "berkeley"));
    command.arg("trace").args(args);
    command
}

/// What is found when this is traced.
fn found(command: &mut Command) -> Vec<Value> {
    let done = run(command, b"");
    findings(&done)
}

fn findings(done: &Finished) -> Vec<Value> {
    // Beside a program, the trace is on stderr.
    let texts = [done.out(), done.err()];
    let mut reports = texts.iter().filter_map(|text| {
        let start = text.find("{\n")?;
        let mut values =
            serde_json::Deserializer::from_str(&text[start..]).into_iter();
        let report: Value = values.next()?.ok()?;
        report.get("findings").cloned()
    });
    let report = reports.next_back();
    let report = report.unwrap_or_else(|| panic!("no report: {done:?}"));
    report.as_array().unwrap().clone()
}

/// The lints, by their names.
fn ids(findings: &[Value]) -> Vec<&str> {
    let ids = findings.iter();
    ids.map(|finding| finding["lint"]["id"].as_str().unwrap()).collect()
}
