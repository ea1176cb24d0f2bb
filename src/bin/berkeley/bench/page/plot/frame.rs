//! Axes: a thin line at each tick, its number, and what is counted.

use super::scale::Scale;
use super::unit::Unit;
use super::{label, line, width_of};
use crate::markup::Element;

/// The axis along the bottom, with a line up to `top` at each tick.
pub(super) fn bottom(
    scale: &Scale,
    unit: Unit,
    title: &str,
    [top, bottom]: [f64; 2],
) -> Element {
    let mut axis = Element::new("g").class("axis");
    let [start, end] = scale.ends();
    // The ends of the axis may stick out by so much.
    let (least, most) = (start - 14.0, end + 14.0);
    let mut free = least;
    for tick in scale.ticks() {
        let x = scale.place(*tick);
        axis.push(&line("grid", [x, top], [x, bottom]));
        let text = unit.tick(*tick);
        let width = width_of(&text);
        let from = (x - width / 2.0).clamp(least, (most - width).max(least));
        if from < free {
            continue;
        }
        free = from + width + 4.0;
        let middle = from + width / 2.0;
        axis.push(&label(middle, bottom + 13.0, "tick middle", &text));
    }
    let middle = f64::midpoint(start, end);
    axis.add(&line("base", [start, bottom], [end, bottom])).add(&label(
        middle,
        bottom + 27.0,
        "title middle",
        title,
    ))
}

/// The axis up the left side, its title over it.
pub(super) fn left(
    scale: &Scale,
    unit: Unit,
    title: &str,
    [left, right]: [f64; 2],
) -> Element {
    let mut axis = Element::new("g").class("axis");
    let mut free = f64::INFINITY;
    let [_, top] = scale.ends();
    for tick in scale.ticks() {
        let y = scale.place(*tick);
        axis.push(&line("grid", [left, y], [right, y]));
        if y + 4.0 <= free {
            let text = unit.tick(*tick);
            axis.push(&label(left - 4.0, y + 3.5, "tick end", &text));
            free = y - 8.0;
        }
    }
    axis.add(&label(2.0, top - 8.0, "title", title))
}
