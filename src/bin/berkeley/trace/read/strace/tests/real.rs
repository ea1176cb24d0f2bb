//! strace itself, on programs that talk to each other.

use std::env;
use std::path::Path;
use std::process::Command;

use super::super::from_log;
use super::{Event, Trace, calls};

const SCRIPT: &str = r#"
import os, select, socket, threading
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(5)
child = os.fork()
if child == 0:
    c = socket.create_connection(listener.getsockname())
    c.sendall(b'Knock, "knock"\n\x00\xff')
    assert c.recv(100) == b"Who's there?\n"
    c.close()
    os._exit(3)
a, _ = listener.accept()
poll = select.poll()
poll.register(a, select.POLLIN)
poll.poll(5000)
a.recv(280)
a.sendmsg([b"Who's", b" there?\n"])
assert a.recv(10) == b""
a.close()
os.waitpid(child, 0)
left, right = socket.socketpair()
thread = threading.Thread(target=lambda: right.recv(5))
thread.start()
socket.send_fds(left, [b"fd"], [listener.fileno()])
thread.join()
u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
u.bind(("::1", 0))
u.sendto(b"hi", u.getsockname())
u.recvfrom(10)
"#;

const NETWORK: [&str; 14] = [
    "socket",
    "socketpair",
    "bind",
    "listen",
    "accept",
    "accept4",
    "connect",
    "getsockname",
    "sendto",
    "recvfrom",
    "sendmsg",
    "recvmsg",
    "shutdown",
    "setsockopt",
];

/// Skipped where one of the two is missing, but not in CI.
fn log(options: &[&str]) -> Option<String> {
    let path = env::temp_dir().join(format!(
        "berkeley-strace-{}-{}",
        std::process::id(),
        options.join("")
    ));
    let ran = Command::new("strace")
        .args(options)
        .arg("-o")
        .arg(&path)
        .args(["/usr/bin/python3", "-c", SCRIPT])
        .output();
    let is_there = Path::new("/usr/bin/python3").exists();
    match ran {
        Ok(done) if is_there && done.status.success() => {
            let log = std::fs::read(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            Some(String::from_utf8_lossy(&log).into_owned())
        }
        why if env::var_os("CI").is_some() => panic!("{why:?}"),
        why => {
            eprintln!("skipped: no strace of python3 here: {why:?}");
            None
        }
    }
}

/// What the log has of network calls, thread by thread, by plain search.
fn expected(log: &str) -> Vec<(i32, String)> {
    let mut expected = Vec::new();
    for line in log.lines() {
        let (tid, rest) = line.split_once(' ').unwrap();
        let text = rest.trim_start().trim_start_matches(|c: char| {
            c.is_ascii_digit() || [' ', '.', ':'].contains(&c)
        });
        let name = text.split('(').next().unwrap();
        if NETWORK.contains(&name) {
            expected.push((tid.parse().unwrap(), name.to_owned()));
        }
    }
    expected
}

fn found(trace: &Trace) -> Vec<(i32, String)> {
    let calls = calls(trace).into_iter();
    let network = calls.filter(|it| NETWORK.contains(&it.call.as_str()));
    network.map(|call| (call.tid, call.call.clone())).collect()
}

fn by_thread(mut all: Vec<(i32, String)>) -> Vec<(i32, String)> {
    all.sort_by_key(|(tid, _)| *tid);
    all
}

fn agrees(options: &[&str]) -> Option<Trace> {
    let log = log(options)?;
    let trace = from_log(&log, false).unwrap();
    assert_eq!(by_thread(found(&trace)), by_thread(expected(&log)));
    let is_odd = |note: &&String| note.contains("not understood");
    assert_eq!(trace.notes.iter().find(is_odd), None);
    assert_eq!(trace.tasks.len(), 3);
    Some(trace)
}

/// Who talked to whom, whatever the log tells of it.
fn is_whole(trace: &Trace) {
    let accepted =
        trace.sockets.iter().position(|it| it.accepted_from.is_some());
    let accepted = accepted.unwrap();
    let client = trace.sockets[accepted].other_end.unwrap();
    assert_eq!(trace.sockets[client].other_end, Some(accepted));
    assert_eq!(trace.sockets[client].local, trace.sockets[accepted].peer);
    let bytes = |socket: usize, names: &[&str]| -> u64 {
        let calls = calls(trace).into_iter().filter(|call| {
            call.socket == Some(socket) && names.contains(&call.call.as_str())
        });
        calls.filter_map(|call| Some(call.data.as_ref()?.length)).sum()
    };
    let (out, back) = (["sendto", "sendmsg"], ["recvfrom", "recvmsg"]);
    assert_eq!(bytes(client, &out), 17);
    assert_eq!(bytes(accepted, &back), 17);
    assert_eq!(bytes(accepted, &out), 13);
    assert_eq!(bytes(client, &back), 13);
    let code = trace.events.iter().find_map(|event| match event {
        Event::End(ended) if ended.task == 1 => ended.code,
        _ => None,
    });
    assert_eq!(code, Some(3));
}

#[test]
fn the_fullest_log_agrees() {
    let Some(trace) = agrees(&["-f", "-ttt", "-yy", "-T"]) else { return };
    is_whole(&trace);
    assert_eq!(trace.notes.len(), 2, "{:?}", trace.notes);
    assert!(trace.began > 1.6e9);
}

#[test]
fn the_usual_log_agrees() {
    if let Some(trace) = agrees(&["-f", "-ttt", "-yy"]) {
        is_whole(&trace);
    }
}

#[test]
fn a_log_with_inodes_only_agrees() {
    if let Some(trace) = agrees(&["-f", "-tt", "-y"]) {
        is_whole(&trace);
        assert!(trace.sockets.iter().all(|socket| socket.inode != 0));
    }
}

#[test]
fn a_log_without_descriptors_agrees() {
    if let Some(trace) = agrees(&["-f", "-r"]) {
        is_whole(&trace);
    }
}

#[test]
fn a_log_without_times_agrees() {
    if let Some(trace) = agrees(&["-f"]) {
        is_whole(&trace);
    }
}
