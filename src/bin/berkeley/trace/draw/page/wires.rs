//! Segments on the wire: thin lines in the row of their moment, from the
//! lane of the sender to the lane that has the other end.

use std::cmp::Ordering;

use super::arrows::hue;
use super::ladder::{Ladder, translate};
use super::layout::BAR;
use super::pieces::Piece;
use crate::markup::{Element, coordinate, said};

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
