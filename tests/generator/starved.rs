//! Peers that are never served are counted, and hold nobody up.

use std::time::{Duration, Instant};

use serde_json::json;

use super::common::{Language, Start};
use super::{Generator, PATIENCE_MS, count, has_no_errors, plan, server};

#[test]
fn a_pool_of_eight_starves_forty_two_of_fifty() {
    let server = server("echo_server", "pool");
    let mut generator = Generator::start();
    let plan = plan(server.port(), "echo", &json!("Closed"), 50);
    let opened = generator.open(0, &plan);
    assert_eq!(count(&opened, "connected"), 50);
    for _ in 0..3 {
        let ran = generator.seconds(0, 0.05);
        assert_eq!(count(&ran, "starved"), 42, "{ran}");
        assert!(count(&ran, "requests") > 8, "{ran}");
        has_no_errors(&ran);
    }
}

#[test]
fn a_full_backlog_leaves_connections_pending_and_they_starve() {
    let args = ["--model", "pool", "--backlog", "8", "--quiet"];
    let server = Start::new(Language::Rust, "echo_server").args(args);
    let server = server.start();
    let mut generator = Generator::start();
    let plan = plan(server.port(), "echo", &json!("Closed"), 200);
    let opened = generator.open(0, &plan);
    let (connected, pending) =
        (count(&opened, "connected"), count(&opened, "pending"));
    assert!(connected >= 8 && pending > 100, "{opened}");
    assert_eq!(connected + pending, 200, "{opened}");
    for _ in 0..3 {
        let ran = generator.seconds(0, 0.1);
        assert_eq!(count(&ran, "starved"), 192, "{ran}");
        has_no_errors(&ran);
    }
}

#[test]
fn who_starves_is_waited_for_once_and_not_in_every_slice() {
    let server = server("echo_server", "pool");
    let mut generator = Generator::start();
    let plan = plan(server.port(), "echo", &json!("Closed"), 50);
    generator.open(0, &plan);
    generator.seconds(0, 0.02);
    let start = Instant::now();
    for _ in 0..5 {
        generator.seconds(0, 0.02);
    }
    let patience = Duration::from_millis(5 * PATIENCE_MS);
    assert!(start.elapsed() < patience, "{:?}", start.elapsed());
}
