//! The programs that somebody types into: `dumb_net` and `one_to_one`, over
//! pipes and on a terminal.

#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;
use std::thread::scope;
use std::time::Duration;

use common::{
    Conversation, Language, Program, SOON, Server, Start, command, in_both,
    kernel, run, scripted, until,
};
use nix::pty::openpty;
use nix::sys::signal::Signal;

#[test]
fn dumb_net_sends_one_line_with_cr_lf_and_copies_the_answer() {
    let lines: [(&[u8], &[u8]); 8] = [
        (b"hello\n", b"hello\r\n"),
        (b"hello\r\n", b"hello\r\n"),
        (b"hello", b"hello\r\n"),
        (b"\n", b"\r\n"),
        (b"\r\n", b"\r\n"),
        (b"one\ntwo\n", b"one\r\n"),
        (b"\0\xff\r\r\n", b"\0\xff\r\r\n"),
        (b"", b""),
    ];
    let answer: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    in_both(|language| {
        for (typed, sent) in lines {
            scope(|scope| {
                let (port, server) = scripted(scope, |mut peer| {
                    peer.expect(sent);
                    // Neither another line nor an end.
                    assert!(peer.is_silent_for(Duration::from_millis(40)));
                    peer.say(&answer);
                    peer.finish();
                    peer.expect_last(b"");
                });
                let args = ["127.0.0.1", &port];
                let mut dumb = command(language, "dumb_net", &args);
                let dumb = run(&mut dumb, typed);
                assert_eq!((dumb.code, dumb.err().as_str()), (0, ""));
                assert!(dumb.stdout == answer);
                server.join().unwrap();
            });
        }
    });
}

#[test]
fn dumb_net_shows_each_piece_as_it_arrives() {
    in_both(|language| {
        scope(|scope| {
            let (seen, next) = std::sync::mpsc::channel();
            let (port, _server) = scripted(scope, move |mut peer| {
                peer.expect(b"go\r\n");
                for piece in [b"one\n", b"two\n"] {
                    peer.say(piece);
                    next.recv_timeout(SOON).unwrap();
                }
            });
            // The name may mean ::1 first, and only IPv4 listens.
            let args = ["localhost", &port];
            let mut dumb = command(language, "dumb_net", &args);
            let mut dumb = Program::spawn(&mut dumb);
            dumb.type_in(b"go\n");
            for line in ["one", "two"] {
                dumb.wait_for(line);
                seen.send(()).unwrap();
            }
            assert_eq!(dumb.exit_code(), 0);
        });
    });
}

fn server(language: Language) -> Server {
    let server = Start::new(language, "one_to_one").start();
    let line = format!("listening on 0.0.0.0:{}", server.port());
    assert_eq!(server.announcement, line);
    server
}

fn client(language: Language, server: &Server) -> Program {
    let port = server.port().to_string();
    let args = ["127.0.0.1", &port];
    Program::spawn(&mut command(language, "one_to_one", &args))
}

/// The line about a client that this test is.
fn is_announced(server: &Server, peer: &Conversation) {
    let line = format!("A Client Connected ('127.0.0.1', {})", peer.port());
    assert_eq!(server.wait_for(&format!("{})", peer.port())), line);
}

fn clients_gone(server: &Server) -> usize {
    let lines = server.stdout().into_iter();
    lines.filter(|line| line == "client gone").count()
}

#[test]
fn server_and_client_take_turns() {
    in_both(|language| {
        for other in Language::BOTH {
            let mut server = server(language);
            let mut client = client(other, &server);
            server.wait_for("A Client Connected ('127.0.0.1', ");
            for turn in ["one", "two", "three"] {
                let (said, answer) =
                    (format!("c-{turn}"), format!("s-{turn}"));
                client.type_in(format!("{said}\n").as_bytes());
                assert_eq!(server.wait_for(&said), said);
                server.type_in(format!("{answer}\n").as_bytes());
                assert_eq!(client.wait_for(&answer), answer);
            }
            client.type_in(b"\n");
            assert_eq!(client.exit_code(), 0);
            server.wait_for("client gone");
            assert_eq!(client.stdout(), ["s-one", "s-two", "s-three"]);
        }
    });
}

#[test]
fn raw_text_and_cr_lf_are_understood_and_lf_is_sent() {
    in_both(|language| {
        let mut server = server(language);
        let mut peer = server.connect();
        is_announced(&server, &peer);
        for (sent, shown) in
            [(&b"raw"[..], "raw"), (b"net\r\n", "net"), (b"line\n", "line")]
        {
            peer.say(sent);
            assert_eq!(server.wait_for(shown), shown);
            server.type_in(b"answer\n");
            peer.expect(b"answer\n");
        }
        // A bare line end means that the peer closed.
        peer.say(b"\r\n");
        server.wait_for("client gone");
        peer.expect_last(b"");
    });
}

#[test]
fn a_blank_line_or_the_end_of_input_closes_and_is_not_sent() {
    in_both(|language| {
        for typed in [&b"\n"[..], b"\r\n", b""] {
            scope(|scope| {
                let (port, server) = scripted(scope, |mut peer| {
                    peer.expect_last(b"");
                });
                let args = ["127.0.0.1", &port];
                let mut client = command(language, "one_to_one", &args);
                let client = run(&mut client, typed);
                assert_eq!((client.code, client.err().as_str()), (0, ""));
                server.join().unwrap();
            });
        }
        let mut server = server(language);
        let mut first = server.say(b"first");
        server.wait_for("first");
        server.type_in(b"\n");
        first.expect_last(b"");
        until(SOON, "the first is gone", || clients_gone(&server) == 1);
        // It accepts the next client.
        let mut second = server.say(b"second");
        server.wait_for("second");
        server.type_in(b"hi\n");
        second.expect(b"hi\n");
    });
}

#[test]
fn the_client_ends_when_the_server_leaves() {
    in_both(|language| {
        for last in [&b""[..], b"\n", b"\r\n"] {
            scope(|scope| {
                let (port, _server) = scripted(scope, |mut peer| {
                    peer.expect(b"hello\n");
                    peer.say(last);
                });
                let args = ["127.0.0.1", &port];
                let mut client = command(language, "one_to_one", &args);
                let mut client = Program::spawn(&mut client);
                client.type_in(b"hello\nahead\n");
                assert_eq!(client.exit_code(), 0);
                assert!(client.lines().is_empty(), "{:?}", client.lines());
            });
        }
    });
}

#[test]
fn a_reset_ends_the_session_and_not_the_server() {
    in_both(|language| {
        let server = server(language);
        let peer = server.say(b"soon gone");
        server.wait_for("soon gone");
        peer.reset();
        // The server waits for its user; what he types finds nobody.
        let mut server = server;
        server.type_in(b"hello?\n");
        server.wait_for("client gone");
        let peer = server.connect();
        is_announced(&server, &peer);
        assert!(server.is_running());
    });
}

#[test]
fn signals_end_either_side_with_0() {
    in_both(|language| {
        for signal in [Signal::SIGINT, Signal::SIGTERM] {
            let mut idle = server(language);
            idle.kill(signal);
            assert_eq!(idle.exit_code(), 0);
            let mut server = server(language);
            let mut client = client(language, &server);
            client.type_in(b"hello\n");
            server.wait_for("hello");
            client.kill(signal);
            assert_eq!(client.exit_code(), 0);
            server.kill(signal);
            assert_eq!(server.exit_code(), 0);
        }
    });
}

/// A server whose user sits at a terminal: its keyboard.
fn at_a_terminal(language: Language) -> (Program, u16, File) {
    let pty = openpty(None, None).unwrap();
    let mut command = command(language, "one_to_one", &["server", "0"]);
    let server = Program::reading(&mut command, Stdio::from(pty.slave));
    // The command holds the other copy of the slave.
    drop(command);
    let line = server.wait_for("listening on 0.0.0.0:");
    let port = line.rsplit(':').next().unwrap().parse().unwrap();
    until(SOON, "it listens", || kernel::is_listening(port));
    (server, port, File::from(pty.master))
}

fn connect(port: u16) -> Conversation {
    std::net::TcpStream::connect(("127.0.0.1", port)).unwrap().into()
}

#[test]
fn what_was_typed_for_one_client_does_not_reach_the_next() {
    in_both(|language| {
        let (server, port, mut keyboard) = at_a_terminal(language);
        let mut first = connect(port);
        first.say(b"first");
        server.wait_for("first");
        // One answer, and two lines ahead of their turn.
        keyboard.write_all(b"answer\nahead\nfurther ahead\n").unwrap();
        first.expect(b"answer\n");
        drop(first);
        server.wait_for("client gone");
        let mut second = connect(port);
        second.say(b"second");
        server.wait_for("second");
        assert!(second.is_silent_for(Duration::from_millis(100)));
        keyboard.write_all(b"for you\n").unwrap();
        second.expect(b"for you\n");
    });
}

#[test]
fn input_typed_ahead_waits_its_turn_within_a_session() {
    in_both(|language| {
        let (server, port, mut keyboard) = at_a_terminal(language);
        let mut peer = connect(port);
        peer.say(b"one");
        server.wait_for("one");
        keyboard.write_all(b"a\nb\n").unwrap();
        peer.expect(b"a\n");
        assert!(peer.is_silent_for(Duration::from_millis(60)));
        peer.say(b"two");
        peer.expect(b"b\n");
    });
}

#[test]
fn ctrl_d_on_the_servers_terminal_ends_this_session_only() {
    in_both(|language| {
        let (mut server, port, mut keyboard) = at_a_terminal(language);
        for text in ["first", "second"] {
            let mut peer = connect(port);
            peer.say(text.as_bytes());
            server.wait_for(text);
            keyboard.write_all(b"\x04").unwrap();
            peer.expect_last(b"");
        }
        until(SOON, "both are gone", || {
            let lines = server.stdout().into_iter();
            lines.filter(|line| line == "client gone").count() == 2
        });
        assert!(server.is_running());
        server.kill(Signal::SIGINT);
        assert_eq!(server.exit_code(), 0);
    });
}

#[test]
fn dumb_net_reads_its_line_from_a_terminal() {
    in_both(|language| {
        scope(|scope| {
            let (port, _server) = scripted(scope, |mut peer| {
                peer.expect(b"GET /\r\n");
                peer.say(b"page\n");
            });
            let pty = openpty(None, None).unwrap();
            let args = ["127.0.0.1", &port];
            let mut dumb = command(language, "dumb_net", &args);
            let stdin = Stdio::from(pty.slave);
            let mut dumb = Program::reading(&mut dumb, stdin);
            let mut keyboard = File::from(pty.master);
            // The erase character is the terminal's business.
            keyboard.write_all(b"GET /x\x7f\n").unwrap();
            dumb.wait_for("page");
            assert_eq!(dumb.exit_code(), 0);
            let mut echo = [0; 5];
            keyboard.read_exact(&mut echo).unwrap();
            assert_eq!(&echo, b"GET /");
        });
    });
}
