//! The page: what the trace is about, the ladder in a frame of its own, and
//! beside it a panel for the details of one call. Without its script it is
//! still a page with a drawing.

use super::ladder::Ladder;
use super::layout::{Layout, TIMES};
use super::{DRAWING, arrows, drawing, facts, legend, summary};
use crate::markup::{self, Element, coordinate, said};
use crate::trace::record::Trace;
use crate::trace::story::Story;

const STYLE: &str = include_str!("style.css");
const SCRIPTS: [&str; 3] = [
    include_str!("place.js"),
    include_str!("details.js"),
    include_str!("page.js"),
];

/// Before anything is laid out: with a script, only what is in view will be.
const LIVE: &str = "document.documentElement.className = \"live\";";

pub(super) fn page(trace: &Trace, story: &Story) -> String {
    let layout = Layout::of(trace, story);
    let ladder = Ladder { trace, story, layout: &layout, has_titles: false };
    let title = format!("trace of {}", trace.command);
    let facts = Element::new("script")
        .with("type", "application/json")
        .with("id", "facts")
        .verbatim(&facts::json(trace, story, &layout));
    let main = Element::new("main")
        .add(&summary::header(trace, story))
        .add(&controls(story))
        .add(&stage(&ladder, &title))
        .add(&key())
        .add(&summary::connections(story))
        .add(&summary::lanes(story));
    let mut body = Element::new("body")
        .add(&Element::new("script").verbatim(LIVE))
        .add(&main)
        .add(&facts);
    for script in SCRIPTS {
        body.push(&Element::new("script").verbatim(script));
    }
    markup::page(&title, &[STYLE, DRAWING], &body)
}

/// What only the script can do; hidden until it is there.
fn controls(story: &Story) -> Element {
    let lanes = story.lanes.iter().map(|lane| lane.title.clone());
    let number = |i: usize| format!("connection {}", i + 1);
    let connections = (0..story.connections.len()).map(number);
    let search = Element::new("label").text("Search calls ").add(
        &Element::new("input")
            .with("type", "search")
            .with("id", "search")
            .with("placeholder", "recv, ECONNRESET, 127.0.0.1:5000"),
    );
    let scale = Element::new("label")
        .class("chip")
        .add(
            &Element::new("input")
                .with("type", "checkbox")
                .with("id", "scale"),
        )
        .text(" time to scale");
    Element::new("form")
        .class("controls")
        .with("aria-label", "What is shown")
        .add(&chips("Processes and threads", "lane", lanes))
        .add(&chips("Connections", "connection", connections))
        .add(
            &Element::new("p")
                .add(&search)
                .add(&said("output", "").with("id", "found"))
                .add(&scale),
        )
}

/// A box to tick for each; for many, two buttons for all of them.
fn chips(
    legend: &str,
    kind: &'static str,
    names: impl Iterator<Item = String>,
) -> Element {
    let mut title = said("legend", legend);
    let mut boxes = Element::new("div").class("chips");
    let mut count = 0;
    for (i, name) in names.enumerate() {
        let hue = match kind {
            "connection" => format!("chip {}", arrows::hue(i)),
            _ => "chip".to_owned(),
        };
        let tick = Element::new("input")
            .with("type", "checkbox")
            .with("checked", "checked")
            .with(&format!("data-{kind}"), &i.to_string());
        let chip = Element::new("label").class(&hue).add(&tick);
        boxes.push(&chip.text(&format!(" {name}")));
        count = i + 1;
    }
    let buttons = if count > 2 { &["all", "none"][..] } else { &[] };
    for word in buttons {
        let button = said("button", word).with("type", "button");
        title.push(&button.with("data-of", kind));
    }
    let all = Element::new("fieldset").add(&title).add(&boxes);
    if count == 0 { all.with("hidden", "hidden") } else { all }
}

/// The drawing under heads that stay in view, and the panel.
fn stage(ladder: &Ladder, title: &str) -> Element {
    let layout = ladder.layout;
    let left = |x: f64, width: f64| {
        let (x, width) = (coordinate(x), coordinate(width));
        format!("left:{x}px;width:{width}px")
    };
    let mut heads = Element::new("div")
        .class("heads")
        .with("style", &format!("width:{}px", coordinate(layout.width)));
    heads.push(&said("div", "ms").class("ms"));
    for (lane, column) in ladder.story.lanes.iter().zip(&layout.columns) {
        let head = Element::new("div")
            .class("head")
            .with("style", &left(column.x, column.width))
            .with("title", &format!("{}, {}", lane.title, lane.subtitle))
            .add(&said("b", &lane.title))
            .add(&said("small", &lane.subtitle));
        heads.push(&head);
    }
    if let (true, Some(column)) = (layout.has_outside, layout.columns.last()) {
        let head = Element::new("div")
            .class("head")
            .with("style", &left(column.x, column.width))
            .add(&said("b", "outside"))
            .add(&said("small", "not traced"));
        heads.push(&head);
    }
    let band = Element::new("rect").class("band").at("height", 22.0);
    let sheet = Element::new("rect")
        .class("paper")
        .at("width", TIMES - 4.0)
        .at("height", layout.height);
    let svg = drawing(layout.width, layout.height, title)
        .with("id", "drawing")
        .add(&band.with("width", "100%"))
        .add(&ladder.draw())
        .add(
            &Element::new("g")
                .with("id", "times")
                .add(&sheet)
                .add(&super::rows::times(ladder)),
        );
    let scroller = Element::new("div")
        .with("id", "scroller")
        .with("tabindex", "0")
        .with("role", "region")
        .with("aria-label", "The ladder: arrow keys walk through its rows")
        .add(&heads)
        .add(&svg);
    let hint = "Click on a row or tap it: everything that is known about \
                the call is shown here. ↑ ↓ walk through the rows, ← → go \
                to the other end of an arrow.";
    let panel = Element::new("aside")
        .with("id", "panel")
        .with("aria-live", "polite")
        .add(&said("p", hint).class("hint"));
    Element::new("div").class("stage").add(&scroller).add(&panel)
}

fn key() -> Element {
    let mut list = Element::new("ul").class("key");
    for (sample, words) in legend::entries() {
        let svg = Element::new("svg")
            .class("drawing")
            .with("viewBox", "-1 -11 50 22")
            .with("aria-hidden", "true")
            .add(&sample);
        list.push(&Element::new("li").add(&svg).text(words));
    }
    Element::new("section")
        .with("aria-label", "Legend")
        .add(&said("h2", "How to read it"))
        .add(&list)
}
