//! wait4(2): as waitpid(2), and says what the ended one has used.

use std::ops::AddAssign;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::kernel::family;

/// What a program used in its whole life, with all children that were
/// reaped: by itself, or by this process after it was gone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    pub(crate) cpu: Duration,
    /// How often it was taken from a CPU, or left it itself.
    pub(crate) switches: u64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        self.cpu += other.cpu;
        self.switches += other.switches;
    }
}

/// How it ended, and what it used; `None` when nobody has ended yet. Whom:
/// a pid, or minus a process group. ECHILD when there is nobody.
pub(super) fn reap(
    whom: i32,
    flags: i32,
) -> Result<Option<(ExitStatus, Usage)>, Errno> {
    let reaped = reap_any(whom, flags)?;
    Ok(reaped.map(|(_, status, usage)| (status, usage)))
}

/// The same, and who it was.
pub(crate) fn reap_any(
    whom: i32,
    flags: i32,
) -> Result<Option<(i32, ExitStatus, Usage)>, Errno> {
    let mut status = 0;
    // SAFETY: rusage is made of integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both places are this function's own, of the right types.
        let pid = unsafe {
            libc::wait4(whom, &raw mut status, flags, &raw mut usage)
        };
        match Errno::result(pid) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(0) => return Ok(None),
            Ok(pid) => {
                let status = ExitStatus::from_raw(status);
                return Ok(Some((pid, status, used(&usage))));
            }
        }
    }
}

/// Ends everybody whom this process has adopted and nobody owns: a program
/// that made itself a daemon is in no group that is known here. For the very
/// end, since children who are still wanted would not survive it.
pub(crate) fn end_the_rest() {
    let me = Pid::this().as_raw();
    loop {
        // What one of them forks meanwhile is seen the next time.
        for pid in family(me).into_iter().filter(|pid| *pid != me) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        if reap(-1, 0).is_err() {
            return;
        }
    }
}

fn used(usage: &libc::rusage) -> Usage {
    let time = |time: libc::timeval| {
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        let micros = u64::try_from(time.tv_usec).unwrap_or_default();
        Duration::from_secs(seconds) + Duration::from_micros(micros)
    };
    let switches = usage.ru_nvcsw + usage.ru_nivcsw;
    Usage {
        cpu: time(usage.ru_utime) + time(usage.ru_stime),
        switches: u64::try_from(switches).unwrap_or_default(),
    }
}
