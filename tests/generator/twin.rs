//! The generator's twin in C.

use std::process::Command;

use serde_json::Value;

use super::common::{Language, dead_port, program, run, twins};
use super::{count, has_no_errors, server};

#[test]
fn the_twin_is_not_caught_by_asan_or_ubsan() {
    let server = server("echo_server", "epoll");
    let (dead, _bound) = dead_port();
    let port = server.port().to_string();
    let runs: [(&[&str], i32); 5] = [
        (&[&port], 0),
        (&[&port, "--mode", "connect"], 0),
        (&[&port, "--size", "1"], 0),
        (&[&port, "--size", "300000", "--connections", "3"], 0),
        (&[&dead], 1),
    ];
    for (args, code) in runs {
        let mut generator = Command::new(twins::asan("generator"));
        generator.arg("127.0.0.1").args(args).args(["--seconds", "0.1"]);
        let done = run(&mut generator, b"");
        assert_eq!(done.code, code, "{args:?}: {}", done.err());
        assert_eq!(done.err(), "", "{args:?}");
    }
}

/// A lone run of either twin.
fn alone(language: Language, args: &[&str]) -> (i32, String) {
    let mut command = match language {
        Language::Rust => {
            let mut tool = Command::new(program(language, "berkeley"));
            tool.arg("generator");
            tool
        }
        Language::C => Command::new(program(language, "generator")),
    };
    let done = run(command.args(args), b"");
    (done.code, done.out() + &done.err())
}

#[test]
fn both_twins_print_one_line_with_the_same_names() {
    let server = server("echo_server", "epoll");
    let port = server.port().to_string();
    for mode in ["pingpong", "connect"] {
        let args = ["127.0.0.1", &port, "--mode", mode, "--seconds", "0.1"];
        let [rust, c] = Language::BOTH.map(|language| {
            let (code, line) = alone(language, &args);
            assert_eq!(code, 0, "{language}: {line}");
            let result: Value = serde_json::from_str(&line).unwrap();
            assert!(count(&result, "requests") > 50, "{language}: {line}");
            assert_eq!(count(&result, "starved"), 0, "{language}: {line}");
            has_no_errors(&result);
            let latency = &result["latency_us"];
            let at = |name: &str| latency[name].as_f64().unwrap();
            let all = ["p50", "p90", "p99", "p999", "max"].map(at);
            assert!(all.is_sorted() && all[0] > 0.0, "{language}: {line}");
            let top = result.as_object().unwrap().keys();
            let times = latency.as_object().unwrap().keys();
            top.chain(times).cloned().collect::<Vec<_>>()
        });
        assert_eq!(rust, c);
    }
    let (port, _bound) = dead_port();
    let args = ["127.0.0.1", &port, "--seconds", "0.1"];
    for language in Language::BOTH {
        let (code, line) = alone(language, &args);
        assert!(line.contains("\"ECONNREFUSED\":"), "{language}: {line}");
        assert_eq!(code, 1, "{language}: {line}");
        let bad = [&["127.0.0.1"][..], &["--mode", "x"], &["--size", "x"]];
        for args in bad {
            assert_eq!(alone(language, args).0, 2, "{language}: {args:?}");
        }
        let (code, help) = alone(language, &["--help"]);
        assert!(code == 0 && help.contains("Example"), "{help}");
    }
}
