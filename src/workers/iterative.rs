//! `iterative`: one process, one peer at a time.
//!
//! The second client's `connect` succeeds, since the kernel completes the
//! handshake; then it waits in the accept queue until the first one leaves.
//! Twin: `c_compare/workers/iterative.c`. Read `server` and `conversation`
//! first. Try: `echo_server --model iterative`.

use crate::sockets::Failed;

use super::conversation::converse;
use super::{Lab, Server};

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    let slot = server.slot(0);
    while let Some((socket, peer)) = server.next_peer(slot) {
        converse(server, slot, socket, peer);
        server.seats.give(slot);
    }
    Ok(())
}
