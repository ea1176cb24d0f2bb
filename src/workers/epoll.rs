//! `epoll`: one thread that waits with epoll(7).
//!
//! The kernel keeps the list of watched descriptors, and returns only those
//! that are ready: the cost does not grow with the number of silent peers.
//! Twin: `c_compare/workers/epoll.c`. Read `poll` first. Man pages:
//! `epoll(7)`, `epoll_ctl(2)`, `epoll_wait(2)`.

use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent};

use crate::sockets::Failed;

use super::waiter::{Interest, Waiter, timeout_of};
use super::{Lab, Server, event_loop};

/// As many ready descriptors as one call may return.
const MOST: usize = 256;

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    let listener = server.listener.as_fd();
    event_loop::run::<L, Epolling>(server, server.slot(0), listener)
}

/// epoll(7), level-triggered: a descriptor that is not read to its end is
/// simply reported again.
pub struct Epolling {
    epoll: Epoll,
    events: Vec<EpollEvent>,
}

impl Waiter for Epolling {
    fn new() -> Result<Epolling, Failed> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)
            .map_err(Failed::at("epoll_create1", ""))?;
        Ok(Epolling { epoll, events: vec![EpollEvent::empty(); MOST] })
    }

    fn watch(&mut self, fd: RawFd, interest: Interest) -> Result<(), Errno> {
        self.control(libc::EPOLL_CTL_ADD, fd, interest)
    }

    fn change(&mut self, fd: RawFd, interest: Interest) {
        let _ = self.control(libc::EPOLL_CTL_MOD, fd, interest);
    }

    fn ignore(&mut self, fd: RawFd) {
        let _ = self.control(libc::EPOLL_CTL_DEL, fd, Interest::Read);
    }

    /// Nothing to do: `close` takes it off the list.
    fn gone(&mut self, _: RawFd) {}

    fn wait(&mut self, time: Option<Duration>, ready: &mut Vec<RawFd>) {
        let count = self.epoll.wait(&mut self.events, timeout_of(time));
        let events = &self.events[..count.unwrap_or(0)];
        ready.extend(events.iter().map(descriptor_of));
    }
}

impl Epolling {
    fn control(
        &self,
        operation: libc::c_int,
        fd: RawFd,
        interest: Interest,
    ) -> Result<(), Errno> {
        let events = match interest {
            Interest::Read => libc::EPOLLIN,
            Interest::Write => libc::EPOLLOUT,
        };
        let mut event = libc::epoll_event {
            events: events.cast_unsigned(),
            u64: u64::from(fd.cast_unsigned()),
        };
        let epoll = self.epoll.0.as_raw_fd();
        // SAFETY: `event` is valid, and a bad descriptor is an error.
        let done =
            unsafe { libc::epoll_ctl(epoll, operation, fd, &raw mut event) };
        Errno::result(done).map(drop)
    }
}

/// What `control` has put into the event.
#[allow(clippy::cast_possible_truncation)] // It was a descriptor.
fn descriptor_of(event: &EpollEvent) -> RawFd {
    event.data() as RawFd
}
