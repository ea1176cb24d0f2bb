//! `select`: one thread that waits with select(2), as in 1983.
//!
//! A set is a bit for each descriptor, FD_SETSIZE (1024) of them: FD_SET of a
//! greater one would write beyond the set. So this server stops accepting
//! just before, says so, and goes on when a descriptor is free. Twin:
//! `c_compare/workers/select.c`. Read `event_loop` first. Man page:
//! `select(2)`.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, RawFd};
use std::ptr;
use std::time::Duration;

use nix::errno::Errno;

use crate::sockets::Failed;

use super::waiter::{Interest, Waiter, timeout_of};
use super::{Lab, Server, event_loop};

/// As FD_SETSIZE, in the type of descriptors.
const END: RawFd = 1024;

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    let listener = server.listener.as_fd();
    event_loop::run::<L, Selecting>(server, server.slot(0), listener)
}

/// select(2) overwrites its sets, so each call gets copies of these.
struct Selecting {
    readers: libc::fd_set,
    writers: libc::fd_set,
    /// One more than the greatest descriptor watched.
    end: RawFd,
    /// How many descriptors were in use before the first guest came.
    in_use: usize,
}

impl Waiter for Selecting {
    fn new() -> Result<Selecting, Failed> {
        let is_open = |fd: &RawFd| {
            // SAFETY: F_GETFD touches no memory; a bad number is an error.
            unsafe { libc::fcntl(*fd, libc::F_GETFD) >= 0 }
        };
        Ok(Selecting {
            readers: empty(),
            writers: empty(),
            end: 0,
            in_use: (0..END).filter(is_open).count(),
        })
    }

    /// The kernel gives the lowest free number, so the next one is too great
    /// only when all others are taken.
    fn full(&self, guests: usize) -> Option<&'static str> {
        (self.in_use + guests >= libc::FD_SETSIZE)
            .then_some("FD_SETSIZE (1024)")
    }

    fn watch(&mut self, fd: RawFd, interest: Interest) -> Result<(), Errno> {
        if fd >= END {
            return Err(Errno::EMFILE);
        }
        self.end = self.end.max(fd + 1);
        self.change(fd, interest);
        Ok(())
    }

    fn change(&mut self, fd: RawFd, interest: Interest) {
        let (set, other) = match interest {
            Interest::Read => (&mut self.readers, &mut self.writers),
            Interest::Write => (&mut self.writers, &mut self.readers),
        };
        // SAFETY: watch has made sure that `fd` is below FD_SETSIZE.
        unsafe {
            libc::FD_SET(fd, set);
            libc::FD_CLR(fd, other);
        }
    }

    fn ignore(&mut self, fd: RawFd) {
        // SAFETY: as above.
        unsafe {
            libc::FD_CLR(fd, &raw mut self.readers);
            libc::FD_CLR(fd, &raw mut self.writers);
        }
        while self.end > 0 && !self.is_watched(self.end - 1) {
            self.end -= 1;
        }
    }

    fn wait(&mut self, time: Option<Duration>, ready: &mut Vec<RawFd>) {
        let (mut readers, mut writers) = (self.readers, self.writers);
        let millis = i64::from(i32::from(timeout_of(time)));
        let mut timeout = libc::timeval {
            tv_sec: millis / 1000,
            tv_usec: millis % 1000 * 1000,
        };
        let timeout = match millis {
            ..0 => ptr::null_mut(),
            _ => &raw mut timeout,
        };
        // SAFETY: both sets are initialised, and the timeout is NULL or
        // valid.
        let mut left = unsafe {
            libc::select(
                self.end,
                &raw mut readers,
                &raw mut writers,
                ptr::null_mut(),
                timeout,
            )
        };
        for fd in 0..self.end {
            if left <= 0 {
                break;
            }
            if is_set(fd, &readers) || is_set(fd, &writers) {
                left -= 1;
                ready.push(fd);
            }
        }
    }
}

impl Selecting {
    fn is_watched(&self, fd: RawFd) -> bool {
        is_set(fd, &self.readers) || is_set(fd, &self.writers)
    }
}

fn empty() -> libc::fd_set {
    let mut set = MaybeUninit::uninit();
    // SAFETY: FD_ZERO initialises all of the set.
    unsafe {
        libc::FD_ZERO(set.as_mut_ptr());
        set.assume_init()
    }
}

fn is_set(fd: RawFd, set: &libc::fd_set) -> bool {
    // SAFETY: only descriptors below FD_SETSIZE were watched.
    unsafe { libc::FD_ISSET(fd, set) }
}
