//! What of the bytes that one side sent arrived in which receive.
//!
//! A stream has no messages: a receive can take parts of several sends, and
//! a send can be got in several pieces. Both are ranges of one sequence of
//! bytes, and where they overlap, something went across.

use std::collections::HashMap;

use super::super::record::{Event, Payload, Trace};
use super::connections::{Ends, calls_of};
use super::{Connection, Kind, Link, calls};

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
    let mut receives: HashMap<usize, Vec<Range>> = HashMap::new();
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
            let all = if is_send { &mut sends } else { &mut receives };
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
            let got = to.and_then(|to| receives.remove(&to));
            let (sent, got) =
                (sent.unwrap_or_default(), got.unwrap_or_default());
            let until =
                |all: &[Range]| all.last().map_or(0, |last| last.until);
            let total = until(&sent).max(until(&got));
            let connection = &mut ends.connections[at];
            if from == client && (from.is_some() || to == server) {
                connection.up = total;
            } else {
                connection.down = total;
            }
            overlap(trace, at, &sent, &got, &mut links);
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
    receives: &[Range],
    links: &mut Vec<Link>,
) {
    let (mut send, mut take, mut at) = (0, 0, 0);
    loop {
        let (from, to) = (sends.get(send), receives.get(take));
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
pub(super) fn slice(
    payload: &Payload,
    from: u64,
    until: u64,
) -> Option<String> {
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
