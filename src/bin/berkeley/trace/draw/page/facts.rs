//! What the page's script knows: the trace as `--json` has it, without what
//! is empty, and where the drawing has put everything.

use serde_json::{Value, json};

use super::arrows;
use super::ends::Way;
use super::layout::Layout;
use crate::trace::record::{Event, Trace};
use crate::trace::story::{Story, What};

/// Safe in a script element: no `<` in it can end that.
pub(super) fn json(trace: &Trace, story: &Story, layout: &Layout) -> String {
    let moments = story.moments.iter().zip(&layout.reach).map(|(m, reach)| {
        let other = match m.what {
            What::Waits { until } => until,
            What::Returns { since } => Some(since),
            _ => None,
        };
        let is_call = matches!(trace.events[m.event], Event::Call(_));
        trimmed(json!({
            "at": m.at_ns,
            "lane": m.lane,
            "event": m.event,
            "connection": m.connection,
            "other": other,
            "text": (!is_call).then_some(&m.text),
            "state": m.state,
            "transition": m.is_transition,
            "bad": m.is_bad,
            "reach": tenths(*reach),
        }))
    });
    let lanes = story
        .lanes
        .iter()
        .map(|lane| json!({ "title": lane.title, "first": lane.first }));
    let columns = layout.columns.iter().map(|c| {
        json!({
            "x": tenths(c.x), "width": tenths(c.width),
            "line": tenths(c.line), "text": tenths(c.text),
        })
    });
    let arrows = story.arrows.iter().zip(&layout.ends);
    let arrows = arrows.map(|(arrow, ends)| {
        trimmed(json!({
            "from": arrow.from,
            "to": arrow.to,
            "label": arrow.label,
            "bytes": arrow.bytes,
            "way": way(ends.way),
            "left": ends.from_left,
            "down": tenths(arrows::down(ends)),
        }))
    });
    let gaps: Vec<usize> = layout.gaps.iter().map(|gap| gap.before).collect();
    let facts = json!({
        "trace": trimmed(json!(trace)),
        "lanes": lanes.collect::<Vec<_>>(),
        "columns": columns.collect::<Vec<_>>(),
        "moments": moments.collect::<Vec<_>>(),
        "arrows": arrows.collect::<Vec<_>>(),
        "gaps": gaps,
        "span": story.span_ns,
    });
    facts.to_string().replace('<', "\\u003c")
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Across => "across",
        Way::Branch => "branch",
        Way::Outside => "outside",
        Way::Lost => "lost",
        Way::Nowhere => "nowhere",
    }
}

/// Without members that say nothing: most of a call's are null or empty.
fn trimmed(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| {
                let is_empty = value.as_array().is_some_and(Vec::is_empty);
                !value.is_null() && !is_empty && *value != Value::Bool(false)
            });
            members.map(|(key, value)| (key, trimmed(value))).collect()
        }
        Value::Array(all) => all.into_iter().map(trimmed).collect(),
        value => value,
    }
}

fn tenths(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}
