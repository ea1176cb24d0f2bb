//! A TCP socket's queues in bytes that somebody wrote.
//!
//! The kernel counts places in the sequence of bytes, and a FIN has a place
//! of its own: without this, a socket that has said all would still have one
//! byte to send, and its peer one to read.

use super::Glimpse;
use crate::trace::tcp;

/// As an ioctl tells them: it leaves the peer's FIN out, but not the own one.
pub(super) fn told(state: u8, receive: u32, send: u32) -> Glimpse {
    let state = tcp::state(state.into());
    let fin = match state {
        Some("FIN_WAIT1" | "CLOSING" | "LAST_ACK") => 1,
        _ => 0,
    };
    Glimpse {
        state,
        receive_queue: Some(receive),
        send_queue: Some(send.saturating_sub(fin)),
    }
}

/// As netlink and the tables tell them: with both. The peer's counts until
/// it is read.
pub(super) fn counted(state: u8, receive: u32, send: u32) -> Glimpse {
    let fin = match tcp::state(state.into()) {
        Some("CLOSE_WAIT" | "LAST_ACK" | "CLOSING") => 1,
        _ => 0,
    };
    told(state, receive.saturating_sub(fin), send)
}
