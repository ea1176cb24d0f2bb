//! The sockets that are known by now. A socket is its inode: whoever has a
//! descriptor of it, inherited over fork or passed on, has the same one.

use std::collections::{HashMap, HashSet};
use std::fs;

use super::super::record::{Descriptor, Look, Socket};
use super::super::sockets::{self, Eye, Glance, Glimpse, Held, Seen};
use crate::numbered::Numbered;
use crate::tracer::Task;

pub(super) struct Known {
    pub(super) sockets: Vec<Socket>,
    by_inode: Numbered<u64, usize>,
    /// The last socket of a namespace with these addresses, local and peer.
    by_addresses: HashMap<(u64, String, String), usize>,
    /// By process, the numbers of sockets that it has closed.
    closed: HashMap<i32, HashSet<i32>>,
    eye: Eye,
}

impl Known {
    pub(super) fn new() -> Known {
        Known {
            sockets: Vec::new(),
            by_inode: Numbered::default(),
            by_addresses: HashMap::new(),
            closed: HashMap::new(),
            eye: Eye::new(),
        }
    }

    /// Which socket this descriptor is.
    pub(super) fn of(&mut self, task: Task, fd: i32) -> Option<usize> {
        let inode = sockets::inode(task.tid, fd)?;
        if let Some(&place) = self.by_inode.get(&inode) {
            return Some(place);
        }
        self.meet(task, fd, inode)
    }

    /// It was not seen before.
    fn meet(&mut self, task: Task, fd: i32, inode: u64) -> Option<usize> {
        let seen = self.eye.see(task.pid, fd)?;
        let place = self.sockets.len();
        self.sockets.push(Socket { inode, ..Socket::default() });
        self.by_inode.insert(inode, place);
        self.write(place, seen);
        self.find_other_end(place);
        Some(place)
    }

    /// The same, and what it is right now, from one duplicate of it: to read
    /// the link in /proc first takes longer than all the rest.
    pub(super) fn glance(
        &mut self,
        task: Task,
        fd: i32,
    ) -> Option<(usize, Glance)> {
        let glance = self.eye.glance(task.pid, fd)?;
        let place = match self.by_inode.get(&glance.inode) {
            Some(&place) => place,
            None => self.meet(task, fd, glance.inode)?,
        };
        Some((place, glance))
    }

    /// The same, of a socket that is held already.
    pub(super) fn glance_at(&mut self, held: Held) -> Option<(usize, Glance)> {
        let glance = self.eye.glance_at(held)?;
        let place = *self.by_inode.get(&glance.inode)?;
        Some((place, glance))
    }

    pub(super) fn look_again(
        &mut self,
        held: &Held,
        taken: Option<u64>,
    ) -> Option<Glimpse> {
        self.eye.look_again(held, taken)
    }

    pub(super) fn look(&mut self, task: Task, fd: i32) -> Option<Look> {
        self.eye.look(task.pid, fd)
    }

    /// What a task holds.
    pub(super) fn held(&mut self, task: Task) -> Vec<Descriptor> {
        let held = sockets::held(task.tid);
        let held = held
            .into_iter()
            .map(|(fd, _)| Descriptor { fd, socket: self.of(task, fd) });
        held.collect()
    }

    /// After a call that may have given it an address.
    pub(super) fn renew(
        &mut self,
        place: usize,
        task: Task,
        fd: i32,
        call: &str,
    ) {
        let gives_address =
            ["bind", "listen", "connect", "sendto", "sendmsg", "sendmmsg"];
        if !gives_address.contains(&call) {
            return;
        }
        let socket = &self.sockets[place];
        let sends = call.starts_with("send");
        if sends && (socket.local.is_some() || socket.kind == "SOCK_STREAM") {
            return;
        }
        if let Some(seen) = self.eye.see(task.pid, fd) {
            self.write(place, seen);
            self.find_other_end(place);
        }
    }

    /// The descriptor is gone. What has become of the socket, and whether
    /// another descriptor keeps it open.
    pub(super) fn after_close(
        &mut self,
        place: usize,
        before: Option<Look>,
        pids: &[i32],
    ) -> (Option<Look>, bool) {
        let socket = &self.sockets[place];
        let addresses = socket.local.as_deref().zip(socket.peer.as_deref());
        let look = addresses.and_then(|(local, peer)| {
            self.eye.find(socket.namespace, local, peer)
        });
        let seen = Seen {
            inode: socket.inode,
            namespace: socket.namespace,
            family: socket.family.clone(),
            protocol: socket.protocol.clone(),
            local: socket.local.clone(),
            peer: socket.peer.clone(),
            look: before.unwrap_or_default(),
            ..Seen::default()
        };
        (look, self.eye.is_held(&seen, pids))
    }

    pub(super) fn is_closed(&mut self, task: Task, fd: i32) {
        self.closed.entry(task.pid).or_default().insert(fd);
    }

    /// Whether it was a socket of this process, and is nothing now.
    pub(super) fn is_gone(&self, task: Task, fd: i32) -> bool {
        let closed = self.closed.get(&task.pid);
        let path = format!("/proc/{}/fd/{fd}", task.tid);
        closed.is_some_and(|closed| closed.contains(&fd))
            && fs::symlink_metadata(path).is_err()
    }

    pub(super) fn forget(&mut self, pid: i32) {
        self.closed.remove(&pid);
        self.eye.forget(pid);
    }

    fn write(&mut self, place: usize, seen: Seen) {
        let socket = &mut self.sockets[place];
        socket.namespace = seen.namespace;
        socket.family = seen.family;
        socket.kind = seen.kind;
        socket.protocol = seen.protocol;
        socket.local = seen.local.or(socket.local.take());
        socket.peer = seen.peer.or(socket.peer.take());
        socket.listens |= seen.listens;
    }

    /// Two sockets are the ends of one connection when each has the other's
    /// address; of AF_UNIX sockets the kernel knows which two.
    fn find_other_end(&mut self, place: usize) {
        if self.sockets[place].other_end.is_some() {
            return;
        }
        let other = self.other_by_inode(place);
        if let Some(other) = other.or_else(|| self.other_by_address(place)) {
            self.sockets[place].other_end = Some(other);
            self.sockets[other].other_end = Some(place);
        }
    }

    fn other_by_inode(&mut self, place: usize) -> Option<usize> {
        let socket = &self.sockets[place];
        if socket.family != "AF_UNIX" {
            return None;
        }
        let peer = self.eye.unix_peer(socket.inode)?;
        self.by_inode.get(&peer).copied()
    }

    fn other_by_address(&mut self, place: usize) -> Option<usize> {
        let socket = &self.sockets[place];
        if socket.family == "AF_UNIX" {
            return None;
        }
        let (local, peer) = (socket.local.clone()?, socket.peer.clone()?);
        let namespace = socket.namespace;
        let there = (namespace, peer.clone(), local.clone());
        self.by_addresses.insert((namespace, local, peer), place);
        let other = *self.by_addresses.get(&there)?;
        let is_free = self.sockets[other].other_end.is_none();
        (other != place && is_free).then_some(other)
    }
}
