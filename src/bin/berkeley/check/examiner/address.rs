//! Which addresses a socket has.

use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};

use anyhow::{Context, Result};
use nix::sys::socket::{SockaddrStorage, getpeername, getsockname};

pub(super) fn local(socket: impl AsFd) -> Result<SocketAddr> {
    plain(getsockname(socket.as_fd().as_raw_fd())?)
}

pub(super) fn remote(socket: impl AsFd) -> Result<SocketAddr> {
    plain(getpeername(socket.as_fd().as_raw_fd())?)
}

pub(super) fn plain(address: SockaddrStorage) -> Result<SocketAddr> {
    let v4 = address.as_sockaddr_in().map(|at| SocketAddr::V4((*at).into()));
    let v6 = address.as_sockaddr_in6().map(|at| SocketAddr::V6((*at).into()));
    v4.or(v6).context("an address of no internet family")
}
