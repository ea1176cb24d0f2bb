//! What `berkeley shell` promises: the calls as they were typed, results as
//! the C API has them, and no surprise that ends it.

#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod ctrl_c;
mod helps;
mod recorded;
mod routes;
mod rubbish;
mod waiting;
mod walk;

use std::path::PathBuf;
use std::process::Command;

use common::{Finished, Language, program, run};

/// The shell, reading these lines.
pub(crate) fn typed(lines: &str) -> Finished {
    run(&mut shell(), lines.as_bytes())
}

pub(crate) fn shell() -> Command {
    let mut command = Command::new(program(Language::Rust, "berkeley"));
    command.arg("shell");
    command
}

/// A folder of this test's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let name = format!("berkeley-shell-{name}-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
