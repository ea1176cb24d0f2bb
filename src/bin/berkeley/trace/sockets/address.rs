//! A socket's address, in words. Man pages: `ip(7)`, `ipv6(7)`, `unix(7)`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// What `getsockname(2)` wrote. `None`: the socket has no address yet.
pub(super) fn address(bytes: &[u8]) -> Option<String> {
    let family = u16::from_ne_bytes(*bytes.first_chunk()?);
    match i32::from(family) {
        libc::AF_INET => internet(v4(bytes)?),
        libc::AF_INET6 => internet(v6(bytes)?),
        libc::AF_UNIX => unix(&bytes[2..]),
        _ => None,
    }
}

pub(super) fn internet(address: SocketAddr) -> Option<String> {
    let is_none = address.ip().is_unspecified() && address.port() == 0;
    (!is_none).then(|| address.to_string())
}

fn v4(bytes: &[u8]) -> Option<SocketAddr> {
    let port = u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
    let ip: [u8; 4] = *bytes.get(4..)?.first_chunk()?;
    Some(SocketAddr::from((Ipv4Addr::from(ip), port)))
}

fn v6(bytes: &[u8]) -> Option<SocketAddr> {
    let port = u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
    let ip: [u8; 16] = *bytes.get(8..)?.first_chunk()?;
    let scope = u32::from_ne_bytes(*bytes.get(24..)?.first_chunk()?);
    let ip = Ipv6Addr::from(ip);
    Some(SocketAddrV6::new(ip, port, 0, scope).into())
}

/// A path ends at the first NUL; a name that begins with one is abstract, and
/// all of it counts.
pub(super) fn unix(name: &[u8]) -> Option<String> {
    let (mark, name) = match name {
        [] => return None,
        [0, abstracted @ ..] => ("@", abstracted),
        path => ("", path.split(|&byte| byte == 0).next()?),
    };
    Some(format!("{mark}{}", name.escape_ascii()))
}
