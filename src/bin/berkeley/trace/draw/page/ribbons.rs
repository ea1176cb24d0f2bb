//! What lasts from one moment to another: the strips of states in a lane's
//! margin, and the bars of those who wait, on its line.

use super::count;
use super::ladder::{Ladder, number, translate};
use super::layout::{BAR, TRACK};
use super::pieces::Piece;
use super::{states, words};
use crate::markup::{Element, coordinate, said};
use crate::trace::record::Event;
use crate::trace::story::{Moment, What};

/// A piece of a column, from the left of `x`.
struct Ribbon {
    class: String,
    lane: usize,
    x: f64,
    width: f64,
    from: usize,
    until: Option<usize>,
    text: String,
    /// Whether what is behind it shines through its fill.
    is_sheer: bool,
}

impl Ribbon {
    fn draw(&self, ladder: &Ladder) -> Element {
        let top = ladder.layout.rows[self.from];
        let height = (ladder.bottom(self.until) - top).max(0.0);
        let fits = words::small_width(&self.text) + 12.0 <= height;
        let mut letters = said("text", &self.text)
            .with("transform", "rotate(90)")
            .at("x", 6.0)
            .at("y", 4.0 - self.width / 2.0);
        if !fits {
            letters = letters.class("unfit");
        }
        let x = ladder.layout.columns[self.lane].x + self.x;
        let sheet = |class: &str| {
            Element::new("rect")
                .class(class)
                .at("width", self.width)
                .at("height", height)
        };
        let mut ribbon = Element::new("g")
            .class(&self.class)
            .with("data-lane", &self.lane.to_string())
            .with("data-x", &coordinate(self.x))
            .with("data-from", &self.from.to_string())
            .with("data-until", &number(self.until))
            .with("transform", &translate(x, top));
        if self.is_sheer {
            ribbon.push(&sheet("paper"));
        }
        ribbon.push(&sheet("fill"));
        if self.is_sheer {
            let edge = format!("M0 0H{}", coordinate(self.width));
            ribbon.push(&Element::new("path").class("edge").with("d", &edge));
        }
        ribbon.add(&letters)
    }
}

/// Which state each socket of a lane is in. A sample begins with a dashed
/// edge: it may have been so for a while.
pub(super) fn push_strips(group: &mut Element, ladder: &Ladder, piece: Piece) {
    for stretch in &ladder.layout.states {
        let known = if stretch.is_transition { "" } else { " sample" };
        let strip = Ribbon {
            class: format!("strip {}{known}", states::class(&stretch.state)),
            lane: stretch.lane,
            x: 4.0 + TRACK * count(stretch.track),
            width: TRACK - 2.0,
            from: stretch.from,
            until: stretch.until,
            text: states::title(stretch),
            is_sheer: true,
        };
        if ladder.piece(strip.from, strip.until) == piece {
            group.push(&strip.draw(ladder));
        }
    }
}

/// Who waits, from when to when. A wait that nothing ended has a dashed
/// frame.
pub(super) fn push_bars(group: &mut Element, ladder: &Ladder, piece: Piece) {
    for (at, moment) in ladder.story.moments.iter().enumerate() {
        let What::Waits { until } = moment.what else { continue };
        let lane = &ladder.story.lanes[moment.lane];
        let end = until.or(lane.has_ended.then_some(lane.last));
        if ladder.piece(at, end) != piece {
            continue;
        }
        let class = if until.is_none() { "bar endless" } else { "bar" };
        let bar = Ribbon {
            class: class.to_owned(),
            lane: moment.lane,
            x: ladder.layout.columns[moment.lane].line - BAR / 2.0,
            width: BAR,
            from: at,
            until: end,
            text: waits(ladder, moment, until),
            is_sheer: false,
        };
        group.push(&bar.draw(ladder));
    }
}

/// `waits on 3, 1.2 ms`
fn waits(ladder: &Ladder, moment: &Moment, until: Option<usize>) -> String {
    let fd = match ladder.trace.events.get(moment.event) {
        Some(Event::Call(call)) => call.fd,
        _ => None,
    };
    let on = fd.map_or_else(String::new, |fd| format!(" on {fd}"));
    let end = until.and_then(|m| ladder.story.moments.get(m));
    let time = end.map_or_else(String::new, |end| {
        let ns = end.at_ns.saturating_sub(moment.at_ns);
        format!(", {}", words::duration(ns))
    });
    format!("waits{on}{time}")
}
