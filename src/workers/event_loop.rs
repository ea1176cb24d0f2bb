//! One thread, many peers: the loop that `select`, `poll` and `epoll` share.
//!
//! They differ only in how they wait. Every descriptor is non-blocking; a
//! peer with unsent bytes is not read, which is the back-pressure: its own
//! window closes, and nobody else notices. Twin:
//! `c_compare/workers/event_loop.c`. Read `conversation` first: this is the
//! same, turned inside out.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{Shutdown, SockFlag, shutdown};

use crate::sockets::{Failed, Peer, recv};

use super::board::Slot;
use super::conversation::{LINGER, SMALL};
use super::guest::Guest;
use super::server::{PAUSE, Remedy};
use super::waiter::{Interest, Waiter};
use super::{Lab, Server};

/// Whether new peers are let in.
#[derive(Clone, Copy, PartialEq)]
enum Door {
    Open,
    /// Out of descriptors or memory until then.
    Paused(Instant),
    /// As many peers as `--max-peers` allows.
    NoSeat,
    /// As many descriptors as the waiter can watch.
    Full,
    Closed,
}

impl Door {
    fn pause() -> Door {
        Door::Paused(Instant::now() + PAUSE)
    }
}

/// The loop's state.
struct EventLoop<L: Lab, W> {
    server: &'static Server<L>,
    slot: &'static Slot,
    listener: BorrowedFd<'static>,
    waiter: W,
    door: Door,
    /// By descriptor. The kernel always gives the lowest free number, so
    /// this is dense.
    guests: Vec<Option<Guest<L::Session>>>,
    present: usize,
    buffer: Vec<MaybeUninit<u8>>,
    /// No deadline is earlier.
    next_deadline: Option<Instant>,
    said_full: bool,
}

/// Serves the peers of `listener` until the server is stopping and the last
/// of them has left.
pub fn run<L: Lab, W: Waiter>(
    server: &'static Server<L>,
    slot: &'static Slot,
    listener: BorrowedFd<'static>,
) -> Result<(), Failed> {
    set_nonblocking(listener)?;
    let mut waiter = W::new()?;
    waiter
        .watch(server.stop.as_fd().as_raw_fd(), Interest::Read)
        .map_err(Failed::at("watch", "the way out"))?;
    waiter
        .watch(listener.as_raw_fd(), Interest::Read)
        .map_err(Failed::at("watch", "the listener"))?;
    EventLoop {
        server,
        slot,
        listener,
        waiter,
        door: Door::Open,
        guests: Vec::new(),
        present: 0,
        buffer: vec![MaybeUninit::uninit(); server.lab.piece().max(SMALL)],
        next_deadline: None,
        said_full: false,
    }
    .run();
    Ok(())
}

/// O_NONBLOCK belongs to the open socket, not to the descriptor: all
/// processes that share it see the change.
pub fn set_nonblocking(socket: impl AsFd) -> Result<(), Failed> {
    let flags = fcntl(&socket, FcntlArg::F_GETFL)
        .map(OFlag::from_bits_retain)
        .map_err(Failed::at("fcntl", "F_GETFL"))?;
    fcntl(&socket, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))
        .map_err(Failed::at("fcntl", "O_NONBLOCK"))?;
    Ok(())
}

impl<L: Lab, W: Waiter> EventLoop<L, W> {
    fn run(mut self) {
        let listener = self.listener.as_raw_fd();
        let stop = self.server.stop.as_fd().as_raw_fd();
        let seats = self.server.seats.descriptor();
        let seats = seats.map_or(-1, |seats| seats.as_raw_fd());
        let mut ready = Vec::new();
        while self.door != Door::Closed
            || (self.present > 0 && !self.server.board.is_cutting())
        {
            self.waiter.wait(self.patience(), &mut ready);
            for fd in ready.drain(..) {
                if fd == listener {
                    self.welcome();
                } else if fd == stop {
                    self.close_door();
                } else if fd == seats {
                    self.seat_is_free(seats);
                } else {
                    self.attend(fd);
                }
            }
            self.expire();
        }
        // The grace is over. To wait for those who were cut will not do:
        // select does not say that an AF_UNIX peer who takes nothing was.
        for place in 0..self.guests.len() {
            if let Some(guest) = &self.guests[place] {
                self.dismiss(guest.socket.as_raw_fd());
            }
        }
    }

    /// How long nothing will be due.
    fn patience(&self) -> Option<Duration> {
        let reopening = match self.door {
            Door::Paused(until) => Some(until),
            _ => None,
        };
        let due = [reopening, self.next_deadline].into_iter().flatten().min();
        due.map(|due| due.saturating_duration_since(Instant::now()))
    }

    // The door.

    /// The listener is readable.
    fn welcome(&mut self) {
        if self.door != Door::Open {
            return;
        }
        if let Some(limit) = self.waiter.full(self.present) {
            self.shut_door(Door::Full);
            if !std::mem::replace(&mut self.said_full, true) {
                self.server.warn(format_args!(
                    "{limit} reached: peers wait in the accept queue"
                ));
            }
            return;
        }
        if !self.server.seats.take(self.slot) {
            self.shut_door(Door::NoSeat);
            let is_watched =
                self.server.seats.descriptor().is_some_and(|seats| {
                    self.waiter
                        .watch(seats.as_raw_fd(), Interest::Read)
                        .is_ok()
                });
            if !is_watched {
                self.shut_door(Door::pause());
            }
            return;
        }
        // At the end there is a seat for everybody, and a listener of this
        // worker's own is still open.
        if self.server.board.is_stopping() {
            self.server.seats.give(self.slot);
            return self.close_door();
        }
        match self.server.accept(self.listener, SockFlag::SOCK_NONBLOCK) {
            Ok((socket, peer)) => return self.admit(socket, peer),
            Err(Remedy::Again | Remedy::Nobody) => {}
            Err(Remedy::Pause) => self.shut_door(Door::pause()),
            Err(Remedy::Stop) => self.close_door(),
        }
        self.server.seats.give(self.slot);
    }

    /// Unless the door was closed in the same round.
    fn seat_is_free(&mut self, seats: RawFd) {
        if self.door == Door::NoSeat {
            self.waiter.ignore(seats);
            self.open_door();
        }
    }

    fn open_door(&mut self) {
        if self.door != Door::Closed {
            let listener = self.listener.as_raw_fd();
            if self.waiter.watch(listener, Interest::Read).is_ok() {
                self.door = Door::Open;
            } else {
                self.shut_door(Door::pause());
            }
        }
    }

    /// The queue stays readable, so the listener must not be watched.
    fn shut_door(&mut self, why: Door) {
        if self.door == Door::Open {
            self.waiter.ignore(self.listener.as_raw_fd());
        }
        self.door = why;
    }

    /// For good.
    fn close_door(&mut self) {
        if self.door == Door::Closed {
            return;
        }
        if self.door == Door::NoSeat
            && let Some(seats) = self.server.seats.descriptor()
        {
            self.waiter.ignore(seats.as_raw_fd());
        }
        self.shut_door(Door::Closed);
        self.waiter.ignore(self.server.stop.as_fd().as_raw_fd());
        let _ = shutdown(self.listener.as_raw_fd(), Shutdown::Both);
    }

    // The guests.

    fn admit(&mut self, socket: OwnedFd, peer: Peer) {
        self.slot.peers.fetch_add(1, Ordering::Relaxed);
        self.server.lab.arrived(&peer);
        let fd = socket.as_raw_fd();
        if self.waiter.watch(fd, Interest::Read).is_err() {
            drop(socket); // out of kernel memory
            self.server.lab.left(&peer);
            return self.server.seats.give(self.slot);
        }
        let place = place_of(fd);
        if self.guests.len() <= place {
            self.guests.resize_with(place + 1, || None);
        }
        let talking = self.server.board.enter(self.slot, &socket);
        let session = self.server.lab.session(&peer);
        let guest = Guest::new(socket, talking, peer, session);
        let said = self.guests[place].insert(guest).greet(self.slot);
        self.present += 1;
        self.settle(fd, said);
    }

    /// A guest is readable, or takes more of its answer.
    fn attend(&mut self, fd: RawFd) {
        let place = place_of(fd);
        let Some(Some(guest)) = self.guests.get_mut(place) else { return };
        let done = if guest.has_unsent() {
            guest.say_more(self.slot)
        } else {
            let room = if guest.ending {
                &mut self.buffer[..]
            } else {
                &mut self.buffer[..self.server.lab.piece()]
            };
            match recv(&guest.socket, room) {
                Ok([]) => return self.dismiss(fd),
                Ok(_) if guest.ending => return,
                Ok(input) => guest.answer(self.server, self.slot, input),
                Err(errno) => Err(errno),
            }
        };
        self.settle(fd, done);
    }

    /// What to wait for next, and how long.
    fn settle(&mut self, fd: RawFd, done: Result<(), Errno>) {
        match done {
            Ok(()) => {}
            Err(Errno::EAGAIN) => return,
            Err(_) => return self.dismiss(fd), // the peer is gone
        }
        let Some(guest) = &mut self.guests[place_of(fd)] else { return };
        let interest =
            if guest.has_unsent() { Interest::Write } else { Interest::Read };
        if guest.interest != interest {
            guest.interest = interest;
            self.waiter.change(fd, interest);
        }
        let mut time = self.server.options.idle_timeout;
        if guest.is_done() {
            // A graceful end, as in conversation.
            guest.ending = true;
            time = Some(LINGER);
            if shutdown(fd, Shutdown::Write).is_err() {
                return self.dismiss(fd);
            }
        }
        if let Some(time) = time {
            let deadline = Instant::now() + time;
            guest.deadline = Some(deadline);
            self.look_at(deadline);
        }
    }

    /// There will be something to do then, or earlier.
    fn look_at(&mut self, time: Instant) {
        let next = self.next_deadline.map_or(time, |next| next.min(time));
        self.next_deadline = Some(next);
    }

    /// Closes the connection.
    fn dismiss(&mut self, fd: RawFd) {
        let Some(guest) = self.guests[place_of(fd)].take() else { return };
        self.present -= 1;
        self.waiter.gone(fd);
        drop(guest.talking);
        drop(guest.socket);
        self.server.lab.left(&guest.peer);
        self.server.seats.give(self.slot);
        if self.door == Door::Full {
            self.open_door();
        }
    }

    /// Does what has become due.
    fn expire(&mut self) {
        if let Door::Paused(until) = self.door
            && Instant::now() >= until
        {
            self.open_door();
        }
        let Some(due) = self.next_deadline else { return };
        let now = Instant::now();
        if now < due {
            return;
        }
        self.next_deadline = None;
        for place in 0..self.guests.len() {
            let Some(guest) = &mut self.guests[place] else { continue };
            let Some(deadline) = guest.deadline else { continue };
            let fd = guest.socket.as_raw_fd();
            if deadline > now {
                self.look_at(deadline);
            } else if guest.has_unsent() {
                // It takes nothing, but it may be sending. A graceful end
                // lets it finish; close at once would send an RST.
                guest.give_up();
                self.settle(fd, Ok(()));
            } else {
                self.dismiss(fd);
            }
        }
    }
}

fn place_of(fd: RawFd) -> usize {
    usize::try_from(fd).unwrap_or(0)
}
