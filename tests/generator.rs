//! What the load generator promises: every answer checked, every peer
//! counted, and times that hide nothing.

#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::scope;

use common::{Language, Server, Start, dead_port, program, run};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

const PATIENCE_MS: u64 = 300;

/// A generator that takes orders.
struct Generator {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Generator {
    fn start() -> Generator {
        let mut command = Command::new(program(Language::Rust, "berkeley"));
        command.args(["generator", "--orders"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let orders = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Generator { child, orders, answers }
    }

    fn order(&mut self, order: &Value) {
        writeln!(self.orders, "{order}").unwrap();
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"))
    }

    /// The answer's content, under the name that it must have.
    fn obey(&mut self, order: &Value, name: &str) -> Value {
        self.order(order);
        let answer = self.answer();
        assert!(!answer[name].is_null(), "{order}: {answer}");
        answer[name].clone()
    }

    fn open(&mut self, load: usize, plan: &Value) -> Value {
        let order = json!({"Open": {"load": load, "plan": plan}});
        self.obey(&order, "Opened")
    }

    fn run(&mut self, load: usize, until: &Value) -> Value {
        let order = json!({"Run": {"load": load, "until": until}});
        self.obey(&order, "Ran")
    }

    fn seconds(&mut self, load: usize, seconds: f64) -> Value {
        self.run(load, &json!({ "Seconds": seconds }))
    }

    fn collect(&mut self, load: usize) -> Value {
        self.obey(&json!({"Collect": {"load": load}}), "Collected")
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn plan(port: u16, protocol: &str, kind: &Value, connections: u32) -> Value {
    json!({
        "server": format!("127.0.0.1:{port}"),
        "protocol": protocol,
        "kind": kind,
        "connections": connections,
        "size": 64,
        "connecting_ms": PATIENCE_MS,
        "patience_ms": PATIENCE_MS,
    })
}

fn server(name: &str, model: &str) -> Server {
    let args = ["--model", model, "--quiet"];
    Start::new(Language::Rust, name).args(args).start()
}

fn count(ran: &Value, name: &str) -> u64 {
    ran[name].as_u64().unwrap_or_else(|| panic!("no {name} in {ran}"))
}

fn has_no_errors(ran: &Value) {
    assert_eq!(ran["errors"], json!({}), "{ran}");
}

/// How many times a histogram has.
fn entries(histogram: &Value) -> u64 {
    let all = histogram.as_array().unwrap().iter();
    all.map(|one| one[1].as_u64().unwrap()).sum()
}

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

const PROTOCOLS: [(&str, &str); 4] = [
    ("echo", "echo_server"),
    ("knock", "knock"),
    ("roster", "roster_server"),
    ("supply", "supply_server"),
];

#[test]
fn every_kind_of_load_is_answered_in_every_protocol() {
    for (protocol, name) in PROTOCOLS {
        let server = server(name, "epoll");
        let mut generator = Generator::start();
        let open = json!({"Open": {"rate": 1000.0}});
        for (load, kind) in
            [json!("Closed"), json!("Connect"), open].iter().enumerate()
        {
            let plan = plan(server.port(), protocol, kind, 5);
            has_no_errors(&generator.open(load, &plan));
            let ran = generator.seconds(load, 0.1);
            has_no_errors(&ran);
            assert!(count(&ran, "requests") > 10, "{protocol}: {ran}");
            assert_eq!(count(&ran, "starved"), 0, "{protocol}: {ran}");
            let collected = generator.collect(load);
            let times = entries(&collected["latency"]);
            assert_eq!(times, count(&ran, "requests"), "{protocol}");
        }
    }
}

#[test]
fn loads_stay_open_side_by_side_and_are_run_by_turns() {
    let servers = [server("echo_server", "epoll"), server("knock", "epoll")];
    let protocols = ["echo", "knock"];
    let mut generator = Generator::start();
    for load in 0..2 {
        let port = servers[load].port();
        let plan = plan(port, protocols[load], &json!("Closed"), 8);
        let opened = generator.open(load, &plan);
        assert_eq!(count(&opened, "connected"), 8);
    }
    for turn in 0..10 {
        let ran = generator.seconds(turn % 2, 0.02);
        has_no_errors(&ran);
        assert!(count(&ran, "requests") >= 8, "{ran}");
        assert!(ran["seconds"].as_f64().unwrap() >= 0.02, "{ran}");
    }
    generator.order(&json!({"Close": {"load": 0}}));
    assert_eq!(generator.answer(), json!("Closed"));
    generator.order(&json!({"Run": {"load": 0, "until": "OneEach"}}));
    assert!(generator.answer()["Failed"].is_string());
    generator.order(&json!("nonsense"));
    assert!(generator.answer()["Failed"].is_string());
    has_no_errors(&generator.seconds(1, 0.02));
}

#[test]
fn as_many_requests_as_were_ordered() {
    for (protocol, name) in PROTOCOLS {
        let server = server(name, "epoll");
        let mut generator = Generator::start();
        let closed = plan(server.port(), protocol, &json!("Closed"), 7);
        generator.open(0, &closed);
        let ran = generator.run(0, &json!("OneEach"));
        assert_eq!(count(&ran, "requests"), 7, "{protocol}: {ran}");
        let ran = generator.run(0, &json!({"Requests": 100}));
        assert_eq!(count(&ran, "requests"), 100, "{protocol}: {ran}");
        has_no_errors(&ran);
    }
}

#[test]
fn an_echo_costs_one_send_and_one_recv() {
    let server = server("echo_server", "epoll");
    let mut generator = Generator::start();
    let plan = plan(server.port(), "echo", &json!("Closed"), 50);
    generator.open(0, &plan);
    let ran = generator.run(0, &json!({"Requests": 5000}));
    let (calls, requests) = (count(&ran, "syscalls"), 5000);
    // And a wait, at the very worst, for each.
    assert!((2 * requests..=3 * requests).contains(&calls), "{ran}");
    assert_eq!(count(&ran, "bytes_sent"), requests * 64);
    assert_eq!(count(&ran, "bytes_received"), requests * 64);
}

#[test]
fn a_stream_brings_whole_messages_back() {
    let server = server("echo_server", "epoll");
    for size in [1, 64, 1000, 100_000] {
        let mut generator = Generator::start();
        let mut plan = plan(server.port(), "echo", &json!("Stream"), 3);
        plan["size"] = json!(size);
        plan["patience_ms"] = json!(10_000);
        generator.open(0, &plan);
        for _ in 0..2 {
            let ran = generator.seconds(0, 0.05);
            has_no_errors(&ran);
            assert!(count(&ran, "requests") > 0, "{size}: {ran}");
            let (sent, back) = ("bytes_sent", "bytes_received");
            assert_eq!(count(&ran, sent), count(&ran, back), "{size}");
            let bytes = count(&ran, "requests") * size;
            assert_eq!(bytes, count(&ran, back), "{size}");
        }
    }
}

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
    let start = std::time::Instant::now();
    for _ in 0..5 {
        generator.seconds(0, 0.02);
    }
    let patience = std::time::Duration::from_millis(5 * PATIENCE_MS);
    assert!(start.elapsed() < patience, "{:?}", start.elapsed());
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
    let stopped = std::time::Duration::from_millis(200);
    std::thread::sleep(stopped); // The cause under test, not a wait for it.
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

#[test]
fn a_refused_port_is_named_and_costs_no_cpu() {
    let (port, _bound) = dead_port();
    let port = port.parse().unwrap();
    for (load, kind) in
        [json!("Closed"), json!("Connect"), json!("Stream")].iter().enumerate()
    {
        let mut generator = Generator::start();
        let opened = generator.open(load, &plan(port, "echo", kind, 10));
        assert_eq!(count(&opened, "connected"), 0);
        let ran = generator.seconds(load, 0.5);
        assert_eq!(count(&ran, "requests"), 0);
        assert_eq!(count(&ran, "starved"), 10);
        let refused = ran["errors"]["ECONNREFUSED"].as_u64().unwrap();
        // 10, 20, 40, … ms: six or seven times each.
        assert!((10..=100).contains(&refused), "{ran}");
        assert!(ran["cpu_seconds"].as_f64().unwrap() < 0.1, "{ran}");
    }
}

/// A server that makes one mistake with every peer's first request.
fn lying(mistake: fn(&mut TcpStream, &mut [u8]), name: &str, kind: &Value) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut generator = Generator::start();
    scope(|scope| {
        scope.spawn(|| {
            // Until the generator is gone, and one more has come to say so.
            for peer in listener.incoming() {
                let mut peer = peer.unwrap();
                let mut request = [0; 64];
                match peer.read_exact(&mut request) {
                    Ok(()) => mistake(&mut peer, &mut request),
                    Err(_) if peer.peer_addr().unwrap().ip().is_ipv4() => {
                        return;
                    }
                    Err(_) => {}
                }
                // What it does about it is its affair; it must end.
                let _ = peer.read(&mut request);
            }
        });
        generator.open(0, &plan(port, "echo", kind, 1));
        let ran = generator.seconds(0, 0.05);
        drop(generator);
        drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
        assert_eq!(count(&ran, "requests"), 0, "{ran}");
        let errors = ran["errors"].as_object().unwrap();
        let names: Vec<&String> = errors.keys().collect();
        assert_eq!(names, [name], "{kind}: {ran}");
    });
}

#[test]
fn a_wrong_answer_is_an_error_and_never_a_sample() {
    for kind in [json!("Closed"), json!("Connect")] {
        lying(
            |peer, request| {
                request[63] ^= 1;
                peer.write_all(request).unwrap();
            },
            "wrong answer",
            &kind,
        );
        lying(
            |peer, request| {
                let more = [request as &[u8], b"!"].concat();
                peer.write_all(&more).unwrap();
            },
            "surplus bytes",
            &kind,
        );
        lying(
            |peer, request| {
                peer.write_all(&request[..63]).unwrap();
                peer.shutdown(std::net::Shutdown::Write).unwrap();
            },
            "early end",
            &kind,
        );
    }
}

#[test]
fn an_interrupt_is_the_tool_s_affair_and_the_end_of_orders_the_end() {
    let server = server("echo_server", "epoll");
    let mut generator = Generator::start();
    generator.open(0, &plan(server.port(), "echo", &json!("Closed"), 2));
    let pid = Pid::from_raw(generator.child.id().cast_signed());
    kill(pid, Signal::SIGINT).unwrap();
    has_no_errors(&generator.seconds(0, 0.02));
    let Generator { child, orders, answers } = &mut generator;
    let (_, nowhere) = std::io::pipe().unwrap();
    let nowhere = std::os::fd::OwnedFd::from(nowhere);
    drop(std::mem::replace(orders, ChildStdin::from(nowhere)));
    let mut rest = String::new();
    answers.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!(child.wait().unwrap().success());
}

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
        let mut generator = Command::new(common::twins::asan("generator"));
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
