//! How two ends come to know of each other, and how a descriptor comes to
//! another process.

use std::collections::HashMap;

use super::super::record::{Call, Descriptor, Trace};
use super::connections::{Ends, calls_of};
use super::{Kind, Link, calls};

/// `connect` on one side, `accept` on the other.
pub(super) fn handshakes(ends: &Ends) -> Vec<Link> {
    let event = |all: &HashMap<usize, usize>, socket: Option<usize>| {
        all.get(&socket?).copied()
    };
    let mut links = Vec::new();
    for (at, connection) in ends.connections.iter().enumerate() {
        let from = event(&ends.connects, connection.client.socket);
        let to = event(&ends.accepts, connection.server.socket);
        if from.is_some() || to.is_some() {
            links.push(Link {
                from,
                to,
                connection: Some(at),
                kind: Kind::Handshake,
                label: format!("connection {}", at + 1),
                bytes: 0,
            });
        }
    }
    links
}

/// Descriptors that went from one process to another.
pub(super) fn passed(trace: &Trace, ends: &Ends) -> Vec<Link> {
    let mut underway: Vec<(usize, &Call, Descriptor)> = Vec::new();
    let mut links = Vec::new();
    for (event, call) in calls_of(trace) {
        for &one in &call.passed {
            underway.push((event, call, one));
        }
    }
    for (event, call) in calls_of(trace) {
        if !calls::is_receive(call) {
            continue;
        }
        for one in &call.made {
            let is_it = |(_, sent, passed): &(usize, &Call, Descriptor)| {
                passed.socket == one.socket
                    && passed.socket.is_some()
                    && sent
                        .socket
                        .and_then(|socket| ends.other(socket))
                        .is_none_or(|other| Some(other) == call.socket)
            };
            let Some(place) = underway.iter().position(is_it) else {
                continue;
            };
            let (from, _, passed) = underway.remove(place);
            links.push(Link {
                from: Some(from),
                to: Some(event),
                connection: None,
                kind: Kind::Descriptor,
                label: format!("descriptor {}", passed.fd),
                bytes: 0,
            });
        }
    }
    links
}
