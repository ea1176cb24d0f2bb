//! Values as Python shows them.
//!
//! Twin: `c_compare/socket_tools/python.c`. Man pages: `ip(7)`, `ipv6(7)`,
//! `netlink(7)`, `packet(7)`, `vsock(7)`.

use std::net::{Ipv4Addr, Ipv6Addr};

use berkeley::sockets::text;
use nix::sys::socket::{SockaddrLike, SockaddrStorage};

/// A socket's address as Python's tuple. A socket of AF_UNIX that was not
/// bound has none.
pub(crate) fn address(address: &SockaddrStorage) -> Option<String> {
    if let Some(v4) = address.as_sockaddr_in() {
        return Some(format!("('{}', {})", v4.ip(), v4.port()));
    }
    if let Some(v6) = address.as_sockaddr_in6() {
        let (host, port) = (as_inet_ntop(v6.ip()), v6.port());
        let flow = u32::from_be(v6.flowinfo());
        let scope = v6.scope_id();
        return Some(format!("('{host}', {port}, {flow}, {scope})"));
    }
    if let Some(netlink) = address.as_netlink_addr() {
        return Some(format!("({}, {})", netlink.pid(), netlink.groups()));
    }
    if let Some(link) = address.as_link_addr() {
        let protocol = u16::from_be(link.protocol());
        let (kind, hardware) = (link.pkttype(), link.hatype());
        return Some(format!("('', {protocol}, {kind}, {hardware}, b'')"));
    }
    if let Some(vsock) = address.as_vsock_addr() {
        return Some(format!("({}, {})", vsock.cid(), vsock.port()));
    }
    any_other(address)
}

/// A family that Python does not take apart: its number and 14 bytes.
fn any_other(address: &SockaddrStorage) -> Option<String> {
    // SAFETY: a sockaddr_storage begins as every socket address does.
    let address = unsafe { &*address.as_ptr() };
    if i32::from(address.sa_family) == libc::AF_UNIX {
        return None;
    }
    let bytes: Vec<u8> =
        address.sa_data.iter().map(|byte| byte.to_ne_bytes()[0]).collect();
    Some(format!("({}, {})", address.sa_family, text::repr(&bytes)))
}

/// `inet_ntop(3)` still writes `::1.2.3.4`, as Rust did once.
fn as_inet_ntop(address: Ipv6Addr) -> String {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high > 0 => {
            let [.., a, b, c, d] = address.octets();
            format!("::{}", Ipv4Addr::new(a, b, c, d))
        }
        _ => address.to_string(),
    }
}

/// A list of strings: `['127.0.0.1', '::1']`.
pub(crate) fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

/// A string in quotes: `'localhost'`.
pub(crate) fn quoted(text: &str) -> String {
    text::repr(text.as_bytes())[1..].to_string()
}
