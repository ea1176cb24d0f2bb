//! `poll`: one thread that waits with poll(2).
//!
//! The whole list of descriptors goes into the kernel and comes back with
//! each call: the cost grows with every peer, silent or not. There is no
//! upper limit but `ulimit -n`. Twin: `c_compare/workers/poll.c`. Read
//! `select` first, then `event_loop`. Man page: `poll(2)`.

use std::os::fd::{AsFd, RawFd};
use std::time::Duration;

use nix::errno::Errno;

use crate::sockets::Failed;

use super::waiter::{Interest, Waiter, timeout_of};
use super::{Lab, Server, event_loop};

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    let listener = server.listener.as_fd();
    event_loop::run::<L, Polling>(server, server.slot(0), listener)
}

/// poll(2), with the array it wants always at hand.
struct Polling {
    watched: Vec<libc::pollfd>,
    /// By descriptor: its place in `watched`.
    places: Vec<usize>,
}

impl Waiter for Polling {
    fn new() -> Result<Polling, Failed> {
        Ok(Polling { watched: Vec::new(), places: Vec::new() })
    }

    fn watch(&mut self, fd: RawFd, interest: Interest) -> Result<(), Errno> {
        let index = index_of(fd);
        if self.places.len() <= index {
            self.places.resize(index + 1, 0);
        }
        self.places[index] = self.watched.len();
        self.watched.push(libc::pollfd { fd, events: 0, revents: 0 });
        self.change(fd, interest);
        Ok(())
    }

    fn change(&mut self, fd: RawFd, interest: Interest) {
        self.watched[self.places[index_of(fd)]].events = match interest {
            Interest::Read => libc::POLLIN,
            Interest::Write => libc::POLLOUT,
        };
    }

    /// The last one takes its place.
    fn ignore(&mut self, fd: RawFd) {
        let place = self.places[index_of(fd)];
        self.watched.swap_remove(place);
        if let Some(moved) = self.watched.get(place) {
            self.places[index_of(moved.fd)] = place;
        }
    }

    fn wait(&mut self, time: Option<Duration>, ready: &mut Vec<RawFd>) {
        let timeout = i32::from(timeout_of(time));
        let count = self.watched.len() as libc::nfds_t;
        // SAFETY: `watched` is an array of `count` valid entries.
        let mut left =
            unsafe { libc::poll(self.watched.as_mut_ptr(), count, timeout) };
        for entry in &self.watched {
            if left <= 0 {
                break;
            }
            if entry.revents != 0 {
                left -= 1;
                ready.push(entry.fd);
            }
        }
    }
}

fn index_of(fd: RawFd) -> usize {
    usize::try_from(fd).unwrap_or(0)
}
