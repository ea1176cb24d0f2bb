//! `accept4`, with the address of who came.
//!
//! Twin: `c_compare/sockets/accept.c`. nix returns a bare number, and asks
//! for the address by a second call; the API gives both at once. Man page:
//! `accept(2)`.

use std::fmt::{self, Display};
use std::mem::{MaybeUninit, size_of};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{SockFlag, getsockopt, sockopt};

/// Who is at the other end, in the few bytes that are kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// IPv4: address and port.
    V4(Ipv4Addr, u16),
    /// IPv6: address and port.
    V6(Ipv6Addr, u16),
    /// AF_UNIX: a client has no address there, but a process.
    Unix(i32),
}

impl Peer {
    /// The number a conversation may know it by: the port, or over AF_UNIX
    /// the process id.
    #[must_use]
    pub fn id(&self) -> i64 {
        match *self {
            Peer::V4(_, port) | Peer::V6(_, port) => i64::from(port),
            Peer::Unix(pid) => i64::from(pid),
        }
    }
}

impl Peer {
    /// As a message to another process: family, port, address or pid, as the
    /// twin's `struct peer` lies in memory.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
        let (family, port) = match *self {
            Peer::V4(host, port) => {
                bytes[4..8].copy_from_slice(&host.octets());
                (libc::AF_INET, port)
            }
            Peer::V6(host, port) => {
                bytes[4..20].copy_from_slice(&host.octets());
                (libc::AF_INET6, port)
            }
            Peer::Unix(pid) => {
                bytes[4..8].copy_from_slice(&pid.to_ne_bytes());
                (libc::AF_UNIX, 0)
            }
        };
        bytes[..2].copy_from_slice(&family.to_le_bytes()[..2]);
        bytes[2..4].copy_from_slice(&port.to_ne_bytes());
        bytes
    }

    /// From such a message.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 24]) -> Peer {
        let family = u16::from_le_bytes([bytes[0], bytes[1]]);
        let port = u16::from_ne_bytes([bytes[2], bytes[3]]);
        let mut host = [0; 16];
        host.copy_from_slice(&bytes[4..20]);
        let [a, b, c, d, ..] = host;
        match i32::from(family) {
            libc::AF_INET => Peer::V4([a, b, c, d].into(), port),
            libc::AF_INET6 => Peer::V6(host.into(), port),
            _ => Peer::Unix(i32::from_ne_bytes([a, b, c, d])),
        }
    }
}

impl Display for Peer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::V4(host, port) => write!(out, "{host}:{port}"),
            Peer::V6(host, port) => write!(out, "[{host}]:{port}"),
            Peer::Unix(pid) => write!(out, "pid {pid}"),
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // It is 128.
const ROOM: libc::socklen_t =
    size_of::<libc::sockaddr_storage>() as libc::socklen_t;

/// Takes the first connection from the listener's queue: a new descriptor,
/// no new process. Closed when it is dropped.
///
/// # Errors
/// What `accept4(2)` says, `EINTR` too.
#[inline]
pub fn accept(
    listener: impl AsFd,
    flags: SockFlag,
) -> Result<(OwnedFd, Peer), Errno> {
    let mut address = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let mut length = ROOM;
    // SAFETY: `address` has room for `length` bytes and for every family.
    let socket = unsafe {
        libc::accept4(
            listener.as_fd().as_raw_fd(),
            address.as_mut_ptr().cast(),
            &raw mut length,
            (SockFlag::SOCK_CLOEXEC | flags).bits(),
        )
    };
    let socket = Errno::result(socket)?;
    // SAFETY: the kernel has just made this descriptor for us alone.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    // SAFETY: zeroes are a valid sockaddr_storage, and so is what the
    // kernel wrote over them.
    let address = unsafe { address.assume_init() };
    let peer = peer_of(&address, &socket);
    Ok((socket, peer))
}

fn peer_of(address: &libc::sockaddr_storage, socket: &OwnedFd) -> Peer {
    let at = std::ptr::from_ref(address);
    match i32::from(address.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that this is a sockaddr_in, and a
            // sockaddr_storage is large and aligned enough for it.
            let address = unsafe { &*at.cast::<libc::sockaddr_in>() };
            let host = u32::from_be(address.sin_addr.s_addr);
            Peer::V4(Ipv4Addr::from(host), u16::from_be(address.sin_port))
        }
        libc::AF_INET6 => {
            // SAFETY: as above, for sockaddr_in6.
            let address = unsafe { &*at.cast::<libc::sockaddr_in6>() };
            let host = Ipv6Addr::from(address.sin6_addr.s6_addr);
            Peer::V6(host, u16::from_be(address.sin6_port))
        }
        _ => Peer::Unix(
            getsockopt(socket, sockopt::PeerCredentials)
                .map_or(0, |who| who.pid()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::Peer;

    #[test]
    fn a_peer_survives_its_way_to_another_process() {
        let peers = [
            (Peer::V4([127, 0, 0, 1].into(), 80), "127.0.0.1:80"),
            (Peer::V6(1_u128.into(), 65_535), "[::1]:65535"),
            (Peer::Unix(4_194_304), "pid 4194304"),
        ];
        for (peer, text) in peers {
            assert_eq!(Peer::from_bytes(peer.to_bytes()), peer);
            assert_eq!(peer.to_string(), text);
        }
    }
}
