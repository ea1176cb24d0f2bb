//! `prethread-mutex`: N pthreads, `accept` guarded by a mutex.
//!
//! Twin: `c_compare/workers/prethread_mutex.c`. Read `prethread` first, and
//! compare `prefork_mutex`: between threads a plain mutex will do.

use std::sync::{Mutex, PoisonError};

use crate::sockets::Failed;

use super::board::Slot;
use super::conversation::converse;
use super::pthread::{create_all, join};
use super::{Lab, Server, Task};

/// Held by the one thread that waits in `accept`.
static ACCEPTING: Mutex<()> = Mutex::new(());

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    let threads = create_all(server, |slot| Worker { server, slot })?;
    threads.into_iter().for_each(join);
    Ok(())
}

struct Worker<L: Lab> {
    server: &'static Server<L>,
    slot: &'static Slot,
}

impl<L: Lab> Task for Worker<L> {
    fn run(self: Box<Self>) {
        let Worker { server, slot } = *self;
        loop {
            let accepting =
                ACCEPTING.lock().unwrap_or_else(PoisonError::into_inner);
            let next = server.next_peer(slot);
            drop(accepting);
            let Some((socket, peer)) = next else { break };
            converse(server, slot, socket, peer);
            server.seats.give(slot);
        }
    }
}
