//! Questions about sockets that nobody has a descriptor of at hand.
//!
//! The kernel answers each of them while it is being sent, so that nothing
//! here waits. Man pages: `sock_diag(7)`, `netlink(7)`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send,
    socket,
};

use super::queues;
use crate::trace::record::Look;
use crate::trace::tcp;

/// `linux/sock_diag.h`, `linux/unix_diag.h`
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const UDIAG_SHOW_PEER: u32 = 0x04;
const UDIAG_SHOW_RQLEN: u32 = 0x10;
const UNIX_DIAG_PEER: u16 = 2;
const UNIX_DIAG_RQLEN: u16 = 4;
/// Whichever socket it is, not one that was seen before.
const NO_COOKIE: [u32; 2] = [u32::MAX; 2];
const NETLINK_HEADER: usize = 16;
/// The bit of LISTEN among the states, `net/tcp_states.h`.
const LISTENS: u32 = 1 << 10;
/// The mask of states, in a question of either kind.
const STATES: Range<usize> = 4..8;

/// A netlink socket, in the network namespace that is asked about.
pub(super) struct Diag {
    socket: OwnedFd,
    sequence: u32,
    knows_unix: bool,
}

/// A TCP socket that nobody needs to hold.
pub(crate) struct Found {
    /// 0 once the last descriptor is closed.
    pub(crate) inode: u64,
    pub(crate) look: Look,
}

/// A TCP socket that accepts connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listener {
    /// As it is bound: `0.0.0.0:5000`, `[::]:5000`.
    pub(crate) address: SocketAddr,
    /// How many connections wait to be accepted.
    pub(crate) queue: u32,
    pub(crate) inode: u64,
}

impl Diag {
    /// In the namespace of this tool.
    pub(super) fn here() -> Option<Diag> {
        let protocol = SockProtocol::NetlinkSockDiag;
        let flags = SockFlag::SOCK_CLOEXEC;
        let family = AddressFamily::Netlink;
        Diag::with(socket(family, SockType::Raw, flags, protocol).ok()?)
    }

    /// `None` where the kernel has no answers about TCP: it would say of
    /// every connection that there is none.
    pub(super) fn with(socket: OwnedFd) -> Option<Diag> {
        let mut diag = Diag { socket, sequence: 0, knows_unix: false };
        let none = SocketAddr::from(([0, 0, 0, 0], 0));
        diag.knows_unix = diag.knows(unix(0, 0)?);
        diag.knows(connection(none, none)).then_some(diag)
    }

    /// Asks for a list of all sockets that are in no state.
    fn knows(&mut self, mut question: Vec<u8>) -> bool {
        question[STATES].fill(0);
        let flags = libc::NLM_F_REQUEST | libc::NLM_F_DUMP;
        let answer = self.ask(flags, &question);
        answer.is_some_and(|(kind, _)| kind == libc::NLMSG_DONE)
    }

    /// A connection by its addresses, also one that only the kernel still
    /// keeps.
    pub(super) fn connection(
        &mut self,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> Option<Found> {
        let answer = self.about(&connection(local, peer))?;
        let state = *answer.get(1)?;
        // The kernel has gone on looking for somebody who would take its
        // segments: the connection itself is gone.
        if tcp::state(state.into()) == Some("LISTEN") {
            return None;
        }
        let (receive, send) = (word(&answer, 56)?, word(&answer, 60)?);
        let look = queues::counted(state, receive, send).into();
        Some(Found { inode: word(&answer, 68)?.into(), look })
    }

    /// All TCP sockets that listen. The kernel goes through their table
    /// alone, where /proc/net/tcp has to go through that of all connections
    /// of the machine.
    pub(super) fn listeners(&mut self) -> Option<Vec<Listener>> {
        let mut all = Vec::new();
        for nowhere in [
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        ] {
            let mut question = connection(nowhere, nowhere);
            question[STATES].copy_from_slice(&LISTENS.to_ne_bytes());
            for answer in self.list(&question)? {
                all.push(listener(&answer)?);
            }
        }
        Some(all)
    }

    /// Whether an AF_UNIX socket is there, rather than closed by its last
    /// holder.
    pub(super) fn has_unix(&mut self, inode: u64) -> Option<bool> {
        let question = unix(inode, 0)?;
        self.knows_unix.then(|| self.about(&question).is_some())
    }

    /// The other end of a connected AF_UNIX socket.
    pub(super) fn unix_peer(&mut self, inode: u64) -> Option<u64> {
        let answer = self.about(&unix(inode, UDIAG_SHOW_PEER)?)?;
        let peer = word(attribute(&answer, UNIX_DIAG_PEER)?, 0)?;
        // An end that nobody has accepted yet has no number.
        (peer != 0).then_some(peer.into())
    }

    /// Connections that wait at an AF_UNIX listener, and how many may.
    pub(super) fn unix_queue(&mut self, inode: u64) -> Option<(u32, u32)> {
        let answer = self.about(&unix(inode, UDIAG_SHOW_RQLEN)?)?;
        let queue = attribute(&answer, UNIX_DIAG_RQLEN)?;
        Some((word(queue, 0)?, word(queue, 4)?))
    }

    /// What the kernel says of one socket.
    fn about(&mut self, question: &[u8]) -> Option<Vec<u8>> {
        let (kind, answer) = self.ask(libc::NLM_F_REQUEST, question)?;
        (kind == i32::from(SOCK_DIAG_BY_FAMILY)).then_some(answer)
    }

    /// What the kernel says of each socket that the question is about.
    fn list(&mut self, question: &[u8]) -> Option<Vec<Vec<u8>>> {
        self.put(libc::NLM_F_REQUEST | libc::NLM_F_DUMP, question)?;
        let (mut all, mut room) = (Vec::new(), vec![0; 32 << 10]);
        loop {
            let netlink = self.socket.as_raw_fd();
            let got = recv(netlink, &mut room, MsgFlags::MSG_DONTWAIT).ok()?;
            let mut rest = &room[..got];
            while let Some(message) = Message::first(rest) {
                rest = rest.get(message.room..).unwrap_or_default();
                if message.sequence != self.sequence {
                    continue;
                }
                match message.kind {
                    libc::NLMSG_DONE => return Some(all),
                    kind if kind == i32::from(SOCK_DIAG_BY_FAMILY) => {
                        all.push(message.body.to_vec());
                    }
                    _ => return None,
                }
            }
        }
    }

    /// The first message that answers, without its header.
    fn ask(&mut self, flags: i32, question: &[u8]) -> Option<(i32, Vec<u8>)> {
        self.put(flags, question)?;
        let mut room = [0; 4096];
        loop {
            let netlink = self.socket.as_raw_fd();
            let got = recv(netlink, &mut room, MsgFlags::MSG_DONTWAIT).ok()?;
            let message = Message::first(&room[..got])?;
            // What an interrupted question left behind is not for us.
            if message.sequence == self.sequence {
                return Some((message.kind, message.body.to_vec()));
            }
        }
    }

    fn put(&mut self, flags: i32, question: &[u8]) -> Option<()> {
        self.sequence = self.sequence.wrapping_add(1);
        let length = u32::try_from(NETLINK_HEADER + question.len()).ok()?;
        let mut message = length.to_ne_bytes().to_vec();
        message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        message.extend(u16::try_from(flags).ok()?.to_ne_bytes());
        message.extend(self.sequence.to_ne_bytes());
        message.extend(0_u32.to_ne_bytes());
        message.extend(question);
        let netlink = self.socket.as_raw_fd();
        send(netlink, &message, MsgFlags::MSG_DONTWAIT).ok()?;
        Some(())
    }
}

/// One message of what netlink has sent.
struct Message<'a> {
    kind: i32,
    sequence: u32,
    body: &'a [u8],
    /// How much room it takes: the next one begins behind it.
    room: usize,
}

impl Message<'_> {
    fn first(bytes: &[u8]) -> Option<Message<'_>> {
        let length = usize::try_from(word(bytes, 0)?).ok()?;
        let kind = u16::from_ne_bytes(*bytes.get(4..)?.first_chunk()?);
        Some(Message {
            kind: kind.into(),
            sequence: word(bytes, 8)?,
            body: bytes.get(NETLINK_HEADER..length)?,
            room: length.next_multiple_of(4),
        })
    }
}

/// From a `struct inet_diag_msg`.
fn listener(answer: &[u8]) -> Option<Listener> {
    let port = u16::from_be_bytes(*answer.get(4..)?.first_chunk()?);
    let ip: IpAddr = if i32::from(*answer.first()?) == libc::AF_INET {
        let four: [u8; 4] = *answer.get(8..)?.first_chunk()?;
        four.into()
    } else {
        let sixteen: [u8; 16] = *answer.get(8..)?.first_chunk()?;
        sixteen.into()
    };
    Some(Listener {
        address: SocketAddr::new(ip, port),
        queue: word(answer, 56)?,
        inode: word(answer, 68)?.into(),
    })
}

/// `struct inet_diag_req_v2`: TCP sockets of all states, with these
/// addresses.
fn connection(local: SocketAddr, peer: SocketAddr) -> Vec<u8> {
    let family = if local.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let protocol = libc::IPPROTO_TCP.to_ne_bytes()[0];
    let mut question = vec![family.to_ne_bytes()[0], protocol, 0, 0];
    question.extend(u32::MAX.to_ne_bytes());
    question.extend(local.port().to_be_bytes());
    question.extend(peer.port().to_be_bytes());
    question.extend(sixteen(local.ip()));
    question.extend(sixteen(peer.ip()));
    // Link-local addresses mean something only together with a device.
    let device = match local {
        SocketAddr::V6(local) => local.scope_id(),
        SocketAddr::V4(_) => 0,
    };
    question.extend(device.to_ne_bytes());
    question.extend(NO_COOKIE.iter().flat_map(|half| half.to_ne_bytes()));
    question
}

fn sixteen(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V6(ip) => ip.octets(),
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
    }
}

/// `struct unix_diag_req`: what to show of this one.
fn unix(inode: u64, show: u32) -> Option<Vec<u8>> {
    let mut question = vec![libc::AF_UNIX.to_ne_bytes()[0], 0, 0, 0];
    question.extend(u32::MAX.to_ne_bytes());
    question.extend(u32::try_from(inode).ok()?.to_ne_bytes());
    question.extend(show.to_ne_bytes());
    question.extend(NO_COOKIE.iter().flat_map(|half| half.to_ne_bytes()));
    Some(question)
}

/// An attribute's value, behind the `struct unix_diag_msg`.
fn attribute(answer: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut rest = answer.get(16..)?;
    loop {
        let length = u16::from_ne_bytes(*rest.first_chunk()?);
        let kind = u16::from_ne_bytes(*rest.get(2..)?.first_chunk()?);
        let length = usize::from(length);
        let value = rest.get(4..length)?;
        if kind == wanted {
            return Some(value);
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_ne_bytes(*four))
}
