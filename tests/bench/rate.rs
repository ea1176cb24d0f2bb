//! A fixed rate, against a closed loop.

use std::thread::{scope, sleep};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::common::{Language, SOON, Start, kernel, until};
use super::{cells, measured, number};

/// The load of a server that is stopped for 200 ms and then goes on.
fn interrupted_server(args: &[&str]) -> Value {
    let server = Start::new(Language::Rust, "echo_server");
    let server = server.args(["--model", "epoll", "--quiet"]).start();
    let target = format!("127.0.0.1:{}", server.port());
    let args = [&["--target", &target, "--rounds", "1"], args].concat();
    let pid = Pid::from_raw(server.pid());
    scope(|scope| {
        let record = scope.spawn(|| measured(&args));
        let port = server.port();
        let connected = || kernel::sockets_of(port).len() > 10;
        until(SOON, "the load has begun", connected);
        // Not a wait for something: the stop is to be that long.
        sleep(Duration::from_millis(500));
        kill(pid, Signal::SIGSTOP).unwrap();
        sleep(Duration::from_millis(200));
        kill(pid, Signal::SIGCONT).unwrap();
        record.join().unwrap()
    })
}

#[test]
fn a_fixed_rate_sees_the_stop_that_a_closed_loop_hides() {
    let open = interrupted_server(&[
        "--mode",
        "open",
        "--concurrency",
        "10",
        "--rate",
        "2000",
        "--seconds",
        "2",
    ]);
    let [cell] = cells(&open) else { panic!("{open:#}") };
    let intended = number(&cell["latency_us"]["p99"]);
    assert!(intended >= 150_000.0, "{cell:#}");
    assert!(number(&cell["lateness_us"]["p99"]) > 100_000.0, "{cell:#}");
    let from_send = &cell["latency_from_send_us"];
    assert!(number(&from_send["max"]) >= 150_000.0, "{cell:#}");

    // A closed loop asks no more while it waits: ten long times, and no
    // hundredth of all.
    let closed =
        interrupted_server(&["--concurrency", "10", "--seconds", "2"]);
    let [cell] = cells(&closed) else { panic!("{closed:#}") };
    assert!(number(&cell["latency_us"]["max"]) >= 150_000.0, "{cell:#}");
    assert!(number(&cell["latency_us"]["p99"]) < intended, "{cell:#}");
}
