//! `pool`: the main thread accepts, N pthreads take peers from a queue.
//!
//! The queue is bounded: when it is full the main thread stops accepting, and
//! peers wait in the kernel's queue instead of in memory. Twin:
//! `c_compare/workers/pool.c`. Read `thread` first. Try: `knock -p 5000`. Man
//! pages: `pthread_mutex_lock(3)`, `pthread_cond_wait(3)`.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::sockets::{Failed, Peer};

use super::board::Slot;
use super::conversation::converse;
use super::pthread::{create_all, join};
use super::{Lab, Server, Task};

/// Peers that were accepted and wait for a worker.
struct Queue {
    state: Mutex<State>,
    some: Condvar,
    room: Condvar,
}

struct State {
    guests: VecDeque<(OwnedFd, Peer)>,
    longest: usize,
    closed: bool,
}

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    let queue = &*Box::leak(Box::new(Queue::new(server.board.slots.len())));
    let threads = create_all(server, |slot| Worker { server, slot, queue })?;
    while let Some(guest) = server.next_peer(server.slot(0)) {
        queue.push(guest);
    }
    queue.close();
    threads.into_iter().for_each(join);
    Ok(())
}

struct Worker<L: Lab> {
    server: &'static Server<L>,
    slot: &'static Slot,
    queue: &'static Queue,
}

impl<L: Lab> Task for Worker<L> {
    fn run(self: Box<Self>) {
        let Worker { server, slot, queue } = *self;
        while let Some((socket, peer)) = queue.pop() {
            converse(server, slot, socket, peer);
            server.seats.give(server.slot(0)); // where next_peer took it
        }
    }
}

impl Queue {
    fn new(longest: usize) -> Queue {
        let guests = VecDeque::with_capacity(longest);
        Queue {
            state: Mutex::new(State { guests, longest, closed: false }),
            some: Condvar::new(),
            room: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a guest, as soon as there is room.
    fn push(&self, guest: (OwnedFd, Peer)) {
        let mut state = self.lock();
        // In a loop: a condition may have changed again, or never been true,
        // when the wait returns.
        while state.guests.len() == state.longest {
            state = wait(&self.room, state);
        }
        state.guests.push_back(guest);
        drop(state);
        self.some.notify_one();
    }

    /// Takes the first guest; `None` when there will be no more.
    fn pop(&self) -> Option<(OwnedFd, Peer)> {
        let mut state = self.lock();
        while state.guests.is_empty() && !state.closed {
            state = wait(&self.some, state);
        }
        let guest = state.guests.pop_front();
        drop(state);
        self.room.notify_one();
        guest
    }

    fn close(&self) {
        self.lock().closed = true;
        self.some.notify_all();
    }
}

fn wait<'a>(
    condition: &Condvar,
    state: MutexGuard<'a, State>,
) -> MutexGuard<'a, State> {
    condition.wait(state).unwrap_or_else(PoisonError::into_inner)
}
