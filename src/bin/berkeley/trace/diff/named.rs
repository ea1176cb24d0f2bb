//! Sockets by what they are to a task, instead of by number.

use std::collections::HashSet;

use super::super::record::{Call, Descriptor, Event, Trace};

/// What is known of the sockets of a trace only when all of it was seen.
pub(super) struct Sockets {
    accepted: HashSet<usize>,
    listening: HashSet<usize>,
    /// Both ends of a socketpair.
    paired: HashSet<usize>,
    /// All ports that the kernel chose.
    pub(super) ports: Vec<u16>,
}

impl Sockets {
    pub(super) fn of(trace: &Trace) -> Sockets {
        let mut sockets = Sockets {
            accepted: HashSet::new(),
            listening: HashSet::new(),
            paired: HashSet::new(),
            ports: Vec::new(),
        };
        for (index, socket) in trace.sockets.iter().enumerate() {
            if socket.listens {
                sockets.listening.insert(index);
            }
            if socket.accepted_from.is_some() {
                sockets.accepted.insert(index);
            }
            let addresses = [&socket.local, &socket.peer];
            let ports = addresses.into_iter().flatten();
            sockets.ports.extend(ports.filter_map(|text| port(text)));
        }
        for event in &trace.events {
            let Event::Call(call) = event else { continue };
            sockets.ports.extend(call.address.as_deref().and_then(port));
            let made = call.made.iter().filter_map(|made| made.socket);
            match call.call.as_str() {
                "accept" | "accept4" => sockets.accepted.extend(made),
                "socketpair" => sockets.paired.extend(made),
                "listen" => sockets.listening.extend(call.socket),
                _ => {}
            }
        }
        sockets.ports.sort_unstable();
        sockets.ports.dedup();
        sockets
    }

    /// Whether there are several peers.
    pub(super) fn are_many(&self) -> bool {
        self.accepted.len() > 1
    }

    pub(super) fn is_peer(&self, socket: usize) -> bool {
        self.accepted.contains(&socket)
    }

    pub(super) fn is_listener(&self, socket: usize) -> bool {
        self.listening.contains(&socket)
    }

    fn kind(&self, socket: usize) -> &'static str {
        if self.is_peer(socket) {
            "peer"
        } else if self.is_listener(socket) {
            "listener"
        } else if self.paired.contains(&socket) {
            "end"
        } else {
            "socket"
        }
    }
}

/// `127.0.0.1:5000`, `[::1]:5000`; 0 is nobody's.
fn port(address: &str) -> Option<u16> {
    let (_, port) = address.rsplit_once(':')?;
    port.parse().ok().filter(|&port| port != 0)
}

/// The names that one task has for its sockets: of each kind, counted in the
/// order in which it sees them first.
pub(super) struct Names<'a> {
    pub(super) sockets: &'a Sockets,
    /// Whether it has several peers: then no order counts, and none is named.
    is_crowded: bool,
    seen: Vec<usize>,
    has_deadline: bool,
}

impl<'a> Names<'a> {
    pub(super) fn new(sockets: &'a Sockets, is_crowded: bool) -> Names<'a> {
        Names { sockets, is_crowded, seen: Vec::new(), has_deadline: false }
    }

    /// `listener`, `peer`, `end 2`
    pub(super) fn name(&mut self, socket: usize) -> String {
        if !self.seen.contains(&socket) {
            self.seen.push(socket);
        }
        let kind = self.sockets.kind(socket);
        let alike = self.seen.iter().take_while(|&&seen| seen != socket);
        let before =
            alike.filter(|&&seen| self.sockets.kind(seen) == kind).count();
        match (kind, before) {
            ("peer", _) | (_, 0) => kind.to_string(),
            ("end", _) if self.is_crowded => kind.to_string(),
            (_, before) => format!("{kind} {}", before + 1),
        }
    }

    /// How long a call waits: milliseconds, or a struct, in whole seconds,
    /// begun ones too. A loop asks for what is left of a time again and
    /// again, and how much that is then, its peers decide.
    pub(super) fn time(&mut self, time: &str, is_round: bool) -> String {
        if time == "NULL" || time.starts_with('-') {
            return "for ever".to_string();
        }
        if is_round && std::mem::replace(&mut self.has_deadline, true) {
            return "the rest".to_string();
        }
        let numbers = time.split(|c: char| !c.is_ascii_digit());
        let numbers: Vec<u64> =
            numbers.filter_map(|number| number.parse().ok()).collect();
        let seconds = match numbers[..] {
            [millis] => millis.div_ceil(1000),
            [seconds, part] => seconds + u64::from(part > 0),
            _ => return time.to_string(),
        };
        format!("{seconds} s")
    }

    /// The names of all descriptors that a call is about; whatever is no
    /// socket keeps its number.
    pub(super) fn of_call(&mut self, call: &Call) -> Vec<(i32, String)> {
        let own = call.fd.map(|fd| Descriptor { fd, socket: call.socket });
        let ready = call.ready.iter();
        let ready = ready.map(|one| (one.fd, one.socket));
        let lists = [&call.awaits, &call.passed, &call.made];
        let others = lists.into_iter().flatten().chain(&own);
        let all = others.map(|one| (one.fd, one.socket)).chain(ready);
        let all: Vec<(i32, usize)> =
            all.filter_map(|(fd, socket)| Some((fd, socket?))).collect();
        all.into_iter().map(|(fd, socket)| (fd, self.name(socket))).collect()
    }
}
