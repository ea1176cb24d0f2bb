//! Where arrows begin and end: in which lanes, on which side of a line, and
//! which of them come down beside each other.

use super::layout::slot;
use crate::trace::story::{Arrow, Kind, Story};

/// The ends of one arrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    /// Of an arrow from outside the trace, the same as `to_lane`; and the
    /// other way round.
    pub(super) from_lane: usize,
    pub(super) to_lane: usize,
    pub(super) way: Way,
    /// Whether it reaches the receiver's line from its left side.
    pub(super) from_left: bool,
    /// Its place among those that come down on that side.
    pub(super) slot: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    /// Along the row it starts from, then down, then to the line.
    #[default]
    Across,
    /// Along the row it starts from, then down onto the line: a new lane.
    Branch,
    /// To or from whoever is not in the trace, along one row.
    Outside,
    /// It was never received.
    Lost,
    /// Both ends unknown: nothing to draw.
    Nowhere,
}

impl Ends {
    pub(super) fn is_outside(&self) -> bool {
        self.way == Way::Outside
    }

    pub(super) fn comes_down(&self) -> bool {
        self.way == Way::Across
    }

    /// Whether it begins behind the text of its moment.
    pub(super) fn leaves_rightwards(&self) -> bool {
        match self.way {
            Way::Across | Way::Branch => self.from_lane < self.to_lane,
            Way::Outside | Way::Lost => true,
            Way::Nowhere => false,
        }
    }
}

/// The ends of all arrows, in their order.
pub(super) fn of(story: &Story) -> Vec<Ends> {
    let mut all: Vec<Ends> =
        story.arrows.iter().map(|arrow| one(story, arrow)).collect();
    // Those that come down by the same side of the same line, by their start.
    let mut order: Vec<usize> =
        (0..all.len()).filter(|arrow| all[*arrow].comes_down()).collect();
    order.sort_by_key(|arrow| story.arrows[*arrow].from);
    let mut open: Vec<Vec<(usize, usize)>> =
        vec![Vec::new(); 2 * story.lanes.len()];
    for arrow in order {
        let Arrow { from: Some(from), to: Some(to), .. } = story.arrows[arrow]
        else {
            continue;
        };
        let ends = &mut all[arrow];
        let side = 2 * ends.to_lane + usize::from(ends.from_left);
        open[side].retain(|(until, _)| *until >= from);
        let taken: Vec<usize> = open[side].iter().map(|o| o.1).collect();
        ends.slot = slot(&taken);
        open[side].push((to, ends.slot));
    }
    all
}

fn one(story: &Story, arrow: &Arrow) -> Ends {
    let lane = |moment: Option<usize>| {
        moment.and_then(|m| story.moments.get(m)).map(|m| m.lane)
    };
    let (from, to) = (lane(arrow.from), lane(arrow.to));
    let way = match (from, to) {
        (None, None) => Way::Nowhere,
        (Some(_), None) if both_are_seen(story, arrow) => Way::Lost,
        (None, _) | (_, None) => Way::Outside,
        (Some(a), Some(b)) if a != b && arrow.kind == Kind::Birth => {
            Way::Branch
        }
        _ => Way::Across,
    };
    let from_lane = from.or(to).unwrap_or(0);
    let to_lane = to.or(from).unwrap_or(0);
    let from_left = from_lane <= to_lane;
    Ends { from_lane, to_lane, way, from_left, slot: 0 }
}

/// Then what was not received did not go to somebody outside.
fn both_are_seen(story: &Story, arrow: &Arrow) -> bool {
    let connection = arrow.connection.and_then(|c| story.connections.get(c));
    connection.is_some_and(|c| {
        c.client.socket.is_some() && c.server.socket.is_some()
    })
}
