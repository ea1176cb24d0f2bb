//! Segments on the wire: thin lines in the row of their moment, from the
//! lane of the sender to the lane that has the other end.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::arrows::hue;
use super::ladder::{Ladder, translate};
use super::layout::BAR;
use super::pieces::Piece;
use crate::markup::{Element, coordinate, said};
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

pub(super) fn push(group: &mut Element, ladder: &Ladder, piece: Piece) {
    let layout = ladder.layout;
    let own = layout.wires.iter().filter(|wire| piece.has(wire.moment));
    for wire in own {
        let moment = &ladder.story.moments[wire.moment];
        let column = &layout.columns[moment.lane];
        let (y, from) = (layout.rows[wire.moment], moment.lane);
        let to = wire.to_lane.unwrap_or(layout.columns.len() - 1);
        let half = BAR / 2.0 + 1.0;
        let behind = column.x + layout.reach[wire.moment] + 6.0;
        let (start, end) = match to.cmp(&from) {
            Ordering::Less => {
                (layout.line(from) - half, layout.line(to) + half)
            }
            Ordering::Greater => (behind, layout.line(to) - half),
            Ordering::Equal => (behind, column.x + column.width - 4.0),
        };
        let turn = if to < from { " scale(-1 1)" } else { "" };
        let hue = moment.connection.map(hue).unwrap_or_default();
        let (left, right) = (coordinate(start), coordinate(end));
        let line = Element::new("path").class("way");
        let head =
            Element::new("path").class("head").with("d", "M-6-4L0 0-6 4");
        let mut one = Element::new("g")
            .class(&format!("wire {hue}"))
            .with("data-moment", &wire.moment.to_string())
            .with("data-to", &to.to_string())
            .with("transform", &translate(0.0, y))
            .add(&line.with("d", &format!("M{left} 0H{right}")))
            .add(
                &head
                    .with("transform", &format!("translate({right} 0){turn}")),
            );
        if ladder.has_titles {
            one.push(&said("title", &moment.text));
        }
        group.push(&one);
    }
}
