//! The kernel's tables of sockets, as text: for where it answers no better
//! question.
//!
//! A TCP or UDP socket that is neither bound nor connected is in none of
//! them. Man pages: `proc_net(5)`, `unix(7)`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::diag::{Found, Listener};
use super::{Glimpse, Seen, address, inode, names, queues};
use crate::trace::record::Look;
use crate::trace::tcp;

/// The tables of internet sockets, with family, kind and protocol.
const INTERNET: [(&str, i32, i32, i32); 4] = [
    ("tcp", libc::AF_INET, libc::SOCK_STREAM, libc::IPPROTO_TCP),
    ("tcp6", libc::AF_INET6, libc::SOCK_STREAM, libc::IPPROTO_TCP),
    ("udp", libc::AF_INET, libc::SOCK_DGRAM, libc::IPPROTO_UDP),
    ("udp6", libc::AF_INET6, libc::SOCK_DGRAM, libc::IPPROTO_UDP),
];
/// `__SO_ACCEPTCON` among the flags of an AF_UNIX socket.
const ACCEPTS: u32 = 1 << 16;

/// The socket behind this descriptor, in the tables that its process sees.
pub(super) fn seen(pid: i32, fd: i32) -> Option<Seen> {
    let inode = inode(pid, fd)?;
    let found = unix(pid, inode).or_else(|| internet(pid, inode));
    Some(found.unwrap_or(Seen { inode, ..Seen::default() }))
}

fn internet(pid: i32, inode: u64) -> Option<Seen> {
    INTERNET.iter().find_map(|&(table, family, kind, protocol)| {
        let row = rows(pid, table).find(|row| row.inode == inode)?;
        let look = match protocol {
            libc::IPPROTO_TCP => row.tcp().into(),
            // Here the queues are sizes of buffers.
            _ => Look::default(),
        };
        Some(Seen {
            inode,
            family: names::family(family),
            kind: names::kind(kind),
            protocol: names::protocol(family, protocol),
            local: address::internet(row.local),
            peer: address::internet(row.peer),
            listens: look.state.as_deref() == Some("LISTEN"),
            look,
            ..Seen::default()
        })
    })
}

/// A TCP connection by its addresses, also in TIME_WAIT.
pub(super) fn connection(
    pid: i32,
    local: SocketAddr,
    peer: SocketAddr,
) -> Option<Found> {
    let place = |at: SocketAddr| (at.ip().to_canonical(), at.port());
    let is_it = |row: &Row| {
        (place(row.local), place(row.peer)) == (place(local), place(peer))
    };
    // An AF_INET6 socket has IPv4 peers, too, and is in its own table.
    let row = ["tcp", "tcp6"].iter().find_map(|t| rows(pid, t).find(is_it))?;
    Some(Found { inode: row.inode, look: row.tcp().into() })
}

/// All internet sockets of the namespace of this process, each with its
/// protocol: IPPROTO_TCP or IPPROTO_UDP.
pub(crate) fn internet_rows(pid: i32) -> impl Iterator<Item = (i32, Row)> {
    INTERNET.iter().flat_map(move |&(table, _, _, protocol)| {
        rows(pid, table).map(move |row| (protocol, row))
    })
}

/// The TCP sockets among them that listen: the kernel puts them first, and
/// counts as unread the connections that wait to be accepted.
pub(super) fn listeners(pid: i32) -> impl Iterator<Item = Listener> {
    let is_one = |row: &Row| tcp::state(row.state.into()) == Some("LISTEN");
    let tables = ["tcp", "tcp6"];
    let all = tables.into_iter();
    let all = all.flat_map(move |table| rows(pid, table).take_while(is_one));
    all.map(|row| Listener {
        address: row.local,
        queue: row.receive,
        inode: row.inode,
    })
}

/// One line about an internet socket.
pub(crate) struct Row {
    pub(crate) local: SocketAddr,
    pub(crate) peer: SocketAddr,
    pub(crate) state: u8,
    send: u32,
    pub(crate) receive: u32,
    pub(crate) inode: u64,
}

impl Row {
    /// State and queues of a TCP socket.
    pub(crate) fn tcp(&self) -> Glimpse {
        let mut look = queues::counted(self.state, self.receive, self.send);
        if look.state == Some("LISTEN") {
            // The backlog is not in the table.
            look.send_queue = None;
        }
        look
    }
}

fn rows(pid: i32, table: &str) -> impl Iterator<Item = Row> {
    lines(pid, table).filter_map(|line| row(&line))
}

/// In the namespace of that process; read as far as they are wanted.
fn lines(pid: i32, table: &str) -> impl Iterator<Item = String> {
    let file = File::open(format!("/proc/{pid}/net/{table}"));
    let lines = file.into_iter().flat_map(|file| {
        BufReader::new(file).split(b'\n').map_while(Result::ok)
    });
    lines.skip(1).map(|line| String::from_utf8_lossy(&line).into_owned())
}

fn row(line: &str) -> Option<Row> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let local = place(fields.next()?)?;
    let peer = place(fields.next()?)?;
    let state = u8::from_str_radix(fields.next()?, 16).ok()?;
    let (send, receive) = fields.next()?.split_once(':')?;
    let send = u32::from_str_radix(send, 16).ok()?;
    let receive = u32::from_str_radix(receive, 16).ok()?;
    let inode = fields.nth(4)?.parse().ok()?;
    Some(Row { local, peer, state, send, receive, inode })
}

/// `0100007F:1F90`: the bytes of the address are in the order of the wire,
/// but were printed as numbers of this machine.
fn place(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words: Option<Vec<[u8; 4]>> = (0..ip.len() / 8)
        .map(|word| ip.get(word * 8..word * 8 + 8))
        .map(|word| u32::from_str_radix(word?, 16).ok())
        .map(|word| word.map(u32::to_ne_bytes))
        .collect();
    match words?.concat()[..] {
        [a, b, c, d] => Some((Ipv4Addr::new(a, b, c, d), port).into()),
        ref bytes => {
            let ip: [u8; 16] = bytes.try_into().ok()?;
            Some((Ipv6Addr::from(ip), port).into())
        }
    }
}

/// `Num RefCount Protocol Flags Type St Inode Path`
fn unix(pid: i32, inode: u64) -> Option<Seen> {
    let family = libc::AF_UNIX;
    lines(pid, "unix").find_map(|line| {
        let mut fields = line.splitn(7, ' ').skip(3);
        let flags = u32::from_str_radix(fields.next()?, 16).ok()?;
        let kind = i32::from_str_radix(fields.next()?, 16).ok()?;
        let rest = fields.nth(1)?.trim_start();
        let (number, path) = rest.split_once(' ').unwrap_or((rest, ""));
        (number.parse() == Ok(inode)).then(|| Seen {
            inode,
            family: names::family(family),
            kind: names::kind(kind),
            protocol: names::protocol(family, 0),
            local: address::unix(path.as_bytes()),
            listens: flags & ACCEPTS != 0,
            ..Seen::default()
        })
    })
}
