//! What `berkeley trace` promises: it shows what was called, and changes
//! nothing.

#![allow(clippy::unwrap_used)]
// The peers are not written with the code under test.
#![allow(clippy::disallowed_types)]

#[path = "../common/mod.rs"]
mod common;

mod against_strace;
mod ends;
mod execs;
mod files;
mod labs;
mod servers;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{Language, program};
use serde_json::Value;

/// The tool, and the words before those of the traced program.
fn trace(args: &[&str]) -> Command {
    let mut command = Command::new(program(Language::Rust, "berkeley"));
    command.arg("trace").args(args);
    command
}

/// A file for a trace; it goes when the test does.
struct Saved(PathBuf);

impl Saved {
    fn new(extension: &str) -> Saved {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("saved-{}-{next}.{extension}", std::process::id());
        Saved(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The events of this kind.
fn events<'a>(trace: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = trace["events"].as_array().unwrap().iter();
    all.filter(|event| event["event"] == kind).collect()
}

/// The calls of this name.
fn calls<'a>(trace: &'a Value, name: &str) -> Vec<&'a Value> {
    let mut calls = events(trace, "call");
    calls.retain(|call| call["call"] == name);
    calls
}
