//! A running server, and `accept` with everything that can go wrong there.
//!
//! Twin: `c_compare/workers/server.c`. Man page: `accept(2)`, whose list of
//! errors is the reason for the table below.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::socket::SockFlag;

use crate::sockets::console::warn;
use crate::sockets::{Failed, Peer, accept, symbol};

use super::board::{Board, Slot};
use super::seats::Seats;
use super::{Lab, Model, Options, stats, way_out};

/// How long a server without descriptors waits before it tries again.
pub const PAUSE: Duration = Duration::from_millis(50);

/// A running server. It lives as long as the process: threads and signal
/// handlers refer to it.
pub struct Server<L> {
    /// What `listen` was called on.
    pub listener: OwnedFd,
    /// From the command line.
    pub options: Options,
    /// What the program brings.
    pub lab: L,
    /// What all its processes share.
    pub board: Board,
    /// `--max-peers`.
    pub seats: Seats,
    /// Readable for ever once the server is stopping.
    pub stop: EventFd,
}

/// What to do about a failed `accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// This connection is gone before it was served: take the next.
    Again,
    /// Nobody is there (only a non-blocking listener says so).
    Nobody,
    /// Out of descriptors or memory. The peer stays in the queue, so the next
    /// `accept` would fail at once: wait, or it becomes a spin.
    Pause,
    /// The listener was shut down.
    Stop,
}

/// The policy: a server ends only for what it cannot serve without.
pub fn remedy(errno: Errno) -> Remedy {
    match errno {
        Errno::EAGAIN => Remedy::Nobody,
        Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM => {
            Remedy::Pause
        }
        Errno::EINVAL | Errno::EBADF | Errno::ENOTSOCK => Remedy::Stop,
        // EINTR, ECONNABORTED, EPROTO, EPERM from a firewall, and errors of
        // the network that Linux hands over from the new connection.
        _ => Remedy::Again,
    }
}

impl<L: Lab> Server<L> {
    /// Everything a model needs, and the signals that end it: from here on
    /// the first of them is an orderly end.
    pub fn open(
        listener: OwnedFd,
        options: Options,
        lab: L,
    ) -> Result<&'static Server<L>, Failed> {
        let model = options.model;
        let workers = if model.is_pool() { options.workers } else { 1 };
        let blocking = !matches!(
            model,
            Model::Select | Model::Poll | Model::Epoll | Model::Reuseport
        );
        let stop = EventFd::from_flags(
            EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK,
        );
        let server = Box::leak(Box::new(Server {
            listener,
            lab,
            board: Board::new(workers as usize, model)?,
            seats: Seats::new(options.max_peers, blocking)?,
            stop: stop.map_err(Failed::at("eventfd", "the way out"))?,
            options,
        }));
        way_out::prepare(server)?;
        Ok(server)
    }

    /// The next peer, for whoever may block; `None` when the server is
    /// stopping. Takes a seat for it.
    pub fn next_peer(&self, slot: &Slot) -> Option<(OwnedFd, Peer)> {
        if !self.seats.take(slot) {
            return None;
        }
        loop {
            match self.accept(&self.listener, SockFlag::empty()) {
                Ok(guest) => return Some(guest),
                Err(Remedy::Again | Remedy::Nobody) => {}
                Err(Remedy::Pause) => self.pause(),
                Err(Remedy::Stop) => break,
            }
        }
        self.seats.give(slot);
        None
    }

    /// `accept4`; an error is counted, reported once, and turned into what to
    /// do about it.
    #[inline]
    pub fn accept(
        &self,
        listener: impl AsFd,
        flags: SockFlag,
    ) -> Result<(OwnedFd, Peer), Remedy> {
        accept(listener, flags).map_err(|errno| self.judge(errno))
    }

    #[cold]
    fn judge(&self, errno: Errno) -> Remedy {
        let remedy = remedy(errno);
        let counted = match remedy {
            Remedy::Nobody => false,
            Remedy::Again => errno != Errno::EINTR,
            Remedy::Pause => true,
            Remedy::Stop => !self.board.is_stopping(),
        };
        if counted
            && let Some(count) =
                self.board.common.accept_errors.get(errno as usize)
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
        if remedy == Remedy::Pause
            && !self.board.common.reported.swap(true, Ordering::Relaxed)
        {
            self.warn(format_args!(
                "accept4: {}: pausing, peers wait in the accept queue",
                symbol(errno)
            ));
        }
        if remedy == Remedy::Nobody && self.board.is_stopping() {
            // AF_UNIX says EAGAIN after shutdown where TCP says EINVAL.
            return Remedy::Stop;
        }
        remedy
    }

    /// Waits a moment, or until the server is stopping.
    pub fn pause(&self) {
        self.sleep(PAUSE);
    }

    /// Waits, or until the server is stopping.
    pub fn sleep(&self, time: Duration) {
        let mut stop = [PollFd::new(self.stop.as_fd(), PollFlags::POLLIN)];
        let time = PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX);
        let _ = poll(&mut stop, time);
    }

    /// A line on the server's stderr.
    pub fn warn(&self, line: std::fmt::Arguments<'_>) {
        warn(format_args!("{}: {line}", L::PROGRAM));
    }

    /// The worker with this number.
    pub fn slot(&self, worker: usize) -> &'static Slot {
        &self.board.slots[worker]
    }

    /// Closes the listener in a process that does not accept. What other
    /// processes share of it stays open.
    pub fn leave_listener(&self) {
        // SAFETY: the caller serves no longer from this descriptor, and the
        // server, which never dies, will not close it a second time.
        unsafe { libc::close(self.listener.as_raw_fd()) };
    }

    /// The last words.
    pub fn close(&self) {
        way_out::give_way();
        way_out::remove_socket_file();
        let cut = self.board.common.cut.load(Ordering::Relaxed);
        if cut > 0 {
            let noun = if cut == 1 { "conversation" } else { "conversations" };
            self.warn(format_args!(
                "{cut} {noun} cut after {} s of grace",
                self.options.grace.as_secs_f64()
            ));
        }
        if self.options.stats {
            stats::print(self);
        }
    }
}
