//! Which socket a descriptor is: by what strace wrote behind it, or else by
//! what was done with it since it came to be.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::trace::record::{Descriptor, Socket};

use super::address::{Seen, seen};
use super::syntax::Fd;

/// A socket in a table of descriptors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) socket: usize,
    pub(super) closes_on_exec: bool,
}

/// The descriptors of a process.
pub(super) type Table = BTreeMap<i32, Held>;

#[derive(Default)]
pub(super) struct Sockets {
    pub(super) all: Vec<Socket>,
    by_inode: HashMap<u64, usize>,
    /// Sockets whose other end has this inode.
    halves: Vec<(usize, u64)>,
    /// What was passed to a socket and not been received yet.
    passed: HashMap<usize, VecDeque<usize>>,
    /// Who connected, and who was accepted, in this order.
    pub(super) connected: Vec<usize>,
    pub(super) accepted: Vec<usize>,
    /// Whether strace wrote addresses behind descriptors.
    pub(super) has_addresses: bool,
}

impl Sockets {
    pub(super) fn new_socket(&mut self, socket: Socket) -> usize {
        self.all.push(socket);
        self.all.len() - 1
    }

    /// The socket behind this descriptor. One that was never seen before is
    /// a new one, if strace says that it is a socket or the call does.
    pub(super) fn behind(
        &mut self,
        table: &mut Table,
        fd: Fd,
        must_be: bool,
    ) -> Option<usize> {
        let held = table.get(&fd.number).map(|held| held.socket);
        let Some(of) = fd.of else {
            return match held {
                None if must_be => Some(self.enters(table, fd.number, None)),
                held => held,
            };
        };
        let Some(seen) = seen(of) else {
            table.remove(&fd.number);
            return None;
        };
        self.has_addresses |= seen.local.is_some();
        let same = held.filter(|&socket| fits(&self.all[socket], &seen));
        let socket = match same.or_else(|| self.known(&seen)) {
            Some(socket) if Some(socket) == held => socket,
            found => self.enters(table, fd.number, found),
        };
        self.learns(socket, &seen);
        Some(socket)
    }

    /// Puts a socket into a table: this one, or a new one.
    fn enters(
        &mut self,
        table: &mut Table,
        fd: i32,
        socket: Option<usize>,
    ) -> usize {
        let socket =
            socket.unwrap_or_else(|| self.new_socket(Socket::default()));
        table.insert(fd, Held { socket, closes_on_exec: false });
        socket
    }

    /// One that looks like that, the latest if there were several.
    fn known(&self, seen: &Seen) -> Option<usize> {
        if let Some(&socket) = self.by_inode.get(&seen.inode) {
            return Some(socket);
        }
        seen.local.as_ref().filter(|_| seen.inode == 0)?;
        let alike = |socket: &Socket| {
            socket.local == seen.local
                && socket.peer == seen.peer
                && socket.kind == seen.kind
        };
        self.all.iter().rposition(alike)
    }

    pub(super) fn learns(&mut self, socket: usize, seen: &Seen) {
        let known = &mut self.all[socket];
        for (own, other) in [
            (&mut known.family, seen.family),
            (&mut known.kind, seen.kind),
            (&mut known.protocol, seen.protocol),
        ] {
            if own.is_empty() {
                other.clone_into(own);
            }
        }
        for (own, other) in
            [(&mut known.local, &seen.local), (&mut known.peer, &seen.peer)]
        {
            if other.is_some() {
                own.clone_from(other);
            }
        }
        if seen.inode != 0 {
            known.inode = seen.inode;
            self.by_inode.insert(seen.inode, socket);
        }
        let is_news = self.all[socket].other_end.is_none();
        if seen.other_inode != 0 && is_news {
            self.halves.push((socket, seen.other_inode));
            self.joins(socket, seen.other_inode);
        }
    }

    fn joins(&mut self, socket: usize, other_inode: u64) {
        if let Some(&other) = self.by_inode.get(&other_inode) {
            self.are_ends(socket, other);
        }
    }

    pub(super) fn are_ends(&mut self, one: usize, other: usize) {
        self.all[one].other_end = Some(other);
        self.all[other].other_end = Some(one);
    }

    pub(super) fn passes(&mut self, through: usize, socket: Option<usize>) {
        let end = self.all[through].other_end;
        if let (Some(end), Some(socket)) = (end, socket) {
            self.passed.entry(end).or_default().push_back(socket);
        }
    }

    /// What came out of `through` as this descriptor.
    pub(super) fn gets(
        &mut self,
        table: &mut Table,
        through: Option<usize>,
        fd: Fd,
    ) -> Descriptor {
        let waiting = through.and_then(|it| self.passed.get_mut(&it));
        let passed = waiting.and_then(VecDeque::pop_front);
        table.remove(&fd.number);
        if let Some(socket) = passed {
            self.enters(table, fd.number, Some(socket));
        }
        let socket = self.behind(table, fd, false);
        Descriptor { fd: fd.number, socket }
    }

    /// Finds the ends of connections, when all is known.
    pub(super) fn meet(&mut self) {
        for (socket, other_inode) in std::mem::take(&mut self.halves) {
            if self.all[socket].other_end.is_none() {
                self.joins(socket, other_inode);
            }
        }
        let mut waiting: HashMap<[String; 3], usize> = HashMap::new();
        for at in 0..self.all.len() {
            let socket = &self.all[at];
            let (Some(local), Some(peer)) = (&socket.local, &socket.peer)
            else {
                continue;
            };
            if socket.other_end.is_some() || socket.family == "AF_UNIX" {
                continue;
            }
            let (local, peer) = (mapped(local), mapped(peer));
            let kind = socket.kind.clone();
            let there = [kind.clone(), peer.clone(), local.clone()];
            match waiting.remove(&there) {
                Some(other) => self.are_ends(at, other),
                None => drop(waiting.insert([kind, local, peer], at)),
            }
        }
    }

    /// Without the addresses of both ends: who connected first was accepted
    /// first. How many ends were found so.
    pub(super) fn guess(&mut self) -> usize {
        let mut guessed = 0;
        let mut clients = std::mem::take(&mut self.connected);
        for server in std::mem::take(&mut self.accepted) {
            let socket = &self.all[server];
            let listener = socket.accepted_from.map(|it| &self.all[it]);
            let at = socket.local.clone();
            let at = at.or_else(|| listener.and_then(|it| it.local.clone()));
            let (None, Some(at)) = (socket.other_end, at) else { continue };
            let may_be = |&client: &usize| {
                let client = &self.all[client];
                let peer = client.peer.as_deref().unwrap_or_default();
                client.other_end.is_none() && leads_to(peer, &at)
            };
            let Some(found) = clients.iter().position(may_be) else {
                continue;
            };
            let client = clients.remove(found);
            self.are_ends(client, server);
            let was = self.all[server].clone();
            let client = &mut self.all[client];
            client.local = client.local.take().or(was.peer);
            guessed += 1;
        }
        guessed
    }
}

/// Whether this socket may be what strace saw.
fn fits(socket: &Socket, seen: &Seen) -> bool {
    let differ = |one: &str, other: &str| {
        !one.is_empty() && !other.is_empty() && one != other
    };
    if differ(&socket.family, seen.family) || differ(&socket.kind, seen.kind) {
        return false;
    }
    if socket.inode != 0 && seen.inode != 0 {
        return socket.inode == seen.inode;
    }
    // A stream keeps its peer for life.
    let is_stream = socket.kind == "SOCK_STREAM";
    match (&socket.peer, &seen.peer) {
        (Some(one), Some(other)) if is_stream => one == other,
        _ => true,
    }
}

/// An IPv4 address is the same one in IPv6's clothes.
fn mapped(address: &str) -> String {
    address.replace("[::ffff:", "").replace("]:", ":")
}

/// Whether connecting to `peer` leads to who is bound to `local`.
fn leads_to(peer: &str, local: &str) -> bool {
    let port = |address: &str| Some(address.rsplit_once(':')?.1.to_owned());
    let is_any = local.starts_with("0.0.0.0:") || local.starts_with("[::]:");
    peer == local || (is_any && port(peer) == port(local))
}
