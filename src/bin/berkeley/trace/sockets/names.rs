//! The three words that socket(2) was given, and TCP's states.

use crate::trace::decode;

/// `include/net/tcp_states.h`, from 1. The last, NEW_SYN_RECV, is a request
/// that has no socket of its own yet: SYN_RECV to everybody outside.
const STATES: [&str; 12] = [
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
    "SYN_RECV",
];

pub(super) fn family(number: i32) -> String {
    decode::domain(u64::from(number.cast_unsigned()))
}

pub(super) fn kind(number: i32) -> String {
    decode::socket_type(u64::from(number.cast_unsigned()))
}

pub(super) fn protocol(family: i32, number: i32) -> String {
    decode::protocol(family, number.cast_unsigned())
}

pub(super) fn state(number: u8) -> Option<&'static str> {
    STATES.get(usize::from(number).checked_sub(1)?).copied()
}
