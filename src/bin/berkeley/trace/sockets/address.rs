//! A socket's address, in the words that a call's arguments have.

use std::net::SocketAddr;

use crate::trace::decode;

/// What `getsockname(2)` wrote. `None`: the socket has no address yet.
pub(super) fn address(bytes: &[u8]) -> Option<String> {
    let is_named = bytes.len() > size_of::<libc::sa_family_t>();
    let text = is_named.then(|| decode::address(bytes))?;
    let is_bound = |text: &SocketAddr| internet(*text).is_some();
    text.parse().as_ref().map_or(true, is_bound).then_some(text)
}

pub(super) fn internet(address: SocketAddr) -> Option<String> {
    let is_none = address.ip().is_unspecified() && address.port() == 0;
    (!is_none).then(|| address.to_string())
}

/// As a table writes it: `@` stands for the NUL of an abstract name.
pub(super) fn unix(name: &[u8]) -> Option<String> {
    let family = libc::sa_family_t::try_from(libc::AF_UNIX).ok()?;
    let (mark, name) = match name {
        [b'@', name @ ..] => (&[0][..], name),
        path => (&[][..], path),
    };
    address(&[&family.to_ne_bytes()[..], mark, name].concat())
}
