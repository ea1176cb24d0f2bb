//! Real sockets on loopback, for the tests: both ends in one process.

#![allow(clippy::unwrap_used)]

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, Shutdown, SockFlag, SockType,
    SockaddrLike, SockaddrStorage, accept4, bind, connect, getsockname,
    listen, recv, send, setsockopt, shutdown, socket, sockopt,
};
use nix::time::{ClockId, clock_gettime};

pub(super) use crate::apart::{become_nobody, in_a_child, outcome_in_a_child};

/// Long enough for a busy machine; only a failure waits for it.
const SOON: Duration = Duration::from_secs(10);

pub(super) const V4: SocketAddr =
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));
pub(super) const V6: SocketAddr =
    SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 0, 0, 0));

pub(super) fn now() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap();
    u64::try_from(time.tv_sec() * 1_000_000_000 + time.tv_nsec()).unwrap()
}

/// Asks again until the answer is yes.
pub(super) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < SOON, "not in time: {what}");
    }
}

/// A socket that is closed when it is dropped.
pub(super) struct Peer(OwnedFd);

impl Peer {
    fn new(kind: SockType, at: SocketAddr) -> Peer {
        let family = match at {
            SocketAddr::V4(_) => AddressFamily::Inet,
            SocketAddr::V6(_) => AddressFamily::Inet6,
        };
        let close_on_exec = SockFlag::SOCK_CLOEXEC;
        Peer(socket(family, kind, close_on_exec, None).unwrap())
    }

    pub(super) fn tcp(at: SocketAddr) -> Peer {
        Peer::new(SockType::Stream, at)
    }

    pub(super) fn bound(self, at: SocketAddr) -> Peer {
        bind(self.0.as_raw_fd(), &SockaddrStorage::from(at)).unwrap();
        self
    }

    pub(super) fn udp(at: SocketAddr) -> Peer {
        Peer::new(SockType::Datagram, at).bound(at)
    }

    pub(super) fn listener(at: SocketAddr) -> Peer {
        let listener = Peer::tcp(at).bound(at);
        listen(&listener.0, Backlog::new(16).unwrap()).unwrap();
        listener
    }

    pub(super) fn address(&self) -> SocketAddr {
        let address: SockaddrStorage =
            getsockname(self.0.as_raw_fd()).unwrap();
        assert!(address.len() > 0);
        let v4 = address.as_sockaddr_in().map(|at| (*at).into());
        let v6 = address.as_sockaddr_in6().map(|at| (*at).into());
        v4.map(SocketAddr::V4).or(v6.map(SocketAddr::V6)).unwrap()
    }

    pub(super) fn connect(&self, to: SocketAddr) -> Result<(), Errno> {
        connect(self.0.as_raw_fd(), &SockaddrStorage::from(to))
    }

    pub(super) fn accept(&self) -> Peer {
        let fd = self.0.as_raw_fd();
        let accepted = accept4(fd, SockFlag::SOCK_CLOEXEC).unwrap();
        // SAFETY: accept has just made it, and nobody else knows it.
        Peer(unsafe { std::os::fd::FromRawFd::from_raw_fd(accepted) })
    }

    /// Both ends of a new connection: who connected, who was accepted.
    pub(super) fn pair(at: SocketAddr) -> (Peer, Peer) {
        let listener = Peer::listener(at);
        let client = Peer::tcp(at);
        client.connect(listener.address()).unwrap();
        let server = listener.accept();
        (client, server)
    }

    pub(super) fn send(&self, bytes: &[u8]) {
        let sent = send(self.0.as_raw_fd(), bytes, MsgFlags::empty());
        assert_eq!(sent, Ok(bytes.len()));
    }

    /// Until the peer has no room for more.
    pub(super) fn send_until_full(&self) {
        let some = [0; 16 * 1024];
        let flags = MsgFlags::MSG_DONTWAIT;
        while send(self.0.as_raw_fd(), &some, flags).is_ok() {}
    }

    /// As many as come at once; none at the end.
    pub(super) fn recv(&self) -> usize {
        let mut bytes = [0; 4096];
        let fd = self.0.as_raw_fd();
        recv(fd, &mut bytes, MsgFlags::empty()).unwrap()
    }

    pub(super) fn send_fin(&self) {
        shutdown(self.0.as_raw_fd(), Shutdown::Write).unwrap();
    }

    /// Its close sends a RST.
    pub(super) fn abort(self) {
        let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
        setsockopt(&self.0, sockopt::Linger, &at_once).unwrap();
    }
}

/// From here on any but read, write and exit kills it.
pub(super) fn make_no_more_system_calls() {
    // SAFETY: it takes two numbers, and changes only what is permitted.
    let strict = unsafe {
        libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_STRICT)
    };
    assert_eq!(strict, 0);
}

/// How many descriptors this process has.
pub(super) fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}
