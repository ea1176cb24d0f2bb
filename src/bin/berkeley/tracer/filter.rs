//! The filter that stops a program at the calls that matter, and lets all
//! others pass as if nobody were there. Man pages: `seccomp(2)`,
//! `seccomp_unotify(2)`.
//!
//! It is a program for the machine of bpf(4): load the architecture, load the
//! number, compare it with one after the other. The kernel tries it once for
//! each number, and remembers for which it says nothing but "allow": these
//! calls do not run it at all. So a search tree would only help those that
//! are about to stop anyway, a thousand times as expensive.

use std::ptr;

use nix::errno::Errno;

use super::requests::{ARCH, X32};

/// That program for the machine of bpf(4), step by step.
pub(super) struct Filter(Vec<libc::sock_filter>);

/// A word of struct seccomp_data, by its offset.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;

impl Filter {
    pub(super) fn of(calls: &[u64]) -> Filter {
        let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
        let equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        let at_least = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
        let x32 = low(X32);
        let mut program = vec![
            step(load, ARCHITECTURE, 0, 0),
            // A number of another ABI means another call. It stops, too, so
            // that the tracer knows of it.
            step(equal, ARCH, 1, 0),
            stop(),
            step(load, NUMBER, 0, 0),
            step(at_least, x32, 0, 1),
            stop(),
        ];
        for &call in calls {
            program.extend([step(equal, low(call), 0, 1), stop()]);
        }
        program.push(answer(libc::SECCOMP_RET_ALLOW));
        Filter(program)
    }

    /// Whether this process may install one: whoever gives none at all is
    /// told EFAULT, or why nobody may (it runs under a filter itself, as in
    /// some containers).
    pub(super) fn is_possible() -> bool {
        request(ptr::null()) == Err(Errno::EFAULT)
    }

    /// For this process, and all that it will make or become. Only system
    /// calls: it is made between fork and exec.
    pub(super) fn install(&mut self) -> Result<(), Errno> {
        // A program without the right to do so must give up what setuid
        // programs could gain it. Under ptrace they gain nothing anyway.
        self.seccomp().or_else(|_| {
            nix::sys::prctl::set_no_new_privs()?;
            self.seccomp()
        })
    }

    fn seccomp(&mut self) -> Result<(), Errno> {
        let program = libc::sock_fprog {
            len: u16::try_from(self.0.len()).map_err(|_| Errno::E2BIG)?,
            filter: self.0.as_mut_ptr(),
        };
        request(&raw const program)
    }
}

fn request(program: *const libc::sock_fprog) -> Result<(), Errno> {
    // Before Linux 5.16 a filter made the program slower everywhere, by a
    // guard against speculation that is not needed here.
    let flags = libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    // SAFETY: the kernel copies what `program` points to, and its callers
    // keep that; what is not there, it refuses.
    let done = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            program,
        )
    };
    Errno::result(done).map(drop)
}

fn step(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    libc::sock_filter { code: u16::try_from(code).unwrap_or(0), jt, jf, k }
}

fn answer(what: u32) -> libc::sock_filter {
    step(libc::BPF_RET | libc::BPF_K, what, 0, 0)
}

fn stop() -> libc::sock_filter {
    answer(libc::SECCOMP_RET_TRACE)
}

/// No system call has a number that needs more.
fn low(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
