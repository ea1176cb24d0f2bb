//! What is slow is not wrong, and what only looks right is.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::common::{Language, peer_program, program, run};
use super::usage::own_lab;
use super::{check, ids, interpreter, report};

/// An echo server in Python; `serve` is how it treats a connection.
fn echo(name: &str, serve: &str) -> PathBuf {
    let text = format!(
        "\
import socket, sys, threading, time
{serve}
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('127.0.0.1', int(sys.argv[1])))
listener.listen(128)
while True:
    peer = listener.accept()[0]
    start(peer)
"
    );
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("{name}.py"));
    fs::write(&file, text).unwrap();
    file
}

fn checked(only: &str, server: &PathBuf) -> Option<(Vec<String>, i32)> {
    let python = interpreter()?;
    let mut command = check(&["echo-server", "--json", "--only", only]);
    command.arg("--").arg(python).arg(server).arg("{port}");
    let (report, code) = report(&mut command);
    Some((ids(&report, "failed"), code))
}

const THREADS: &str = "
def start(peer):
    threading.Thread(target=serve, args=(peer,), daemon=True).start()
";

#[test]
fn who_serves_one_after_the_other_is_not_concurrent() {
    let server = echo(
        "sequential",
        "
def start(peer):
    for line in peer.makefile('rb'):
        peer.sendall(line)
    peer.close()
",
    );
    let Some((failed, code)) = checked("*", &server) else { return };
    assert_eq!(code, 1);
    let others = failed.iter().any(|id| id.contains("other"))
        || failed.iter().any(|id| id.contains("silent"));
    assert!(others, "{failed:?}");
}

#[test]
#[ignore = "takes a minute"]
fn who_reads_byte_by_byte_is_only_slow() {
    let server = program(Language::Rust, "echo_server");
    let mut command = check(&["echo-server", "--json", "--"]);
    command.arg(server).args(["--quiet", "--buffer", "1", "{port}"]);
    let (report, code) = report(&mut command);
    assert_eq!((ids(&report, "failed"), code), (vec!["calls".into()], 0));
}

#[test]
fn who_takes_his_time_is_only_slow() {
    let serve = "
time.sleep(1)
def serve(peer):
    while piece := peer.recv(4096):
        time.sleep(0.05)
        peer.sendall(piece)
    peer.close()
";
    let server = echo("unhurried", &format!("{serve}{THREADS}"));
    let Some((failed, code)) = checked("*line*", &server) else { return };
    assert_eq!((failed, code), (vec![], 0));
}

/// Whoever serves ten clients only leaves no zombie behind, and is not told
/// how to wait for children.
#[test]
fn what_could_not_be_measured_did_not_grow() {
    let serve = "
served = []
def serve(peer):
    served.append(peer)
    while len(served) <= 10 and (piece := peer.recv(4096)):
        peer.sendall(piece)
    peer.close()
";
    let server = echo("ten-only", &format!("{serve}{THREADS}"));
    let Some(python) = interpreter() else { return };
    let mut command = check(&["echo-server", "--json"]);
    command.args(["--only", "zombies", "--"]);
    let (report, _) = report(command.arg(python).arg(server).arg("{port}"));
    let outcomes = report["outcomes"].as_array().unwrap();
    let zombies = outcomes.iter().find(|it| it["id"] == "zombies").unwrap();
    let says = zombies["failure"]["says"].as_str().unwrap();
    assert!(says.starts_with("could not be measured: round 11"), "{says}");
    assert_eq!(zombies["why"], "");
    assert_eq!(zombies["hints"], serde_json::json!([]));
}

/// It dies where the server says nothing, or nothing that it understands; the
/// traceback quotes the line that would have printed the success.
const QUOTED: &str = "\
import pickle, socket, sys
with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as server:
    stream = server.makefile('rb')
    print(f'{pickle.load(stream)} has successfully connected to '
          f'127.0.0.1/{sys.argv[1]}', flush=True)
    server.sendall(pickle.dumps(
        {'student_name': 'a', 'github_username': 'b', 'sid': 1}))
    right = pickle.load(stream) == 1
    print('Data acknowledged by server and you passed the test' PLUS)
";

fn roster_client(
    name: &str,
    plus: &str,
    only: &[&str],
) -> Option<Vec<String>> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("{name}.py"));
    fs::write(&file, QUOTED.replace("PLUS", plus)).unwrap();
    let mut command = check(&["roster-client", "--json"]);
    command.args(only.iter().flat_map(|only| ["--only", *only]));
    command.arg("--").arg(interpreter()?).arg(file).arg("{port}");
    Some(ids(&report(&mut command).0, "failed"))
}

#[test]
fn what_a_traceback_quotes_is_not_printed() {
    let only = ["garbage", "no-greeting", "no-answer"];
    let Some(failed) = roster_client("quoted", "", &only) else { return };
    assert!(failed.is_empty(), "{failed:?}");
    let died = roster_client("dies", "+ right", &["acknowledged"]);
    assert_eq!(died.unwrap(), ["acknowledged"]);
}

/// It listens each second time.
#[test]
fn what_fails_now_and_then_is_called_flaky() {
    const LAB: &str = "\
lab    moods
title  a program with moods
role   server

case   ready
title  it listens
points 1
why    Somebody has to.
";
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("moods");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let Some(python) = interpreter() else { return };
    let script = "\
import os, pathlib, signal, socket, sys
mood = pathlib.Path(sys.argv[2]) / 'mood'
if mood.exists():
    mood.unlink()
    sys.exit(1)
mood.touch()
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
signal.pause()
";
    let lab = own_lab(LAB, "moods");
    let args = ["--json", "--jobs", "1", "--repeat", "4", "--lab"];
    let mut command = check(&args);
    command.arg(lab).arg("--").arg(python);
    command.args(["-c", script, "{port}"]).arg(&folder);
    let (report, code) = report(&mut command);
    assert_eq!(code, 1);
    let outcome = &report["outcomes"][0];
    assert_eq!(
        (&outcome["runs"], &outcome["failures"]),
        (&4.into(), &2.into())
    );
    let mut text = check(&["--jobs", "1", "--repeat", "4", "--lab"]);
    text.arg(own_lab(LAB, "moods-2")).arg("--");
    let python = interpreter().unwrap();
    text.arg(python).args(["-c", script, "{port}"]).arg(&folder);
    let said = run(&mut text, b"").out();
    assert!(said.contains("flaky 2/4"), "{said}");
}

/// All forms at once, each judged by somebody else.
#[test]
fn all_forms_are_what_they_should_be() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("forms");
    fs::create_dir_all(&folder).unwrap();
    let Some(python) = interpreter() else { return };
    let mut command = check(&["knock"]);
    for form in [
        "text",
        "json",
        "junit",
        "tap",
        "tap13",
        "gradescope",
        "prairielearn",
        "github",
        "classroom",
    ] {
        let file = folder.join(form);
        command.arg("--report").arg(format!("{form}={}", file.display()));
    }
    let server = echo("no-knock", THREADS);
    command.arg("--").arg(python).arg(server).arg("{port}");
    let done = run(&mut command, b"");
    assert_eq!(done.code, 1, "{}", done.err());
    if let Some(xmllint) = peer_program("xmllint") {
        let mut judge = Command::new(xmllint);
        let judged = run(judge.arg("--noout").arg(folder.join("junit")), b"");
        assert_eq!((judged.code, judged.err().as_str()), (0, ""));
    }
    if let Some(prove) = peer_program("prove") {
        let mut judge = Command::new(prove);
        judge.args(["--exec", "cat"]).arg(folder.join("tap13"));
        let judged = run(&mut judge, b"").out();
        assert!(!judged.contains("Parse errors"), "{judged}");
        assert!(judged.contains("Failed"), "{judged}");
    }
    for form in ["json", "gradescope", "prairielearn"] {
        let mut judge = Command::new(python);
        judge.args(["-m", "json.tool"]).arg(folder.join(form));
        assert_eq!(run(&mut judge, b"").code, 0, "{form}");
    }
}
