//! Which datagram arrived where: in order from each sender to each receiver,
//! whatever sockets they are.

use std::collections::{HashMap, VecDeque};

use super::super::record::{Call, Event, Trace, canonical};
use super::bytes::{count, slice};
use super::connections::{Ends, calls_of, is_stream};
use super::{Connection, Kind, Link, Side, calls, words};

/// Datagrams keep their borders, and arrive in order from each sender. Some
/// are lost: a later one of the right length is then got.
pub(super) fn links(
    trace: &Trace,
    ends: &mut Ends,
) -> (Vec<Link>, HashMap<usize, usize>) {
    let mut sorted: Vec<(u64, usize, &Call)> = calls_of(trace)
        .filter_map(|(event, call)| {
            let at = match (calls::sent(call), calls::received(call)) {
                (Some(_), _) => call.enter_ns,
                (None, Some(_)) => call.exit_ns?,
                (None, None) => return None,
            };
            let socket = trace.sockets.get(call.socket?)?;
            (!is_stream(socket)).then_some((at, event, call))
        })
        .collect();
    sorted.sort_unstable_by_key(|&(at, event, _)| (at, event));
    let mut post = Post {
        trace,
        talks: HashMap::new(),
        underway: HashMap::new(),
        early: HashMap::new(),
        links: Vec::new(),
        of_event: HashMap::new(),
    };
    for (_, event, call) in sorted {
        post.deliver(ends, event, call);
    }
    let sent = std::mem::take(&mut post.underway);
    for event in sent.into_values().flatten() {
        post.link(Some(event), None);
    }
    let got = std::mem::take(&mut post.early);
    for event in got.into_values().flatten() {
        post.link(None, Some(event));
    }
    for connection in &mut ends.connections {
        for side in [&mut connection.client, &mut connection.server] {
            if side.address.starts_with(NAMELESS) {
                side.address.clear();
            }
        }
    }
    (post.links, post.of_event)
}

type Place = (u64, String);

/// Where a socket without any address is: the half of a pair.
fn nameless(socket: usize) -> String {
    format!("{NAMELESS}{socket}")
}

const NAMELESS: char = '#';

fn is_any(local: &str) -> bool {
    local.starts_with("0.0.0.0:") || local.starts_with("[::]:")
}

struct Post<'a> {
    trace: &'a Trace,
    /// The connection of two addresses, either way round.
    talks: HashMap<(Place, Place), usize>,
    /// Sent and not received yet, by sender and receiver.
    underway: HashMap<(Place, Place), VecDeque<usize>>,
    /// Received before the stop of its send was reported.
    early: HashMap<(Place, Place), VecDeque<usize>>,
    links: Vec<Link>,
    of_event: HashMap<usize, usize>,
}

/// How late the report of a send may be after that of its receive.
const REPORTED_LATE: u64 = 2_000_000;

impl Post<'_> {
    fn deliver(&mut self, ends: &mut Ends, event: usize, call: &Call) {
        let Some(at) = call.socket else { return };
        let socket = &self.trace.sockets[at];
        let is_send = calls::sent(call).is_some();
        let far = call.address.as_deref().or(socket.peer.as_deref());
        let near = match &socket.local {
            Some(local) => near(socket.namespace, Some(local), far),
            None => (socket.namespace, nameless(at)),
        };
        let far = match (far, socket.other_end) {
            (Some(far), _) => canonical(far),
            (None, Some(other)) => nameless(other),
            (None, None) => String::new(),
        };
        let far = (socket.namespace, far);
        let (from, to) = if is_send {
            (near.clone(), far.clone())
        } else {
            (far.clone(), near.clone())
        };
        let talk = self.talk(ends, at, &near, &far, is_send);
        self.of_event.insert(event, talk);
        let bytes = calls::sent(call).or(calls::received(call)).unwrap_or(0);
        let connection = &mut ends.connections[talk];
        let is_up = canonical(&connection.client.address) == from.1;
        // Counted where it was sent; where it came from outside, on arrival.
        let far_is_seen = self.holder(&far).is_some();
        if is_send || !far_is_seen {
            let total =
                if is_up { &mut connection.up } else { &mut connection.down };
            *total += bytes;
        }
        let key = (from, to);
        if is_send {
            let early = self.early.get_mut(&key).and_then(VecDeque::pop_front);
            match early.filter(|&early| self.is_near(event, early)) {
                Some(early) => self.link(Some(event), Some(early)),
                None => {
                    self.underway.entry(key).or_default().push_back(event);
                }
            }
            return;
        }
        let sent = self.take(&key, call);
        if sent.is_none() && far_is_seen {
            self.early.entry(key).or_default().push_back(event);
        } else {
            self.link(sent, Some(event));
        }
    }

    fn is_near(&self, send: usize, receive: usize) -> bool {
        let at = |event: usize| self.trace.events[event].at();
        at(send) <= at(receive).max(self.exit(receive)) + REPORTED_LATE
    }

    fn exit(&self, event: usize) -> u64 {
        match &self.trace.events[event] {
            Event::Call(call) => call.exit_ns.unwrap_or(call.enter_ns),
            other => other.at(),
        }
    }

    /// The send that this receive took.
    fn take(&mut self, key: &(Place, Place), call: &Call) -> Option<usize> {
        let queue = self.underway.get_mut(key)?;
        let wanted = calls::received(call);
        let trace = self.trace;
        let fits = |&event: &usize| match &trace.events[event] {
            Event::Call(sent) => calls::sent(sent) == wanted,
            _ => false,
        };
        let place = queue.iter().position(fits).unwrap_or(0);
        queue.drain(..place);
        queue.pop_front()
    }

    fn link(&mut self, from: Option<usize>, to: Option<usize>) {
        let Some(event) = from.or(to) else { return };
        let Event::Call(call) = &self.trace.events[event] else {
            return;
        };
        let bytes = calls::sent(call).or(calls::received(call)).unwrap_or(0);
        let label = call.data.as_ref().and_then(|it| slice(it, 0, it.length));
        self.links.push(Link {
            from,
            to,
            connection: self.of_event.get(&event).copied(),
            kind: Kind::Data,
            label: label.unwrap_or_else(|| count(bytes)),
            bytes,
        });
    }

    /// The socket of the trace that is at this address.
    fn holder(&self, place: &Place) -> Option<usize> {
        if let Some(number) = place.1.strip_prefix(NAMELESS) {
            return number.parse().ok();
        }
        let port = place.1.rsplit_once(':').map(|(_, port)| port);
        self.trace.sockets.iter().position(|socket| {
            let local = canonical(socket.local.as_deref().unwrap_or(""));
            !is_stream(socket)
                && socket.namespace == place.0
                && (local == place.1
                    || is_any(&local)
                        && local.rsplit_once(':').map(|(_, port)| port)
                            == port)
        })
    }

    fn talk(
        &mut self,
        ends: &mut Ends,
        socket: usize,
        near: &Place,
        far: &Place,
        is_send: bool,
    ) -> usize {
        let known = self
            .talks
            .get(&(near.clone(), far.clone()))
            .or_else(|| self.talks.get(&(far.clone(), near.clone())));
        if let Some(&known) = known {
            return known;
        }
        let here = Side { socket: Some(socket), address: near.1.clone() };
        let there = Side { socket: self.holder(far), address: far.1.clone() };
        let (client, server) =
            if is_send { (here, there) } else { (there, here) };
        let number = ends.connections.len();
        ends.connections.push(Connection {
            kind: words::kind(&self.trace.sockets[socket]),
            client,
            server,
            up: 0,
            down: 0,
        });
        self.talks.insert((near.clone(), far.clone()), number);
        number
    }
}

/// Where it is, as the other side would write it: a socket that is bound
/// to all addresses has the one that it was spoken to.
fn near(namespace: u64, local: Option<&str>, far: Option<&str>) -> Place {
    let local = canonical(local.unwrap_or(""));
    let port = |address: &str| {
        address.rsplit_once(':').map(|(_, port)| port.to_owned())
    };
    let host = far
        .map(canonical)
        .and_then(|far| far.rsplit_once(':').map(|(host, _)| host.to_owned()));
    match (is_any(&local), port(&local), host) {
        // Over loopback both ends have the same address.
        (true, Some(port), Some(host))
            if host.starts_with("127.") || host == "[::1]" =>
        {
            (namespace, format!("{host}:{port}"))
        }
        _ => (namespace, local),
    }
}
