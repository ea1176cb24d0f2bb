//! A small plotting kit: scales, axes, marks, and the four kinds of plot that
//! the page is made of. It knows nothing of servers: only values, units,
//! colours by class, and two languages to tell apart.
//!
//! A figure is made of panels that are narrow enough for a telephone and
//! stand beside each other on a desk, so nothing has to be scrolled sideways.

pub(super) mod columns;
pub(super) mod curves;
mod frame;
pub(super) mod rows;
pub(super) mod scale;
pub(super) mod stack;
pub(super) mod unit;

use crate::markup::{Element, coordinate, said};

/// Which of the two marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Rust, and what is not the kit's own.
    Disc,
    /// C.
    Square,
    /// What must not be compared: starved, failed.
    Cross,
}

impl Mark {
    pub(super) fn of(language: Option<&str>) -> Mark {
        if language == Some("c") { Mark::Square } else { Mark::Disc }
    }

    /// The mark at a place, in the colour of what is around it.
    pub(super) fn draw(self, x: f64, y: f64, radius: f64) -> Element {
        match self {
            Mark::Disc => Element::new("circle")
                .class("disc")
                .at("cx", x)
                .at("cy", y)
                .at("r", radius),
            Mark::Square => Element::new("rect")
                .class("square")
                .at("x", x - radius)
                .at("y", y - radius)
                .at("width", 2.0 * radius)
                .at("height", 2.0 * radius),
            Mark::Cross => {
                let width = coordinate(2.0 * radius);
                let (left, top) =
                    (coordinate(x - radius), coordinate(y - radius));
                let back = format!("l{width} {width}m0 -{width}l-{width}");
                Element::new("path")
                    .class("cross")
                    .with("d", &format!("M{left} {top}{back} {width}"))
            }
        }
    }
}

/// A drawing that says what it is to those who cannot see it.
fn drawing(width: f64, height: f64, title: &str, desc: &str) -> Element {
    let (w, h) = (coordinate(width), coordinate(height));
    Element::new("svg")
        .with("xmlns", "http://www.w3.org/2000/svg")
        .with("role", "img")
        .with("aria-label", title)
        .with("viewBox", &format!("0 0 {w} {h}"))
        .add(&said("title", title))
        .add(&said("desc", desc))
}

fn label(x: f64, y: f64, class: &str, text: &str) -> Element {
    said("text", text).class(class).at("x", x).at("y", y)
}

fn line(class: &str, from: [f64; 2], to: [f64; 2]) -> Element {
    Element::new("line")
        .class(class)
        .at("x1", from[0])
        .at("y1", from[1])
        .at("x2", to[0])
        .at("y2", to[1])
}

/// The width of a text at the size of the labels, on the safe side.
fn width_of(text: &str) -> f64 {
    6.3 * count(text.chars().count())
}

/// How many, as a coordinate.
pub(super) fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
