//! The examiner's side of connections.

use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrLike, SockaddrStorage,
    accept, bind, connect, getpeername, getsockname, listen, socket,
};

pub(super) fn connected(to: &str) -> OwnedFd {
    let to: SocketAddr = to.parse().unwrap();
    let to = SockaddrStorage::from(to);
    let client = new(to.family().unwrap());
    connect(client.as_raw_fd(), &to).unwrap();
    client
}

pub(super) fn listening() -> OwnedFd {
    let listener = new(AddressFamily::Inet);
    let at: SocketAddr = "127.0.0.1:0".parse().unwrap();
    bind(listener.as_raw_fd(), &SockaddrStorage::from(at)).unwrap();
    listen(&listener, Backlog::new(8).unwrap()).unwrap();
    listener
}

pub(super) fn accepted(listener: &OwnedFd) -> OwnedFd {
    let got = accept(listener.as_raw_fd()).unwrap();
    // SAFETY: the kernel has just made it, and nobody else knows of it.
    unsafe { OwnedFd::from_raw_fd(got) }
}

fn new(family: AddressFamily) -> OwnedFd {
    let flags = SockFlag::SOCK_CLOEXEC;
    socket(family, SockType::Stream, flags, None).unwrap()
}

pub(super) fn own(socket: &OwnedFd) -> SocketAddr {
    address(getsockname(socket.as_raw_fd()).unwrap())
}

pub(super) fn peer(socket: &OwnedFd) -> SocketAddr {
    address(getpeername(socket.as_raw_fd()).unwrap())
}

fn address(from: SockaddrStorage) -> SocketAddr {
    if let Some(v4) = from.as_sockaddr_in() {
        return SocketAddr::V4((*v4).into());
    }
    SocketAddr::V6((*from.as_sockaddr_in6().unwrap()).into())
}
