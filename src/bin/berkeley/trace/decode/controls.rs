//! Control messages beside the data of sendmsg(2) and recvmsg(2):
//! descriptors that are passed on, credentials, times, addresses. Man pages:
//! `cmsg(3)`, `unix(7)`, `ip(7)`.

use super::Call;
use super::address::address;
use super::message::Way;
use super::option_names::{control, control_level};
use super::options::{credentials, ipv4};
use super::reading::{SHOWN, long, time, word};
use super::text::quoted;
use super::words::{hex, pointer};

/// Of a control message, before its data.
const CONTROL: usize = 16;
/// No program has more control messages than this many bytes hold.
const CONTROL_READ: usize = 4096;

/// `[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS,
/// cmsg_data=[5]}]`
pub(super) fn controls_in(
    call: &mut Call,
    at: u64,
    length: u64,
    way: Way,
) -> String {
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
