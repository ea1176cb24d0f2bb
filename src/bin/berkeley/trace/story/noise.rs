//! What a drawing leaves out, because the C library does it and not the
//! program, or because it came before the program. The list of calls leaves
//! out nothing.

use std::collections::{HashMap, HashSet};

use super::super::record::{Birth, Call, Event, Trace};
use super::calls;
use super::connections::calls_of;
use super::lanes::is_about_sockets;

/// The name service's cache, asked by every look-up of a name.
const CACHE: &str = "/nscd/socket";

pub(super) struct Hidden {
    sockets: HashSet<usize>,
    has_netlink: bool,
    /// When each task began to be what it is: its last exec before it did
    /// anything with sockets.
    begins: HashMap<usize, u64>,
}

pub(super) fn find(trace: &Trace) -> Hidden {
    let is_netlink = |&at: &usize| trace.sockets[at].family == "AF_NETLINK";
    let mut sockets: HashSet<usize> =
        (0..trace.sockets.len()).filter(is_netlink).collect();
    let has_netlink = !sockets.is_empty();
    for (_, call) in calls_of(trace) {
        let asks_cache = call.call == "connect"
            && call
                .address
                .as_ref()
                .is_some_and(|address| address.ends_with(CACHE));
        sockets.extend(call.socket.filter(|_| asks_cache));
    }
    let mut hidden = Hidden { sockets, has_netlink, begins: HashMap::new() };
    let mut is_busy = HashSet::new();
    for event in &trace.events {
        match event {
            Event::Call(call)
                if is_about_sockets(call) && !hidden.has(call) =>
            {
                is_busy.insert(call.task);
            }
            Event::Exec(exec)
                if !is_busy.contains(&exec.task)
                    && trace.tasks[exec.task].birth == Birth::Started =>
            {
                hidden.begins.insert(exec.task, exec.at_ns);
            }
            _ => {}
        }
    }
    hidden
}

impl Hidden {
    pub(super) fn has(&self, call: &Call) -> bool {
        // Whether a descriptor is open, or closed on exec, is nobody else's
        // business.
        let asks_itself = call.call == "fcntl"
            && (calls::has_flag(call, "F_GETFD")
                || calls::has_flag(call, "F_SETFD"));
        let made = call.made.first().and_then(|one| one.socket);
        asks_itself
            || call
                .socket
                .or(made)
                .is_some_and(|socket| self.sockets.contains(&socket))
    }

    /// Whether it was before the program's own beginning.
    pub(super) fn is_before(&self, event: &Event) -> bool {
        let begins = event.task().and_then(|task| self.begins.get(&task));
        begins.is_some_and(|&begins| event.at() <= begins)
    }

    pub(super) fn note(&self) -> Option<String> {
        self.has_netlink.then(|| {
            "What went over netlink sockets is in the list of calls only."
                .to_owned()
        })
    }
}
