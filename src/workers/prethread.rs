//! `prethread`: N pthreads, all blocked in `accept` on one listener.
//!
//! Twin: `c_compare/workers/prethread.c`. Read `thread` first, and compare
//! `prefork`. Try: `echo_server --model prethread --workers 4 --stats`.

use crate::sockets::Failed;

use super::board::Slot;
use super::conversation::converse;
use super::pthread::{create_all, join};
use super::{Lab, Server, Task};

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
        while let Some((socket, peer)) = server.next_peer(slot) {
            converse(server, slot, socket, peer);
            server.seats.give(slot);
        }
    }
}
