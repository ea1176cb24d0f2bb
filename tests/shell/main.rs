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

use common::kernel::descendants;
use common::{Finished, Language, SOON, program, run, until};

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

/// Who sleeps in accept(2), among those that this process began; once it does.
pub(crate) fn accepting(pid: i32) -> i32 {
    let accept = nix::libc::SYS_accept.to_string();
    let is_in_it = |pid: &i32| {
        let call = std::fs::read_to_string(format!("/proc/{pid}/syscall"));
        call.is_ok_and(|call| call.split(' ').next() == Some(&accept))
    };
    let mut found = None;
    until(SOON, "somebody is in accept", || {
        found = descendants(pid).into_iter().find(is_in_it);
        found.is_some()
    });
    found.unwrap()
}
