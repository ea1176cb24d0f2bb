//! A process beside the test, with a line to talk over.

use std::os::fd::OwnedFd;

use nix::sys::signal::{Signal, kill};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair,
};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};

use super::fd;

pub(super) struct Other {
    pid: Pid,
    pub(super) line: Line,
}

/// Numbers go both ways.
pub(super) struct Line(pub(super) OwnedFd);

impl Other {
    /// It does this, and then nothing until the test ends.
    pub(super) fn new(work: impl FnOnce(&Line)) -> Other {
        let kind = SockType::SeqPacket;
        let flags = SockFlag::SOCK_CLOEXEC;
        let family = AddressFamily::Unix;
        let (here, there) = socketpair(family, kind, None, flags).unwrap();
        // SAFETY: glibc's fork leaves the allocator usable in the child,
        // which needs nothing else of the other threads.
        match unsafe { fork() }.unwrap() {
            ForkResult::Parent { child } => {
                Other { pid: child, line: Line(here) }
            }
            ForkResult::Child => {
                drop(here);
                let there = Line(there);
                work(&there);
                // Until the test hangs up.
                while there.try_hear().is_some() {}
                // SAFETY: ends the child, and runs nothing of the parent's.
                unsafe { libc::_exit(0) }
            }
        }
    }

    pub(super) fn pid(&self) -> i32 {
        self.pid.as_raw()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = waitpid(self.pid, None);
    }
}

impl Line {
    pub(super) fn say(&self, number: i32) {
        let bytes = number.to_ne_bytes();
        let sent = send(fd(&self.0), &bytes, MsgFlags::MSG_NOSIGNAL);
        assert_eq!(sent, Ok(4));
    }

    pub(super) fn hear(&self) -> i32 {
        self.try_hear().unwrap()
    }

    /// `None`: the other side has hung up.
    fn try_hear(&self) -> Option<i32> {
        let mut bytes = [0; 4];
        let got = recv(fd(&self.0), &mut bytes, MsgFlags::empty()).unwrap();
        (got == 4).then(|| i32::from_ne_bytes(bytes))
    }
}
