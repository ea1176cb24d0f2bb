//! The drawing itself: lines, bars, strips and rows; `arrows` adds the rest.
//!
//! Every part that stands somewhere because of a moment or a lane says which
//! one, so that the page's script can put it elsewhere.

use super::arrows;
use super::count;
use super::layout::{BAR, Layout, ROW, TIMES, TRACK};
use super::rows;
use super::states;
use super::words;
use crate::markup::{Element, coordinate, said};
use crate::trace::record::{Event, Trace};
use crate::trace::story::{Moment, Story, What};

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
    /// From the back to the front.
    pub(super) fn draw(&self) -> Element {
        let mut ladder = Element::new("g").class("ladder");
        for part in [
            self.gaps(),
            self.strips(),
            self.lines(),
            self.bars(),
            arrows::draw(self),
            rows::draw(self),
        ] {
            ladder.push(&part);
        }
        ladder
    }

    fn gaps(&self) -> Element {
        let mut all = Element::new("g").class("gaps");
        for gap in &self.layout.gaps {
            let y = self.layout.above(gap);
            let mark = Element::new("g")
                .class("gap")
                .with("data-before", &gap.before.to_string())
                .with("transform", &translate(0.0, y))
                .add(&across(TIMES, self.layout.width));
            all.push(&mark);
        }
        all
    }

    fn strips(&self) -> Element {
        let mut all = Element::new("g").class("strips");
        for stretch in &self.layout.states {
            let column = &self.layout.columns[stretch.lane];
            let top = self.layout.rows[stretch.from];
            let height = self.bottom(stretch.until) - top;
            let x = 4.0 + TRACK * count(stretch.track);
            let known = if stretch.is_transition { "" } else { " sample" };
            let class = states::class(&stretch.state);
            let mut strip = Element::new("g")
                .class(&format!("strip {class}{known}"))
                .with("data-lane", &stretch.lane.to_string())
                .with("data-from", &stretch.from.to_string())
                .with("data-until", &number(stretch.until))
                .with("data-track", &stretch.track.to_string())
                .with("transform", &translate(column.x + x, top));
            const WIDTH: f64 = TRACK - 2.0;
            strip.push(
                &Element::new("rect").at("width", WIDTH).at("height", height),
            );
            strip.push(
                &Element::new("path")
                    .class("edge")
                    .with("d", &format!("M0 0H{}", coordinate(WIDTH))),
            );
            let letters = upright(&states::title(stretch), height, WIDTH);
            all.push(&strip.add(&letters));
        }
        all
    }

    /// The y of a moment; without one, of the end of it all.
    pub(super) fn bottom(&self, moment: Option<usize>) -> f64 {
        let row = moment.and_then(|m| self.layout.rows.get(m));
        row.copied().unwrap_or(self.layout.height)
    }

    fn lines(&self) -> Element {
        let mut all = Element::new("g").class("lines");
        for (i, lane) in self.story.lanes.iter().enumerate() {
            let end = lane.has_ended.then_some(lane.last);
            let x = self.layout.line(i);
            let top = match lane.parent {
                Some(_) => self.bottom(Some(lane.first)),
                None => 0.0,
            };
            let line = line(x, top, self.bottom(end))
                .class("life")
                .with("data-lane", &i.to_string())
                .with("data-from", &number(lane.parent.map(|_| lane.first)))
                .with("data-until", &number(end));
            all.push(&line);
        }
        if self.layout.has_outside {
            let lane = self.story.lanes.len();
            let x = self.layout.line(lane);
            let line = line(x, 0.0, self.layout.height)
                .class("life outside")
                .with("data-lane", &lane.to_string());
            all.push(&line);
        }
        all
    }

    /// Who waits, from when to when. A wait that nothing ended has no lower
    /// edge.
    fn bars(&self) -> Element {
        let mut all = Element::new("g").class("bars");
        for (at, moment) in self.story.moments.iter().enumerate() {
            let What::Waits { until } = moment.what else { continue };
            let lane = &self.story.lanes[moment.lane];
            let end = until.or(lane.has_ended.then_some(lane.last));
            let top = self.layout.rows[at];
            let height = self.bottom(end) - top;
            let text = self.waits(at, moment, until);
            let x = self.layout.line(moment.lane) - BAR / 2.0;
            let letters = upright(&text, height, BAR);
            let class = if until.is_none() { "bar open" } else { "bar" };
            let bar = Element::new("g")
                .class(class)
                .with("data-lane", &moment.lane.to_string())
                .with("data-from", &at.to_string())
                .with("data-until", &number(end))
                .with("transform", &translate(x, top))
                .add(
                    &Element::new("rect")
                        .at("width", BAR)
                        .at("height", height),
                )
                .add(&letters);
            all.push(&bar);
        }
        all
    }

    /// `waits on 3, 1.2 ms`
    fn waits(
        &self,
        at: usize,
        moment: &Moment,
        until: Option<usize>,
    ) -> String {
        let fd = match self.trace.events.get(moment.event) {
            Some(Event::Call(call)) => call.fd,
            _ => None,
        };
        let on = fd.map_or_else(String::new, |fd| format!(" on {fd}"));
        let end = until.and_then(|m| self.story.moments.get(m));
        let ns = end.map(|end| end.at_ns.saturating_sub(moment.at_ns));
        match ns {
            Some(ns) => format!("waits{on} {}", words::duration(ns)),
            None if at < self.story.moments.len() => format!("waits{on}"),
            None => String::new(),
        }
    }
}

/// Letters down a strip, in view where they fit.
fn upright(text: &str, height: f64, width: f64) -> Element {
    let fits = words::small_width(text) + 12.0 <= height;
    said("text", text)
        .class(if fits { "small" } else { "small unfit" })
        .with("transform", "rotate(90)")
        .at("x", 6.0)
        .at("y", 4.0 - width / 2.0)
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
