//! `berkeley lab`: what it says of the kernel, again and again, and what it
//! says when the kernel is set otherwise.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod forms;
mod settings;
mod verdicts;

use std::process::Command;
use std::time::Duration;

use common::{Finished, Language, program, run_within};
use serde_json::Value;

/// Longer than anything takes that is not stuck.
const LONG: Duration = Duration::from_secs(120);

/// `berkeley lab` with these arguments.
pub(crate) fn lab(args: &[&str]) -> Finished {
    let tool = program(Language::Rust, "berkeley");
    run_within(LONG, Command::new(tool).arg("lab").args(args), b"")
}

/// What one experiment says with these options, and its exit code.
pub(crate) fn held(args: &[&str]) -> (Value, i32) {
    let done = lab(&[args, &["--json"]].concat());
    let all: Value =
        serde_json::from_slice(&done.stdout).unwrap_or_else(|why| {
            panic!("{args:?}: {why}: {}{}", done.out(), done.err())
        });
    (all["experiments"][0].clone(), done.code)
}

pub(crate) fn names() -> Vec<String> {
    let done = lab(&["--list", "--json"]);
    let all: Value = serde_json::from_slice(&done.stdout).unwrap();
    let all = all.as_array().unwrap().iter();
    all.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

/// What was observed, without the numbers that the kernel chose.
pub(crate) fn observed(experiment: &Value) -> Vec<(String, String, bool)> {
    let all = experiment["observed"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|one| (text(&one["what"]), text(&one["got"]), one["ok"] == true))
        .collect()
}
