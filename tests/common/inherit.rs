//! What a program inherits from whoever starts it.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::{SigHandler, Signal, signal};

/// With this signal ignored, as nohup(1) starts one for SIGHUP.
pub fn ignoring(what: Signal, command: &mut Command) -> &mut Command {
    let ignore = move || {
        // SAFETY: SIG_IGN runs nothing.
        unsafe { signal(what, SigHandler::SigIgn) }?;
        Ok(())
    };
    // SAFETY: between fork and exec it makes one system call, and touches no
    // memory but its own.
    unsafe { command.pre_exec(ignore) }
}
