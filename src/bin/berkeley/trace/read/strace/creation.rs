//! What a call that has returned has done to descriptors and to sockets.

use crate::trace::record::{Call, Descriptor, Socket};

use super::address::seen;
use super::holders::{Held, Sockets, Table};
use super::log::Called;
use super::meaning;
use super::syntax::{self, Fd, inside, split};

/// A call, and what it may have changed.
pub(super) struct Deed<'a> {
    pub(super) sockets: &'a mut Sockets,
    pub(super) table: &'a mut Table,
    pub(super) call: &'a mut Call,
    pub(super) args: &'a [&'a str],
}

impl Deed<'_> {
    pub(super) fn done(&mut self, called: &Called) {
        let is_under_way = self.call.call == "connect"
            && self.call.errno.as_deref() == Some("EINPROGRESS");
        let has_failed = self.call.result.is_none_or(|result| result < 0);
        if has_failed && !is_under_way {
            return;
        }
        let made = called.outcome.as_ref().and_then(|it| it.fd.as_ref());
        let made =
            made.map(|(number, of)| Fd { number: *number, of: of.as_deref() });
        match (called.name.as_str(), made) {
            ("socket", Some(fd)) => {
                let socket = self.sockets.new_socket(asked_for(self.args));
                self.makes(fd, socket);
            }
            ("accept" | "accept4", Some(fd)) => {
                let socket = self.accepted();
                self.makes(fd, socket);
            }
            ("dup" | "dup2" | "dup3", Some(fd)) => self.copies(fd),
            ("fcntl", Some(fd)) => self.controls(fd),
            ("socketpair", _) => self.pairs(),
            ("recvmsg", _) => self.receives(),
            ("pipe" | "pipe2", _) => {
                for end in descriptors(self.args.first()) {
                    self.table.remove(&end.number);
                }
            }
            (name, Some(fd)) if opens(name) => self.forgets(fd),
            ("pidfd_getfd", Some(fd)) => {
                self.table.remove(&fd.number);
                let socket = self.sockets.behind(self.table, fd, false);
                let made = Descriptor { fd: fd.number, socket };
                self.call.made.push(made);
            }
            _ => self.learns(),
        }
    }

    /// The call has given this descriptor to this socket.
    fn makes(&mut self, fd: Fd, socket: usize) {
        let asks = |arg: &&str| arg.contains("CLOEXEC");
        let closes_on_exec = self.args.iter().any(asks);
        self.table.insert(fd.number, Held { socket, closes_on_exec });
        if let Some(seen) = fd.of.and_then(seen) {
            self.sockets.has_addresses |= seen.local.is_some();
            self.sockets.learns(socket, &seen);
        }
        let made = Descriptor { fd: fd.number, socket: Some(socket) };
        self.call.made.push(made);
    }

    fn forgets(&mut self, fd: Fd) {
        self.table.remove(&fd.number);
    }

    fn copies(&mut self, fd: Fd) {
        match self.call.socket {
            // dup2(3, 3)
            Some(_) if self.call.fd == Some(fd.number) => {}
            Some(socket) => self.makes(fd, socket),
            None => self.forgets(fd),
        }
    }

    fn controls(&mut self, fd: Fd) {
        let Some(what) = self.args.get(1) else { return };
        if what.starts_with("F_DUPFD") {
            self.copies(fd);
        } else if *what == "F_SETFD" {
            let own = self.call.fd.and_then(|fd| self.table.get_mut(&fd));
            if let Some(held) = own {
                let flags = self.args.get(2).copied().unwrap_or_default();
                held.closes_on_exec = flags.contains("CLOEXEC");
            }
        }
    }

    fn pairs(&mut self) {
        if let [one, other] = descriptors(self.args.get(3))[..] {
            let first = self.sockets.new_socket(asked_for(self.args));
            let second = self.sockets.new_socket(asked_for(self.args));
            self.sockets.are_ends(first, second);
            self.makes(one, first);
            self.makes(other, second);
        }
    }

    fn receives(&mut self) {
        for fd in meaning::rights(self.args) {
            let through = self.call.socket;
            let got = self.sockets.gets(self.table, through, fd);
            self.call.made.push(got);
        }
        self.learns();
    }

    /// The socket that a listener gives.
    fn accepted(&mut self) -> usize {
        let listener = self.call.socket;
        let from = listener.map(|it| self.sockets.all[it].clone());
        let from = from.unwrap_or_default();
        let is_any = |local: &String| {
            local.starts_with("0.0.0.0:") || local.starts_with("[::]:")
        };
        if let Some(listener) = listener {
            self.sockets.all[listener].listens = true;
        }
        let socket = self.sockets.new_socket(Socket {
            family: from.family,
            kind: from.kind,
            protocol: from.protocol,
            local: from.local.filter(|local| !is_any(local)),
            peer: self.call.address.clone(),
            accepted_from: listener,
            ..Socket::default()
        });
        self.sockets.accepted.push(socket);
        socket
    }

    /// What a call on a socket tells of it.
    fn learns(&mut self) {
        let Some(socket) = self.call.socket else { return };
        let known = &mut self.sockets.all[socket];
        let named = self.call.address.clone();
        let named = named.filter(|address| !address.ends_with(":0"));
        match self.call.call.as_str() {
            "bind" | "getsockname" if named.is_some() => known.local = named,
            "getpeername" if named.is_some() => known.peer = named,
            "listen" => known.listens = true,
            "connect" => {
                known.peer = named;
                self.sockets.connected.push(socket);
            }
            _ => {}
        }
    }
}

/// `[4<…>, 6<…>]`
fn descriptors<'a>(list: Option<&&'a str>) -> Vec<Fd<'a>> {
    let list = list.and_then(|list| inside(list)).unwrap_or_default();
    split(list).into_iter().filter_map(syntax::fd).collect()
}

/// The arguments of socket and socketpair.
fn asked_for(args: &[&str]) -> Socket {
    let arg = |at: usize| args.get(at).copied().unwrap_or_default();
    let family = arg(0);
    let kind = arg(1).split('|').find(|part| part.starts_with("SOCK_"));
    let is_default = matches!(arg(2), "IPPROTO_IP" | "0" | "");
    let protocol = match (family, kind) {
        ("AF_INET" | "AF_INET6", Some("SOCK_STREAM")) if is_default => {
            "IPPROTO_TCP"
        }
        ("AF_INET" | "AF_INET6", Some("SOCK_DGRAM")) if is_default => {
            "IPPROTO_UDP"
        }
        _ => arg(2),
    };
    Socket {
        family: family.to_owned(),
        kind: kind.unwrap_or_default().to_owned(),
        protocol: protocol.to_owned(),
        ..Socket::default()
    }
}

/// Whether it gives a descriptor of something that is no socket.
fn opens(name: &str) -> bool {
    const OPEN: [&str; 13] = [
        "creat",
        "epoll_create",
        "epoll_create1",
        "eventfd2",
        "inotify_init1",
        "memfd_create",
        "open",
        "openat",
        "openat2",
        "pidfd_open",
        "signalfd4",
        "timerfd_create",
        "userfaultfd",
    ];
    OPEN.contains(&name)
}
