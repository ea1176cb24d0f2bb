//! Drawings of the traces made by hand.
#![allow(clippy::unwrap_used)]

use anstream::adapter::strip_str;

use super::super::super::fixture;
use super::super::super::record::Trace;
use super::super::super::story::Story;
use super::super::Look;
use super::{Ladder, draw};

fn drawn(trace: &Trace, width: usize, ascii: bool) -> Vec<String> {
    let story = Story::tell(trace);
    draw(trace, &story, &Look { width, ascii })
        .iter()
        .map(|line| strip_str(line).to_string())
        .collect()
}

#[test]
fn a_conversation_with_a_child_of_the_server() {
    let expected = include_str!("drawings/knock_fork.txt");
    let drawn = drawn(&fixture::knock_fork(), 100, false).join("\n");
    assert_eq!(drawn, expected.trim_end(), "\n{drawn}\n");
}

#[test]
fn a_descriptor_that_is_passed_on() {
    let expected = include_str!("drawings/inheritance.txt");
    let drawn = drawn(&fixture::inheritance(), 100, false).join("\n");
    assert_eq!(drawn, expected.trim_end(), "\n{drawn}\n");
}

#[test]
fn a_connection_that_is_reset_in_ascii() {
    let expected = include_str!("drawings/reset.txt");
    let drawn = drawn(&fixture::reset(), 80, true).join("\n");
    assert_eq!(drawn, expected.trim_end(), "\n{drawn}\n");
}

#[test]
fn threads_take_turns_in_a_column() {
    let expected = include_str!("drawings/echo_threads.txt");
    let drawn = drawn(&fixture::echo_threads(), 100, false).join("\n");
    assert_eq!(drawn, expected.trim_end(), "\n{drawn}\n");
}

#[test]
fn no_line_is_wider_than_it_may_be() {
    for trace in fixture::all() {
        for width in [60, 72, 80, 100, 140] {
            for line in drawn(&trace, width, false) {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn ascii_is_ascii_alone() {
    for trace in fixture::all() {
        for line in drawn(&trace, 100, true) {
            assert!(line.is_ascii(), "{line}");
        }
    }
}

#[test]
fn all_that_happened_is_in_the_drawing() {
    for trace in fixture::all() {
        let story = Story::tell(&trace);
        let lines = drawn(&trace, 140, false);
        let times = lines.iter().filter(|line| {
            line.get(..6)
                .is_some_and(|time| time.trim().parse::<f64>().is_ok())
        });
        let ends = lines.iter().filter(|line| line.contains('■')).count();
        let ended = story.lanes.iter().filter(|lane| lane.has_ended).count();
        assert_eq!(ends, ended + usize::from(ended > 0), "with the legend");
        assert!(times.count() * 2 >= story.moments.len());
    }
}

#[test]
fn what_is_drawn_bit_by_bit_is_never_taken_back() {
    for trace in fixture::all() {
        let look = Look { width: 100, ascii: false };
        let story = Story::tell(&trace);
        let mut ladder = Ladder::new(look);
        let mut lines = Vec::new();
        for now in (0..20).map(|step| step * 1_000_000) {
            lines.extend(ladder.news(&trace, &story, now));
        }
        lines.extend(ladder.rest(&trace, &story));
        let mut at_once = Ladder::new(look);
        assert_eq!(lines, at_once.rest(&trace, &story));
    }
}

#[test]
fn nothing_is_drawn_before_it_is_settled() {
    let trace = fixture::knock_fork();
    let story = Story::tell(&trace);
    let mut ladder = Ladder::new(Look { width: 100, ascii: false });
    let first = ladder.news(&trace, &story, 8_000_000);
    let text: Vec<String> =
        first.iter().map(|line| strip_str(line).to_string()).collect();
    assert!(text.iter().any(|line| line.contains("listen(3, 4096)")));
    assert!(!text.iter().any(|line| line.contains("recv(")));
    assert!(ladder.news(&trace, &story, 8_000_000).is_empty());
}
