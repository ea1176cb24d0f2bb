//! Where segments go: to the lane that has the other end's socket.

use std::collections::HashMap;

use crate::trace::record::{Event, Trace};
use crate::trace::story::{Story, What};

/// Where a segment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wire {
    pub(super) moment: usize,
    /// `None`: out of the trace.
    pub(super) to_lane: Option<usize>,
}

pub(super) fn of(trace: &Trace, story: &Story) -> Vec<Wire> {
    let is_wire = |what: What| what == What::Segment;
    if !story.moments.iter().any(|moment| is_wire(moment.what)) {
        return Vec::new();
    }
    // Who used a socket last; before anybody has, who is the first to.
    let mut users: HashMap<usize, usize> = HashMap::new();
    for moment in story.moments.iter().rev() {
        for socket in used(trace, moment.event) {
            users.insert(socket, moment.lane);
        }
    }
    let mut wires = Vec::new();
    for (at, moment) in story.moments.iter().enumerate() {
        for socket in used(trace, moment.event) {
            users.insert(socket, moment.lane);
        }
        if let Some(Event::Segment(segment)) = trace.events.get(moment.event) {
            let to = segment.to_socket.and_then(|to| users.get(&to));
            wires.push(Wire { moment: at, to_lane: to.copied() });
        }
    }
    wires
}

fn used(trace: &Trace, event: usize) -> Vec<usize> {
    let Some(Event::Call(call)) = trace.events.get(event) else {
        return Vec::new();
    };
    let made = call.made.iter().filter_map(|made| made.socket);
    made.chain(call.socket).collect()
}
