//! What `berkeley bench` promises: it says what it has measured, it is not
//! taken in, and it leaves nothing behind.
//!
//! Figures of a busy machine are nobody's promise, so none is judged here
//! but those that hold however busy it is.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::{scope, sleep};
use std::time::Duration;

use common::{
    Finished, Language, Program, SOON, Start, dead_port, kernel, peer_program,
    program, run, run_within, until,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// The tool among the programs that cargo and make have built for the tests.
fn bench(args: &[&str]) -> Command {
    program(Language::C, "knock");
    let mut command = Command::new(program(Language::Rust, "berkeley"));
    command.args(["bench", "--no-build"]).args(args);
    command
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let name = format!("bench-{name}-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn record(finished: &Finished) -> Value {
    serde_json::from_slice(&finished.stdout)
        .unwrap_or_else(|_| panic!("{}{}", finished.out(), finished.err()))
}

/// The record of a short run, which must be good.
fn measured(args: &[&str]) -> Value {
    let finished = run(bench(args).args(["--json", "-"]), b"");
    let record = record(&finished);
    assert_eq!(finished.code, 0, "{}\n{record:#}", finished.err());
    record
}

fn cells(record: &Value) -> &[Value] {
    record["cells"].as_array().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn verdict(cell: &Value) -> &str {
    cell["verdict"].as_str().unwrap()
}

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
            _ => (0.0, 3_000.0),
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

#[test]
fn foreign_servers_run_beside_ours_and_the_broken_are_named() {
    if peer_program("python3").is_none() {
        return;
    }
    let here = folder("foreign");
    let script = |name: &str, text: &str| {
        let path = here.join(name);
        fs::write(&path, text).unwrap();
        format!("{}=python3 {} {{port}}", &name[..4], path.display())
    };
    let good = script("good.py", ECHO);
    let liar = script("liar.py", &ECHO.replace("(piece)", "(piece.upper())"));
    let dead = script("dead.py", "raise SystemExit('no such luck')\n");
    let weak = script("weak.py", &ECHO.replace("while", "n = 3\n    while n"));
    let mut command = bench(&["--models", "epoll", "--languages", "c"]);
    for server in [&good, &liar, &dead, &weak] {
        command.args(["--server", server]);
    }
    let load = ["--mode", "pingpong", "--concurrency", "2", "--rounds", "3"];
    let finished = run(command.args(load).args(["--json", "-"]), b"");
    assert_eq!(finished.code, 1, "{}", finished.err());
    let record = record(&finished);
    let cell = |name: &str| {
        let found = cells(&record).iter().find(|cell| cell["model"] == name);
        found.unwrap_or_else(|| panic!("{name}: {record:#}"))
    };
    for fine in ["epoll", "good"] {
        assert!(number(&cell(fine)["rate"]) > 0.0, "{:#}", cell(fine));
        assert_eq!(cell(fine)["errors"], serde_json::json!({}));
    }
    assert!(verdict(cell("liar")).contains("errors"));
    assert_eq!(cell("liar")["requests"], 0);
    assert_eq!(verdict(cell("dead")), "failed");
    let why = cell("dead")["findings"][0]["why"].as_str().unwrap();
    assert!(why.contains("no such luck"), "{why}");
    assert_ne!(verdict(cell("weak")), "ok");
}

/// An echo server with a thread for each peer.
const ECHO: &str = "\
import socket, sys, threading
def serve(peer):
    while piece := peer.recv(4096):
        peer.sendall(bytes(piece))
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=99)
while True:
    peer, _ = listener.accept()
    threading.Thread(target=serve, args=(peer,), daemon=True).start()
";

/// `setsid` puts it into a group that nobody knows.
#[test]
fn a_server_that_made_itself_a_daemon_does_not_survive() {
    let here = folder("daemon");
    let pid = here.join("pid");
    let command = format!(
        "gone=setsid sh -c 'echo $$ > {}; exec sleep 600' & \
         until test -s {}; do :; done; : {{port}}",
        pid.display(),
        pid.display(),
    );
    let finished = run(
        bench(&["--models", "epoll", "--mode", "connect", "--rounds", "1"])
            .args(["--server", &command, "--json", "-"]),
        b"",
    );
    assert_eq!(finished.code, 1, "{}", finished.err());
    let text = fs::read_to_string(&pid).unwrap();
    let daemon = Pid::from_raw(text.trim().parse().unwrap());
    assert_eq!(kill(daemon, None), Err(nix::errno::Errno::ESRCH));
}

#[test]
fn a_full_screen_does_not_cost_the_record() {
    let here = folder("full");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let load = ["--models", "epoll", "--mode", "connect", "--rounds", "1"];
    let mut command = bench(&load);
    let ended = command.arg("-o").arg(&here).stdout(full).status().unwrap();
    assert_eq!(ended.code(), Some(3));
    let names: Vec<String> = fs::read_dir(&here)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for end in [".html", ".json"] {
        assert!(names.iter().any(|name| name.ends_with(end)), "{names:?}");
    }
}

#[test]
fn report_record_and_markdown_are_written_and_compared_with() {
    let here = folder("files");
    let args = ["--models", "thread,epoll", "--mode", "pingpong"];
    let pace = ["--concurrency", "2", "--rounds", "2", "--no-syscalls"];
    let all = [&args[..], &pace].concat();
    let finished = run(bench(&all).current_dir(&here), b"");
    assert_eq!(finished.code, 0, "{}", finished.err());
    let folder = here.join("berkeley-bench");
    let files = fs::read_dir(&folder).unwrap().flatten();
    let mut files: Vec<PathBuf> = files.map(|file| file.path()).collect();
    files.sort();
    let [report, json] = &files[..] else { panic!("{files:?}") };
    for file in [report, json] {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(finished.out().contains(name), "{}", finished.out());
    }
    let text = fs::read_to_string(report).unwrap();
    assert!(text.contains("<svg") && !text.contains("src=\"http"), "{text}");

    let files = ["--json", "new.json", "--markdown", "new.md"];
    fs::copy(json, here.join("old.json")).unwrap();
    let mut command = bench(&all);
    command.args(files).args(["--compare", "old.json"]).current_dir(&here);
    let compared = run(&mut command, b"");
    assert_eq!(compared.code, 0, "{}", compared.err());
    assert!(compared.out().contains("old.json"), "{}", compared.out());
    let markdown = fs::read_to_string(here.join("new.md")).unwrap();
    assert!(markdown.contains("| "), "{markdown}");
    assert!(here.join("new.json").is_file());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);

    let broken = here.join("broken.json");
    fs::write(&broken, "{\"format\": 1, ").unwrap();
    let broken = broken.to_str().unwrap();
    let refused = run(bench(&all).args(["--compare", broken]), b"");
    assert_eq!(refused.code, 3);
    assert!(refused.err().contains(broken), "{}", refused.err());
}

#[test]
fn an_interrupt_keeps_what_there_is_and_leaves_nobody() {
    let here = folder("interrupt");
    let mut command = bench(&["--models", "epoll,fork,prefork"]);
    command.args(["--mode", "idle,pingpong", "--concurrency", "20"]);
    command.args(["--rounds", "100000", "--json", "so-far.json"]);
    let mut tool = Program::spawn(command.current_dir(&here));
    let family = || kernel::descendants(tool.pid());
    let has_begun = || {
        // The six servers of the second part, and the generator.
        family().len() >= 7 + 2 * 20
    };
    until(SOON * 3, "the servers are under load", has_begun);
    let started = family();
    tool.kill(Signal::SIGINT);
    assert_eq!(tool.wait_exit(SOON).code(), Some(130));
    for pid in started {
        let is_gone = || matches!(kernel::state(pid), None | Some('Z'));
        until(SOON, "its processes are gone", is_gone);
    }
    let text = fs::read_to_string(here.join("so-far.json")).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(record["interrupted"], true);
    let idle = |cell: &&Value| cell["mode"] == "idle";
    assert_eq!(cells(&record).iter().filter(idle).count(), 6);
}

#[test]
fn a_killed_generator_ends_the_run_but_keeps_what_there_is() {
    let here = folder("generator");
    let mut command = bench(&["--models", "epoll,fork", "--json", "out"]);
    command.args(["--mode", "pingpong", "--concurrency", "20"]);
    command.args(["--rounds", "100000"]);
    let mut tool = Program::spawn(command.current_dir(&here));
    let family = || kernel::descendants(tool.pid());
    until(SOON, "all are connected", || family().len() >= 5 + 2 * 20);
    let is_generator = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline"));
        line.is_ok_and(|line| line.ends_with(b"--orders\0"))
    };
    let generator = family().into_iter().find(is_generator).unwrap();
    kill(Pid::from_raw(generator), Signal::SIGKILL).unwrap();
    assert_eq!(tool.wait_exit(SOON).code(), Some(3));
    let text = fs::read_to_string(here.join("out")).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(record["interrupted"], true);
    assert_eq!(cells(&record).len(), 4);
}

/// Two minutes, and some more on a busy machine.
#[test]
#[ignore = "takes minutes"]
fn without_options_everything_is_measured() {
    let here = folder("everything");
    let limit = Duration::from_secs(600);
    let finished = run_within(limit, bench(&[]).current_dir(&here), b"");
    assert_eq!(finished.code, 0, "{}\n{}", finished.out(), finished.err());
    let files = fs::read_dir(here.join("berkeley-bench")).unwrap().flatten();
    for file in files.map(|file| file.path()) {
        let text = fs::read_to_string(&file).unwrap();
        if file.extension().unwrap() == "html" {
            assert!(text.len() < 1_500_000, "{} bytes", text.len());
            continue;
        }
        let record: Value = serde_json::from_str(&text).unwrap();
        // Ping-pong of 1, 8 and 50 peers, connect, idle.
        assert_eq!(cells(&record).len(), 5 * 28);
        for cell in cells(&record) {
            assert_eq!(cell["errors"], serde_json::json!({}), "{cell:#}");
            let alone = cell["concurrency"] == 1 || cell["mode"] == "connect";
            assert!(!alone || cell["starved"] == 0, "{cell:#}");
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let wrong: [&[&str]; 12] = [
        &["--models", "spoon"],
        &["--languages", "ada"],
        &["--mode", "sideways"],
        &["--concurrency", "0"],
        &["--rounds", "0"],
        &["--seconds", "-1"],
        &["--seconds", "nan"],
        &["--rate", "0"],
        &["--server", "mine=python3 echo.py"],
        &["--target", "127.0.0.1"],
        &["--target", "127.0.0.1:1", "--models", "epoll"],
        &["--protocol", "supply", "--size", "16385"],
    ];
    for args in wrong {
        let refused = run(&mut bench(args), b"");
        assert_eq!(refused.code, 2, "{args:?}: {}", refused.err());
        assert!(refused.err().starts_with("error: "), "{}", refused.err());
    }
    let nobody = run(&mut bench(&["--compare", "/no/such/file"]), b"");
    assert_eq!(nobody.code, 3);
}
