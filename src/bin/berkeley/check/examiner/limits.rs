//! What a program may use, and what it is said to have used up. Man page:
//! `prlimit(2)`.
//!
//! The number of processes is not among it: RLIMIT_NPROC counts all of a
//! user's. Nor is memory: RLIMIT_AS counts what is only reserved, as Java and
//! Go do in plenty. Both are for whoever watches the program.

use std::ptr;

use nix::errno::Errno;
use nix::sys::signal::Signal;

use super::ends::{Ended, Ending};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Of CPU time, for each of its processes.
    pub(crate) cpu_seconds: u64,
    /// Bytes of each file that it writes.
    pub(crate) file_size: u64,
    pub(crate) descriptors: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        let file_size = 64 << 20;
        Limits { cpu_seconds: 60, file_size, descriptors: 1024 }
    }
}

impl Limits {
    /// For a process and what it will start; 0 is this one. Makes system
    /// calls and nothing else.
    pub(super) fn put_on(&self, pid: i32) -> Result<(), Errno> {
        // Behind SIGXCPU, a second later, comes SIGKILL.
        let last = self.cpu_seconds + 1;
        put(pid, libc::RLIMIT_CPU, self.cpu_seconds, last)?;
        put(pid, libc::RLIMIT_FSIZE, self.file_size, self.file_size)?;
        let most = self.descriptors;
        put(pid, libc::RLIMIT_NOFILE, most, most)?;
        put(pid, libc::RLIMIT_CORE, 0, 0)
    }

    /// Which of them ended it, in words; `None` when none did, as far as can
    /// be seen. Not for whom the examiner has killed itself.
    pub(crate) fn reached(&self, ended: &Ended) -> Option<String> {
        let Ending::Killed(signal) = ended.ending else { return None };
        let cpu = ended.cpu.as_secs();
        match Signal::try_from(signal).ok()? {
            Signal::SIGXCPU => Some(self.cpu_words("SIGXCPU")),
            Signal::SIGKILL if cpu >= self.cpu_seconds => {
                Some(self.cpu_words("SIGKILL, since it outlived SIGXCPU"))
            }
            Signal::SIGXFSZ => Some(format!(
                "it wrote more than {} to one file (SIGXFSZ)",
                size(self.file_size)
            )),
            _ => None,
        }
    }

    fn cpu_words(&self, signal: &str) -> String {
        format!("it used up its {} s of CPU time ({signal})", self.cpu_seconds)
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        whole if whole >= 1 << 20 => format!("{} MiB", whole >> 20),
        bytes => format!("{bytes} bytes"),
    }
}

/// As low as that, or lower where it is lower already.
fn put(
    pid: i32,
    resource: libc::__rlimit_resource_t,
    soft: u64,
    hard: u64,
) -> Result<(), Errno> {
    let mut now = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel writes the limit that there is into `now`.
    let asked =
        unsafe { libc::prlimit(pid, resource, ptr::null(), &raw mut now) };
    Errno::result(asked)?;
    let hard = hard.min(now.rlim_max);
    let new = libc::rlimit { rlim_cur: soft.min(hard), rlim_max: hard };
    // SAFETY: the kernel reads the new limit, and writes no old one.
    let set = unsafe {
        libc::prlimit(pid, resource, &raw const new, ptr::null_mut())
    };
    Errno::result(set).map(drop)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_ended_it_is_said_in_words() {
        let limits = Limits::default();
        let said = |ending, seconds| {
            let cpu = Duration::from_secs(seconds);
            limits.reached(&Ended { ending, cpu })
        };
        let cpu = said(Ending::Killed(libc::SIGXCPU), 60);
        assert_eq!(
            cpu.as_deref(),
            Some("it used up its 60 s of CPU time (SIGXCPU)")
        );
        assert!(said(Ending::Killed(libc::SIGKILL), 61).is_some());
        assert_eq!(said(Ending::Killed(libc::SIGKILL), 3), None);
        let file = said(Ending::Killed(libc::SIGXFSZ), 0);
        assert_eq!(
            file.as_deref(),
            Some("it wrote more than 64 MiB to one file (SIGXFSZ)")
        );
        assert_eq!(said(Ending::Exited(1), 90), None);
    }
}
