//! Signals that end a program which has nothing to finish.
//!
//! Twin: `c_compare/sockets/signals.c`. The servers that have conversations
//! to finish go by `workers/way_out.rs`, in a thread of its own; here a
//! handler will do. Man pages: `signal(7)`, `signal-safety(7)`, `nohup(1)`.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction, signal,
};

use super::errors::Failed;

static FILE: OnceLock<CString> = OnceLock::new();

/// SIGINT, SIGTERM and SIGHUP end this program with exit code 0, and take its
/// socket file away.
///
/// # Errors
/// When the kernel does not take the handler.
pub fn leave_on_signals(file: Option<&Path>) -> Result<(), Failed> {
    let path = file.map(|path| path.as_os_str().as_bytes());
    if let Some(path) = path.and_then(|path| CString::new(path).ok()) {
        let _ = FILE.set(path);
    }
    respecting_nohup(|| {
        let ended = SigAction::new(
            SigHandler::Handler(leave),
            SaFlags::empty(),
            SigSet::empty(),
        );
        for what in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            // SAFETY: the handler makes only calls that signal-safety(7)
            // allows, and never returns into what it has interrupted.
            unsafe { sigaction(what, &ended) }
                .map_err(Failed::at("sigaction", what))?;
        }
        Ok(())
    })
}

extern "C" fn leave(_: libc::c_int) {
    if let Some(path) = FILE.get() {
        // SAFETY: a path that ends in a NUL and lives as long as the process.
        unsafe { libc::unlink(path.as_ptr()) };
    }
    // SAFETY: the process ends here.
    unsafe { libc::_exit(0) }
}

/// Lets `install` set its handlers, and takes SIGHUP away from them when it
/// was ignored before: who starts a program by nohup wants it to stay so.
///
/// # Errors
/// What `install` says.
pub fn respecting_nohup(
    install: impl FnOnce() -> Result<(), Failed>,
) -> Result<(), Failed> {
    // SAFETY: SIG_IGN runs nothing.
    let before = unsafe { signal(Signal::SIGHUP, SigHandler::SigIgn) };
    install()?;
    if let Ok(SigHandler::SigIgn) = before {
        // SAFETY: as above.
        let _ = unsafe { signal(Signal::SIGHUP, SigHandler::SigIgn) };
    }
    Ok(())
}
