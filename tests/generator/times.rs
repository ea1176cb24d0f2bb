//! Requests at a fixed rate: when they were due, not when they were sent.

use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::{Generator, count, entries, has_no_errors, plan, server};

/// The time, in seconds, that so large a share did not exceed.
#[allow(clippy::cast_precision_loss)]
fn percentile(histogram: &Value, share: f64) -> f64 {
    let rank = entries(histogram) as f64 * share;
    let mut seen = 0;
    for one in histogram.as_array().unwrap() {
        seen += one[1].as_u64().unwrap();
        if seen as f64 >= rank {
            return one[0].as_u64().unwrap() as f64 / 1e9;
        }
    }
    panic!("no times in {histogram}");
}

#[test]
fn a_stopped_server_shows_from_when_requests_were_due() {
    let server = server("echo_server", "epoll");
    let mut generator = Generator::start();
    let kind = json!({"Open": {"rate": 500.0}});
    // One connection: while it waits, requests are due and none is sent.
    let mut plan = plan(server.port(), "echo", &kind, 1);
    plan["patience_ms"] = json!(10_000);
    generator.open(0, &plan);
    let order = json!({"Run": {"load": 0, "until": {"Seconds": 2.0}}});
    server.kill(Signal::SIGSTOP);
    generator.order(&order);
    let stopped = Duration::from_millis(200);
    sleep(stopped); // The cause under test, not a wait for it.
    server.kill(Signal::SIGCONT);
    let ran = generator.answer()["Ran"].clone();
    has_no_errors(&ran);
    assert_eq!(count(&ran, "requests"), 1000, "{ran}");
    assert_eq!(count(&ran, "dropped"), 0, "{ran}");
    let collected = generator.collect(0);
    let due = percentile(&collected["latency"], 0.95);
    let sent = percentile(&collected["from_send"], 0.95);
    assert!(due >= 0.05, "{due}");
    assert!(sent < due / 2.0, "{sent}, and {due} from when it was due");
    let late = percentile(&collected["lateness"], 0.95);
    assert!(late >= 0.05, "{late}");
}

/// The first is due at once; to wait for what comes after it would make all
/// of them late, the median by half of the run.
#[test]
fn the_first_request_of_a_rate_is_not_slept_over() {
    let server = server("echo_server", "epoll");
    let kind = json!({"Open": {"rate": 500.0}});
    let mut generator = Generator::start();
    generator.open(0, &plan(server.port(), "echo", &kind, 10));
    let ran = generator.seconds(0, 2.0);
    has_no_errors(&ran);
    let late = percentile(&generator.collect(0)["lateness"], 0.5);
    assert!(late < 0.5, "the median was {late} s late");
}

#[test]
fn what_was_due_and_never_sent_is_dropped() {
    let server = server("echo_server", "epoll");
    let mut generator = Generator::start();
    let kind = json!({"Open": {"rate": 1000.0}});
    generator.open(0, &plan(server.port(), "echo", &kind, 2));
    server.kill(Signal::SIGSTOP);
    let ran = generator.seconds(0, 0.1);
    assert_eq!(count(&ran, "requests"), 0, "{ran}");
    assert_eq!(count(&ran, "dropped"), 98, "{ran}");
    assert_eq!(count(&ran, "starved"), 2, "{ran}");
    server.kill(Signal::SIGCONT);
}
