//! SIGCHLD, as this tool was started with it.
//!
//! Whoever ignores it has no dead children: the kernel takes them away at
//! once, wait4(2) fails with ECHILD, and nobody learns how they ended. That
//! lasts over fork and exec, and this tool waits for all that it starts. Man
//! pages: `wait(2)`, `sigaction(2)`.

use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{SigHandler, Signal, signal};

static WERE_IGNORED: AtomicBool = AtomicBool::new(false);

/// From now on their ends are told. Before anybody is started.
pub(crate) fn are_waited_for() {
    // SAFETY: the default is nobody's function.
    let before = unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) };
    let were_ignored = matches!(before, Ok(SigHandler::SigIgn));
    WERE_IGNORED.store(were_ignored, Ordering::Relaxed);
}

/// Whether a program that is to be started as if this tool were not there
/// ignores it.
pub(crate) fn were_ignored() -> bool {
    WERE_IGNORED.load(Ordering::Relaxed)
}
