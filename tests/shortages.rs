//! What a server does where the system gives it less than it is used to.

#![allow(clippy::unwrap_used)]

mod common;

use common::{
    Case, Conversation, SOON, Server, Start, kernel, kill_process,
    limit_descriptors, under, until,
};
use nix::libc;
use nix::sys::signal::Signal;

/// Those whose parent keeps a number of children.
const KEEPERS: [&str; 5] = [
    "prefork",
    "prefork-flock",
    "prefork-mutex",
    "prefork-fdpass",
    "reuseport",
];

fn has_workers(server: &Server, count: usize) {
    until(SOON, "its workers", || server.workers().len() == count);
}

fn echo(case: Case) -> Start {
    case.server("echo_server").args(["--workers", "2"])
}

/// The kernel keeps no ended child for whoever ignores SIGCHLD, and that is
/// inherited.
#[test]
fn who_was_born_ignoring_sigchld_misses_its_workers_all_the_same() {
    under(&KEEPERS, |case| {
        let mut server = echo(case).ignoring(Signal::SIGCHLD).start();
        has_workers(&server, 2);
        kill_process(server.workers()[0]);
        server.wait_for("was killed by signal 9: replacing it");
        has_workers(&server, 2);
        assert_eq!(server.interrupt(), 0);
    });
}

/// From now on this process gets no descriptor any more. (Allowed less than
/// one, poll(2) could not look at any.)
fn gets_none(pid: i32) {
    limit_descriptors(pid, 1);
}

/// A server that cannot read the kernel's list of its children any more.
fn with_a_silent_peer(case: Case, grace: &str) -> (Server, Conversation) {
    let server = echo(case).args(["--grace", grace]).start();
    let mut silent = server.say(b"x");
    silent.expect(b"x");
    gets_none(server.pid());
    (server, silent)
}

#[test]
fn without_a_list_of_its_children_the_grace_ends_all_the_same() {
    under(&KEEPERS, |case| {
        let (mut server, _silent) = with_a_silent_peer(case, "0.2");
        let workers = server.workers();
        server.kill(Signal::SIGINT);
        assert_eq!(server.exit_code(), 0);
        let is_gone =
            |&pid: &i32| matches!(kernel::state(pid), None | Some('Z'));
        until(SOON, "its workers are gone", || workers.iter().all(is_gone));
    });
}

#[test]
fn without_a_list_of_its_children_the_second_signal_ends_all_the_same() {
    under(&KEEPERS, |case| {
        let (mut server, _silent) = with_a_silent_peer(case, "1000");
        let port = server.port();
        server.kill(Signal::SIGINT);
        until(SOON, "it has heard the first", || !kernel::is_listening(port));
        server.kill(Signal::SIGINT);
        assert_eq!(server.exit_code(), 130);
    });
}

#[test]
fn trouble_with_accept_is_told_once_by_all_of_its_processes() {
    under(&["prefork"], |case| {
        let mut server = echo(case).start();
        has_workers(&server, 2);
        server.workers().into_iter().for_each(gets_none);
        let is_pausing = |pid: &i32| {
            let place = std::fs::read_to_string(format!("/proc/{pid}/wchan"));
            place.is_ok_and(|place| place.contains("poll"))
        };
        // The first peer gets the descriptor that is there since before.
        until(SOON, "all of them pause", || {
            drop(server.connect());
            server.workers().iter().all(is_pausing)
        });
        assert_eq!(server.interrupt(), 0);
        let told = server.stderr();
        let told = told.iter().filter(|line| line.contains("pausing"));
        assert_eq!(told.count(), 1);
    });
}

#[test]
fn who_cannot_make_a_channel_names_the_call() {
    under(&["prefork-fdpass"], |case| {
        let mut server = echo(case).without(libc::SYS_socketpair).start();
        server.wait_for("socketpair: EPERM: a worker is missing");
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn who_cannot_be_passed_on_is_turned_away_with_a_word() {
    under(&["prefork-fdpass"], |case| {
        let mut server = echo(case).without(libc::SYS_sendmsg).start();
        let mut peer = server.connect();
        let port = peer.port();
        server.wait_for(&format!(
            "sendmsg: EPERM: 127.0.0.1:{port} is turned away"
        ));
        assert!(peer.rest_or_reset().is_empty());
        assert_eq!(server.interrupt(), 0);
    });
}
