//! `bind`, and what AF_UNIX needs beside it.
//!
//! A server that was killed leaves its socket file behind, and the next one's
//! `bind` says EADDRINUSE, whether anybody listens there or not. Only
//! `connect` can tell. Twin: `c_compare/sockets/bind.c`. Man pages:
//! `bind(2)`, `unix(7)`.

use std::fs;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::socket::{
    self, AddressFamily, SockFlag, SockType, SockaddrStorage, connect, socket,
};

use super::address::{Shown, exact};
use super::errors::Failed;

/// Gives the socket its address. A stale socket file is replaced; a socket on
/// which somebody listens, or a file that is none, never is.
///
/// # Errors
/// What `bind(2)` says.
pub fn bind(
    listener: impl AsFd,
    address: &SockaddrStorage,
) -> Result<(), Failed> {
    let listener = listener.as_fd();
    let mut bound = socket::bind(listener.as_raw_fd(), exact(address));
    if let (Err(Errno::EADDRINUSE), Some(unix)) =
        (bound, address.as_unix_addr())
        && let Some(path) = unix.path()
        && is_stale(listener, path, address)
    {
        let _ = fs::remove_file(path);
        bound = socket::bind(listener.as_raw_fd(), exact(address));
    }
    bound.map_err(Failed::at("bind", Shown(address)))
}

/// A socket file that refuses a connection has no listener any more. Any
/// other answer, a full queue's `EAGAIN` too, comes from somebody alive.
fn is_stale(
    listener: impl AsFd,
    path: &Path,
    address: &SockaddrStorage,
) -> bool {
    let is_socket = fs::symlink_metadata(path)
        .is_ok_and(|file| file.file_type().is_socket());
    let kind = socket::getsockopt(&listener, socket::sockopt::SockType);
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let probe = socket(
        AddressFamily::Unix,
        kind.unwrap_or(SockType::Stream),
        flags,
        None,
    );
    is_socket
        && probe.is_ok_and(|probe| {
            connect(probe.as_raw_fd(), exact(address))
                == Err(Errno::ECONNREFUSED)
        })
}
