//! Who listens where: the program in a server's lab, the examiner in a
//! client's; and how they come together.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, accept4,
    bind, connect, getsockopt, listen, setsockopt, socket, sockopt,
};

use super::peer::Peer;
use super::room::{Gave, Room};
use super::stop::{Done, failed};

impl Room<'_> {
    /// The program listens where its clients look for it; its port is known
    /// then.
    pub(super) fn is_ready(&mut self) -> Done<()> {
        let waited = self.until(|room| Ok(room.its_port()?.is_some()))?;
        let Err(gave) = waited else {
            self.port = self.its_port()?.unwrap_or(self.port);
            let here = Ipv4Addr::LOCALHOST;
            self.its_address = SocketAddr::from((here, self.port));
            return Ok(());
        };
        let listeners = self.its_listeners();
        if listeners.is_empty() {
            return failed("the program does not listen")
                .with("a TCP socket in the state LISTEN", gave.words())
                .stop();
        }
        let there: Vec<String> =
            listeners.iter().map(ToString::to_string).collect();
        let port = if self.was_told_its_port() {
            format!("port {}", self.port)
        } else {
            "a port".to_owned()
        };
        let here = Ipv4Addr::LOCALHOST;
        let right = format!("{port} of {here}, where its clients connect");
        failed("the program listens somewhere else")
            .with(right, there.join(", "))
            .stop()
    }

    /// Where it can be reached at 127.0.0.1: at the port that it was told,
    /// else at the lowest.
    fn its_port(&mut self) -> Done<Option<u16>> {
        let wanted = self.was_told_its_port().then_some(self.port);
        let mut ports = Vec::new();
        for address in self.its_listeners() {
            if wanted.is_none_or(|port| port == address.port())
                && is_reached(address)?
            {
                ports.push(address.port());
            }
        }
        Ok(ports.into_iter().min())
    }

    fn was_told_its_port(&self) -> bool {
        let mut words = self.order.command.iter();
        words.any(|it| it.contains("{port}") || it.contains("{args}"))
    }

    pub(super) fn connect(&mut self, name: &str) -> Done<()> {
        let address = self.its_address;
        self.connect_to(name, address)
    }

    /// All of 127.0.0.0/8 is this machine; a program that is bound to one
    /// address of it does not hear the others.
    pub(super) fn connect_elsewhere(&mut self, name: &str) -> Done<()> {
        let elsewhere = Ipv4Addr::new(127, 0, 0, 2);
        self.connect_to(name, SocketAddr::from((elsewhere, self.port)))
    }

    fn connect_to(&mut self, name: &str, address: SocketAddr) -> Done<()> {
        let socket = tcp(address)?;
        let to = SockaddrStorage::from(address);
        match connect(socket.as_raw_fd(), &to) {
            Ok(()) | Err(Errno::EINPROGRESS) => {}
            Err(errno) => return refused(name, address, errno),
        }
        self.is_connecting = true;
        let waited = self.until(|_| Ok(is_writable(&socket)?));
        self.is_connecting = false;
        let waited = waited?;
        if let Err(gave) = waited {
            let says = format!("{name} cannot connect: nobody answers");
            return failed(says)
                .with(format!("a connection to {address}"), gave.words())
                .stop();
        }
        match getsockopt(&socket, sockopt::SocketError)? {
            0 => {}
            errno => return refused(name, address, Errno::from_raw(errno)),
        }
        self.peers.retain(|peer| peer.name != name);
        self.peers.push(Peer::new(name, socket)?);
        Ok(())
    }

    /// The examiner listens, and the port is its own.
    pub(super) fn listen(&mut self, address: SocketAddr) -> Done<()> {
        let listener = tcp(address)?;
        setsockopt(&listener, sockopt::ReuseAddr, &true)?;
        bind(listener.as_raw_fd(), &SockaddrStorage::from(address))?;
        listen(&listener, Backlog::new(128)?)?;
        self.port = super::address::local(&listener)?.port();
        self.listeners.push(listener);
        Ok(())
    }

    pub(super) fn accept(&mut self, name: &str) -> Done<()> {
        let mut accepted = None;
        let waited = self.until(|room| {
            for listener in &room.listeners {
                let flags = SockFlag::SOCK_CLOEXEC;
                match accept4(listener.as_raw_fd(), flags) {
                    Ok(fd) => {
                        // SAFETY: accept4 has just made it, for nobody else.
                        accepted = Some(unsafe { OwnedFd::from_raw_fd(fd) });
                        return Ok(true);
                    }
                    Err(
                        Errno::EAGAIN | Errno::EINTR | Errno::ECONNABORTED,
                    ) => {}
                    Err(errno) => return Err(errno.into()),
                }
            }
            Ok(false)
        })?;
        let Some(socket) = accepted else {
            let why = waited.err().map_or("", Gave::words);
            return failed("the program does not connect")
                .with(format!("a connection to port {}", self.port), why)
                .stop();
        };
        self.peers.retain(|peer| peer.name != name);
        self.peers.push(Peer::new(name, socket)?);
        Ok(())
    }
}

/// Whether who connects to this port of 127.0.0.1 comes to this listener.
fn is_reached(address: SocketAddr) -> Done<bool> {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => Ok(ip.is_unspecified() || ip == Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            is_taken(SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())))
        }
        IpAddr::V6(_) => Ok(false),
    }
}

/// A listener at `::` is one for IPv4, too, unless it was made with
/// IPV6_V6ONLY; then the same port of an IPv4 address is still to be had.
fn is_taken(address: SocketAddr) -> Done<bool> {
    let trial = tcp(address)?;
    match bind(trial.as_raw_fd(), &SockaddrStorage::from(address)) {
        Ok(()) => Ok(false),
        Err(Errno::EADDRINUSE) => Ok(true),
        Err(errno) => Err(errno.into()),
    }
}

fn refused<T>(name: &str, address: SocketAddr, errno: Errno) -> Done<T> {
    failed(format!("{name} cannot connect"))
        .with(format!("a connection to {address}"), errno)
        .stop()
}

fn tcp(address: SocketAddr) -> Done<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    Ok(socket(family, SockType::Stream, flags, None)?)
}

/// A connect that is under way is over then, one way or the other.
fn is_writable(socket: &OwnedFd) -> Result<bool, Errno> {
    use std::os::fd::AsFd;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
    match poll(&mut fds, PollTimeout::ZERO) {
        Err(Errno::EINTR) => Ok(false),
        found => Ok(found? > 0),
    }
}
