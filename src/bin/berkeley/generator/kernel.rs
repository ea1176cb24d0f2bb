//! The calls of the generator, each of them counted: what a request costs
//! this side is part of the result.
//!
//! Man pages: `epoll(7)`, `epoll_pwait2(2)`, `ip(7)`, `connect(2)`.

use std::mem::MaybeUninit;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::ptr;

use anyhow::{Context, Result};
use berkeley::sockets;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrIn6, SockaddrLike,
    SockaddrStorage, bind, connect, getsockname, setsockopt, socket, sockopt,
};
use nix::sys::time::TimeSpec;

use super::clock::SECOND;

/// As many ready connections as one call may return.
const MOST: usize = 256;

pub(crate) const IN: EpollFlags = EpollFlags::EPOLLIN;
pub(crate) const IN_OUT: EpollFlags =
    EpollFlags::EPOLLIN.union(EpollFlags::EPOLLOUT);

/// An epoll instance, and how many calls were made with it.
pub(crate) struct Kernel {
    epoll: Epoll,
    events: Vec<EpollEvent>,
    pub(crate) calls: u64,
    /// Older than Linux 5.11: epoll itself waits only for whole
    /// milliseconds.
    coarse: bool,
}

impl Kernel {
    pub(crate) fn new() -> Result<Kernel> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)
            .context("epoll_create1")?;
        let events = vec![EpollEvent::empty(); MOST];
        Ok(Kernel { epoll, events, calls: 0, coarse: false })
    }

    /// A socket that has not been connected yet.
    pub(crate) fn socket(
        &mut self,
        family: AddressFamily,
    ) -> Result<OwnedFd, Errno> {
        self.calls += 1;
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        socket(family, SockType::Stream, flags, None)
    }

    /// What is said goes out at once, also when something said before has
    /// not been acknowledged.
    pub(crate) fn no_delay(&mut self, socket: &OwnedFd) -> Result<(), Errno> {
        self.calls += 1;
        setsockopt(socket, sockopt::TcpNoDelay, &true)
    }

    /// Chooses the source address and leaves the port to `connect`. Without
    /// that option `bind` would look for a port that is free whatever the
    /// other end, and find none after 28,000.
    pub(crate) fn bind(
        &mut self,
        socket: &OwnedFd,
        source: Ipv4Addr,
    ) -> Result<(), Errno> {
        self.calls += 2;
        setsockopt(socket, sockopt::IpBindAddressNoPort, &true)?;
        let [a, b, c, d] = source.octets();
        bind(socket.as_raw_fd(), &SockaddrIn::new(a, b, c, d, 0))
    }

    /// EINPROGRESS and EALREADY are for the caller to understand.
    pub(crate) fn connect(
        &mut self,
        socket: &OwnedFd,
        server: &SockaddrStorage,
    ) -> Result<(), Errno> {
        self.calls += 1;
        connect(socket.as_raw_fd(), server)
    }

    /// The port on this side.
    pub(crate) fn port(&mut self, socket: &OwnedFd) -> Result<u16, Errno> {
        self.calls += 1;
        let name: SockaddrStorage = getsockname(socket.as_raw_fd())?;
        let v4 = name.as_sockaddr_in().map(SockaddrIn::port);
        let v6 = name.as_sockaddr_in6().map(SockaddrIn6::port);
        v4.or(v6).ok_or(Errno::EAFNOSUPPORT)
    }

    #[inline]
    pub(crate) fn send(
        &mut self,
        socket: &OwnedFd,
        bytes: &[u8],
    ) -> Result<usize, Errno> {
        self.calls += 1;
        sockets::send(socket, bytes)
    }

    #[inline]
    pub(crate) fn recv<'a>(
        &mut self,
        socket: &OwnedFd,
        room: &'a mut [MaybeUninit<u8>],
    ) -> Result<&'a [u8], Errno> {
        self.calls += 1;
        sockets::recv(socket, room).map(|bytes| &*bytes)
    }

    /// `close` also takes it off epoll's list.
    pub(crate) fn close(&mut self, socket: OwnedFd) {
        self.calls += 1;
        drop(socket);
    }

    /// Watches a socket for the first time; its events bring `index` back.
    pub(crate) fn watch(
        &mut self,
        socket: &OwnedFd,
        index: usize,
        interest: EpollFlags,
    ) -> Result<(), Errno> {
        self.calls += 1;
        let event = EpollEvent::new(interest, index as u64);
        self.epoll.add(socket, event)
    }

    /// Watches it for something else from now on.
    pub(crate) fn change(
        &mut self,
        socket: &OwnedFd,
        index: usize,
        interest: EpollFlags,
    ) -> Result<(), Errno> {
        self.calls += 1;
        let mut event = EpollEvent::new(interest, index as u64);
        self.epoll.modify(socket, &mut event)
    }

    /// Waits for events, at most so many nanoseconds; how many there are.
    pub(crate) fn wait(&mut self, patience: u64) -> usize {
        let time = timespec(patience);
        if !self.coarse {
            match self.epoll_pwait2(time) {
                Err(Errno::ENOSYS) => self.coarse = true,
                Ok(count) => return count,
                Err(_) => return 0, // EINTR; the caller looks at its clock.
            }
        }
        self.calls += 2;
        let epoll = self.epoll.0.as_fd();
        let mut wait = [PollFd::new(epoll, PollFlags::POLLIN)];
        let _ = ppoll(&mut wait, Some(time), None);
        self.epoll.wait(&mut self.events, 0_u8).unwrap_or(0)
    }

    fn epoll_pwait2(&mut self, time: TimeSpec) -> Result<usize, Errno> {
        self.calls += 1;
        let epoll: RawFd = self.epoll.0.as_raw_fd();
        let time: &libc::timespec = time.as_ref();
        // By number: the C library has it only since glibc 2.35.
        // SAFETY: `events` is an array of MOST epoll_event (EpollEvent is
        // transparent), `time` outlives the call, and no mask is given.
        let count = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                epoll,
                self.events.as_mut_ptr(),
                MOST,
                ptr::from_ref(time),
                ptr::null::<libc::sigset_t>(),
                0_usize,
            )
        };
        Errno::result(count).map(|count| usize::try_from(count).unwrap_or(0))
    }

    /// One of the events that `wait` has brought: whose, and what.
    #[inline]
    pub(crate) fn event(&self, at: usize) -> (usize, EpollFlags) {
        let event = &self.events[at];
        (usize::try_from(event.data()).unwrap_or(0), event.events())
    }
}

fn timespec(nanoseconds: u64) -> TimeSpec {
    // Nobody waits for more than a day at a time.
    let nanoseconds = nanoseconds.min(86_400 * SECOND).cast_signed();
    let second = SECOND.cast_signed();
    TimeSpec::new(nanoseconds / second, nanoseconds % second)
}

/// The family of an address, for `socket`.
pub(crate) fn family(address: &SockaddrStorage) -> AddressFamily {
    address.family().unwrap_or(AddressFamily::Inet)
}
