//! What `echo_server` promises, in both languages and under every model.

#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod common;

use std::io::Read;
use std::net::TcpStream;

use common::{
    Case, MODELS, SOON, Server, Stream, everywhere, in_both, kernel, under,
};

const MIB: usize = 1 << 20;

fn echo(case: Case) -> Server {
    case.server("echo_server").args(["--quiet"]).start()
}

/// Bytes in which a lost, doubled or moved piece shows.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn everything_comes_back_until_the_end() {
    everywhere(|case| {
        let mut server = echo(case);
        let mut peer = server.connect();
        let pieces: [&[u8]; 6] =
            [b"hello\n", b"\n", b"\r\n", b"\0\xff\xc3", b"x", b"\n\n\n"];
        for piece in pieces {
            peer.say(piece);
            peer.expect(piece);
        }
        peer.finish();
        peer.expect_last(b"");
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn a_peer_that_says_nothing_gets_nothing_and_a_fin() {
    everywhere(|case| {
        let server = echo(case);
        let mut peer = server.connect();
        peer.finish();
        peer.expect_last(b"");
    });
}

#[test]
fn eight_mebibytes_come_back_after_a_half_close() {
    let all = noise(8 * MIB);
    everywhere(|case| {
        let server = echo(case);
        let mut peer = server.connect();
        let mut writer = peer.try_clone();
        let back = std::thread::scope(|scope| {
            scope.spawn(|| {
                writer.say(&all);
                writer.finish();
            });
            peer.rest()
        });
        assert!(back == all, "{} of {} bytes", back.len(), all.len());
    });
}

#[test]
fn what_was_sent_before_the_end_comes_back_to_a_late_reader() {
    let all = noise(40_000);
    everywhere(|case| {
        let server = echo(case);
        let mut peer = server.say(&all);
        peer.finish();
        assert!(peer.rest() == all);
    });
}

#[test]
fn a_peer_that_does_not_read_is_not_read_either() {
    everywhere(|case| {
        let server = echo(case);
        let mut peer = server.connect();
        let stuffed = peer.stuff();
        let memory = kernel::resident(server.pid());
        assert!(memory < 32 * MIB, "{memory} bytes for one peer");
        // And once it reads, every byte is there.
        peer.finish();
        assert_eq!(peer.rest().len(), stuffed);
    });
}

#[test]
fn a_small_buffer_only_makes_small_pieces() {
    let all = noise(10_000);
    everywhere(|case| {
        for buffer in ["1", "7", "65536"] {
            let server = case
                .server("echo_server")
                .args(["--quiet", "--buffer", buffer])
                .start();
            let mut peer = server.say(&all);
            peer.finish();
            assert!(peer.rest() == all, "--buffer {buffer}");
        }
    });
}

#[test]
fn the_log_is_the_handouts_on_stdout_and_stderr() {
    everywhere(|case| {
        let mut server = case.server("echo_server").start();
        let mut peer = server.say(b"hello \"you\"\n");
        peer.expect(b"hello \"you\"\n");
        peer.say(b"\xff\0\xc3\xa9\r");
        peer.expect(b"\xff\0\xc3\xa9\r");
        let port = peer.port();
        peer.finish();
        peer.expect_last(b"");
        let complete = "echo complete, client connection closed";
        server.wait_for(complete);
        assert_eq!(server.interrupt(), 0);
        let pieces = [
            r#"received "hello "you"\n""#,
            r#"sent "hello "you"\n""#,
            r#"received "\xff\x00é\r""#,
            r#"sent "\xff\x00é\r""#,
        ];
        assert_eq!(server.stdout(), pieces);
        let mut said = server.stderr();
        assert_eq!(said.pop().unwrap(), "quitting echo server");
        let making = format!("making a server on 127.0.0.1:{}", server.port());
        assert_eq!(said[0], making);
        said.retain(|line| line != "waiting for a connection");
        let connection = format!("connection - 127.0.0.1:{port}");
        assert_eq!(said, [making.as_str(), &connection, complete]);
    });
}

#[test]
fn it_says_that_it_waits_for_a_connection() {
    everywhere(|case| {
        let server = case.server("echo_server").start();
        server.wait_for_line(SOON, "waiting", |line| {
            line == "waiting for a connection"
        });
        server.say(b"x").expect(b"x");
        server.wait_for("echo complete, client connection closed");
    });
}

#[test]
fn quiet_leaves_the_announcement_alone() {
    everywhere(|case| {
        let mut server = echo(case);
        server.say(b"x").expect(b"x");
        let mut peer = server.say(b"y");
        peer.finish();
        peer.expect_last(b"y");
        assert_eq!(server.interrupt(), 0);
        let line = format!("making a server on 127.0.0.1:{}", server.port());
        assert_eq!(server.lines(), [(Stream::Err, line)]);
    });
}

#[test]
fn over_ipv6_addresses_are_shown_in_brackets() {
    under(&MODELS, |case| {
        let server =
            case.server("echo_server").args(["--host", "::1"]).start();
        let line = format!("making a server on [::1]:{}", server.port());
        assert_eq!(server.announcement, line);
        let mut peer = server.say(b"six");
        peer.expect(b"six");
        let line = format!("connection - [::1]:{}", peer.port());
        server.wait_for(&line);
    });
}

#[test]
fn the_listener_is_bound_where_it_says() {
    in_both(|language| {
        let any = common::Start::new(language, "echo_server")
            .args(["--host", "0.0.0.0"])
            .start();
        let line = format!("making a server on 0.0.0.0:{}", any.port());
        assert_eq!(any.announcement, line);
        any.say(b"x").expect(b"x");
        // A server on 127.0.0.1 is not there for 127.0.0.2, one on all
        // addresses is.
        let port = any.port();
        assert!(TcpStream::connect(("127.0.0.2", port)).is_ok());
        let one = common::Start::new(language, "echo_server").start();
        let other = TcpStream::connect(("127.0.0.2", one.port()));
        assert!(other.is_err());
    });
}

#[test]
fn a_peer_that_reads_slowly_stalls_only_itself() {
    let all = noise(4 * MIB);
    everywhere(|case| {
        if case.is_alone() {
            return;
        }
        let server = echo(case);
        let mut slow = server.connect();
        let mut writer = slow.try_clone();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                writer.say(&all);
                writer.finish();
            });
            let mut head = vec![0; 1000];
            slow.read_exact(&mut head).unwrap();
            for _ in 0..20 {
                server.say(b"quick\n").expect(b"quick\n");
            }
            let rest = slow.rest();
            assert!([head, rest].concat() == all);
        });
    });
}
