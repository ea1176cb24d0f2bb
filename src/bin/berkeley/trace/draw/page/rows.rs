//! The rows: a moment's time, its mark on the line, and its words.

use super::ladder::{Ladder, label, translate};
use super::layout::TIMES;
use super::pieces::Piece;
use super::states;
use super::words;
use crate::markup::{Element, coordinate, said};
use crate::trace::story::{Moment, Story, What};

pub(super) fn push(group: &mut Element, ladder: &Ladder, piece: Piece) {
    for (at, moment) in ladder.story.moments.iter().enumerate() {
        if !piece.has(at) {
            continue;
        }
        let column = &ladder.layout.columns[moment.lane];
        let mut class = format!("moment {}", form(moment.what));
        if moment.is_bad {
            class += " bad";
        }
        let place = translate(column.x, ladder.layout.rows[at]);
        let mut row = Element::new("g")
            .class(&class)
            .with("id", &format!("m{at}"))
            .with("transform", &place);
        if ladder.has_titles {
            let told = words::told(ladder.trace, ladder.story, at);
            row.push(&said("title", &told));
        }
        row.push(&glyph(moment.what, moment.is_bad, column.line));
        push_words(ladder.story, &mut row, moment, column.text);
        group.push(&row);
    }
}

/// In the order of the rows; and how long the silences were.
pub(super) fn times(ladder: &Ladder) -> Element {
    let layout = ladder.layout;
    let mut all = Element::new("g").class("times");
    for piece in Piece::all(layout.rows.len()).skip(1) {
        let mut group = piece.group();
        for (at, moment) in ladder.story.moments.iter().enumerate() {
            if piece.has(at) {
                let time = words::time(moment.at_ns, ladder.story.span_ns);
                let y = layout.rows[at] + 4.0;
                let time = said("text", &time).at("x", TIMES - 10.0);
                group.push(&time.at("y", y));
            }
        }
        for gap in layout.gaps.iter().filter(|gap| piece.has(gap.before)) {
            let text = format!("⋮ {}", words::duration(gap.ns));
            let place = translate(0.0, layout.above(gap));
            let gap = Element::new("g")
                .class("gap")
                .with("data-before", &gap.before.to_string())
                .with("transform", &place);
            group.push(&gap.add(&label(TIMES - 10.0, "small", &text)));
        }
        all.push(&group);
    }
    all
}

fn push_words(story: &Story, row: &mut Element, moment: &Moment, x: f64) {
    let text = words::shown(moment);
    let is_segment = moment.what == What::Segment;
    let class = if is_segment { "small call" } else { "call" };
    row.push(&label(x, class, &text));
    let width =
        if is_segment { words::small_width } else { words::text_width };
    let mut x = x + width(&text) + words::SPACE;
    if let Some(waited) = words::waited(story, moment) {
        row.push(&label(x, "small waited", &waited));
        x += words::small_width(&waited) + words::SPACE;
    }
    if let Some(state) = &moment.state {
        row.push(&pill(x, state, moment.is_transition));
    }
}

/// A state in a bracket of its own: dashed where it is a sample.
pub(super) fn pill(x: f64, state: &str, is_transition: bool) -> Element {
    let known = if is_transition { "" } else { " sample" };
    let frame = Element::new("rect")
        .at("y", -8.0)
        .at("width", words::pill_width(state))
        .at("height", 16.0)
        .at("rx", 3.0);
    Element::new("g")
        .class(&format!("pill {}{known}", states::class(state)))
        .with("transform", &translate(x, 0.0))
        .add(&frame)
        .add(&label(5.0, "small", state))
}

/// One of this kind alone, for the legend.
pub(super) fn sample(what: What, is_bad: bool) -> Element {
    let bad = if is_bad { " bad" } else { "" };
    Element::new("g")
        .class(&format!("moment {}{bad}", form(what)))
        .add(&glyph(what, is_bad, 20.0))
}

fn form(what: What) -> &'static str {
    match what {
        What::Call => "plain",
        What::Waits { .. } => "waits",
        What::Returns { .. } => "returns",
        What::Birth => "born",
        What::Exec => "exec",
        What::Signal => "signal",
        What::Pause => "pause",
        What::End => "end",
        What::State => "state",
        What::Segment => "segment",
    }
}

/// What stands on the line, each of its own shape.
fn glyph(what: What, is_bad: bool, x: f64) -> Element {
    let path = match what {
        _ if is_bad && what != What::End => "m-5 -5 10 10m0 -10-10 10",
        What::Call => "h.01",
        What::Waits { .. } => "m-7 0h14",
        What::Returns { .. } => "m-7 0h14m-10.5 -4l3.5 4 3.5-4",
        What::Birth => "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
        What::Exec => "m0 -6 6 6-6 6-6-6z",
        What::Signal => "m1 -7-5 8h4l-1 6 5-8h-4z",
        What::Pause => "m-3 -5v10m6 0v-10",
        What::End => "m-5 -5h10v10h-10z",
        What::State => "m0 -4 4 4-4 4-4-4z",
        What::Segment => "m-2 0h4",
    };
    Element::new("path")
        .class("glyph")
        .with("d", &format!("M{} 0{path}", coordinate(x)))
}
