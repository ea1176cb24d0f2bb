//! Every kind of load, and as much of it as was ordered.

use serde_json::json;

use super::{Generator, count, entries, has_no_errors, plan, server};

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
