//! The ways to wait for many descriptors at once, behind one set of names.
//!
//! Twin: `c_compare/workers/waiter.h`. Implemented by `select`, `poll` and
//! `epoll`, used by `event_loop`.

use std::os::fd::RawFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::PollTimeout;

use crate::sockets::Failed;

/// What a descriptor is watched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Bytes, a connection, or an end.
    Read,
    /// Room for bytes.
    Write,
}

/// One of the ways to wait for many descriptors at once.
pub trait Waiter: Sized {
    /// Nothing is watched yet.
    fn new() -> Result<Self, Failed>;

    /// Whether one more guest can be watched, and if not, what is full.
    fn full(&self, _guests: usize) -> Option<&'static str> {
        None
    }

    /// Watches one more descriptor.
    fn watch(&mut self, fd: RawFd, interest: Interest) -> Result<(), Errno>;

    /// Watches it for something else.
    fn change(&mut self, fd: RawFd, interest: Interest);

    /// Watches it no longer. It stays open.
    fn ignore(&mut self, fd: RawFd);

    /// It is about to be closed.
    fn gone(&mut self, fd: RawFd) {
        self.ignore(fd);
    }

    /// Waits, and appends the descriptors that are ready.
    fn wait(&mut self, time: Option<Duration>, ready: &mut Vec<RawFd>);
}

/// Whole milliseconds, rounded up: a wait that ends too early would only be
/// repeated.
pub fn timeout_of(time: Option<Duration>) -> PollTimeout {
    time.map_or(PollTimeout::NONE, |time| {
        let millis = time.as_micros().div_ceil(1000);
        PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
    })
}
