//! What stands in a row, and how wide it is: letters of one width, so that
//! it can be told without a screen.

use std::collections::HashMap;
use std::mem;
use std::time::Duration;

use textwrap::core::display_width;

use super::count;
use super::ends::Ends;
use super::layout::said;
use crate::trace::record::{Call, Event, Trace};
use crate::trace::story::{Arrow, Moment, Story, What};

/// A letter of a row, and of what is smaller; of the widest usual fonts.
const LETTER: f64 = 7.25;
pub(super) const SMALL: f64 = 6.65;
/// Between a text and what follows it.
pub(super) const SPACE: f64 = 8.0;
/// Longer texts are in the details only.
const LONGEST: usize = 46;
/// And these as they are.
const SHORT: usize = 16;

pub(super) fn shown(moment: &Moment) -> String {
    let text = &moment.text;
    if display_width(text) <= SHORT || text.starts_with("bind(") {
        return cut(text, LONGEST);
    }
    // All of it is in the details; so narrower columns are seen together.
    let near = text.replace("127.0.0.1:", ":");
    cut(&near.replace("[::1]:", ":"), LONGEST)
}

/// `waited 1.2 ms`, of the return of one who did.
pub(super) fn waited(story: &Story, moment: &Moment) -> Option<String> {
    let What::Returns { since } = moment.what else { return None };
    let since = story.moments.get(since)?.at_ns;
    let ns = moment.at_ns.saturating_sub(since);
    Some(format!("waited {}", duration(ns)))
}

/// All that stands in a moment's row, from where the text begins.
pub(super) fn width(trace: &Trace, story: &Story, moment: &Moment) -> f64 {
    let mut width = text_width(&shown(moment));
    if matches!(trace.events.get(moment.event), Some(Event::Segment(_))) {
        width = small_width(&shown(moment));
    }
    if let Some(waited) = waited(story, moment) {
        width += SPACE + small_width(&waited);
    }
    if let Some(state) = &moment.state {
        width += SPACE + pill_width(state);
    }
    width
}

pub(super) fn text_width(text: &str) -> f64 {
    LETTER * count(display_width(text))
}

pub(super) fn small_width(text: &str) -> f64 {
    SMALL * count(display_width(text))
}

pub(super) fn pill_width(state: &str) -> f64 {
    small_width(state) + 10.0
}

/// The letters on each arrow: cut, where there are many. What starts in the
/// same moment towards the same side shares a line, and so its letters: the
/// last one has them all.
pub(super) fn labels(story: &Story, ends: &[Ends]) -> Vec<String> {
    let mut all: Vec<String> = story.arrows.iter().map(label).collect();
    let mut last: HashMap<(usize, bool), usize> = HashMap::new();
    for (i, arrow) in story.arrows.iter().enumerate() {
        let Some(from) = arrow.from else { continue };
        let line = (from, ends[i].leaves_rightwards());
        if let Some(before) = last.insert(line, i) {
            let before = mem::take(&mut all[before]);
            if before != all[i] && !before.is_empty() {
                all[i] = cut(&format!("{before}, {}", all[i]), 40);
            }
        }
    }
    all
}

fn label(arrow: &Arrow) -> String {
    if arrow.label.is_empty() && arrow.bytes > 0 {
        return format!("{} bytes", arrow.bytes);
    }
    cut(&arrow.label, 26)
}

/// The start of a text; whether there was more is seen.
pub(super) fn cut(text: &str, longest: usize) -> String {
    if display_width(text) <= longest {
        return text.to_owned();
    }
    let mut room = longest.saturating_sub(1);
    let fits = |c: &char| {
        let width = display_width(c.encode_utf8(&mut [0; 4]));
        let fits = width <= room;
        room = room.saturating_sub(width);
        fits
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// In the unit that reads best.
pub(super) fn duration(ns: u64) -> String {
    let us = Duration::from_nanos(ns).as_secs_f64() * 1e6;
    match ns {
        0..=999 => format!("{ns} ns"),
        1_000..=99_999 => format!("{us:.1} µs"),
        100_000..=999_999 => format!("{us:.0} µs"),
        1_000_000..=99_999_999 => format!("{:.1} ms", us / 1e3),
        100_000_000..=999_999_999 => format!("{:.0} ms", us / 1e3),
        _ => format!("{:.2} s", us / 1e6),
    }
}

/// A time in ms, as fine as a trace of that span needs it.
pub(super) fn time(ns: u64, span_ns: u64) -> String {
    let ms = Duration::from_nanos(ns).as_secs_f64() * 1e3;
    if span_ns < 100_000_000_000 {
        format!("{ms:.3}")
    } else {
        format!("{ms:.1}")
    }
}

/// A moment in full: what a pointer that rests on it is told.
pub(super) fn told(trace: &Trace, story: &Story, at: usize) -> String {
    let moment = &story.moments[at];
    let lane = story.lanes.get(moment.lane);
    let who = lane.map_or("", |lane| lane.title.as_str());
    let mut lines =
        vec![format!("{} ms, {who}", time(moment.at_ns, story.span_ns))];
    match trace.events.get(moment.event) {
        Some(Event::Call(call)) => lines.push(whole(call)),
        _ => lines.push(moment.text.clone()),
    }
    lines.extend(waited(story, moment));
    if let Some(state) = &moment.state {
        let known = if moment.is_transition { "transition" } else { "sample" };
        lines.push(format!("{state} ({known})"));
    }
    lines.join("\n")
}

/// `accept4(3, NULL, NULL, 0) = -1 EAGAIN`
fn whole(call: &Call) -> String {
    let result = match (call.result, &call.errno) {
        (Some(result), Some(errno)) => format!("{result} {errno}"),
        (Some(result), None) => result.to_string(),
        (None, Some(errno)) => format!("? {errno}"),
        (None, None) => "?".to_owned(),
    };
    format!("{}({}) = {result}", call.call, call.args.join(", "))
}

/// An arrow in full.
pub(super) fn of_arrow(story: &Story, arrow: &Arrow) -> String {
    let who = |moment: Option<usize>| {
        let moment = moment.and_then(|m| story.moments.get(m));
        let lane = moment.and_then(|m| story.lanes.get(m.lane));
        lane.map_or("outside", |lane| lane.title.as_str())
    };
    format!("{}: {} → {}", said(arrow), who(arrow.from), who(arrow.to))
}
