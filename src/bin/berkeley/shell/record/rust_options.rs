//! setsockopt(2) and getsockopt(2) in Rust: by nix's types, where it has
//! one for the option.

use super::super::call::{Arg, Value};
use super::acts::block;
use super::plan::Step;
use super::rust_calls::{number, told};

/// What nix calls an option, and whether it is a switch.
fn known(level: i32, option: i32) -> Option<(&'static str, bool)> {
    Some(match (level, option) {
        (libc::SOL_SOCKET, libc::SO_REUSEADDR) => ("ReuseAddr", true),
        (libc::SOL_SOCKET, libc::SO_REUSEPORT) => ("ReusePort", true),
        (libc::SOL_SOCKET, libc::SO_KEEPALIVE) => ("KeepAlive", true),
        (libc::SOL_SOCKET, libc::SO_BROADCAST) => ("Broadcast", true),
        (libc::SOL_SOCKET, libc::SO_OOBINLINE) => ("OobInline", true),
        (libc::SOL_SOCKET, libc::SO_DONTROUTE) => ("DontRoute", true),
        (libc::SOL_SOCKET, libc::SO_RCVBUF) => ("RcvBuf", false),
        (libc::SOL_SOCKET, libc::SO_SNDBUF) => ("SndBuf", false),
        (libc::SOL_SOCKET, libc::SO_LINGER) => ("Linger", false),
        (libc::SOL_SOCKET, libc::SO_RCVTIMEO) => ("ReceiveTimeout", false),
        (libc::SOL_SOCKET, libc::SO_SNDTIMEO) => ("SendTimeout", false),
        (libc::IPPROTO_TCP, libc::TCP_NODELAY) => ("TcpNoDelay", true),
        (libc::IPPROTO_IP, libc::IP_ADD_MEMBERSHIP) => {
            ("IpAddMembership", false)
        }
        (libc::IPPROTO_IP, libc::IP_DROP_MEMBERSHIP) => {
            ("IpDropMembership", false)
        }
        _ => return None,
    })
}

pub(super) fn statements(step: &Step, name: &str, fd: &str) -> Vec<String> {
    let Arg::Option(level, option) = *step.arg(1) else { return Vec::new() };
    if name == "getsockopt" {
        let mut lines = vec![
            "let mut value = [0_u8; 512];".to_owned(),
            "let mut length: libc::socklen_t = 512;".into(),
        ];
        let call = format!(
            "libc::getsockopt({fd}, {level}, {option}, \
             value.as_mut_ptr().cast(), &raw mut length)"
        );
        lines.extend(number(name, &call));
        return block(lines);
    }
    let Arg::Value(value) = step.arg(2) else { return Vec::new() };
    let with = match (known(level, option), value) {
        (Some((_, true)), Value::Int(on @ 0..=1)) => (*on == 1).to_string(),
        (Some((_, false)), Value::Int(size @ 0..)) => format!("{size}_usize"),
        (Some(_), Value::Linger(on, seconds)) => {
            format!("libc::linger {{ l_onoff: {on}, l_linger: {seconds} }}")
        }
        (Some(_), Value::Time(micros)) => format!(
            "nix::sys::time::TimeVal::new({}, {})",
            micros / 1_000_000,
            micros % 1_000_000
        ),
        (Some(_), Value::Group4(group, interface)) => format!(
            "socket::IpMembershipRequest::new({}, Some({}))",
            ip(*group),
            ip(*interface)
        ),
        _ => return by_libc(name, fd, level, option, value),
    };
    let (kind, _) = known(level, option).unwrap_or(("", false));
    let call = format!(
        "socket::setsockopt(&fd({fd}), socket::sockopt::{kind}, &{with})"
    );
    vec![told(name, &format!("{call}.map(|()| 0)"))]
}

fn ip(ip: std::net::Ipv4Addr) -> String {
    let [a, b, c, d] = ip.octets();
    format!("std::net::Ipv4Addr::new({a}, {b}, {c}, {d})")
}

fn by_libc(
    name: &str,
    fd: &str,
    level: i32,
    option: i32,
    value: &Value,
) -> Vec<String> {
    let raw = value.raw();
    let bytes: Vec<String> = raw.iter().map(ToString::to_string).collect();
    let mut lines = vec![format!(
        "let value: [u8; {}] = [{}];",
        raw.len(),
        bytes.join(", ")
    )];
    let call = format!(
        "libc::setsockopt({fd}, {level}, {option}, value.as_ptr().cast(), {})",
        raw.len()
    );
    lines.extend(number(name, &call));
    block(lines)
}
