//! setsockopt(2) and getsockopt(2): what an option is called and what its
//! value says. Man pages: `socket(7)`, `ip(7)`, `ipv6(7)`, `tcp(7)`.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Call;
use super::errno::errno;
use super::network::resized;
use super::option_names::{level, option};
use super::reading::{half, long, time, word};
use super::text::quoted;
use super::words::{int, pointer};

const SOCKET: i32 = libc::SOL_SOCKET;
const IPV4: i32 = libc::IPPROTO_IP;
const IPV6: i32 = libc::IPPROTO_IPV6;

pub(super) fn setsockopt(call: &mut Call) {
    if call.result.is_some() {
        return;
    }
    push_option(call, false);
    let (at, length) = (call.arg(3), call.int(4));
    call.push(given(call, at, length).unwrap_or_else(|| pointer(at)));
    call.push_int(4);
}

pub(super) fn getsockopt(call: &mut Call) {
    match call.result {
        None => {
            push_option(call, true);
            call.push_pointer(3);
            match call.int_at(call.arg(4)) {
                Some(room) => {
                    call.push(format!("[{room}]"));
                    call.decoded.room.push(room);
                }
                None => call.push_pointer(4),
            }
        }
        Some(0..) => {
            let Some(&room) = call.decoded.room.first() else { return };
            let used = call.int_at(call.arg(4)).unwrap_or(room);
            call.set(4, resized(room, used));
            if let Some(value) = got(call, call.arg(3), used) {
                call.set(3, value);
            }
        }
        Some(_) => {}
    }
}

fn push_option(call: &mut Call, asks: bool) {
    call.push_int(0);
    call.push(level(call.int(1)));
    call.push(option(call.int(1), call.int(2), asks));
}

/// The value of a setsockopt. The kernel takes the first int of a longer
/// value; a shorter one it refuses.
fn given(call: &Call, at: u64, length: i32) -> Option<String> {
    let size = usize::try_from(length).ok()?;
    let exactly = |least| (size >= least).then(|| call.bytes(at, least))?;
    match (call.int(1), call.int(2)) {
        (SOCKET, libc::SO_LINGER) => Some(linger(&exactly(8)?)),
        (SOCKET, libc::SO_RCVTIMEO | libc::SO_SNDTIMEO | 66 | 67)
            if size >= 16 =>
        {
            Some(time(&exactly(16)?, "tv_usec"))
        }
        (SOCKET, libc::SO_ATTACH_FILTER | libc::SO_ATTACH_REUSEPORT_CBPF) => {
            if size != 16 {
                return None;
            }
            let filter = exactly(16)?;
            let (len, at) = (half(&filter, 0), pointer(long(&filter, 8)));
            Some(format!("{{len={len}, filter={at}}}"))
        }
        (SOCKET, name @ 1..=LAST) if !BYTES.contains(&name) => {
            Some(format!("[{}]", int(u64::from(word(&exactly(4)?, 0)))))
        }
        (IPV4, libc::IP_ADD_MEMBERSHIP | libc::IP_DROP_MEMBERSHIP) => {
            let group = exactly(8)?;
            let (group, interface) = (ipv4(&group, 0), ipv4(&group, 4));
            Some(format!(
                "{{imr_multiaddr={group}, imr_interface={interface}}}"
            ))
        }
        (IPV6, 20 | 21 | 27 | 28) => {
            if size != 20 {
                return None;
            }
            let group = exactly(20)?;
            let (ip, interface) = (ipv6(&group)?, word(&group, 16));
            Some(format!(
                "{{inet_pton(AF_INET6, \"{ip}\", &ipv6mr_multiaddr), \
                 ipv6mr_interface={interface}}}"
            ))
        }
        (libc::SOL_PACKET, 1 | 2 | 5 | 13) => None,
        (libc::SOL_NETLINK, _) => {
            Some(format!("[{}]", int(u64::from(word(&exactly(4)?, 0)))))
        }
        _ => plain(call, at, size),
    }
}

/// The value that a getsockopt was given.
fn got(call: &Call, at: u64, length: i32) -> Option<String> {
    let size = usize::try_from(length).ok()?;
    if size == 0 {
        return None;
    }
    let value = || call.bytes(at, size.min(64));
    match (call.int(1), call.int(2)) {
        (SOCKET, libc::SO_LINGER) => Some(linger(&value()?)),
        (SOCKET, libc::SO_PEERCRED) => Some(credentials(&value()?)),
        (SOCKET, libc::SO_RCVTIMEO | libc::SO_SNDTIMEO | 66 | 67)
            if size >= 16 =>
        {
            Some(time(&value()?, "tv_usec"))
        }
        (SOCKET, libc::SO_ERROR) if size == 4 => {
            let error = call.int_at(at)?;
            let name = errno(-i64::from(error));
            Some(format!("[{}]", name.unwrap_or_else(|| error.to_string())))
        }
        (SOCKET, name) if BYTES_GOT.contains(&name) => plain(call, at, size),
        // An int of which less was asked for than it has.
        (SOCKET, _) if size < 4 => Some(digits(&value()?)),
        (SOCKET, _) => Some(format!("[{}]", call.int_at(at)?)),
        _ => plain(call, at, size),
    }
}

/// An int is four bytes; anything else is shown as bytes.
fn plain(call: &Call, at: u64, size: usize) -> Option<String> {
    if size == 4 {
        return Some(format!("[{}]", call.int_at(at)?));
    }
    let shown = size.min(call.longest.saturating_add(1));
    if shown == 0 {
        return (at != 0).then(|| "\"\"".to_string());
    }
    Some(quoted(&call.bytes(at, shown)?, call.longest))
}

/// `"\x01\x00"`
fn digits(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("\\x{byte:02x}"));
    format!("\"{}\"", digits.collect::<String>())
}

/// `{l_onoff=1, l_linger=0}`, as far as it goes.
fn linger(bytes: &[u8]) -> String {
    fields(bytes, &["l_onoff", "l_linger"])
}

/// `{pid=4101, uid=0, gid=0}`
pub(super) fn credentials(bytes: &[u8]) -> String {
    fields(bytes, &["pid", "uid", "gid"])
}

/// A struct of ints.
fn fields(bytes: &[u8], names: &[&str]) -> String {
    let (whole, rest) = bytes.as_chunks::<4>();
    let values = whole.iter().map(|value| i32::from_ne_bytes(*value));
    let mut words: Vec<String> = names
        .iter()
        .zip(values)
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if let Some(name) = names.get(whole.len())
        && !rest.is_empty()
    {
        words.push(format!("{name}={}", digits(rest)));
    }
    format!("{{{}}}", words.join(", "))
}

/// `inet_addr("239.1.2.3")`
pub(super) fn ipv4(bytes: &[u8], at: usize) -> String {
    let ip = Ipv4Addr::from(word(bytes, at).to_ne_bytes());
    format!("inet_addr(\"{ip}\")")
}

fn ipv6(bytes: &[u8]) -> Option<Ipv6Addr> {
    Some(Ipv6Addr::from(*bytes.first_chunk::<16>()?))
}

/// The last option of SOL_SOCKET that has a name.
const LAST: i32 = 75;

/// Of SOL_SOCKET: what is no int, or what no program can set.
const BYTES: [i32; 28] = [
    libc::SO_TYPE,
    libc::SO_ERROR,
    libc::SO_PEERCRED,
    libc::SO_RCVTIMEO,
    libc::SO_SNDTIMEO,
    22,
    23,
    24,
    libc::SO_BINDTODEVICE,
    libc::SO_PEERNAME,
    libc::SO_PEERSEC,
    libc::SO_PROTOCOL,
    libc::SO_DOMAIN,
    libc::SO_MAX_PACING_RATE,
    libc::SO_BPF_EXTENSIONS,
    libc::SO_ATTACH_BPF,
    libc::SO_ATTACH_REUSEPORT_EBPF,
    54,
    libc::SO_MEMINFO,
    libc::SO_COOKIE,
    58,
    libc::SO_PEERGROUPS,
    libc::SO_TXTIME,
    libc::SO_BINDTOIFINDEX,
    66,
    67,
    71,
    72,
];

/// Of SOL_SOCKET: what getsockopt gives that is no int, or is not shown as
/// one when there is less of it.
const BYTES_GOT: [i32; 18] = [
    libc::SO_TYPE,
    libc::SO_RCVTIMEO,
    libc::SO_SNDTIMEO,
    libc::SO_BINDTODEVICE,
    libc::SO_ATTACH_FILTER,
    libc::SO_PEERNAME,
    libc::SO_PEERSEC,
    libc::SO_PROTOCOL,
    libc::SO_DOMAIN,
    libc::SO_MAX_PACING_RATE,
    libc::SO_BPF_EXTENSIONS,
    libc::SO_MEMINFO,
    libc::SO_COOKIE,
    libc::SO_PEERGROUPS,
    libc::SO_TXTIME,
    66,
    67,
    72,
];
