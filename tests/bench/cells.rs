//! What a cell of the record has, in every mode.

use std::fs;

use serde_json::Value;

use super::common::{Language, Start, dead_port, run};
use super::{bench, cells, folder, measured, number, record, verdict};

#[test]
fn a_cell_has_what_the_documentation_names() {
    let record = measured(&[
        "--models",
        "fork,thread,epoll",
        "--mode",
        "pingpong,connect",
        "--concurrency",
        "4",
        "--rounds",
        "3",
    ]);
    let cells = cells(&record);
    assert_eq!(cells.len(), 2 * 3 * 2);
    for cell in cells {
        let rounds = cell["rounds"].as_array().unwrap();
        assert_eq!(rounds.len(), 3);
        assert!(number(&cell["rate"]) > 0.0, "{cell:#}");
        assert!(number(&cell["generator_cpu"]) > 0.0);
        assert_eq!(cell["starved"], 0, "{cell:#}");
        assert_eq!(cell["concurrency"], 4);
        assert_eq!(cell["protocol"], "echo");
        let latency = &cell["latency_us"];
        let percentiles = ["p50", "p90", "p99", "p999", "max"];
        let values = percentiles.map(|name| number(&latency[name]));
        assert!(values.is_sorted(), "{latency}");
        let made = number(&cell["syscalls_per_request"]);
        let least = if cell["mode"] == "connect" { 4.9 } else { 1.9 };
        assert!(made > least && made < 60.0, "{cell:#}");
        assert!(verdict(cell).contains("too few rounds"), "{cell:#}");
    }
    let ratios = record["ratios"].as_array().unwrap();
    assert!(ratios.iter().all(|ratio| ratio["says"] == "too few rounds"));
    let twins = ratios
        .iter()
        .filter(|ratio| ratio["twins"] == true && ratio["quantity"] == "rate");
    assert_eq!(twins.count(), 2 * 3);
}

#[test]
fn one_cell_of_a_target_and_no_further_ado() {
    let server = Start::new(Language::Rust, "echo_server");
    let server = server.args(["--model", "epoll", "--quiet"]).start();
    let target = format!("127.0.0.1:{}", server.port());
    let here = folder("target");
    let mut command = bench(&["--target", &target]);
    command.args(["--rounds", "1", "--seconds", "1", "--json", "-"]);
    let finished = run(command.current_dir(&here), b"");
    let record = record(&finished);
    let [cell] = cells(&record) else { panic!("{record:#}") };
    assert_eq!(cell["model"], "target");
    assert_eq!(cell["language"], Value::Null);
    assert_eq!(cell["server_cpu_us_per_request"], Value::Null);
    assert!(number(&cell["rate"]) > 0.0);
    assert!(number(&cell["seconds"]) >= 1.0);
    assert_eq!(finished.err(), "");
    assert_eq!(fs::read_dir(here).unwrap().count(), 0, "files were made");
}

#[test]
fn a_target_is_found_under_its_name_or_named_when_it_is_not_there() {
    let server = Start::new(Language::Rust, "echo_server");
    let server = server.args(["--model", "epoll", "--quiet"]).start();
    let target = format!("localhost:{}", server.port());
    let pace = ["--rounds", "1", "--seconds", "0.1", "--json", "-"];
    let found = run(bench(&["--target", &target]).args(pace), b"");
    assert_eq!(found.code, 0, "{}", found.err());
    let (port, _held) = dead_port();
    let target = format!("127.0.0.1:{port}");
    let nobody = run(bench(&["--target", &target]).args(pace), b"");
    assert_eq!(nobody.code, 3, "{}", nobody.err());
    let record = record(&nobody);
    let why = &cells(&record)[0]["findings"][0]["why"];
    assert!(why.as_str().unwrap().contains("ECONNREFUSED"), "{why}");
}

#[test]
fn a_pool_of_eight_starves_forty_two_of_fifty_and_is_not_ranked() {
    let args = ["--models", "pool,epoll", "--concurrency", "50"];
    let pace = ["--mode", "pingpong", "--rounds", "2", "--no-syscalls"];
    let record = measured(&[&args[..], &pace].concat());
    for cell in cells(&record) {
        let starved = if cell["model"] == "pool" { 42 } else { 0 };
        assert_eq!(cell["starved"], starved, "{cell:#}");
        let named = verdict(cell).contains("starved 42");
        assert_eq!(named, starved == 42, "{cell:#}");
    }
    let is_pool = |ratio: &&Value| {
        ratio["twins"] == false
            && ratio["of"].as_str().unwrap().starts_with("pool")
    };
    let ratios = record["ratios"].as_array().unwrap();
    assert_eq!(ratios.iter().find(is_pool), None);
}

#[test]
fn a_short_backlog_shows_the_starved_and_their_syns() {
    let args = ["--models", "iterative", "--languages", "c"];
    let load = ["--concurrency", "200", "--backlog", "8"];
    let pace = ["--mode", "pingpong", "--rounds", "1", "--no-syscalls"];
    let record = measured(&[&args[..], &load, &pace].concat());
    let [cell] = cells(&record) else { panic!("{record:#}") };
    assert_eq!(cell["starved"], 199);
    assert!(number(&cell["network"]["syn_retries"]) > 0.0, "{cell:#}");
    assert!(number(&cell["network"]["listen_overflows"]) > 0.0);
    assert!(verdict(cell).contains("syn retries"), "{cell:#}");
}

#[test]
fn chapter_30_has_its_columns() {
    let args = ["--mode", "unp", "--models", "iterative,prefork,fork"];
    let pace = ["--workers", "1,4", "--rounds", "11", "--connections", "10"];
    let record = measured(&[&args[..], &pace, &["--no-syscalls"]].concat());
    // The others have no workers to be counted.
    assert_eq!(cells(&record).len(), 2 * 3 + 2);
    for cell in cells(&record) {
        assert_eq!(cell["protocol"], "supply");
        assert_eq!(cell["size"], 4000);
        assert_eq!(cell["generators"], 5);
        assert_eq!(cell["errors"], serde_json::json!({}), "{cell:#}");
        for round in cell["rounds"].as_array().unwrap() {
            assert_eq!(round["requests"], 50);
        }
        if cell["model"] == "prefork" {
            let peers = cell["peers_per_worker"].as_array().unwrap();
            assert_eq!(peers.len() as u64, cell["workers"].as_u64().unwrap());
            let all: u64 =
                peers.iter().map(|peers| peers.as_u64().unwrap()).sum();
            assert!(all >= 550, "{cell:#}");
        }
    }
}

#[test]
fn idle_peers_cost_a_process_a_thread_or_next_to_nothing() {
    let args = ["--mode", "idle", "--models", "fork,thread,epoll"];
    let record = measured(&[&args[..], &["--concurrency", "100"]].concat());
    for cell in cells(&record) {
        let pss = number(&cell["memory"]["pss_per_peer"]);
        let (least, most) = match cell["model"].as_str().unwrap() {
            "fork" => (10_000.0, 200_000.0),
            "thread" => (8_000.0, 40_000.0),
            // A page given back between two readings is 41 bytes a peer.
            _ => (-500.0, 3_000.0),
        };
        assert!(pss >= least && pss <= most, "{pss}: {cell:#}");
        assert_eq!(cell["starved"], 0);
    }
}

#[test]
fn bulk_data_comes_back_entire() {
    let args = ["--mode", "stream", "--models", "thread,epoll"];
    let pace = ["--size", "64,16384", "--rounds", "2"];
    let record = measured(&[&args[..], &pace].concat());
    assert_eq!(cells(&record).len(), 8);
    for cell in cells(&record) {
        assert!(number(&cell["bytes_per_second"]) > 0.0, "{cell:#}");
        assert_eq!(cell["errors"], serde_json::json!({}));
    }
}

#[test]
fn every_protocol_can_be_the_load() {
    for protocol in ["knock", "roster", "supply"] {
        let args = ["--protocol", protocol, "--models", "thread,epoll"];
        let pace = ["--concurrency", "3", "--rounds", "2"];
        let modes = ["--mode", "pingpong,connect", "--no-syscalls"];
        let record = measured(&[&args[..], &pace, &modes].concat());
        for cell in cells(&record) {
            assert!(number(&cell["rate"]) > 0.0, "{cell:#}");
            assert_eq!(cell["errors"], serde_json::json!({}), "{cell:#}");
        }
    }
}
