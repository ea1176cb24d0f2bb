//! What `--stats` counts, over all processes of a server.

#![allow(clippy::unwrap_used)]

mod common;

use common::{
    Case, Language, SOON, Server, Start, everywhere, in_both, until,
};
use serde_json::Value;

const KEYS: [&str; 14] = [
    "program",
    "language",
    "model",
    "workers",
    "peers",
    "bytes_in",
    "bytes_out",
    "peers_per_worker",
    "accept_errors",
    "cpu_user_s",
    "cpu_system_s",
    "children_user_s",
    "children_system_s",
    "max_rss_kib",
];

/// The last line of stderr, once the server has ended.
fn stats(mut server: Server) -> Value {
    assert_eq!(server.interrupt(), 0);
    let last = server.stderr().pop().expect("a line of JSON");
    serde_json::from_str(&last).unwrap_or_else(|why| panic!("{why}: {last}"))
}

fn echo(case: Case) -> Start {
    case.server("echo_server").args(["--stats", "--quiet"])
}

/// A peer that says these bytes, takes them back and leaves.
fn served(server: &Server, bytes: &[u8]) {
    let mut peer = server.say(bytes);
    peer.finish();
    peer.expect_last(bytes);
}

#[test]
fn the_line_has_exactly_its_keys_and_the_right_totals() {
    everywhere(|case| {
        let server = echo(case).args(["--workers", "3"]).start();
        for round in 0..20 {
            served(&server, &vec![b'x'; round * 100]);
        }
        let stats = stats(server);
        let object = stats.as_object().unwrap();
        let mut keys: Vec<_> = object.keys().map(String::as_str).collect();
        let mut expected = KEYS.to_vec();
        keys.sort_unstable();
        expected.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(stats["program"], "echo_server");
        assert_eq!(stats["language"], case.language.to_string());
        assert_eq!(stats["model"], case.model);
        assert_eq!(stats["peers"], 20, "{stats}");
        assert_eq!(stats["bytes_in"], 19_000, "{stats}");
        assert_eq!(stats["bytes_out"], 19_000, "{stats}");
        let each = stats["peers_per_worker"].as_array().unwrap();
        let all: u64 = each.iter().map(|one| one.as_u64().unwrap()).sum();
        assert_eq!(all, 20, "{stats}");
        if case.is_pool() || case.model == "reuseport" {
            assert_eq!(stats["workers"], 3);
            assert_eq!(each.len(), 3);
        }
        assert_eq!(stats["accept_errors"], serde_json::json!({}));
        for key in &KEYS[9..13] {
            assert!(stats[key].as_f64().unwrap() >= 0.0, "{key}");
        }
        assert!(stats["max_rss_kib"].as_u64().unwrap() > 100);
    });
}

#[test]
fn the_default_models_are_the_handouts() {
    let defaults = [
        ("knock", "pool"),
        ("echo_server", "thread"),
        ("roster_server", "iterative"),
        ("supply_server", "iterative"),
    ];
    in_both(|language: Language| {
        for (name, model) in defaults {
            let start =
                Start::new(language, name).args(["--stats", "--quiet"]);
            let stats = stats(start.start());
            assert_eq!(stats["program"], name);
            assert_eq!(stats["model"], model);
        }
    });
}

#[test]
fn what_a_killed_worker_served_still_counts() {
    everywhere(|case| {
        if !case.has_worker_processes() {
            return;
        }
        let server = echo(case).args(["--workers", "2"]).start();
        served(&server, b"before\n");
        // The peer's end is seen before the worker has counted it out.
        for round in 0..2 {
            let first = server.descendants();
            common::kill_process(first[round % first.len()]);
            until(SOON, "a replacement", || {
                let now = server.descendants();
                now.len() == 2 && now != first
            });
        }
        served(&server, b"after\n");
        let stats = stats(server);
        assert_eq!(stats["peers"], 2, "{stats}");
        assert_eq!(stats["bytes_in"], 13, "{stats}");
        assert_eq!(stats["workers"], 2, "{stats}");
    });
}

#[test]
fn time_of_children_is_the_childrens() {
    everywhere(|case| {
        let server = echo(case).start();
        let piece = vec![b'x'; 1 << 20];
        let mut peer = server.connect();
        let mut writer = peer.try_clone();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..64 {
                    writer.say(&piece);
                }
                writer.finish();
            });
            assert_eq!(peer.rest().len(), 64 << 20);
        });
        let stats = stats(server);
        let number = |key: &str| stats[key].as_f64().unwrap();
        let own = number("cpu_user_s") + number("cpu_system_s");
        let theirs = number("children_user_s") + number("children_system_s");
        let forks = case.has_worker_processes() || case.model == "fork";
        let (more, less) = if forks { (theirs, own) } else { (own, theirs) };
        assert!(more > less, "{stats}");
        assert_eq!(stats["bytes_out"], 64 << 20);
    });
}
