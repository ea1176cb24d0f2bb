//! Standard output that takes nothing: a full device, a reader who has left.

#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod common;

use std::fs::OpenOptions;
use std::io::Write;
use std::process::{Command, Stdio};

use common::{
    Conversation, Language, Program, SOON, Start, command, in_both, kernel,
    socket_file, until,
};
use nix::sys::signal::Signal;

/// Exit code and stderr of a program whose stdout is this.
fn with_stdout(
    command: &mut Command,
    typed: &[u8],
    stdout: impl Into<Stdio>,
) -> (i32, String) {
    command.stdin(Stdio::piped()).stdout(stdout).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Who fails before it reads closes the pipe.
    let _ = stdin.write_all(typed);
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    let told = String::from_utf8(done.stderr).unwrap();
    (done.status.code().unwrap(), told)
}

/// On a full device it is one line that says so, and 1. When nobody reads
/// any more it is a quiet end.
fn is_asked_for(language: Language, name: &str, args: &[&str], typed: &[u8]) {
    let mut program = command(language, name, args);
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (code, told) = with_stdout(&mut program, typed, full);
    let line = format!(
        "{name}: write: ENOSPC: No space left on device (standard output)"
    );
    let what = format!("{name} {args:?}: {told}");
    let failures = told.lines().filter(|told| told.contains("write: "));
    assert_eq!(failures.collect::<Vec<_>>(), [line], "{what}");
    assert_eq!(code, 1, "{what}");

    let (reader, nobody_reads) = std::io::pipe().unwrap();
    drop(reader);
    let (code, told) = with_stdout(&mut program, typed, nobody_reads);
    let what = format!("{name} {args:?}: {told}");
    assert_eq!(code, 0, "{what}");
    assert!(!told.contains("write: "), "{what}");
}

#[test]
fn help_and_version_are_asked_for() {
    let programs = [
        "dumb_net",
        "echo_client",
        "echo_server",
        "http_get",
        "knock",
        "knock_client",
        "one_to_one",
        "roster_client",
        "roster_server",
        "socket_tools",
        "udp_echo_client",
        "udp_echo_server",
        "worker_demo",
    ];
    in_both(|language| {
        for name in programs {
            is_asked_for(language, name, &["--help"], b"");
            is_asked_for(language, name, &["--version"], b"");
        }
        is_asked_for(language, "simple_client", &["--help"], b"");
        is_asked_for(language, "simple_server", &["--help"], b"");
        is_asked_for(language, "socket_tools", &["host", "--help"], b"");
    });
}

#[test]
fn every_answer_of_socket_tools_is_asked_for() {
    let questions: [&[&str]; 6] = [
        &["hostname"],
        &["host", "127.0.0.1"],
        &["host-ex", "127.0.0.1"],
        &["constants", "AF_"],
        &["addrinfo", "127.0.0.1", "80"],
        &["socket"],
    ];
    in_both(|language| {
        for question in questions {
            is_asked_for(language, "socket_tools", question, b"");
        }
    });
}

#[test]
fn what_workers_print_is_asked_for() {
    in_both(|language| {
        for model in ["thread", "fork"] {
            let args = ["--interval", "0", "--model", model];
            is_asked_for(language, "worker_demo", &args, b"");
        }
    });
}

#[test]
fn what_a_server_answers_is_asked_for() {
    in_both(|language| {
        let server = |name: &str| {
            let server = Start::new(Language::Rust, name).start();
            let port = server.port().to_string();
            (server, port)
        };
        let (_joke, port) = server("knock");
        let args = ["127.0.0.1", &port];
        is_asked_for(language, "knock_client", &args, b"");
        is_asked_for(language, "dumb_net", &args, b"Knock, knock\nx\ny\n");
        is_asked_for(language, "one_to_one", &args, b"Knock, knock\n");
        let (_echo, port) = server("echo_server");
        let args = ["hello", "--host", "127.0.0.1", "--port", &port];
        is_asked_for(language, "echo_client", &args, b"");
        let (_echo, port) = server("udp_echo_server");
        let args = ["hello", "--host", "127.0.0.1", "--port", &port];
        is_asked_for(language, "udp_echo_client", &args, b"");
        let (_roster, port) = server("roster_server");
        let student = ["--name", "x", "--username", "y", "--sid", "1"];
        let args = [&["--port", &port][..], &student].concat();
        is_asked_for(language, "roster_client", &args, b"");
    });
}

#[test]
fn a_server_goes_on_without_its_log() {
    in_both(|language| {
        for name in ["knock", "echo_server", "roster_server"] {
            let path = socket_file();
            let mut server = Start::new(language, name)
                .under(["sh", "-c", "exec \"$@\" >/dev/full", "sh"])
                .unix(&path)
                .command();
            let mut server = Program::spawn(&mut server);
            until(SOON, "somebody listens", || {
                kernel::is_listening_at(path.to_str().unwrap())
            });
            for _ in 0..3 {
                let peer = std::os::unix::net::UnixStream::connect(&path);
                let mut peer = Conversation::from(peer.unwrap());
                let (said, heard): (&[u8], &[u8]) = match name {
                    "knock" => (b"Knock, knock\n", b"Who's there?\n"),
                    "echo_server" => (b"hello", b"hello"),
                    _ => (b"", b"\x80\x04\x95"),
                };
                peer.say(said);
                peer.expect(heard);
            }
            server.kill(Signal::SIGINT);
            assert_eq!(server.exit_code(), 0);
        }
    });
}
