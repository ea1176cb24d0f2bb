//! The three words that socket(2) was given.

use crate::trace::decode;

pub(super) fn family(number: i32) -> String {
    decode::domain(u64::from(number.cast_unsigned()))
}

pub(super) fn kind(number: i32) -> String {
    decode::socket_type(u64::from(number.cast_unsigned()))
}

pub(super) fn protocol(family: i32, number: i32) -> String {
    decode::protocol(family, number.cast_unsigned())
}
