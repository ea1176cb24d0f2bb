//! The legend, drawn with the same shapes as the drawing.

use super::arrows;
use super::ladder::{label, translate};
use super::layout::BAR;
use super::rows;
use super::words;
use crate::markup::Element;
use crate::trace::story::{Kind, What};

/// From one line of it to the next.
pub(super) const LINE: f64 = 24.0;
const SAMPLE: f64 = 46.0;

/// Each entry as a small drawing of this width, and its words.
pub(super) fn entries() -> Vec<(Element, &'static str)> {
    let kinds = [
        (Kind::Handshake, "connect, answered by accept"),
        (Kind::Data, "bytes: sent, received"),
        (Kind::Fin, "FIN: no more bytes"),
        (Kind::Reset, "RST: broken off"),
        (Kind::Birth, "fork, new thread"),
        (Kind::Exit, "a child's end, told"),
        (Kind::Descriptor, "a descriptor passed on"),
    ];
    let bar = Element::new("g").class("bar").add(
        &Element::new("rect")
            .class("fill")
            .at("x", 2.0)
            .at("y", -BAR / 2.0)
            .at("width", 36.0)
            .at("height", BAR),
    );
    let mut all = vec![(bar, "waits in a call")];
    for (kind, words) in kinds {
        all.push((arrows::sample(kind, false, SAMPLE - 8.0), words));
    }
    let lost = arrows::sample(Kind::Data, true, SAMPLE - 10.0);
    all.push((lost, "nobody received it"));
    all.push((rows::sample(What::Call, true), "failed"));
    all.push((rows::sample(What::End, false), "ended"));
    all.push((rows::pill(0.0, "STATE", true), "reported by the kernel"));
    all.push((rows::pill(0.0, "STATE", false), "found so: a sample"));
    all
}

/// All of it, in lines of at most this width; and how high it is.
pub(super) fn draw(width: f64) -> (Element, f64) {
    let mut all = Element::new("g").class("legend");
    let (mut x, mut y) = (16.0, LINE / 2.0);
    for (sample, text) in entries() {
        let needed = SAMPLE + words::small_width(text) + 22.0;
        if x > 16.0 && x + needed > width {
            (x, y) = (16.0, y + LINE);
        }
        let entry = Element::new("g")
            .with("transform", &translate(x, y))
            .add(&sample)
            .add(&label(SAMPLE, "small", text));
        all.push(&entry);
        x += needed;
    }
    (all, y + LINE / 2.0)
}
