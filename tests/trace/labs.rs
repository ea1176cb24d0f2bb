//! Every lab of the kit, in both languages, drawn in every way.

use serde_json::Value;

use super::common::{Language, hold, in_both, run};
use super::{calls, trace};

const LABS: [&str; 8] =
    ["simple", "echo", "knock", "roster", "supply", "udp", "chat", "dumb_net"];

fn lab(name: &str, more: &[&str]) -> String {
    super::common::program(Language::C, "knock");
    let args = [&[name, "--no-build"][..], more].concat();
    let done = run(&mut trace(&args), b"");
    assert_eq!((done.code, done.err()), (0, String::new()), "{args:?}");
    done.out()
}

fn record(name: &str, more: &[&str]) -> Value {
    let text = lab(name, &[more, &["--json"]].concat());
    serde_json::from_str(&text).unwrap()
}

#[test]
fn each_is_played_to_its_end() {
    in_both(|language| {
        let language = language.to_string();
        for name in LABS {
            let more = ["--language", &language, "--clients", "2"];
            let trace = record(name, &more);
            let programs = trace["programs"].as_array().unwrap();
            assert_eq!(programs.len(), 3, "{name}");
            let tasks = trace["tasks"].as_array().unwrap().iter();
            let mut left = tasks.filter(|task| task["ended_ns"].is_null());
            assert_eq!(left.next(), None, "{name}");
        }
    });
}

#[test]
fn knock_is_told_under_every_model() {
    hold(super::common::MODELS.to_vec(), |model| {
        let args = ["--model", model, "--clients", "2"];
        let trace = record("knock", &args);
        let received = calls(&trace, "recvfrom");
        let heard = |text: &str| {
            let heard = received.iter();
            heard.filter(|call| call["data"]["text"] == text).count()
        };
        assert_eq!(heard("Knock, knock\\n"), 2, "{model}");
        assert_eq!(heard("Who's there?\\n"), 2, "{model}");
    });
}

#[test]
fn no_line_of_a_ladder_is_wider_than_asked() {
    for (width, shown) in [("100", 100), ("72", 72)] {
        let text = lab(
            "knock",
            &["--clients", "3", "--model", "fork", "--width", width],
        );
        for line in text.lines() {
            assert!(line.chars().count() <= shown, "{line}");
        }
        assert!(!text.contains('\u{1b}'));
    }
    let text = lab("knock", &["--ascii"]);
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn a_summary_counts() {
    let text = lab("knock", &["--summary"]);
    assert!(text.contains("recvfrom"), "{text}");
    let summary = lab("knock", &["--summary", "--json"]);
    assert!(serde_json::from_str::<Value>(&summary).unwrap().is_object());
}
