//! Where the servers listen: ports, socket files, and who was there first.

#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod common;

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use common::{
    Case, Finished, Language, SOON, Server, Start, everywhere, in_both,
    kernel, program, run, socket_file, under, until,
};
use nix::sys::signal::Signal;
use nix::sys::socket::{Shutdown, shutdown};

const SERVERS: [&str; 4] =
    ["knock", "echo_server", "roster_server", "supply_server"];
const THREE: [&str; 3] = ["prefork", "thread", "epoll"];

/// A server that cannot be started.
fn refused(start: &Start) -> Finished {
    run(&mut start.command(), b"")
}

/// One line on stderr that names the call and the symbol, exit 1.
fn is_in_use(name: &str, object: &str, finished: &Finished) {
    assert_eq!(finished.code, 1, "{}", finished.err());
    let line = format!(
        "{name}: bind: EADDRINUSE: Address already in use ({object})\n"
    );
    assert_eq!(finished.err(), line);
    assert_eq!(finished.out(), "");
}

/// Says something that each of the servers answers.
fn is_served(name: &str, server: &Server) {
    let mut peer = server.connect();
    let (said, heard): (&[u8], &[u8]) = match name {
        "knock" => (b"Knock, knock\n", b"Who's there?\n"),
        "echo_server" => (b"hello\n", b"hello\n"),
        "supply_server" => (b"27\n", b"ABCDEFGHIJKLMNOPQRSTUVWXYZa"),
        _ => (b"", b"\x80\x04\x95"),
    };
    peer.say(said);
    peer.expect(heard);
}

#[test]
fn a_taken_port_is_one_line_and_exit_1() {
    in_both(|language| {
        for name in SERVERS {
            let first = Start::new(language, name).start();
            let second = Start::new(language, name).port(first.port());
            let object = format!("127.0.0.1:{}", first.port());
            is_in_use(name, &object, &refused(&second));
            is_served(name, &first);
        }
    });
}

#[test]
fn an_address_of_somebody_else_is_one_line_and_exit_1() {
    in_both(|language| {
        for name in SERVERS {
            let start =
                Start::new(language, name).args(["--host", "192.0.2.1"]);
            let finished = refused(&start);
            assert_eq!(finished.code, 1);
            let line = format!(
                "{name}: bind: EADDRNOTAVAIL: Cannot assign requested \
                 address (192.0.2.1:0)\n"
            );
            assert_eq!(finished.err(), line);
        }
    });
}

#[test]
fn a_host_without_address_is_the_resolvers_error() {
    in_both(|language| {
        for name in SERVERS {
            let start =
                Start::new(language, name).args(["--host", "no.invalid"]);
            let finished = refused(&start);
            assert_eq!(finished.code, 1);
            let start = format!("{name}: getaddrinfo: EAI_");
            assert!(finished.err().starts_with(&start), "{}", finished.err());
            assert_eq!(finished.err().lines().count(), 1);
        }
    });
}

#[test]
fn a_socket_file_takes_the_place_of_the_port() {
    everywhere(|case| {
        for name in SERVERS {
            let path = socket_file();
            let mut server = case.server(name).unix(&path).start();
            assert!(server.announcement.contains(path.to_str().unwrap()));
            is_served(name, &server);
            is_served(name, &server);
            assert_eq!(server.interrupt(), 0);
            assert!(!path.exists(), "the file is still there");
        }
    });
}

#[test]
fn a_stale_socket_file_is_replaced() {
    under(&THREE, |case| {
        let path = socket_file();
        let stale = UnixListener::bind(&path).unwrap();
        // A program that another test starts at this moment holds a copy
        // until its exec: nobody must listen by that copy either.
        shutdown(stale.as_raw_fd(), Shutdown::Both).unwrap();
        drop(stale);
        assert!(path.exists());
        let mut server = case.server("echo_server").unix(&path).start();
        is_served("echo_server", &server);
        assert_eq!(server.interrupt(), 0);
        assert!(!path.exists());
    });
}

#[test]
fn a_socket_file_of_a_killed_server_is_replaced() {
    under(&THREE, |case| {
        let path = socket_file();
        let server = case.server("knock").unix(&path).start();
        is_killed(server);
        assert!(path.exists(), "SIGKILL leaves the file behind");
        let mut server = case.server("knock").unix(&path).start();
        is_served("knock", &server);
        assert_eq!(server.interrupt(), 0);
        assert!(!path.exists());
    });
}

#[test]
fn a_socket_file_on_which_somebody_listens_is_left_alone() {
    in_both(|language| {
        for name in SERVERS {
            let path = socket_file();
            let first = Start::new(language, name).unix(&path).start();
            let second = Start::new(language, name).unix(&path);
            is_in_use(name, path.to_str().unwrap(), &refused(&second));
            is_served(name, &first);
            drop(first);
            fs::remove_file(&path).unwrap();
        }
    });
}

#[test]
fn a_live_listener_with_a_full_queue_is_still_alive() {
    in_both(|language| {
        let path = socket_file();
        let live = std::os::unix::net::UnixListener::bind(&path).unwrap();
        nix::sys::socket::listen(
            &live,
            nix::sys::socket::Backlog::new(0).unwrap(),
        )
        .unwrap();
        let _one = std::os::unix::net::UnixStream::connect(&path).unwrap();
        let start = Start::new(language, "echo_server").unix(&path);
        is_in_use("echo_server", path.to_str().unwrap(), &refused(&start));
        fs::remove_file(&path).unwrap();
    });
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    in_both(|language| {
        for name in SERVERS {
            let path = socket_file();
            fs::write(&path, "dear diary").unwrap();
            let start = Start::new(language, name).unix(&path);
            is_in_use(name, path.to_str().unwrap(), &refused(&start));
            assert_eq!(fs::read_to_string(&path).unwrap(), "dear diary");
            fs::remove_file(&path).unwrap();
        }
    });
}

#[test]
fn a_socket_path_may_have_107_bytes() {
    in_both(|language| {
        let folder = std::env::temp_dir();
        let name = format!("{language}-{}-", std::process::id());
        let room = 107 - folder.as_os_str().len() - 1;
        let path = folder.join(format!("{name:x<room$}"));
        assert_eq!(path.as_os_str().len(), 107);
        let mut server =
            Start::new(language, "echo_server").unix(&path).start();
        is_served("echo_server", &server);
        assert_eq!(server.interrupt(), 0);
        let longer = path.with_extension("sock");
        let finished =
            refused(&Start::new(language, "echo_server").unix(&longer));
        assert_eq!(finished.code, 1);
        assert!(finished.err().contains("ENAMETOOLONG"), "{}", finished.err());
        assert_eq!(finished.err().lines().count(), 1);
    });
}

#[test]
fn a_socket_file_in_no_folder_is_one_line_and_exit_1() {
    in_both(|language| {
        let path = Path::new("/nonexistent/socket");
        let finished =
            refused(&Start::new(language, "echo_server").unix(path));
        assert_eq!(finished.code, 1);
        let line = "echo_server: bind: ENOENT: No such file or directory \
                    (/nonexistent/socket)\n";
        assert_eq!(finished.err(), line);
    });
}

#[test]
fn a_port_is_free_again_at_once_whoever_closed_first() {
    everywhere(|case| {
        let mut server = case.server("knock").start();
        let port = server.port();
        // The joke's end: this server closes first, so TIME_WAIT is its.
        server.say(b"wrong\n").expect_last(b"I don't understand\n");
        until(SOON, "a connection in TIME_WAIT", || {
            let rows = kernel::sockets_of(port);
            rows.iter().any(|row| row.state == kernel::TIME_WAIT)
        });
        assert_eq!(server.interrupt(), 0);
        let again = case.server("knock").port(port).start();
        assert_eq!(again.port(), port);
        is_served("knock", &again);
    });
}

/// Without its parent no worker has a purpose.
fn is_killed(mut server: Server) {
    let children = server.descendants();
    server.kill(Signal::SIGKILL);
    server.exit_code();
    until(SOON, "orphans end by themselves", || {
        children.iter().all(|&pid| kernel::state(pid).is_none())
    });
}

#[test]
fn a_port_is_free_again_after_a_server_was_killed() {
    under(&THREE, |case: Case| {
        let server = case.server("echo_server").start();
        let mut peer = server.say(b"x");
        peer.expect(b"x");
        let port = server.port();
        is_killed(server);
        drop(peer);
        let again = case.server("echo_server").port(port).start();
        is_served("echo_server", &again);
    });
}

#[test]
fn bad_usage_is_exit_2_with_a_usage_on_stderr() {
    let wrong: [&[&str]; 13] = [
        &["--unix", ""],
        &["--model", "magic"],
        &["--model"],
        &["--workers", "0"],
        &["--workers", "many"],
        &["--workers", "-1"],
        &["--backlog", "1x"],
        &["--grace", "-1"],
        &["--grace", "soon"],
        &["--idle-timeout", "nan"],
        &["--max-peers", "0"],
        &["--stack", "x"],
        &["--no-such-option"],
    ];
    in_both(|language| {
        for name in SERVERS {
            for args in wrong {
                let start = Start::new(language, name).args(args);
                let finished = refused(&start);
                let told = finished.err();
                assert_eq!(finished.code, 2, "{name} {args:?}: {told}");
                assert_eq!(finished.out(), "");
                assert!(told.contains("Usage:"), "{name} {args:?}: {told}");
            }
        }
    });
}

#[test]
fn a_port_is_a_number_up_to_65535() {
    let ports = ["65536", "-1", "http", "1.5", "", "0x10", " 1", "1 ", "+ 1"];
    let with = |language: Language, name: &str, port: &str| {
        let mut command = Command::new(program(language, name));
        match name {
            "knock" => command.arg("-p"),
            "roster_server" => command.arg("--port"),
            _ => &mut command,
        };
        run(command.arg(port), b"")
    };
    in_both(|language| {
        for name in SERVERS {
            for port in ports {
                let finished = with(language, name, port);
                assert_eq!(finished.code, 2, "{name} {port:?}");
                assert!(finished.err().contains("Usage:"));
            }
        }
    });
}
