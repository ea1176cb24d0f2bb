//! What `berkeley list` promises: the truth about the files, on any paper.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Language, MODELS, program, run};
use serde_json::Value;

fn list(args: &[&str]) -> common::Finished {
    let tool = program(Language::Rust, "berkeley");
    run(Command::new(tool).arg("list").args(args), b"")
}

fn everything() -> Value {
    let listed = list(&["--json"]);
    assert_eq!(listed.code, 0, "{}", listed.err());
    serde_json::from_slice(&listed.stdout).unwrap()
}

fn names(everything: &Value, of: &str) -> Vec<String> {
    let all = everything[of].as_array().unwrap().iter();
    all.map(|one| one["name"].as_str().unwrap().to_string()).collect()
}

#[test]
fn only_files_that_exist_are_named() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let everything = everything();
    let mut missing = Vec::new();
    for of in ["programs", "models", "twins"] {
        let all = everything[of].as_array().unwrap();
        let files = all.iter().flat_map(|one| [&one["rust"], &one["c"]]);
        let files = files.map(|file| file.as_str().unwrap());
        missing.extend(files.filter(|file| !top.join(file).is_file()));
    }
    assert!(missing.is_empty(), "named, and not there: {missing:?}");
}

#[test]
fn every_lab_program_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin");
    let entries = folder.read_dir().unwrap().flatten();
    let names_there = entries.map(|entry| {
        let path = entry.path();
        path.file_stem().unwrap().to_str().unwrap().to_string()
    });
    let mut there: Vec<String> =
        names_there.filter(|name| name != "berkeley").collect();
    let mut listed = names(&everything(), "programs");
    there.sort();
    listed.sort();
    assert_eq!(listed, there);
}

#[test]
fn the_models_are_those_that_the_servers_take() {
    assert_eq!(names(&everything(), "models"), MODELS);
}

#[test]
fn what_a_pipe_gets_is_plain_and_fits_eighty_columns() {
    let listed = list(&[]);
    assert_eq!(listed.code, 0);
    assert!(!listed.stdout.contains(&b'\x1b'), "an escape code in a pipe");
    let text = listed.out();
    let long = text.lines().find(|line| line.chars().count() > 80);
    assert_eq!(long, None);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let tool = program(Language::Rust, "berkeley");
    let script = "\"$0\" list | head -1; exit ${PIPESTATUS[0]}";
    let mut command = Command::new("bash");
    let ended = run(command.arg("-c").arg(script).arg(tool), b"");
    assert_eq!((ended.code, ended.err().as_str()), (0, ""));
}

#[test]
fn bad_usage_is_two() {
    assert_eq!(list(&["--yaml"]).code, 2);
    let tool = program(Language::Rust, "berkeley");
    assert_eq!(run(&mut Command::new(tool), b"").code, 2);
}
