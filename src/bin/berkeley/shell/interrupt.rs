//! Ctrl-C: noted, and taken by whoever waits for an actor.

use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};

static CAME: AtomicBool = AtomicBool::new(false);

/// From now on. Without SA_RESTART: what waits shall look.
pub(super) fn watch() -> Result<(), Errno> {
    let handler = SigHandler::Handler(note);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: `note` stores an atomic flag, which a handler may.
    unsafe { sigaction(Signal::SIGINT, &action) }?;
    Ok(())
}

extern "C" fn note(_: i32) {
    CAME.store(true, Ordering::Relaxed);
}

/// Whether it came since this was last asked.
pub(super) fn taken() -> bool {
    CAME.swap(false, Ordering::Relaxed)
}
