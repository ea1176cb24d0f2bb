//! What `ctrlc` does not know: nohup(1).
//!
//! It takes SIGINT, SIGTERM and SIGHUP; but who starts a program by nohup
//! wants SIGHUP to stay ignored. In C that is one `if` at its place. Man
//! pages: `signal(7)`, `nohup(1)`.

use nix::sys::signal::{SigHandler, Signal, signal};

use super::errors::Failed;

/// Lets `install` set its handlers, and takes SIGHUP away from them when it
/// was ignored before.
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
