//! sendmsg(2), recvmsg(2) and their plurals: buffers in pieces, and a header
//! around them.

use super::Call;
use super::address::address;
use super::controls::controls_in;
use super::network::{address_bytes, message_flags, only_looks, push_flags};
use super::reading::{SHOWN, long, word};
use super::words::pointer;

/// `struct iovec`, `struct msghdr` and `struct mmsghdr`.
const IOVEC: usize = 16;
const HEADER: usize = 56;
const MANY_HEADER: usize = 64;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Way {
    Out,
    /// So many bytes have come in.
    In(u64),
}

pub(super) fn sendmsg(call: &mut Call) {
    match call.result {
        None => {
            call.push_int(0);
            let at = call.arg(1);
            let message = match call.bytes(at, HEADER) {
                Some(header) => message(call, &header, Way::Out, 0),
                None => pointer(at),
            };
            call.push(message);
            push_flags(call, 2);
        }
        Some(result) => {
            call.went_through(result);
            if let Some(header) = call.bytes(call.arg(1), HEADER) {
                let (at, count) = (long(&header, 16), long(&header, 24));
                leaves_pieces(call, at, count, result);
            }
        }
    }
}

pub(super) fn recvmsg(call: &mut Call) {
    let at = call.arg(1);
    let header = call.bytes(at, HEADER);
    match (call.result, header) {
        (None, header) => {
            call.push_int(0);
            match header {
                Some(header) => {
                    let room = name_length(&header);
                    call.push(format!("{{msg_namelen={room}}}"));
                    call.decoded.room.push(room);
                }
                None => call.push_pointer(1),
            }
            push_flags(call, 2);
        }
        (Some(result @ 0..), Some(header)) => {
            let room = call.decoded.room.first().copied().unwrap_or(0);
            let got = Way::In(result.unsigned_abs());
            let message = message(call, &header, got, room);
            call.set(1, message);
            if !only_looks(call.unsigned(2)) {
                call.went_through(result);
            }
        }
        _ => {}
    }
}

pub(super) fn sendmmsg(call: &mut Call) {
    match call.result {
        None => {
            call.push_int(0);
            let messages = many(call, call.unsigned(2), None);
            call.push(messages);
            call.push(call.unsigned(2));
            push_flags(call, 3);
        }
        Some(result @ 1..) => {
            let sent = u32::try_from(result).unwrap_or(0);
            call.decoded.first.clear();
            call.decoded.passed.clear();
            let messages = many(call, call.unsigned(2), Some((sent, false)));
            call.set(1, messages);
            call.went_through(total(call, sent));
        }
        Some(_) => {}
    }
}

pub(super) fn recvmmsg(call: &mut Call) {
    match call.result {
        None => {
            call.push_int(0);
            call.push_pointer(1);
            call.push(call.unsigned(2));
            push_flags(call, 3);
            call.push(call.time(call.arg(4), "tv_nsec"));
            let count = call.unsigned(2);
            for header in headers(call, count) {
                call.decoded.room.push(name_length(&header));
            }
        }
        Some(result @ 0..) => {
            let got = u32::try_from(result).unwrap_or(0);
            let messages = many(call, got, Some((got, true)));
            call.set(1, messages);
            if !only_looks(call.unsigned(3)) {
                call.went_through(total(call, got));
            }
        }
        Some(_) => {}
    }
}

/// The first of so many headers.
fn headers(call: &Call, count: u32) -> Vec<Vec<u8>> {
    let count = usize::try_from(count).unwrap_or(SHOWN).min(SHOWN);
    let bytes = call.some_bytes(call.arg(1), count * MANY_HEADER);
    let bytes = bytes.unwrap_or_default();
    bytes.chunks_exact(MANY_HEADER).map(<[u8]>::to_vec).collect()
}

/// `[{msg_hdr={…}, msg_len=11}]`; of those that `done` counts, the length is
/// known, and with `true` it was received.
fn many(call: &mut Call, count: u32, done: Option<(u32, bool)>) -> String {
    let at = call.arg(1);
    if at == 0 || count == 0 {
        return if at == 0 { pointer(0) } else { "[]".to_string() };
    }
    let headers = headers(call, count);
    if headers.is_empty() {
        return pointer(at);
    }
    let mut words = Vec::new();
    for (place, header) in (0..).zip(&headers) {
        let length = word(header, HEADER);
        let room = call.decoded.room.get(place as usize).copied();
        let way = match done {
            Some((_, true)) => Way::In(u64::from(length)),
            _ => Way::Out,
        };
        let message = message(call, header, way, room.unwrap_or(0));
        words.push(match done {
            Some((known, _)) if place < known => {
                format!("{{msg_hdr={message}, msg_len={length}}}")
            }
            _ => format!("{{msg_hdr={message}}}"),
        });
    }
    if headers.len() < usize::try_from(count).unwrap_or(usize::MAX) {
        words.push("...".to_string());
    }
    format!("[{}]", words.join(", "))
}

/// The bytes of the first so many messages.
fn total(call: &Call, count: u32) -> i64 {
    let lengths = headers(call, count);
    lengths.iter().map(|header| i64::from(word(header, HEADER))).sum()
}

/// A message header. `room` is how long its name could have been.
fn message(call: &mut Call, header: &[u8], way: Way, room: i32) -> String {
    let name = long(header, 0);
    let named = name_length(header);
    let (pieces, count) = (long(header, 16), long(header, 24));
    let (controls, length) = (long(header, 32), long(header, 40));
    let length_word = match way {
        Way::In(_) if room != named => format!("{room} => {named}"),
        _ => named.to_string(),
    };
    let left = match way {
        Way::Out => None,
        Way::In(length) => Some(length),
    };
    // What was received has its name cut to the room there was.
    let shown = if left.is_some() { named.min(room) } else { named };
    let name = message_name(call, name, shown);
    let pieces = iovecs(call, pieces, count, left);
    let control = if length == 0 {
        String::new()
    } else {
        let messages = controls_in(call, controls, length, way);
        format!("msg_control={messages}, ")
    };
    let flags = message_flags(u64::from(word(header, 48)));
    format!(
        "{{msg_name={name}, msg_namelen={length_word}, msg_iov={pieces}, \
         msg_iovlen={count}, {control}msg_controllen={length}, \
         msg_flags={flags}}}"
    )
}

fn name_length(header: &[u8]) -> i32 {
    word(header, 8).cast_signed()
}

fn message_name(call: &mut Call, at: u64, length: i32) -> String {
    match address_bytes(call, at, length) {
        Some(bytes) => {
            let name = address(&bytes);
            if super::address::is_named(&bytes)
                && call.decoded.address.is_none()
            {
                call.decoded.address = Some(name.clone());
            }
            name
        }
        None => pointer(at),
    }
}

/// `[{iov_base="hello", iov_len=5}]`. What came in fills one after the other
/// with `left` bytes in all; what goes out is all there.
pub(super) fn iovecs(
    call: &mut Call,
    at: u64,
    count: u64,
    left: Option<u64>,
) -> String {
    pieces(call, at, count, |call, base, length, used| {
        let shown =
            left.map_or(length, |left| length.min(left.saturating_sub(used)));
        call.sample(base, shown)
    })
}

/// Of pieces that go out only the first `taken` bytes have gone: the rest of
/// the one that was cut.
pub(super) fn leaves_pieces(call: &mut Call, at: u64, count: u64, taken: i64) {
    let Ok(mut taken) = u64::try_from(taken) else { return };
    for piece in call.members(at, count, IOVEC).bytes.chunks_exact(IOVEC) {
        let (base, length) = (long(piece, 0), long(piece, 8));
        if taken < length {
            return call.leaves(base, length, taken.cast_signed());
        }
        taken -= length;
    }
}

/// The same before anything has come in: only where it will be put.
pub(super) fn empty_iovecs(call: &mut Call, at: u64, count: u64) -> String {
    pieces(call, at, count, |_, base, _, _| pointer(base))
}

fn pieces(
    call: &mut Call,
    at: u64,
    count: u64,
    mut text: impl FnMut(&mut Call, u64, u64, u64) -> String,
) -> String {
    let members = call.members(at, count, IOVEC);
    let mut used = 0_u64;
    let mut words = Vec::new();
    for piece in members.bytes.chunks_exact(IOVEC) {
        let (base, length) = (long(piece, 0), long(piece, 8));
        let shown = text(call, base, length, used);
        used = used.saturating_add(length);
        words.push(format!("{{iov_base={shown}, iov_len={length}}}"));
    }
    members.listed(words)
}
