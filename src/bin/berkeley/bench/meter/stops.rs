//! Stops of traced programs, one at a time: how they are heard of, and how
//! the program goes on. Man pages: `ptrace(2)`, `waitpid(2)`.

use std::ptr;
use std::time::Duration;

use anyhow::{Result, bail};
use nix::errno::Errno;
use nix::poll::ppoll;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, kill,
    pthread_sigmask, sigaction,
};
use nix::sys::time::TimeSpec;
use nix::unistd::Pid;

/// How often the world is looked at beside the stops.
pub(super) const LOOK: Duration = Duration::from_millis(1);

/// PTRACE_TRACEME lets `Command` start the program, and stops it behind its
/// exec; but what begins so cannot stay stopped as PTRACE_SEIZE lets it. So
/// it changes hands, stopped all the while.
pub(super) fn seize(pid: Pid) -> Result<()> {
    wait_for_stop(pid, libc::__WALL)?;
    ptrace::detach(pid, Signal::SIGSTOP)?;
    wait_for_stop(pid, libc::WUNTRACED)?;
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(pid, options)?;
    Ok(kill(pid, Signal::SIGCONT)?)
}

fn wait_for_stop(pid: Pid, flags: i32) -> Result<()> {
    match wait(pid.as_raw(), flags)? {
        Some((_, status)) if libc::WIFSTOPPED(status) => Ok(()),
        _ => bail!("it ended before it began"),
    }
}

/// Who has stopped or ended, if anyone has.
pub(super) fn look_at(whom: i32) -> Result<Option<(i32, i32)>, Errno> {
    wait(whom, libc::__WALL | libc::WNOHANG)
}

/// nix's waitpid(2) knows no real-time signals.
fn wait(whom: i32, flags: i32) -> Result<Option<(i32, i32)>, Errno> {
    let mut status = 0;
    loop {
        // SAFETY: the status is this function's own.
        let pid = unsafe { libc::waitpid(whom, &raw mut status, flags) };
        match Errno::result(pid) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(pid) => return Ok((pid != 0).then_some((pid, status))),
        }
    }
}

/// ESRCH when it was killed meanwhile: its end comes as the next stop.
pub(super) fn go_on(how: u32, pid: i32, signal: i32) {
    let nothing = ptr::null_mut::<libc::c_void>();
    // SAFETY: these requests touch no memory of this process; the last
    // argument is a number, widened as the kernel reads it.
    unsafe { libc::ptrace(how, pid, nothing, i64::from(signal)) };
}

/// Hears each stop at once: SIGCHLD waits until this thread does, so that
/// none can come just before it sleeps.
pub(super) struct Ear {
    action: SigAction,
    mask: SigSet,
}

impl Ear {
    pub(super) fn open() -> Result<Ear> {
        let handler = SigHandler::Handler(wake);
        let action =
            SigAction::new(handler, SaFlags::empty(), SigSet::empty());
        // SAFETY: `wake` does nothing.
        let action = unsafe { sigaction(Signal::SIGCHLD, &action) }?;
        let stops = SigSet::from(Signal::SIGCHLD);
        let mut mask = SigSet::empty();
        pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&stops), Some(&mut mask))?;
        Ok(Ear { action, mask })
    }

    pub(super) fn wait(&self) {
        let mut mask = self.mask;
        mask.remove(Signal::SIGCHLD);
        let _ = ppoll(&mut [], Some(TimeSpec::from(LOOK)), Some(mask));
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let before = Some(&self.mask);
        let _ = pthread_sigmask(SigmaskHow::SIG_SETMASK, before, None);
        // SAFETY: puts back what was there.
        let _ = unsafe { sigaction(Signal::SIGCHLD, &self.action) };
    }
}

extern "C" fn wake(_: i32) {}
