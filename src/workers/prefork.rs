//! `prefork`: N children, all blocked in `accept` on one listener.
//!
//! No fork between a peer's arrival and its service. Linux wakes one of the
//! waiting children for each connection, so no lock is needed here; compare
//! `prefork_flock` and `prefork_mutex`, from the days when all woke up. Twin:
//! `c_compare/workers/prefork.c`. Read `fork` and `children` first. Try:
//! `echo_server --model prefork --workers 4 --stats`.

use crate::sockets::Failed;

use super::board::Slot;
use super::children::supervise;
use super::conversation::converse;
use super::{Lab, Server};

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    supervise(server, |_, slot| work(server, slot));
    Ok(())
}

fn work<L: Lab>(server: &Server<L>, slot: &'static Slot) {
    while let Some((socket, peer)) = server.next_peer(slot) {
        converse(server, slot, socket, peer);
        server.seats.give(slot);
    }
}
