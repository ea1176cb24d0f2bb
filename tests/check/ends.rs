//! How a check ends: what it says by its exit code, and that nothing stays.

use std::fs;
use std::process::Command;

use nix::sys::signal::Signal;

use super::common::{
    Language, Program, SOON, ignoring, program, run, until, without,
};
use super::usage::own_lab;
use super::{check, ids, interpreter, report};

/// A server's lab in which nothing is asked but that it listens, and one
/// that the program never passes in a hurry.
const LAB: &str = "\
lab    ends
title  how it ends
role   server

case   ready
title  it listens
points 1
why    Somebody has to.

case   waits
title  it is never answered
points 1
needs  ready
why    So that there is time to interrupt it.
steps
  A connects
  100 times
    pause 1 s
";

fn command(name: &str, case: &str) -> Command {
    let lab = own_lab(LAB, name);
    let mut command = check(&["--json", "--only", case, "--lab"]);
    command.arg(lab).arg("--");
    command
}

#[test]
fn a_program_that_cannot_be_started_is_exit_3() {
    let mut check = command("unstartable", "ready");
    let (report, code) = report(check.args(["/no/such/program", "{port}"]));
    assert_eq!(code, 3);
    assert_eq!(ids(&report, "unstartable"), ["ready"]);
    let because = report["outcomes"][0]["because"].as_str().unwrap();
    assert!(because.contains("ENOENT"), "{because}");
}

/// A terminal's Ctrl-C reaches the shell and the server behind it.
#[test]
fn an_interrupt_reaches_a_server_behind_a_shell() {
    let server = program(Language::Rust, "echo_server");
    let wrapped = "cd / && \"$0\" --quiet \"$1\"; exit $?";
    for lab in ["echo-server", "knock"] {
        let mut check = check(&[lab, "--json", "--only", "interrupt", "--"]);
        check.args(["sh", "-c", wrapped]).arg(&server).arg("{port}");
        let (report, code) = report(&mut check);
        assert_eq!(code, 0, "{report:#}");
        let passed = ids(&report, "passed");
        assert_eq!(passed, ["ready", "interrupt"], "{lab}");
    }
}

#[test]
fn a_program_that_ends_at_once_is_told_with_its_words() {
    let mut check = command("at-once", "ready");
    let words = "echo nothing to do >&2; exit 7";
    let (report, code) = report(check.args(["sh", "-c", words]));
    assert_eq!(code, 1);
    let outcome = &report["outcomes"][0];
    assert_eq!(outcome["failure"]["got"], "the program has ended");
    assert_eq!(outcome["stderr"]["text"], "nothing to do\n");
    let doing = &outcome["failure"]["doing"];
    assert_eq!(doing[0], "the program has ended with exit code 7");
}

#[test]
fn a_death_by_a_signal_is_told() {
    let mut check = command("segv", "ready");
    let (report, code) = report(check.args(["sh", "-c", "kill -SEGV $$"]));
    assert_eq!(code, 1);
    let doing = &report["outcomes"][0]["failure"]["doing"];
    let expected = serde_json::json!(["the program was killed by SIGSEGV"]);
    assert_eq!(*doing, expected);
}

/// Of SIGTERM it is known who has sent it, of SIGKILL it is not.
#[test]
fn who_ends_his_examiner_is_not_blameless() {
    for (signal, words) in [
        ("TERM", "has sent SIGTERM to its examiner"),
        ("KILL", "was killed by SIGKILL, maybe by the program itself"),
    ] {
        let mut check = command("patricide", "ready");
        let script = format!("kill -{signal} $PPID; sleep 100");
        let (report, code) = report(check.args(["sh", "-c", &script]));
        assert_eq!(code, 4, "{report:#}");
        let outcome = &report["outcomes"][0];
        assert_eq!(outcome["was_killed"], true);
        let because = outcome["because"].as_str().unwrap();
        assert!(because.contains(words), "{because}");
    }
}

/// It has said what is wrong, and needs a moment to end.
const FATAL: &str = "\
import socket, sys, time
peer, _ = socket.create_server(('127.0.0.1', int(sys.argv[1]))).accept()
peer.recv(100)
print('all is lost', file=sys.stderr, flush=True)
peer.sendall(b'?')
while time.process_time() < 0.15:
    pass
sys.exit(1)
";

#[test]
fn a_program_that_is_about_to_end_is_told_by_its_end() {
    let Some(python) = interpreter() else { return };
    let lab = "\
lab    fatal
title  it ends
role   server
set    word hello

case   answers
title  it answers
points 1
why    w
steps
  A connects
  A sends \"{word}\"
  A expects \"{word}\"
";
    let lab = own_lab(lab, "fatal");
    let mut check = check(&["--json", "--lab"]);
    check.arg(lab).arg("--").arg(python);
    let (report, code) = report(check.args(["-c", FATAL, "{port}"]));
    assert_eq!(code, 1, "{report:#}");
    let outcome = &report["outcomes"][0];
    let doing = &outcome["failure"]["doing"];
    assert_eq!(doing[0], "the program has ended with exit code 1");
    assert_eq!(outcome["failure"]["step"], "A expects \"hello\"");
    assert_eq!(outcome["did"][2], "A sends \"hello\"");
}

/// `argv[1]` is the address, `argv[2]` the port, `argv[3]` IPV6_V6ONLY.
const SOMEWHERE: &str = "\
import socket, sys
host, port, only = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
family = socket.AF_INET6 if ':' in host else socket.AF_INET
listener = socket.socket(family)
if family == socket.AF_INET6:
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
listener.bind((host, port))
listener.listen()
while True:
    listener.accept()
";

#[test]
fn a_server_is_ready_where_its_clients_look_for_it() {
    let Some(python) = interpreter() else { return };
    for (host, only, is_ready) in [
        ("127.0.0.1", "0", true),
        ("0.0.0.0", "0", true),
        ("::", "0", true),
        ("::ffff:127.0.0.1", "0", true),
        ("::", "1", false),
        ("::1", "0", false),
        ("127.0.0.2", "0", false),
    ] {
        let mut check = command("somewhere", "ready");
        check.arg(python).args(["-c", SOMEWHERE, host, "{port}", only]);
        let (report, code) = report(&mut check);
        assert_eq!(code, i32::from(!is_ready), "{host} {report:#}");
        if !is_ready {
            let failure = &report["outcomes"][0]["failure"];
            let says = "the program listens somewhere else";
            assert_eq!(failure["says"], says);
            let got = failure["got"].as_str().unwrap();
            assert!(got.contains(host), "{got}");
        }
    }
}

/// The processes that have this in their environment.
fn marked(mark: &str) -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|it| it.file_name().to_str()?.parse().ok());
    let is_marked = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ"));
        let text = environment.unwrap_or_default();
        String::from_utf8_lossy(&text).contains(mark)
    };
    pids.filter(is_marked).collect()
}

/// A server that has a daemon of its own, and minds no SIGTERM.
const STUBBORN: &str = "\
import os, signal, socket, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
os.wait()
listener = socket.socket()
listener.bind(('127.0.0.1', int(sys.argv[1])))
listener.listen()
while True:
    listener.accept()
";

fn nothing_stays_after(signal: Signal, name: &str) {
    let Some(python) = interpreter() else { return };
    let mark = format!("BERKELEY_MARK={name}-{}", std::process::id());
    let (key, value) = mark.split_once('=').unwrap();
    let mut check = command(name, "waits");
    check.env(key, value);
    check.arg(python).args(["-c", STUBBORN, "{port}"]);
    let mut check = Program::spawn(&mut check);
    // The tool, the examiner, the server and its daemon.
    until(SOON, "all of them run", || marked(&mark).len() >= 4);
    check.kill(signal);
    let ended = check.wait_exit(SOON);
    until(SOON, "nobody is left", || marked(&mark).is_empty());
    if signal == Signal::SIGINT {
        assert_eq!(ended.code(), Some(130));
    }
}

#[test]
fn an_interrupt_leaves_nothing() {
    nothing_stays_after(Signal::SIGINT, "interrupted");
}

#[test]
fn a_kill_leaves_nothing() {
    nothing_stays_after(Signal::SIGKILL, "killed");
}

/// What there was is told all the same.
#[test]
fn an_interrupted_check_reports_what_it_has() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let kept = format!("{folder}/partial.json");
    let _ = fs::remove_file(&kept);
    let mut check = {
        let lab = own_lab(LAB, "partial");
        let mut one = super::check(&["--report"]);
        one.arg(format!("json={kept}")).arg("--lab").arg(lab).arg("--");
        one.arg(program(Language::Rust, "echo_server"));
        one.args(["--quiet", "{port}"]);
        Program::spawn(&mut one)
    };
    let has_first = || {
        let text = fs::read_to_string(&kept).unwrap_or_default();
        text.contains("\"passed\": 1")
    };
    until(SOON, "the first case is kept", has_first);
    check.kill(Signal::SIGTERM);
    assert_eq!(check.exit_code(), 143);
    let text = fs::read_to_string(&kept).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["complete"], false);
    assert_eq!(ids(&report, "passed"), ["ready"]);
    assert!(
        report["notes"][0]
            .as_str()
            .unwrap()
            .contains("interrupted by SIGTERM")
    );
}

/// Where no namespace can be had, the machine's own network has to do.
#[test]
fn without_a_network_of_its_own_it_says_so_and_checks() {
    let mut check = command("in-the-open", "ready");
    let server = program(Language::Rust, "echo_server");
    check.arg(server).args(["--quiet", "{port}"]);
    let (report, code) = report(without(libc::SYS_unshare, &mut check));
    assert_eq!(code, 0, "{report:#}");
    let note = report["outcomes"][0]["notes"][0].as_str().unwrap();
    assert!(note.starts_with("no network of its own"), "{note}");
    let port = report["outcomes"][0]["command"][2].as_str().unwrap();
    let port: u16 = port.parse().unwrap();
    let range = "/proc/sys/net/ipv4/ip_local_port_range";
    let range = fs::read_to_string(range).unwrap();
    let ends = range.split_whitespace().map(|it| it.parse().unwrap());
    let [low, high] = ends.collect::<Vec<u16>>()[..] else {
        panic!("{range}")
    };
    assert!(!(low..=high).contains(&port), "{port}");
}

#[test]
fn who_has_seen_enough_does_not_change_what_comes_of_it() {
    let lab = own_lab(LAB, "seen-enough");
    let mut check = Command::new("sh");
    check.args(["-c", "\"$@\" | :", "sh"]);
    let one = super::check(&["--only", "ready", "--report"]);
    let folder = env!("CARGO_TARGET_TMPDIR");
    let kept = format!("{folder}/seen-enough.json");
    check.arg(one.get_program()).args(one.get_args());
    check.arg(format!("json={kept}")).arg("--lab").arg(lab).arg("--");
    check.arg(program(Language::Rust, "echo_server"));
    let done = run(check.args(["--quiet", "{port}"]), b"");
    assert_eq!((done.code, done.err().as_str()), (0, ""));
    let text = fs::read_to_string(&kept).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["complete"], true);
}

/// Some that start others ignore SIGCHLD, and an exec keeps that.
#[test]
fn an_ignored_sigchld_hides_no_end_of_a_program() {
    let mut command = command("ignored", "ready");
    command.arg(program(Language::Rust, "echo_server")).arg("{port}");
    let (report, code) = report(ignoring(Signal::SIGCHLD, &mut command));
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(ids(&report, "passed"), ["ready"]);
}
