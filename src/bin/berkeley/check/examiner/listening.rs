//! Who listens where: the program in a server's lab, the examiner in a
//! client's; and how they come together.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
    /// The program listens; its port is known then.
    pub(super) fn is_ready(&mut self) -> Done<()> {
        let waited =
            self.until(|room| Ok(!room.its_listeners().is_empty()))?;
        if let Err(gave) = waited {
            return failed("the program does not listen")
                .with("a TCP socket in the state LISTEN", gave.words())
                .stop();
        }
        let listeners = self.its_listeners();
        let ports = listeners.iter().map(SocketAddr::port);
        let was_told = self.was_told_its_port();
        if was_told && !ports.clone().any(|port| port == self.port) {
            let there: Vec<String> =
                listeners.iter().map(ToString::to_string).collect();
            return failed("the program listens somewhere else")
                .with(format!("port {}", self.port), there.join(", "))
                .stop();
        }
        if !was_told && let Some(port) = ports.min() {
            self.port = port;
        }
        self.its_address = self.address(&listeners);
        Ok(())
    }

    fn was_told_its_port(&self) -> bool {
        let mut words = self.order.command.iter();
        words.any(|it| it.contains("{port}") || it.contains("{args}"))
    }

    /// Where to connect to: IPv4 where there is a choice.
    fn address(&self, listeners: &[SocketAddr]) -> SocketAddr {
        let port = self.port;
        let there = listeners.iter().filter(|it| it.port() == port);
        let is_six = |at: &SocketAddr| match at.ip() {
            IpAddr::V6(ip) => !ip.is_unspecified(),
            IpAddr::V4(_) => false,
        };
        let mut there = there.map(is_six).peekable();
        let only_six = there.peek().is_some() && there.all(|is_six| is_six);
        let ip: IpAddr = if only_six {
            Ipv6Addr::LOCALHOST.into()
        } else {
            Ipv4Addr::LOCALHOST.into()
        };
        SocketAddr::new(ip, port)
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
