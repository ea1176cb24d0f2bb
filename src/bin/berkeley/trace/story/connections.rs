//! Which two ends belong together: by what the kernel says, by the pair of
//! addresses within a network namespace, or by which accept answered which
//! connect.

use std::collections::{HashMap, HashSet};

use super::super::record::{Call, Event, Socket, Trace, canonical};
use super::{Connection, Side, calls, words};

pub(super) struct Ends {
    pub(super) connections: Vec<Connection>,
    /// The connection of a stream's end, by socket.
    pub(super) of_socket: Vec<Option<usize>>,
    /// Who connected and who accepted: events, by socket.
    pub(super) connects: HashMap<usize, usize>,
    pub(super) accepts: HashMap<usize, usize>,
    /// Where somebody listens.
    listeners: HashSet<Option<String>>,
}

impl Ends {
    /// The socket at the other end.
    pub(super) fn other(&self, socket: usize) -> Option<usize> {
        let connection = (*self.of_socket.get(socket)?)?;
        let Connection { client, server, .. } = &self.connections[connection];
        if client.socket == Some(socket) {
            server.socket
        } else {
            client.socket
        }
    }
}

/// All calls, each with its place among the events.
pub(super) fn calls_of(trace: &Trace) -> impl Iterator<Item = (usize, &Call)> {
    trace.events.iter().enumerate().filter_map(|(at, event)| match event {
        Event::Call(call) if call.task < trace.tasks.len() => {
            Some((at, &**call))
        }
        _ => None,
    })
}

pub(super) fn is_stream(socket: &Socket) -> bool {
    !socket.kind.starts_with("SOCK_DGRAM")
        && !socket.kind.starts_with("SOCK_RAW")
}

pub(super) fn find(trace: &Trace) -> Ends {
    let mut ends = Ends {
        connections: Vec::new(),
        of_socket: vec![None; trace.sockets.len()],
        connects: HashMap::new(),
        accepts: HashMap::new(),
        listeners: trace
            .sockets
            .iter()
            .filter(|socket| socket.listens)
            .map(|socket| socket.local.clone())
            .collect(),
    };
    let mut appears = vec![usize::MAX; trace.sockets.len()];
    for (at, call) in calls_of(trace) {
        for socket in call.made.iter().map(|one| one.socket) {
            note(&mut appears, socket, at);
            if let (Some(socket), true) = (socket, calls::is_accept(call)) {
                ends.accepts.entry(socket).or_insert(at);
            }
        }
        note(&mut appears, call.socket, at);
        let connects = call.call == "connect" && !calls::has_failed(call);
        if let (Some(socket), true) = (call.socket, connects) {
            ends.connects.entry(socket).or_insert(at);
        }
        if let (Some(socket), Some(_)) = (call.socket, calls::error_told(call))
            && !was_established(trace, socket)
        {
            ends.connects.remove(&socket);
        }
    }
    let mut order: Vec<usize> = (0..trace.sockets.len())
        .filter(|&socket| is_an_end(trace, &ends, socket))
        .collect();
    order.sort_by_key(|&socket| appears[socket]);
    let twins = twins(trace, &ends, &order, &appears);
    for socket in order {
        if ends.of_socket[socket].is_none() {
            let other =
                twins[socket].filter(|&other| ends.of_socket[other].is_none());
            join(trace, &mut ends, socket, other);
        }
    }
    ends
}

fn note(appears: &mut [usize], socket: Option<usize>, at: usize) {
    if let Some(first) = socket.and_then(|socket| appears.get_mut(socket)) {
        *first = at.min(*first);
    }
}

/// Whether any call found it beyond the handshake.
fn was_established(trace: &Trace, socket: usize) -> bool {
    let looks = calls_of(trace)
        .filter(|(_, call)| call.socket == Some(socket))
        .flat_map(|(_, call)| [&call.before, &call.after]);
    looks.flatten().any(|look| {
        look.state
            .as_deref()
            .is_some_and(|state| !matches!(state, "CLOSE" | "SYN_SENT"))
    })
}

fn is_an_end(trace: &Trace, ends: &Ends, at: usize) -> bool {
    let socket = &trace.sockets[at];
    is_stream(socket)
        && !socket.listens
        && (socket.peer.is_some()
            || socket.other_end.is_some()
            || socket.accepted_from.is_some()
            || ends.accepts.contains_key(&at)
            || ends.connects.contains_key(&at))
}

fn twins(
    trace: &Trace,
    ends: &Ends,
    order: &[usize],
    appears: &[usize],
) -> Vec<Option<usize>> {
    let mut twins: Vec<Option<usize>> = vec![None; trace.sockets.len()];
    let mut by_address: HashMap<_, Vec<usize>> = HashMap::new();
    let mut accepted: HashMap<_, Vec<usize>> = HashMap::new();
    for &at in order {
        let socket = &trace.sockets[at];
        if let Some(other) =
            socket.other_end.filter(|&other| other < twins.len())
        {
            twins[at] = Some(other);
            twins[other] = Some(at);
        }
        let place = (socket.namespace, socket.local.as_deref().map(canonical));
        if socket.family == "AF_UNIX" {
            if ends.accepts.contains_key(&at) {
                accepted.entry(place).or_default().push(at);
            }
        } else if let (Some(_), Some(peer)) = (&place.1, &socket.peer) {
            by_address.entry((place, canonical(peer))).or_default().push(at);
        }
    }
    for &at in order {
        let socket = &trace.sockets[at];
        let Some(peer) = socket.peer.as_deref().map(canonical) else {
            continue;
        };
        if twins[at].is_some() {
            continue;
        }
        let candidates = if socket.family == "AF_UNIX" {
            // Which accept got which connect is nowhere to be read; a
            // listener's queue is in order.
            accepted.get(&(socket.namespace, Some(peer)))
        } else {
            let local =
                socket.local.as_deref().map(canonical).unwrap_or_default();
            by_address.get(&((socket.namespace, Some(peer)), local))
        };
        // A pair of addresses comes back when a port is used again.
        let nearest = candidates
            .into_iter()
            .flatten()
            .copied()
            .filter(|&other| other != at && twins[other].is_none());
        let nearest =
            nearest.min_by_key(|&other| appears[other].abs_diff(appears[at]));
        if let Some(other) = nearest {
            twins[at] = Some(other);
            twins[other] = Some(at);
        }
    }
    twins
}

fn join(trace: &Trace, ends: &mut Ends, socket: usize, other: Option<usize>) {
    let is_server = |at: usize| {
        ends.accepts.contains_key(&at)
            || trace.sockets[at].accepted_from.is_some()
            || !ends.connects.contains_key(&at)
                && ends.listeners.contains(&trace.sockets[at].local)
    };
    let other_connects =
        other.is_some_and(|other| ends.connects.contains_key(&other));
    let is_listening_side = is_server(socket) || other_connects;
    let local = |at: usize| trace.sockets[at].local.clone();
    let peer = |at: usize| trace.sockets[at].peer.clone();
    let side = |address: Option<String>, socket| Side {
        socket,
        address: address.unwrap_or_default(),
    };
    let near =
        side(local(socket).or_else(|| other.and_then(peer)), Some(socket));
    let far = side(peer(socket).or_else(|| other.and_then(local)), other);
    let (client, server) =
        if is_listening_side { (far, near) } else { (near, far) };
    let number = ends.connections.len();
    ends.connections.push(Connection {
        kind: words::kind(&trace.sockets[socket]),
        client,
        server,
        up: 0,
        down: 0,
    });
    ends.of_socket[socket] = Some(number);
    if let Some(other) = other {
        ends.of_socket[other] = Some(number);
    }
}
