//! What the kernel reports beside the calls, put to the sockets of the trace.
//!
//! The reports are of the whole machine. A socket may be known to the trace
//! only after the first of them: so they are kept, and sorted out at the end.

use std::collections::HashMap;

use super::super::record::{Event, Segment, Transition, canonical};
use super::super::wire::Change;
use super::Recorder;

/// More than any drawing can show; a busy machine has others' by the million.
const MOST: usize = 200_000;

/// Each connected socket by its addresses, local and peer.
type Ends = HashMap<(String, String), usize>;

/// Not sorted out yet.
#[derive(Default)]
pub(super) struct Reports {
    changes: Vec<Change>,
    segments: Vec<Segment>,
    left_out: bool,
}

impl Recorder {
    pub(crate) fn hear_changes(&mut self, changes: Vec<Change>) {
        self.reports.left_out |= self.reports.changes.len() > MOST;
        if !self.reports.left_out {
            self.reports.changes.extend(changes);
        }
    }

    pub(crate) fn hear_segments(&mut self, segments: Vec<Segment>) {
        self.reports.left_out |= self.reports.segments.len() > MOST;
        if !self.reports.left_out {
            self.reports.segments.extend(segments);
        }
    }

    /// Puts those that are about sockets of the trace among its events.
    pub(super) fn place_reports(&mut self) {
        let mut reports = std::mem::take(&mut self.reports);
        if reports.left_out {
            self.warnings.note(format!(
                "the machine has so much traffic that transitions and \
                 segments after the first {MOST} were left out"
            ));
        }
        reports.changes.sort_by_key(|change| change.at);
        let ends = self.ends();
        self.place_changes(&ends, &reports.changes);
        for segment in reports.segments {
            self.place_segment(&ends, segment);
        }
    }

    fn place_changes(&mut self, ends: &Ends, changes: &[Change]) {
        // A listener has no peer, and a socket that is about to connect no
        // address at all: those are told by what they are told by next.
        let mut by_place: HashMap<u64, usize> = HashMap::new();
        let mut sockets = vec![None; changes.len()];
        for (index, change) in changes.iter().enumerate().rev() {
            let local = canonical(&change.local);
            let addresses = (local, canonical(&change.peer));
            let found = ends.get(&addresses).copied();
            let found = found.or_else(|| self.listener(change));
            let found = match found {
                Some(found) => {
                    by_place.insert(change.socket_address, found);
                    Some(found)
                }
                None => by_place.get(&change.socket_address).copied(),
            };
            sockets[index] = found;
            if change.from == "CLOSE" || change.is_birth() {
                by_place.remove(&change.socket_address);
            }
        }
        for (change, socket) in changes.iter().zip(sockets) {
            if socket.is_none() || change.from == change.to {
                continue;
            }
            self.events.push(Event::State(Transition {
                at_ns: change.at.saturating_sub(self.zero),
                socket,
                local: change.local.clone(),
                peer: change.peer.clone(),
                from: change.from.to_string(),
                to: change.to.to_string(),
                stays: change
                    .stand_in
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
            }));
        }
    }

    fn ends(&self) -> Ends {
        let sockets = self.known.sockets.iter().enumerate();
        let with_both = sockets.filter_map(|(place, socket)| {
            let local = canonical(socket.local.as_ref()?);
            Some(((local, canonical(socket.peer.as_ref()?)), place))
        });
        with_both.collect()
    }

    fn listener(&self, change: &Change) -> Option<usize> {
        if change.to != "LISTEN" && change.from != "LISTEN" {
            return None;
        }
        let mut sockets = self.known.sockets.iter();
        sockets.rposition(|socket| {
            socket.listens && socket.local.as_ref() == Some(&change.local)
        })
    }

    fn place_segment(&mut self, ends: &Ends, mut segment: Segment) {
        let (from, to) = (segment.from.clone(), segment.to.clone());
        segment.from_socket = ends.get(&(from.clone(), to.clone())).copied();
        segment.to_socket = ends.get(&(to, from)).copied();
        let is_ours =
            segment.from_socket.is_some() || segment.to_socket.is_some();
        if is_ours || self.is_of_datagrams(&segment) {
            segment.at_ns = segment.at_ns.saturating_sub(self.zero);
            self.events.push(Event::Segment(segment));
        }
    }

    /// UDP sockets that are not connected have one address each.
    fn is_of_datagrams(&self, segment: &Segment) -> bool {
        segment.flags == "UDP"
            && self.known.sockets.iter().any(|socket| {
                let local = socket.local.as_ref();
                socket.kind == "SOCK_DGRAM"
                    && (local == Some(&segment.from)
                        || local == Some(&segment.to))
            })
    }
}
