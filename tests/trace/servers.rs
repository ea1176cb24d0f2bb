//! Servers under a trace serve as they do without it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::common::{
    Case, Language, Program, SOON, Server, kernel, program, promptly, python,
    run,
};
use super::{Saved, calls, events};

/// A server under a trace.
fn traced(case: Case, saved: &Saved) -> Server {
    let tool = program(Language::Rust, "berkeley");
    let words = [tool.to_str().unwrap(), "trace", "-o", saved.name(), "--"];
    case.server("echo_server").args(["--quiet"]).under(words).start()
}

/// Ends the server, not the tool.
fn end(server: &mut Server) {
    let own = kernel::children(server.pid())[0];
    kill(Pid::from_raw(own), Signal::SIGINT).unwrap();
    assert_eq!(server.exit_code(), 0);
    assert_eq!(server.family(), Vec::<i32>::new());
}

fn one_echo(port: u16) {
    let mut peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
    peer.set_read_timeout(Some(SOON)).unwrap();
    peer.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    peer.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(peer.read(&mut answer).unwrap(), 0);
}

#[test]
fn five_hundred_connections_lose_nobody() {
    for model in ["fork", "thread"] {
        let saved = Saved::new("json");
        let case = Case { language: Language::Rust, model };
        let mut server = traced(case, &saved);
        let port = server.port();
        std::thread::scope(|scope| {
            for _ in 0..10 {
                scope.spawn(|| (0..50).for_each(|_| one_echo(port)));
            }
        });
        end(&mut server);
        let trace = saved.json();
        let accepted = calls(&trace, "accept4");
        let accepted =
            accepted.iter().filter(|call| call["result"].as_i64() > Some(0));
        assert_eq!(accepted.count(), 500, "{model}");
        let tasks = trace["tasks"].as_array().unwrap();
        let births = match model {
            "fork" => "fork",
            _ => "thread",
        };
        let born = tasks.iter().filter(|task| task["birth"] == births);
        // One more is the thread that waits for signals.
        let signal_thread = usize::from(model == "thread");
        assert_eq!(born.count(), 500 + signal_thread, "{model}");
        let lost = tasks.iter().filter(|task| task["ended_ns"].is_null());
        assert_eq!(lost.count(), 0, "{model}");
        let ends = events(&trace, "end");
        assert_eq!(ends.len(), tasks.len(), "{model}");
        assert!(ends.iter().all(|end| end["code"] == 0), "{model}");
    }
}

#[test]
fn every_model_serves_as_without() {
    for model in super::common::MODELS {
        for language in Language::BOTH {
            let saved = Saved::new("json");
            let mut server = traced(Case { language, model }, &saved);
            for _ in 0..3 {
                one_echo(server.port());
            }
            end(&mut server);
            let trace = saved.json();
            let received = calls(&trace, "recvfrom");
            let hellos = received.iter().filter(|call| {
                call["data"]["text"] == "hello" && call["result"] == 5
            });
            assert_eq!(hellos.count(), 3, "{language}/{model}");
        }
    }
}

/// A traced server in Python that says where it listens.
fn listening(script: &str) -> Option<(Program, u16)> {
    let python = python(script, &[])?;
    let mut command = super::trace(&["-o", "/dev/null", "--"]);
    command.arg(python.get_program()).args(python.get_args());
    let server = Program::spawn(&mut command);
    let line = server.wait_for("listening on ");
    let port = line.rsplit(':').next().unwrap().parse().unwrap();
    Some((server, port))
}

/// The tool asks a duplicate of each socket for its state: one that it kept
/// would keep the connection open.
#[test]
fn a_peer_sees_the_end_at_once() {
    let script = "
import socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
print('listening on 127.0.0.1:%d' % s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    c.recv(1)
    c.close()
";
    let Some((_server, port)) = listening(script) else { return };
    promptly(Duration::from_millis(100), || {
        let mut peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
        peer.set_read_timeout(Some(SOON)).unwrap();
        let start = Instant::now();
        peer.write_all(b"x").unwrap();
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        start.elapsed()
    });
}

/// Nothing announces SIGKILL: what the tool has duplicated until then must go
/// with the process, also when nobody else who is traced does anything.
#[test]
fn a_peer_sees_the_end_of_a_killed_process_at_once() {
    let script = "
import os, socket, time
listener = socket.create_server(('127.0.0.1', 0))
if os.fork() == 0: time.sleep(100)
print('listening on 127.0.0.1:%d' % listener.getsockname()[1], flush=True)
peer = listener.accept()[0]
for byte in iter(lambda: peer.recv(1), b''):
    peer.send(str(os.getpid()).encode())
";
    if python(script, &[]).is_none() {
        return;
    }
    promptly(Duration::from_millis(100), || {
        let (_server, port) = listening(script).unwrap();
        let mut peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
        peer.set_read_timeout(Some(SOON)).unwrap();
        let mut answer = [0; 16];
        let mut ask = || {
            peer.write_all(b"x").unwrap();
            let length = peer.read(&mut answer).unwrap();
            std::str::from_utf8(&answer[..length]).unwrap().to_string()
        };
        let pid = ask();
        assert_eq!(ask(), pid);
        let start = Instant::now();
        kill(Pid::from_raw(pid.parse().unwrap()), Signal::SIGKILL).unwrap();
        assert_eq!(peer.read(&mut answer).unwrap(), 0);
        start.elapsed()
    });
}

/// Each wait could hold a duplicate of its socket until it is over, and the
/// tool would have no descriptor left for anything else.
#[test]
fn a_crowd_that_waits_leaves_the_tool_its_descriptors() {
    let script = "
import socket, threading
ours, theirs = socket.socketpair()
new = lambda: threading.Thread(target=ours.recv, args=(1,))
crowd = [new() for _ in range(300)]
for one in crowd: one.start()
theirs.sendall(bytes(300))
for one in crowd: one.join()";
    let Some(python) = python(script, &[]) else { return };
    let saved = Saved::new("json");
    let tool = program(Language::Rust, "berkeley");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 256; exec \"$@\"", "sh"]).arg(tool);
    command.args(["trace", "-o", saved.name(), "--"]);
    command.arg(python.get_program()).args(python.get_args());
    let done = run(&mut command, b"");
    assert_eq!(done.code, 0, "{}", done.err());
    let trace = saved.json();
    let received = calls(&trace, "recvfrom");
    assert_eq!(received.len(), 300);
    assert!(received.iter().all(|call| call["socket"].is_u64()));
    assert!(received.iter().all(|call| !call["after"].is_null()));
}

/// What has come and gone since nothing was unread is counted; what was only
/// looked at has not gone.
#[test]
fn bytes_that_were_peeked_at_are_still_unread() {
    let script = "
import socket, threading
listener = socket.create_server(('127.0.0.1', 0))
sends = socket.create_connection(listener.getsockname())
reads = listener.accept()[0]
def later(): threading.Timer(0.2, sends.send, [b'hello']).start()
sends.send(b'hello')
reads.recv(5)
later()
reads.recv(5, socket.MSG_PEEK)
reads.recv(2)
reads.recv(5)
later()
reads.recv(5)";
    let Some(python) = python(script, &[]) else { return };
    let saved = Saved::new("json");
    let mut command = super::trace(&["-o", saved.name(), "--"]);
    command.arg(python.get_program()).args(python.get_args());
    let done = run(&mut command, b"");
    assert_eq!(done.code, 0, "{}", done.err());
    let trace = saved.json();
    let unread = calls(&trace, "recvfrom");
    let unread = unread.iter().map(|call| &call["after"]["receive_queue"]);
    let unread: Vec<_> = unread.map(|count| count.as_u64().unwrap()).collect();
    assert_eq!(unread, [0, 5, 3, 0, 0]);
}
