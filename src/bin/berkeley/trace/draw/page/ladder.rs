//! The drawing itself: lines, bars, strips and rows; `arrows` adds the rest.
//!
//! Every part that stands somewhere because of a moment or a lane says which
//! one, so that the page's script can put it elsewhere.

use super::arrows;
use super::layout::{Layout, TIMES};
use super::pieces::Piece;
use super::ribbons;
use super::rows;
use super::wires;
use crate::markup::{Element, coordinate, said};
use crate::trace::record::Trace;
use crate::trace::story::{Story, What};

/// Over the first row, and under the last one.
pub(super) const HEAD: f64 = 52.0;

pub(super) struct Ladder<'a> {
    pub(super) trace: &'a Trace,
    pub(super) story: &'a Story,
    pub(super) layout: &'a Layout,
    /// Whether what a pointer is told stands in the drawing. In a page, a
    /// panel has it.
    pub(super) has_titles: bool,
}

impl Ladder<'_> {
    /// From the back to the front: strips and bars hide what runs under
    /// them, so that their letters stay legible.
    pub(super) fn draw(&self) -> Element {
        let mut ladder = Element::new("g").class("ladder");
        for piece in Piece::all(self.layout.rows.len()) {
            let mut group = piece.group();
            self.push_gaps(&mut group, piece);
            wires::push(&mut group, self, piece);
            arrows::push(&mut group, self, piece);
            ribbons::push_strips(&mut group, self, piece);
            if piece == Piece::Long {
                self.push_lines(&mut group);
            }
            ribbons::push_bars(&mut group, self, piece);
            rows::push(&mut group, self, piece);
            ladder.push(&group);
        }
        ladder
    }

    fn push_gaps(&self, group: &mut Element, piece: Piece) {
        for gap in &self.layout.gaps {
            if !piece.has(gap.before) {
                continue;
            }
            let y = self.layout.above(gap);
            let mark = Element::new("g")
                .class("gap")
                .with("data-before", &gap.before.to_string())
                .with("transform", &translate(0.0, y))
                .add(&across(TIMES, self.layout.width));
            group.push(&mark);
        }
    }

    /// Who draws what lasts from one moment to another.
    pub(super) fn piece(&self, from: usize, until: Option<usize>) -> Piece {
        let last = self.layout.rows.len().saturating_sub(1);
        Piece::of(from, until.unwrap_or(last))
    }

    /// The y of a moment; without one, of the end of it all.
    pub(super) fn bottom(&self, moment: Option<usize>) -> f64 {
        let row = moment.and_then(|m| self.layout.rows.get(m));
        row.copied().unwrap_or(self.layout.height)
    }

    fn push_lines(&self, group: &mut Element) {
        for (i, lane) in self.story.lanes.iter().enumerate() {
            let end = lane.has_ended.then_some(lane.last);
            let x = self.layout.line(i);
            let first = self.story.moments.get(lane.first);
            let is_born = first.is_some_and(|m| m.what == What::Birth);
            let start = is_born.then_some(lane.first);
            let top = start.map_or(0.0, |_| self.bottom(start));
            let life = line(x, top, self.bottom(end))
                .class("life")
                .with("data-lane", &i.to_string())
                .with("data-from", &number(start))
                .with("data-until", &number(end));
            group.push(&life);
        }
        if self.layout.has_outside {
            let lane = self.story.lanes.len();
            let x = self.layout.line(lane);
            let life = line(x, 0.0, self.layout.height)
                .class("life outside")
                .with("data-lane", &lane.to_string());
            group.push(&life);
        }
    }
}

fn line(x: f64, top: f64, bottom: f64) -> Element {
    Element::new("line")
        .at("x1", x)
        .at("y1", top)
        .at("x2", x)
        .at("y2", bottom.max(top))
}

fn across(from: f64, to: f64) -> Element {
    let (from, to) = (coordinate(from), coordinate(to));
    Element::new("path").with("d", &format!("M{from} 0H{to}"))
}

/// On the middle of its row.
pub(super) fn label(x: f64, class: &str, text: &str) -> Element {
    said("text", text).class(class).at("x", x).at("y", 4.0)
}

pub(super) fn translate(x: f64, y: f64) -> String {
    format!("translate({} {})", coordinate(x), coordinate(y))
}

pub(super) fn number(moment: Option<usize>) -> String {
    moment.map_or_else(String::new, |moment| moment.to_string())
}
