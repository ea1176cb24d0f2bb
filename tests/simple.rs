//! The first two programs anyone reads, `simple_server` and `simple_client`.

#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod common;

use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::time::Instant;

use common::{
    Conversation, Language, Program, SOON, command, dead_port, done, in_both,
    kernel, limit_descriptors, until,
};

/// The server, listening. It takes no port 0, but one that is bound, and not
/// listened on, by somebody else who has SO_REUSEADDR, too.
fn server(language: Language) -> (Program, String, OwnedFd) {
    let (port, held) = dead_port();
    let args = ["127.0.0.1", &port];
    let server =
        Program::spawn(&mut command(language, "simple_server", &args));
    let number = port.parse().unwrap();
    until(SOON, "it listens", || kernel::is_listening(number));
    (server, port, held)
}

fn connect(port: &str) -> Conversation {
    TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap().into()
}

/// The line about a client that this test is.
fn is_announced(server: &Program, peer: &Conversation) {
    let line = format!("A Client Connected ('127.0.0.1', {})", peer.port());
    assert_eq!(server.wait_for(&format!("{})", peer.port())), line);
}

#[test]
fn the_first_two_programs_understand_each_other() {
    in_both(|language| {
        let (server, port, _held) = server(language);
        let args = ["127.0.0.1", &port];
        let simple = done(language, "simple_client", &args);
        assert_eq!((simple.code, simple.err().as_str()), (0, ""));
        server.wait_for("b'hello'");
        for text in ["it's", "a\nb", "say \"it's\""] {
            let args = ["127.0.0.1", &port, text];
            assert_eq!(done(language, "simple_client", &args).code, 0);
        }
        server.wait_for("b\"it's\"");
        server.wait_for(r"b'a\nb'");
        server.wait_for(r#"b'say "it\'s"'"#);
        is_announced(&server, &connect(&port));
    });
}

#[test]
fn without_descriptors_the_server_waits_and_then_serves() {
    in_both(|language| {
        let (mut server, port, _held) = server(language);
        limit_descriptors(server.pid(), 0);
        let start = Instant::now();
        // The accept that waits has its descriptor already.
        drop(connect(&port));
        let mut peer = connect(&port);
        until(SOON, "a third try", || server.stderr().len() >= 3);
        let said = server.stderr();
        // A pause of 100 ms between two tries, at least.
        let most = start.elapsed().as_millis() / 100 + 1;
        assert!(said.len() as u128 <= most, "{} lines", said.len());
        let line = "simple_server: accept: EMFILE: Too many open files";
        assert!(said.iter().all(|said| said == line), "{said:?}");
        limit_descriptors(server.pid(), 64);
        is_announced(&server, &peer);
        peer.say(b"hello");
        server.wait_for("b'hello'");
        assert!(server.is_running());
    });
}
