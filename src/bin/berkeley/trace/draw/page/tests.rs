//! What the drawings promise, whatever the trace holds.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use serde_json::Value;

use super::layout::{Layout, ROW, TIMES};
use super::{html, svg};
use crate::markup::check_nesting;
use crate::trace::fixture::{self, Script};
use crate::trace::record::{Event, Segment, Trace, Transition};
use crate::trace::story::{Kind, Story, What};

fn drawn(trace: &Trace) -> (Story, String, String) {
    let story = Story::tell(trace);
    let (drawing, page) = (svg(trace, &story), html(trace, &story));
    (story, drawing, page)
}

/// Every value of an attribute.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let before = format!(" {attribute}=\"");
    let rest = page.split(before.as_str()).skip(1);
    rest.map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The element with this id, up to the next one that has an id.
fn part<'a>(drawing: &'a str, id: &str) -> &'a str {
    let after = drawing.split(&format!(" id=\"{id}\"")).nth(1).unwrap();
    after.split(" id=\"").next().unwrap()
}

#[test]
fn every_drawing_is_well_formed_and_gives_an_id_once() {
    for trace in fixture::all() {
        let (_, drawing, page) = drawn(&trace);
        for text in [&drawing, &page] {
            check_nesting(text);
            let ids = values(text, "id");
            let unique: BTreeSet<&str> = ids.iter().copied().collect();
            assert_eq!(ids.len(), unique.len());
        }
    }
}

#[test]
fn every_moment_has_a_row_and_a_time() {
    for trace in fixture::all() {
        let (story, drawing, _) = drawn(&trace);
        let times = drawing.split("<g class=\"times\">").nth(1).unwrap();
        let times = times.matches("<text x=\"74\" y").count();
        let rows = drawing.matches("<g class=\"moment ").count();
        assert_eq!(times, story.moments.len());
        for moment in 0..story.moments.len() {
            assert!(drawing.contains(&format!(" id=\"m{moment}\"")));
        }
        // The legend has two.
        assert_eq!(rows, story.moments.len() + 2);
    }
}

#[test]
fn an_arrow_leaves_in_the_row_of_its_first_moment_and_goes_down() {
    for trace in fixture::all() {
        let (story, drawing, _) = drawn(&trace);
        let layout = Layout::of(&trace, &story);
        for (i, arrow) in story.arrows.iter().enumerate() {
            let arrow_drawn = part(&drawing, &format!("a{i}"));
            let path = arrow_drawn.split("\"way\" d=\"M").nth(1).unwrap();
            let path = path.split('"').next().unwrap();
            let ys: Vec<f64> = path
                .split('L')
                .map(|point| point.split(' ').nth(1).unwrap())
                .map(|y| y.parse().unwrap())
                .collect();
            let Some((from, to)) = arrow.from.zip(arrow.to) else {
                assert!(ys.iter().all(|y| (y - ys[0]).abs() < 0.1));
                continue;
            };
            assert!((ys[0] - layout.rows[from]).abs() < 0.1);
            let last = ys.last().unwrap();
            let above = if arrow.kind == Kind::Birth { 6.0 } else { 0.0 };
            assert!((last + above - layout.rows[to]).abs() < 0.1);
            // No line in a row of anybody else.
            assert!((ys[1] - ys[0]).abs() < 0.1);
            assert!(ys.is_sorted() && *last > ys[0]);
        }
    }
}

#[test]
fn texts_stay_in_their_column() {
    for trace in fixture::all() {
        let story = Story::tell(&trace);
        let layout = Layout::of(&trace, &story);
        for (moment, reach) in story.moments.iter().zip(&layout.reach) {
            let column = &layout.columns[moment.lane];
            assert!(*reach <= column.width, "{}", moment.text);
        }
        let mut x = TIMES;
        for column in &layout.columns[..story.lanes.len()] {
            assert!((column.x - x).abs() < 0.1 && column.line < column.text);
            x += column.width;
        }
    }
}

#[test]
fn who_waits_for_what_and_how_long_is_a_bar() {
    let (story, drawing, _) = drawn(&fixture::knock_fork());
    let accept = story.moments.iter().position(|m| m.text == "accept4(3)");
    let accept = accept.unwrap();
    let What::Waits { until: Some(until) } = story.moments[accept].what else {
        panic!("it waits");
    };
    let bar = format!("data-from=\"{accept}\" data-until=\"{until}\"");
    let bar = drawing.split(&bar).nth(1).unwrap();
    let bar = bar.split("</g>").next().unwrap();
    assert!(bar.contains(">waits on 3, 1.2 ms</text>"), "{bar}");
    assert!(part(&drawing, &format!("m{until}")).contains("waited 1.2 ms"));
}

#[test]
fn bytes_handshake_fin_and_birth_have_forms_of_their_own() {
    let (story, drawing, _) = drawn(&fixture::knock_fork());
    for (kind, form, label) in [
        (Kind::Data, "data", "\"Knock, knock\\n\""),
        (Kind::Handshake, "handshake", "connection 1"),
        (Kind::Fin, "fin", "FIN"),
        (Kind::Birth, "birth", "fork"),
        (Kind::Exit, "exit", "exit 0"),
    ] {
        let arrow = story.arrows.iter().position(|a| a.kind == kind).unwrap();
        let id = format!("<g class=\"arrow {form} ");
        assert!(drawing.contains(&id), "{form}");
        let one = part(&drawing, &format!("a{arrow}"));
        assert!(one.contains(label), "{one}");
    }
    let (_, drawing, _) = drawn(&fixture::reset());
    assert!(drawing.contains("<g class=\"arrow reset "));
    assert!(drawing.contains("<g class=\"moment returns bad\""));
}

#[test]
fn a_state_is_a_strip_that_tells_samples_from_transitions() {
    let mut trace = fixture::knock_fork();
    let (_, drawing, _) = drawn(&trace);
    assert!(drawing.contains(">3 LISTEN</text>"));
    assert!(drawing.contains("<g class=\"strip listen sample\""));
    assert!(!drawing.contains("<g class=\"strip closing\""));
    trace.events.push(Event::State(Transition {
        at_ns: 9_790_000,
        socket: Some(1),
        local: "127.0.0.1:5000".into(),
        peer: "127.0.0.1:41234".into(),
        from: "FIN_WAIT2".into(),
        to: "TIME_WAIT".into(),
        stays: Vec::new(),
    }));
    trace.events.sort_by_key(Event::at);
    let (_, drawing, _) = drawn(&trace);
    assert!(drawing.contains("<g class=\"pill closing\""), "no transition");
}

#[test]
fn a_close_by_a_thread_is_one_for_all_threads() {
    let trace = fixture::echo_threads();
    let story = Story::tell(&trace);
    let layout = Layout::of(&trace, &story);
    let listener = 0;
    let mut of_peers =
        layout.states.iter().filter(|stretch| stretch.socket != listener);
    assert!(of_peers.clone().count() > 2);
    assert!(of_peers.all(|stretch| stretch.until.is_some()));
}

#[test]
fn a_segment_is_a_thin_line_to_the_other_end() {
    let mut trace = fixture::knock_fork();
    trace.events.push(Event::Segment(Segment {
        at_ns: 2_010_000,
        from: "127.0.0.1:41234".into(),
        to: "127.0.0.1:5000".into(),
        from_socket: Some(2),
        to_socket: Some(1),
        flags: "PSH|ACK".into(),
        sequence: 1,
        acknowledged: Some(1),
        window: 65_535,
        length: 13,
    }));
    trace.events.sort_by_key(Event::at);
    let (story, drawing, _) = drawn(&trace);
    let segment = story.moments.iter().position(|m| m.what == What::Segment);
    let child = story.lanes.iter().position(|l| l.title == "knock 4103");
    let ends = format!(
        "data-moment=\"{}\" data-to=\"{}\"",
        segment.unwrap(),
        child.unwrap()
    );
    assert!(drawing.contains(&ends));
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "</script><script>alert('x')</script>]]>&\"<u>\u{1b}\u{7}";
    let mut script = Script::new(hostile);
    let task = script.program(crate::trace::record::Role::Alone, hostile, 1);
    let socket = script.socket(hostile, hostile, |_| ());
    script
        .call(task, 10, 20, "sendto", &["3", hostile, "<i>\\377\\0"])
        .on(3, socket)
        .carries(hostile)
        .names(hostile);
    script.call(task, 30, 40, hostile, &[]).fails(hostile);
    let mut trace = script.trace();
    trace.notes.push(hostile.to_owned());
    let (_, drawing, page) = drawn(&trace);
    check_nesting(&drawing);
    check_nesting(&page);
    assert_eq!(page.matches("<script").count(), 5);
    assert_eq!(page.matches("</script").count(), 5);
    assert!(!drawing.contains("]]>"));
    for bad in ["<u>", "<i>", "\u{1b}", "\u{7}", "<!--"] {
        assert!(!drawing.contains(bad) && !page.contains(bad), "{bad}");
    }
    let facts: Value = facts(&page);
    assert_eq!(facts["trace"]["command"], hostile);
    assert_eq!(facts["trace"]["events"][0]["args"][1], hostile);
}

/// What the script of a page reads.
fn facts(page: &str) -> Value {
    let json = page.split(" id=\"facts\">").nth(1).unwrap();
    let json = json.split("</script>").next().unwrap();
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_page_asks_for_nothing_outside_of_itself() {
    let (_, drawing, page) = drawn(&fixture::knock_fork());
    let own = "xmlns=\"http://www.w3.org/2000/svg\"";
    for text in [drawing.replace(own, ""), page.replace(own, "")] {
        for bad in ["http:", "https:", "src=", "href=", "url(", "@import"] {
            assert!(!text.contains(bad), "{bad}");
        }
    }
}

#[test]
fn the_script_places_things_as_the_drawing_does() {
    let here = format!("= [{ROW}, {}, {TIMES}, ", super::layout::GAP);
    let there = include_str!("place.js");
    assert!(there.contains(&here), "{here}");
    let pieces = format!("const PIECE = {};", super::pieces::ROWS);
    assert!(there.contains(&pieces), "{pieces}");
}

#[test]
fn nothing_at_all_is_still_a_page() {
    let (story, drawing, page) = drawn(&Script::new("true").trace());
    assert!(story.moments.is_empty());
    check_nesting(&drawing);
    check_nesting(&page);
}

#[test]
fn a_page_of_many_calls_is_of_fair_size_and_in_pieces() {
    let mut script = Script::new("echo_server -p 0");
    let server = script.server("echo_server", 100);
    let socket = script.socket("127.0.0.1:5000", "127.0.0.1:41234", |_| ());
    let calls = 3_000;
    for i in 0..calls {
        let args = ["4", "hello", "64", "MSG_NOSIGNAL"];
        script
            .call(server, i * 20, i * 20 + 5, "sendto", &args)
            .on(4, socket)
            .carries(
                "hello, this is what sixty-four bytes are, or nearly so.",
            );
    }
    let (story, _, page) = drawn(&script.trace());
    assert_eq!(story.moments.len(), 3_000);
    // Times and rows, thirty pieces of a hundred each.
    assert_eq!(page.matches("<g class=\"piece\"").count(), 60);
    assert!(page.len() < 1_500 * 3_000, "{} bytes", page.len());
}
