//! sendmsg(2), recvmsg(2) and their plurals: buffers in pieces, and control
//! messages beside the data. Man pages: `cmsg(3)`, `unix(7)`.

use super::Call;
use super::address::address;
use super::network::{address_bytes, message_flags, only_looks, push_flags};
use super::option_names::{control, control_level};
use super::options::{credentials, ipv4};
use super::reading::{SHOWN, long, time, word};
use super::text::quoted;
use super::words::{hex, pointer};

/// `struct iovec`, `struct msghdr` and `struct mmsghdr`.
const IOVEC: usize = 16;
const HEADER: usize = 56;
const MANY_HEADER: usize = 64;
/// Of a control message, before its data.
const CONTROL: usize = 16;
/// No program has more control messages than this many bytes hold.
const CONTROL_READ: usize = 4096;

#[derive(Clone, Copy, PartialEq)]
enum Way {
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

/// `[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS,
/// cmsg_data=[5]}]`
fn controls_in(call: &mut Call, at: u64, length: u64, way: Way) -> String {
    let whole = usize::try_from(length).unwrap_or(usize::MAX);
    let bytes = call.some_bytes(at, whole.min(CONTROL_READ));
    let Some(bytes) = bytes.filter(|bytes| bytes.len() >= CONTROL) else {
        return pointer(at);
    };
    let mut words = Vec::new();
    let mut rest = bytes.as_slice();
    while rest.len() >= CONTROL && words.len() < SHOWN {
        let stated = usize::try_from(long(rest, 0)).unwrap_or(usize::MAX);
        let end = stated.clamp(CONTROL, rest.len());
        words.push(one_control(call, rest, &rest[CONTROL..end], way));
        if stated < CONTROL {
            // Where the next one begins cannot be told.
            let next = (bytes.len() - rest.len() + CONTROL) as u64;
            let next = pointer(at.wrapping_add(next));
            words.push(format!("... /* {next} */"));
            return format!("[{}]", words.join(", "));
        }
        let step = stated.checked_next_multiple_of(8);
        rest = step.and_then(|step| rest.get(step..)).unwrap_or_default();
    }
    if whole > bytes.len() || rest.len() >= CONTROL {
        words.push("...".to_string());
    }
    format!("[{}]", words.join(", "))
}

fn one_control(call: &mut Call, head: &[u8], data: &[u8], way: Way) -> String {
    let length = long(head, 0);
    let level = word(head, 8).cast_signed();
    let kind = word(head, 12).cast_signed();
    if (level, kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
        let descriptors = integers(data);
        match way {
            Way::Out => call.decoded.passed.extend(descriptors),
            Way::In(_) => call.decoded.made.extend(descriptors),
        }
    }
    let data = match control_data(level, kind, data, call.longest) {
        Some(data) => format!(", cmsg_data={data}"),
        None => String::new(),
    };
    let (level, kind) = (control_level(level), control(level, kind));
    format!(
        "{{cmsg_len={length}, cmsg_level={level}, cmsg_type={kind}{data}}}"
    )
}

fn integers(bytes: &[u8]) -> Vec<i32> {
    let whole = bytes.as_chunks::<4>().0.iter();
    whole.map(|value| i32::from_ne_bytes(*value)).collect()
}

fn control_data(
    level: i32,
    kind: i32,
    data: &[u8],
    longest: usize,
) -> Option<String> {
    match level {
        _ if data.is_empty() => None,
        libc::SOL_SOCKET => socket_control(kind, data, longest),
        libc::IPPROTO_IP => ip_control(kind, data),
        _ => None,
    }
}

fn socket_control(kind: i32, data: &[u8], longest: usize) -> Option<String> {
    let of_16 = |fraction| has(data, 16, |data| time(data, fraction));
    Some(match kind {
        libc::SCM_RIGHTS => list(integers(data).iter()),
        libc::SCM_CREDENTIALS => credentials(data.get(..12)?),
        SCM_SECURITY => quoted(data, longest),
        libc::SCM_TIMESTAMP | SO_TIMESTAMP_NEW => of_16("tv_usec"),
        libc::SCM_TIMESTAMPNS | SO_TIMESTAMPNS_NEW => of_16("tv_nsec"),
        libc::SCM_TIMESTAMPING | SO_TIMESTAMPING_NEW => {
            has(data, 48, |data| {
                let times = data[..48].chunks_exact(16);
                list(times.map(|data| time(data, "tv_nsec")))
            })
        }
        _ => return None,
    })
}

fn ip_control(kind: i32, data: &[u8]) -> Option<String> {
    Some(match kind {
        libc::IP_PKTINFO => has(data, 12, packet),
        libc::IP_TTL => {
            has(data, 4, |data| list(integers(data).iter().take(1)))
        }
        IP_CHECKSUM => has(data, 4, |data| format!("[{}]", word(data, 0))),
        libc::IP_TOS | libc::IP_RECVOPTS | libc::IP_RETOPTS => {
            list(data.iter().map(|byte| hex(u64::from(*byte))))
        }
        libc::IP_ORIGDSTADDR => has(data, 16, address),
        libc::IP_RECVERR => has(data, 16, error),
        _ => return None,
    })
}

/// `???` where the kernel had no room to write all of it.
fn has(
    data: &[u8],
    least: usize,
    text: impl FnOnce(&[u8]) -> String,
) -> String {
    if data.len() < least { "???".to_string() } else { text(data) }
}

fn list(words: impl Iterator<Item = impl ToString>) -> String {
    let words: Vec<String> = words.map(|word| word.to_string()).collect();
    format!("[{}]", words.join(", "))
}

/// The first interface of every network namespace is its loopback; the
/// names of others are not known here.
fn packet(data: &[u8]) -> String {
    let index = match word(data, 0) {
        1 => "if_nametoindex(\"lo\")".to_string(),
        index => index.to_string(),
    };
    let (local, header) = (ipv4(data, 4), ipv4(data, 8));
    format!("{{ipi_ifindex={index}, ipi_spec_dst={local}, ipi_addr={header}}}")
}

fn error(data: &[u8]) -> String {
    let [origin, kind, code] = [data[4], data[5], data[6]];
    let (errno, info, extra) = (word(data, 0), word(data, 8), word(data, 12));
    let offender = address(&data[16..]);
    format!(
        "{{ee_errno={errno}, ee_origin={origin}, ee_type={kind}, \
         ee_code={code}, ee_info={info}, ee_data={extra}, \
         offender={offender}}}"
    )
}

const SCM_SECURITY: i32 = 3;
const IP_CHECKSUM: i32 = 23;
const SO_TIMESTAMP_NEW: i32 = 63;
const SO_TIMESTAMPNS_NEW: i32 = 64;
const SO_TIMESTAMPING_NEW: i32 = 65;
