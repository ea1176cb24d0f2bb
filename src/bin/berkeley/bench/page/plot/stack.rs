//! Bars of several parts, a row for each name and a line in it for each
//! language. Parts differ by shade and by pattern, in the same order always.

use super::scale::Scale;
use super::unit::Unit;
use super::{Mark, drawing, frame, label};
use crate::markup::{Element, said};

const WIDTH: f64 = 400.0;
const LEFT: f64 = 128.0;
const RIGHT: f64 = 336.0;
const TOP: f64 = 26.0;
const LINE: f64 = 13.0;
const GAP: f64 = 5.0;

const KIB: f64 = 1024.0;

/// How many parts there are shades for: `part-0`, `part-1`, …
pub(in super::super) const PARTS: usize = 4;

/// The bars of one name.
pub(in super::super) struct Bars {
    pub(in super::super) name: String,
    pub(in super::super) hue: String,
    pub(in super::super) each: Vec<(Mark, [f64; PARTS])>,
}

pub(in super::super) struct Stack {
    pub(in super::super) title: String,
    pub(in super::super) axis: String,
    pub(in super::super) unit: Unit,
    pub(in super::super) rows: Vec<Bars>,
}

impl Stack {
    pub(in super::super) fn draw(&self) -> Element {
        let sums = self.rows.iter().flat_map(|row| &row.each);
        let sums = sums.map(|(_, parts)| parts.iter().sum::<f64>() / KIB);
        let scale = Scale::linear(sums, 4.0).times(KIB).over(LEFT, RIGHT);
        let mut y = TOP;
        let mut paint = Element::new("g");
        let mut words = Vec::new();
        for row in &self.rows {
            let height = LINE * super::count(row.each.len());
            let mut group = Element::new("g").class(&row.hue).add(&label(
                LEFT - 24.0,
                y + height / 2.0 + 4.0,
                "row end",
                &row.name,
            ));
            for (mark, parts) in &row.each {
                group.push(&self.bar(&scale, *mark, parts, y));
                let sum = self.unit.said(parts.iter().sum());
                words.push(format!("{} {sum}", row.name));
                y += LINE;
            }
            paint.push(&group);
            y += GAP;
        }
        let axis = frame::bottom(&scale, self.unit, &self.axis, [TOP, y]);
        drawing(WIDTH, y + 32.0, &self.title, &words.join("; "))
            .add(&label(2.0, 13.0, "name", &self.title))
            .add(&axis)
            .add(&paint)
    }

    fn bar(
        &self,
        scale: &Scale,
        mark: Mark,
        parts: &[f64; PARTS],
        y: f64,
    ) -> Element {
        let mut bar = Element::new("g");
        bar.push(&mark.draw(LEFT - 12.0, y + LINE / 2.0, 3.0));
        let mut below = 0.0;
        for (i, part) in parts.iter().enumerate() {
            let (from, to) = (scale.place(below), scale.place(below + part));
            below += part;
            if to - from < 0.1 {
                continue;
            }
            let rect = Element::new("rect")
                .at("x", from)
                .at("y", y + 1.5)
                .at("width", to - from)
                .at("height", LINE - 3.0);
            bar.push(&rect.clone().class(&format!("part-{i}")));
            if i == 1 {
                bar.push(&rect.class("hatch"));
            }
        }
        let number = match below {
            sum if sum < KIB => "< 1 KiB".to_owned(),
            sum => self.unit.tick((sum / KIB).round() * KIB),
        };
        bar.add(&label(WIDTH - 2.0, y + 10.0, "number end", &number))
    }
}

/// What the shades stand for.
pub(in super::super) fn key(names: &[&str; PARTS]) -> Element {
    let mut key = Element::new("p").class("key");
    for (i, name) in names.iter().enumerate() {
        let rect = Element::new("rect")
            .at("x", 1.0)
            .at("y", 1.0)
            .at("width", 18.0)
            .at("height", 9.0);
        let mut sample = Element::new("svg")
            .with("viewBox", "0 0 20 11")
            .with("aria-hidden", "true")
            .add(&rect.clone().class(&format!("part-{i}")));
        if i == 1 {
            sample.push(&rect.class("hatch"));
        }
        key.push(&said("span", "").add(&sample).text(name));
    }
    key
}

/// The pattern of the second part, once for the whole page.
pub(in super::super) fn pattern() -> Element {
    let stroke = Element::new("path").with("d", "M-1 1L1 -1M0 5L5 0M4 6L6 4");
    let pattern = Element::new("pattern")
        .with("id", "hatch")
        .with("width", "5")
        .with("height", "5")
        .with("patternUnits", "userSpaceOnUse")
        .add(&stroke);
    Element::new("svg")
        .class("nowhere")
        .with("aria-hidden", "true")
        .with("width", "0")
        .with("height", "0")
        .add(&pattern)
}
