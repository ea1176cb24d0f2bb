//! What the datagram pair promises, in both languages.

#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod common;

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::thread::scope;

use common::{Language, Start, done, fails, in_both};

#[test]
fn datagrams_come_back_whole() {
    in_both(|language| {
        for server in Language::BOTH {
            let server = Start::new(server, "udp_echo_server").start();
            let port = server.port().to_string();
            let line = format!("making a UDP server on 127.0.0.1:{port}");
            assert_eq!(server.announcement, line);
            for message in ["hello", "", &"x".repeat(4096)] {
                let args = [message, "--port", &port];
                let echo = done(language, "udp_echo_client", &args);
                assert_eq!(echo.code, 0, "{}", echo.err());
                assert_eq!(echo.out(), format!("{message}\n"));
            }
            let args = ["hello", "--port", &port, "--buffer", "3"];
            let echo = done(language, "udp_echo_client", &args);
            assert_eq!(echo.code, 1);
            let told = echo.err();
            assert!(told.contains("truncated: 3 of 5 bytes"), "{told}");
        }
    });
}

/// The next datagram, and who sent it.
fn hear(server: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut room = [0; 100];
    loop {
        match server.recv_from(&mut room) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            heard => {
                let (length, client) = heard.unwrap();
                return (room[..length].to_vec(), client);
            }
        }
    }
}

#[test]
fn a_lost_datagram_is_sent_again_and_a_wrong_one_ignored() {
    in_both(|language| {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        server.set_read_timeout(Some(common::SOON)).unwrap();
        let port = server.local_addr().unwrap().port().to_string();
        scope(|scope| {
            scope.spawn(|| {
                hear(&server);
                let (heard, client) = hear(&server);
                assert_eq!(heard, b"hello");
                let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
                stranger.send_to(b"stranger", client).unwrap();
                server.send_to(b"wrong", client).unwrap();
                server.send_to(b"hello", client).unwrap();
            });
            let args = ["hello", "--port", &port, "--timeout", "0.2"];
            // It goes on asking for as long as a busy server may need.
            let patient = ["--host", "127.0.0.1", "--retries", "200"];
            let args = [&args[..], &patient].concat();
            let echo = done(language, "udp_echo_client", &args);
            assert_eq!(echo.code, 0, "{}", echo.err());
            assert_eq!(echo.out(), "hello\n");
        });
    });
}

#[test]
fn a_datagram_to_nobody_is_refused_or_times_out() {
    in_both(|language| {
        let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port().to_string();
        let args = ["x", "--port", &port, "--host", "127.0.0.1"];
        let quick = ["--timeout", "0.1", "--retries", "1"];
        let args = [&args[..], &quick].concat();
        fails(&done(language, "udp_echo_client", &args), "udp_echo_client: ");
        // For all but one peer nobody is there any more, and nobody else can
        // take the port.
        silent.connect("127.0.0.1:9").unwrap();
        let refused = done(language, "udp_echo_client", &args);
        fails(&refused, "udp_echo_client: ");
        assert!(refused.err().contains("ECONNREFUSED"), "{}", refused.err());
    });
}
