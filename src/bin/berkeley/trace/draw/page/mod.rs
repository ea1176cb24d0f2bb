//! The ladder as SVG: as a drawing that stands alone, and in a page that
//! answers to pointer and keyboard. Each is one file, and loads nothing.
//!
//! `layout` says where everything stands; `ladder`, `rows` and `arrows` draw
//! it, once for both forms.

mod arrows;
mod ends;
mod facts;
mod html;
mod ladder;
mod layout;
mod legend;
mod pieces;
mod ribbons;
mod rows;
mod states;
mod summary;
mod wires;
mod words;

use self::ladder::{HEAD, Ladder, label, translate};
use self::layout::Layout;
use crate::markup::{Element, coordinate, said};
use crate::trace::record::Trace;
use crate::trace::story::Story;

/// What both forms look like.
const DRAWING: &str = include_str!("drawing.css");

/// The drawing alone, in a file of its own.
pub(crate) fn svg(trace: &Trace, story: &Story) -> String {
    let layout = Layout::of(trace, story);
    let ladder = Ladder { trace, story, layout: &layout, has_titles: true };
    let title = format!("trace of {}", trace.command);
    let width = layout.width.max(640.0);
    let (legend, under) = legend::draw(width);
    let bottom = TITLE + HEAD + layout.height + 14.0;
    let heads = heads(&ladder);
    let moved = |y: f64, part: &Element| {
        Element::new("g").with("transform", &translate(0.0, y)).add(part)
    };
    let sheet = Element::new("rect").class("paper").with("width", "100%");
    let drawing = drawing(width, bottom + HEAD + under + 10.0, &title)
        .add(&Element::new("style").verbatim(DRAWING))
        .add(&sheet.with("height", "100%"))
        .add(&label(16.0, "heading", &title).with("dy", "20"))
        .add(&moved(TITLE, &heads))
        .add(&moved(TITLE + HEAD, &ladder.draw()))
        .add(&moved(TITLE + HEAD, &rows::times(&ladder)))
        .add(&moved(bottom, &heads))
        .add(&moved(bottom + HEAD, &legend));
    format!("{drawing}\n")
}

/// The drawing in a page that answers.
pub(crate) fn html(trace: &Trace, story: &Story) -> String {
    html::page(trace, story)
}

/// Over everything else.
const TITLE: f64 = 36.0;

/// A drawing that says what it is to those who cannot see it.
fn drawing(width: f64, height: f64, title: &str) -> Element {
    let (w, h) = (coordinate(width), coordinate(height));
    Element::new("svg")
        .class("drawing")
        .with("xmlns", "http://www.w3.org/2000/svg")
        .with("width", &w)
        .with("height", &h)
        .with("viewBox", &format!("0 0 {w} {h}"))
        .add(&said("title", title))
}

/// Who is in which column.
fn heads(ladder: &Ladder) -> Element {
    let mut all = Element::new("g").class("heads");
    all.push(
        &label(layout::TIMES - 10.0, "small right", "ms").with("dy", "20"),
    );
    for (lane, column) in ladder.story.lanes.iter().zip(&ladder.layout.columns)
    {
        let room = ((column.width - 16.0) / words::SMALL).floor();
        let letters = (0..80).take_while(|n| count(*n) < room).count();
        let title = words::cut(&lane.title, letters);
        let subtitle = words::cut(&lane.subtitle, letters);
        let head = Element::new("g")
            .class("lane-head")
            .with("transform", &translate(column.x, 0.0))
            .add(&label(8.0, "title", &title).with("dy", "10"))
            .add(&label(8.0, "small", &subtitle).with("dy", "26"));
        all.push(&head);
    }
    if let (true, Some(column)) =
        (ladder.layout.has_outside, ladder.layout.columns.last())
    {
        let x = column.x + column.line;
        let text = label(x, "small middle", "outside").with("dy", "10");
        all.push(&text);
    }
    all
}

/// How many, as a coordinate.
fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
