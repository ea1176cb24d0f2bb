//! `thread`: a pthread per peer.
//!
//! The main thread accepts, a new thread serves. All share one descriptor
//! table, so nobody closes a copy: the thread that serves is the one that
//! closes. Twin: `c_compare/workers/thread.c`. Read `fork` and `pthread`
//! first, and compare. Try: `strace -f -e trace=network,process echo_server`.
//! Man pages: `pthreads(7)`, `pthread_create(3)`.

use std::os::fd::OwnedFd;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::sockets::{Failed, Peer, symbol};

use super::conversation::converse;
use super::{Lab, Server, Stack, Task};

/// What a new thread is given.
struct Visit<L: Lab> {
    server: &'static Server<L>,
    crowd: &'static Crowd<L>,
    guest: Option<(OwnedFd, Peer)>,
}

/// The threads that are running.
struct Crowd<L: Lab> {
    state: Mutex<State<L>>,
    left: Condvar,
}

struct State<L: Lab> {
    running: usize,
    /// Used by threads that have ended, for those to come. A thread that
    /// called malloc or free would pay for an arena of its own.
    #[allow(clippy::vec_box)] // What a thread is given is the box.
    spare: Vec<Box<Visit<L>>>,
}

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    let slot = server.slot(0);
    let mut stack = Stack::of_kib(server.options.stack)?;
    let crowd = Box::leak(Box::new(Crowd {
        state: Mutex::new(State { running: 0, spare: Vec::new() }),
        left: Condvar::new(),
    }));
    while let Some(guest) = server.next_peer(slot) {
        let visit = crowd.enter(server, guest);
        if let Err((errno, mut visit)) = stack.create_detached(visit) {
            if let Some((_, peer)) = visit.guest.take() {
                server.warn(format_args!(
                    "pthread_create: {}: {peer} is turned away",
                    symbol(errno)
                ));
            }
            server.seats.give(slot);
            crowd.leave(visit);
        }
    }
    crowd.wait_until_empty();
    Ok(())
}

impl<L: Lab> Task for Visit<L> {
    fn run(mut self: Box<Self>) {
        let (server, crowd) = (self.server, self.crowd);
        if let Some((socket, peer)) = self.guest.take() {
            converse(server, server.slot(0), socket, peer);
            server.seats.give(server.slot(0));
        }
        crowd.leave(self);
    }
}

impl<L: Lab> Crowd<L> {
    fn lock(&self) -> MutexGuard<'_, State<L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[allow(clippy::unnecessary_box_returns)]
    fn enter(
        &'static self,
        server: &'static Server<L>,
        guest: (OwnedFd, Peer),
    ) -> Box<Visit<L>> {
        let mut state = self.lock();
        state.running += 1;
        // Room for all of them, so that leave never allocates.
        let running = state.running;
        state.spare.reserve(running);
        let mut visit = state.spare.pop().unwrap_or_else(|| {
            Box::new(Visit { server, crowd: self, guest: None })
        });
        visit.guest = Some(guest);
        visit
    }

    fn leave(&self, visit: Box<Visit<L>>) {
        let mut state = self.lock();
        state.running -= 1;
        state.spare.push(visit);
        if state.running == 0 {
            self.left.notify_all();
        }
    }

    fn wait_until_empty(&self) {
        let mut state = self.lock();
        while state.running > 0 {
            state =
                self.left.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
