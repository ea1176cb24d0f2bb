//! For the tests: a child in which they may change what a process is, its
//! user, its namespaces, whose parent it is.

#![allow(clippy::unwrap_used)]

use std::any::Any;
use std::fs::File;
use std::io::Read;
use std::panic::{UnwindSafe, catch_unwind};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::prctl::{set_dumpable, set_pdeathsig};
use nix::sys::signal::Signal;
use nix::sys::wait::waitpid;
use nix::unistd::{
    ForkResult, Gid, Uid, alarm, fork, geteuid, pipe2, setgroups, setresgid,
    setresuid, write,
};

/// Runs it in a child, of which it changes the user or the namespaces, or
/// counts the descriptors. A failure in there is one here.
pub(crate) fn in_a_child(work: impl FnOnce() + UnwindSafe) {
    assert_eq!(outcome_in_a_child(work), "good");
}

/// `good`, what it panicked with, or nothing when it was killed.
pub(crate) fn outcome_in_a_child(work: impl FnOnce() + UnwindSafe) -> String {
    let (told, tells) = pipe2(OFlag::O_CLOEXEC).unwrap();
    // SAFETY: the child has one thread, which owns whatever it locks: the
    // tests fork only what they run themselves, and malloc survives a fork.
    let child = match unsafe { fork() }.unwrap() {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            set_pdeathsig(Signal::SIGKILL).unwrap();
            alarm::set(60);
            let done = catch_unwind(work);
            let why =
                done.as_ref().map_or_else(|it| words(&**it), |()| "good");
            write(&tells, why.as_bytes()).unwrap();
            // One that a seccomp filter may allow no more than this.
            // SAFETY: it ends the only thread; nothing is unwound.
            unsafe { libc::syscall(libc::SYS_exit, 0) };
            unreachable!();
        }
    };
    drop(tells);
    let mut text = String::new();
    File::from(told).read_to_string(&mut text).unwrap();
    while waitpid(child, None) == Err(Errno::EINTR) {}
    text
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("panicked")
}

/// From here on a user without privileges.
pub(crate) fn become_nobody() {
    if !geteuid().is_root() {
        return;
    }
    let (user, group) = (Uid::from_raw(65_534), Gid::from_raw(65_534));
    setgroups(&[]).unwrap();
    setresgid(group, group, group).unwrap();
    setresuid(user, user, user).unwrap();
    // Whoever has changed their number may not write their own uid_map.
    set_dumpable(true).unwrap();
}
