//! A column for each of a few equals, such as the workers of a pool, with a
//! line where all would stand if all had the same.

use super::scale::Scale;
use super::unit::Unit;
use super::{count, drawing, frame, label, line};
use crate::markup::Element;

const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 140.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 192.0;
const TOP: f64 = 42.0;
const BOTTOM: f64 = 110.0;

pub(in super::super) struct Columns {
    pub(in super::super) name: String,
    pub(in super::super) hue: String,
    /// C's are outlined, as its marks are.
    pub(in super::super) outlined: bool,
    pub(in super::super) x: String,
    pub(in super::super) y: String,
    pub(in super::super) heights: Vec<f64>,
    /// The highest of all panels, so that they can be compared.
    pub(in super::super) highest: f64,
}

impl Columns {
    pub(in super::super) fn draw(&self) -> Element {
        let n = count(self.heights.len()).max(1.0);
        let mean = self.heights.iter().sum::<f64>() / n;
        let y = Scale::linear([self.highest].into_iter(), 3.0);
        let y = y.over(BOTTOM, TOP);
        let words: Vec<String> =
            self.heights.iter().map(|h| Unit::Count.tick(*h)).collect();
        let title = format!("{}: {} by {}", self.name, self.y, self.x);
        let mut svg = drawing(WIDTH, HEIGHT, &title, &words.join(", "))
            .add(&label(2.0, 13.0, &format!("name {}", self.hue), &self.name))
            .add(&frame::left(&y, Unit::Count, &self.y, [LEFT, RIGHT]));
        let step = (RIGHT - LEFT) / n;
        let mut x = LEFT;
        let kind = if self.outlined { "outlined" } else { "filled" };
        let mut columns = Element::new("g").class(&self.hue);
        for height in &self.heights {
            let top = y.place(*height);
            let column = Element::new("rect")
                .class(kind)
                .at("x", x + step * 0.15)
                .at("y", top)
                .at("width", step * 0.7)
                .at("height", BOTTOM - top);
            columns.push(&column);
            x += step;
        }
        let fair = y.place(mean);
        let middle = f64::midpoint(LEFT, RIGHT);
        let axis = format!("{} 1 to {n}", self.x);
        svg.push(&columns);
        svg.push(&line("one", [LEFT, fair], [RIGHT, fair]));
        svg.push(&line("base", [LEFT, BOTTOM], [RIGHT, BOTTOM]));
        svg.add(&label(middle, BOTTOM + 16.0, "title middle", &axis))
    }
}
