//! What of the bytes that one side sent arrived in which receive.
//!
//! A stream has no messages: a receive can take parts of several sends, and
//! a send can be taken in several pieces. Both are ranges of one sequence of
//! bytes, and where they overlap, something went across.

use std::collections::{HashMap, VecDeque};

use super::super::record::{Call, Event, Payload, Trace};
use super::connections::{Ends, calls_of, is_stream, plain};
use super::{Connection, Kind, Link, Side, calls, words};

/// More of a payload than this is never shown on an arrow.
const LONGEST: usize = 60;

/// One call's part of a direction's bytes.
struct Range {
    event: usize,
    from: u64,
    until: u64,
}

pub(super) fn streams(trace: &Trace, ends: &mut Ends) -> Vec<Link> {
    let mut sends: HashMap<usize, Vec<Range>> = HashMap::new();
    let mut takes: HashMap<usize, Vec<Range>> = HashMap::new();
    let mut sort: Vec<(u64, usize, usize, u64, bool)> = Vec::new();
    for (event, call) in calls_of(trace) {
        let Some(socket) = call.socket else { continue };
        if let Some(length) = calls::sent(call) {
            sort.push((call.enter_ns, event, socket, length, true));
        } else if let Some(length) = calls::received(call) {
            let at = call.exit_ns.unwrap_or(call.enter_ns);
            sort.push((at, event, socket, length, false));
        }
    }
    sort.sort_unstable();
    for (_, event, socket, length, is_send) in sort {
        let is_known = ends.of_socket.get(socket).is_some_and(Option::is_some);
        if length > 0 && is_known {
            let all = if is_send { &mut sends } else { &mut takes };
            let ranges = all.entry(socket).or_default();
            let from = ranges.last().map_or(0, |range| range.until);
            ranges.push(Range { event, from, until: from + length });
        }
    }
    let mut links = Vec::new();
    for at in 0..ends.connections.len() {
        let Connection { client, server, .. } = &ends.connections[at];
        let (client, server) = (client.socket, server.socket);
        for (from, to) in [(client, server), (server, client)] {
            let sent = from.and_then(|from| sends.remove(&from));
            let taken = to.and_then(|to| takes.remove(&to));
            let (sent, taken) =
                (sent.unwrap_or_default(), taken.unwrap_or_default());
            let until =
                |all: &[Range]| all.last().map_or(0, |last| last.until);
            let total = until(&sent).max(until(&taken));
            let connection = &mut ends.connections[at];
            match from == client && (from.is_some() || to == server) {
                true => connection.up = total,
                false => connection.down = total,
            }
            overlap(trace, at, &sent, &taken, &mut links);
        }
    }
    links
}

/// Links for all overlaps. What no receive took, or no send is known for,
/// has one end only.
fn overlap(
    trace: &Trace,
    connection: usize,
    sends: &[Range],
    takes: &[Range],
    links: &mut Vec<Link>,
) {
    let (mut send, mut take, mut at) = (0, 0, 0);
    loop {
        let (from, to) = (sends.get(send), takes.get(take));
        let until = match (from, to) {
            (Some(from), Some(to)) => from.until.min(to.until),
            (Some(one), None) | (None, Some(one)) => one.until,
            (None, None) => break,
        };
        let label = label(trace, from, to, at, until);
        links.push(Link {
            from: from.map(|range| range.event),
            to: to.map(|range| range.event),
            connection: Some(connection),
            kind: Kind::Data,
            label,
            bytes: until - at,
        });
        at = until;
        send += usize::from(from.is_some_and(|range| range.until == until));
        take += usize::from(to.is_some_and(|range| range.until == until));
    }
}

fn label(
    trace: &Trace,
    from: Option<&Range>,
    to: Option<&Range>,
    at: u64,
    until: u64,
) -> String {
    let part = |range: Option<&Range>| {
        let range = range?;
        let Event::Call(call) = &trace.events[range.event] else {
            return None;
        };
        slice(call.data.as_ref()?, at - range.from, until - range.from)
    };
    part(from).or_else(|| part(to)).unwrap_or_else(|| count(until - at))
}

pub(super) fn count(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        _ => format!("{bytes} bytes"),
    }
}

/// These bytes of a payload, quoted, as far as they were kept.
fn slice(payload: &Payload, from: u64, until: u64) -> Option<String> {
    let mut text = String::new();
    let mut at = 0;
    for unit in Units(&payload.text) {
        if at >= until || text.len() > LONGEST {
            break;
        }
        if at >= from {
            text.push_str(unit);
        }
        at += unit_length(unit);
    }
    if text.is_empty() {
        return None;
    }
    let more = if at < until { "…" } else { "" };
    Some(format!("\"{text}\"{more}"))
}

/// One byte of an escaped text after the other: `k`, `\n`, `\303`, `\x1b`.
struct Units<'a>(&'a str);

impl<'a> Iterator for Units<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0;
        let first = text.chars().next()?;
        let escaped = text[first.len_utf8()..].chars();
        let length = match (first, escaped.clone().next()) {
            ('\\', Some('x')) => {
                2 + escaped
                    .skip(1)
                    .take(2)
                    .filter(char::is_ascii_hexdigit)
                    .count()
            }
            ('\\', Some('0'..='7')) => {
                1 + escaped.take(3).take_while(|c| c.is_digit(8)).count()
            }
            ('\\', Some(other)) => 1 + other.len_utf8(),
            _ => first.len_utf8(),
        };
        let (unit, rest) = text.split_at(length);
        self.0 = rest;
        Some(unit)
    }
}

/// Whether two payloads differ in the bytes that were kept of both.
pub(in crate::trace) fn differ(one: &str, other: &str) -> bool {
    let value = |unit: &str| match unit.strip_prefix('\\') {
        Some(digits) => u32::from_str_radix(digits, 8)
            .map_or_else(|_| unit.to_string(), |byte| byte.to_string()),
        None => unit.to_string(),
    };
    let pairs = Units(one).zip(Units(other));
    pairs.into_iter().any(|(one, other)| value(one) != value(other))
}

fn unit_length(unit: &str) -> u64 {
    if unit.starts_with('\\') { 1 } else { unit.len() as u64 }
}

/// Datagrams keep their borders, and arrive in order from each sender. Some
/// are lost: a later one of the right length is then taken.
pub(super) fn datagrams(
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
            Some(local) => self.near(socket.namespace, Some(local), far),
            None => (socket.namespace, nameless(at)),
        };
        let far = match (far, socket.other_end) {
            (Some(far), _) => plain(far),
            (None, Some(other)) => nameless(other),
            (None, None) => String::new(),
        };
        let far = (socket.namespace, far);
        let (from, to) = match is_send {
            true => (near.clone(), far.clone()),
            false => (far.clone(), near.clone()),
        };
        let talk = self.talk(ends, at, &near, &far, is_send);
        self.of_event.insert(event, talk);
        let bytes = calls::sent(call).or(calls::received(call)).unwrap_or(0);
        let connection = &mut ends.connections[talk];
        let is_up = plain(&connection.client.address) == from.1;
        // Counted where it was sent; where it came from outside, on arrival.
        let far_is_seen = self.holder(&far).is_some();
        if is_send || !far_is_seen {
            let total = match is_up {
                true => &mut connection.up,
                false => &mut connection.down,
            };
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

    /// Where it is, as the other side would write it: a socket that is bound
    /// to all addresses has the one that it was spoken to.
    fn near(
        &self,
        namespace: u64,
        local: Option<&str>,
        far: Option<&str>,
    ) -> Place {
        let local = plain(local.unwrap_or(""));
        let port = |address: &str| {
            address.rsplit_once(':').map(|(_, port)| port.to_owned())
        };
        let host = far.map(plain).and_then(|far| {
            far.rsplit_once(':').map(|(host, _)| host.to_owned())
        });
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

    /// The socket of the trace that is at this address.
    fn holder(&self, place: &Place) -> Option<usize> {
        if let Some(number) = place.1.strip_prefix(NAMELESS) {
            return number.parse().ok();
        }
        let port = place.1.rsplit_once(':').map(|(_, port)| port);
        self.trace.sockets.iter().position(|socket| {
            let local = plain(socket.local.as_deref().unwrap_or(""));
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

#[cfg(test)]
mod tests {
    use super::{Payload, slice};

    fn payload(text: &str, length: u64) -> Payload {
        let cut = false;
        Payload { text: text.to_owned(), length, cut }
    }

    #[test]
    fn a_part_of_a_payload_is_cut_between_its_bytes() {
        let all = payload("ab\\n\\303\\244\\x1b\\\\z", 8);
        assert_eq!(slice(&all, 0, 3).as_deref(), Some("\"ab\\n\""));
        assert_eq!(slice(&all, 3, 6).as_deref(), Some("\"\\303\\244\\x1b\""));
        assert_eq!(slice(&all, 6, 8).as_deref(), Some("\"\\\\z\""));
    }

    #[test]
    fn what_was_not_kept_is_said_to_be_missing() {
        let all = payload("abc", 900);
        assert_eq!(slice(&all, 1, 900).as_deref(), Some("\"bc\"…"));
        assert_eq!(slice(&all, 5, 900), None);
    }
}
