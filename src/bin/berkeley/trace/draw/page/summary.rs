//! What stands above and under the ladder: what was traced, who was in it,
//! and who talked to whom.

use super::words;
use crate::calendar;
use crate::markup::{Element, said};
use crate::trace::draw::counted;
use crate::trace::record::{Source, Trace};
use crate::trace::story::{Side, Story};

pub(super) fn header(trace: &Trace, story: &Story) -> Element {
    let began = std::time::Duration::try_from_secs_f64(trace.began);
    let when = began.map_or_else(
        |_| String::new(),
        |began| format!(", {}", calendar::rfc3339(began.as_secs())),
    );
    let source = match trace.source {
        Source::Ptrace => "",
        Source::Strace => ", read from a log of strace",
    };
    let about = format!("{}{when}{source}.", trace.system);
    let bad = story.moments.iter().filter(|moment| moment.is_bad).count();
    let bad = match bad {
        0 => "no call failed".to_owned(),
        _ => counted(bad, "failed call", "failed calls"),
    };
    let all = format!(
        "{}, {}, {} in {}; {bad}.",
        counted(
            story.lanes.len(),
            "process or thread",
            "processes and threads"
        ),
        counted(story.connections.len(), "connection", "connections"),
        counted(story.moments.len(), "moment", "moments"),
        words::duration(story.span_ns)
    );
    let heading = said("h1", "trace of ").add(&said("code", &trace.command));
    let mut header = Element::new("header")
        .add(&heading)
        .add(&said("p", &about))
        .add(&said("p", &all));
    let mut notes = Element::new("ul").class("notes");
    for note in trace.notes.iter().chain(&story.notes) {
        notes.push(&said("li", note));
    }
    if trace.notes.len() + story.notes.len() > 0 {
        header.push(&notes);
    }
    header
}

pub(super) fn connections(story: &Story) -> Element {
    let side = |side: &Side| match side.socket {
        Some(_) => side.address.clone(),
        None => format!("{} (not traced)", side.address),
    };
    let rows = story.connections.iter().enumerate().map(|(i, connection)| {
        [
            format!("{}", i + 1),
            connection.kind.clone(),
            side(&connection.client),
            side(&connection.server),
            connection.up.to_string(),
            connection.down.to_string(),
        ]
    });
    let head = ["", "kind", "from", "to", "bytes there", "bytes back"];
    section("connections", "Connections", head, rows)
}

pub(super) fn lanes(story: &Story) -> Element {
    let time = |moment: usize| {
        let moment = story.moments.get(moment);
        moment.map_or_else(String::new, |moment| {
            words::time(moment.at_ns, story.span_ns)
        })
    };
    let rows = story.lanes.iter().map(|lane| {
        let until = if lane.has_ended {
            time(lane.last)
        } else {
            "the end of the trace".to_owned()
        };
        [
            lane.title.clone(),
            lane.subtitle.clone(),
            time(lane.first),
            until,
            words::duration(lane.waited_ns),
        ]
    });
    let head = ["", "is", "from ms", "until ms", "waited"];
    section("lanes", "Processes and threads", head, rows)
}

fn section<const N: usize>(
    id: &str,
    heading: &str,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Element {
    let mut first = Element::new("tr");
    for text in head {
        first.push(&said("th", text).with("scope", "col"));
    }
    let mut body = Element::new("tbody");
    let mut count = 0;
    for row in rows {
        let mut line = Element::new("tr");
        for (i, text) in row.iter().enumerate() {
            let cell = said(if i == 0 { "th" } else { "td" }, text);
            line.push(&if i == 0 { cell.with("scope", "row") } else { cell });
        }
        body.push(&line);
        count += 1;
    }
    let table = Element::new("table")
        .add(&Element::new("thead").add(&first))
        .add(&body);
    let none = said("p", "None.").class("hint");
    Element::new("section").with("id", id).add(&said("h2", heading)).add(
        &if count == 0 {
            none
        } else {
            Element::new("div").class("wide").add(&table)
        },
    )
}
