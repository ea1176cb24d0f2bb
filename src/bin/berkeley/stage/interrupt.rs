//! SIGINT, SIGTERM and SIGHUP: noted, and looked at where something is
//! waited for. The way out is then an error like any other, so that whatever
//! was started is ended by its `Drop`.

use std::fmt::{self, Display};
use std::sync::atomic::{AtomicI32, Ordering};

use anyhow::Result;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};

/// The last such signal,
static CAUGHT: AtomicI32 = AtomicI32::new(0);
/// who has sent it, or 0,
static SENDER: AtomicI32 = AtomicI32::new(0);
/// and again the signal, until somebody takes it.
static WISH: AtomicI32 = AtomicI32::new(0);

/// The tool was told to stop, by this signal.
#[derive(Debug)]
pub(crate) struct Interrupted(pub(crate) i32);

impl Display for Interrupted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Signal::try_from(self.0) {
            Ok(signal) => write!(out, "interrupted by {signal}"),
            Err(_) => write!(out, "interrupted by signal {}", self.0),
        }
    }
}

impl std::error::Error for Interrupted {}

/// Notes these signals from now on, and adopts orphans of its children.
pub(crate) fn watch() -> Result<()> {
    let handler = SigHandler::SigAction(note);
    let flags = SaFlags::SA_RESTART | SaFlags::SA_SIGINFO;
    let action = SigAction::new(handler, flags, SigSet::empty());
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: `note` stores atomic numbers, which a handler may.
        let before = unsafe { sigaction(signal, &action) }?;
        // `nohup` wants it ignored. For the others a handler is right even
        // then: a program started here would inherit the ignoring.
        if signal == Signal::SIGHUP && is_ignored(&before) {
            // SAFETY: puts back what was there.
            unsafe { sigaction(signal, &before) }?;
        }
    }
    set_child_subreaper(true)?;
    Ok(())
}

fn is_ignored(action: &SigAction) -> bool {
    matches!(action.handler(), SigHandler::SigIgn)
}

extern "C" fn note(
    signal: i32,
    info: *mut libc::siginfo_t,
    _: *mut libc::c_void,
) {
    // SAFETY: with SA_SIGINFO the kernel gives one to the handler, and of all
    // that kill(2) sends si_pid is set; else it is some other number in it.
    let sender = unsafe { (*info).si_pid() };
    // SAFETY: the same.
    let code = unsafe { (*info).si_code };
    let is_sent = [libc::SI_USER, libc::SI_QUEUE, libc::SI_TKILL];
    let is_sent = is_sent.contains(&code);
    SENDER.store(if is_sent { sender } else { 0 }, Ordering::Relaxed);
    CAUGHT.store(signal, Ordering::Relaxed);
    WISH.store(signal, Ordering::Relaxed);
}

/// An error from the first such signal on, taken or not.
pub(crate) fn check() -> Result<()> {
    match CAUGHT.load(Ordering::Relaxed) {
        0 => Ok(()),
        signal => Err(Interrupted(signal).into()),
    }
}

/// The process that has sent the last one, if it was one and is known.
pub(crate) fn sender() -> Option<i32> {
    Some(SENDER.load(Ordering::Relaxed)).filter(|pid| *pid > 0)
}

/// The last such signal since the last look, for whoever takes it as a wish
/// rather than as an end.
pub(crate) fn take() -> Option<i32> {
    let signal = WISH.swap(0, Ordering::Relaxed);
    (signal != 0).then_some(signal)
}
