//! How servers end: SIGINT, SIGTERM, the grace, and nobody left behind.

#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod common;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use common::{
    Case, Conversation, SOON, Server, everywhere, kernel, promptly,
    socket_file, under, until,
};
use nix::sys::signal::Signal::{self, SIGINT, SIGTERM};
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// With a grace that no busy machine outlasts by chance.
fn knock(case: Case) -> Server {
    case.server("knock").args(["--grace", "60"]).in_own_group().start()
}

fn begun(server: &Server) -> Conversation {
    let mut peer = server.say(b"Knock, knock\n");
    peer.expect(b"Who's there?\n");
    peer
}

/// The listener is closed for good: connecting is refused.
fn has_stopped_accepting(server: &Server) {
    until(SOON, "nobody listens any more", || {
        !kernel::is_listening(server.port())
    });
}

fn nobody_is_left(server: &Server) {
    let left = server.family();
    assert!(left.is_empty(), "left behind: {left:?}");
}

fn ends_well_without_peers(signal: Signal) {
    everywhere(|case| {
        // Nobody is there to wait for.
        promptly(Duration::from_secs(3), || {
            let mut server = knock(case);
            drop(begun(&server));
            let start = Instant::now();
            server.kill(signal);
            assert_eq!(server.exit_code(), 0);
            let lasted = start.elapsed();
            nobody_is_left(&server);
            assert!(server.stderr().is_empty(), "{:?}", server.stderr());
            lasted
        });
    });
}

#[test]
fn sigint_ends_an_idle_server_at_once_with_0() {
    ends_well_without_peers(SIGINT);
}

#[test]
fn sigterm_ends_an_idle_server_at_once_with_0() {
    ends_well_without_peers(SIGTERM);
}

/// A joke that has begun is finished; then the server ends.
fn the_joke_is_finished(case: Case, interrupt: impl Fn(&Server)) {
    let mut server = knock(case);
    let mut peer = begun(&server);
    interrupt(&server);
    has_stopped_accepting(&server);
    peer.say(b"Spell\n");
    peer.expect(b"Spell who?\n");
    peer.say(b"X\n");
    peer.expect_last(b"Ha, ha, ha!\n");
    drop(peer);
    assert_eq!(server.exit_code(), 0);
    nobody_is_left(&server);
    assert!(server.stderr().is_empty(), "{:?}", server.stderr());
}

#[test]
fn a_conversation_in_progress_is_finished_after_sigint() {
    everywhere(|case| the_joke_is_finished(case, |it| it.kill(SIGINT)));
}

#[test]
fn a_conversation_in_progress_is_finished_after_sigterm() {
    everywhere(|case| the_joke_is_finished(case, |it| it.kill(SIGTERM)));
}

#[test]
fn ctrl_c_on_the_terminal_is_no_worse_than_sigint() {
    everywhere(|case| {
        the_joke_is_finished(case, |it| it.kill_group(SIGINT));
    });
}

#[test]
fn what_is_open_after_the_grace_is_cut_and_counted() {
    everywhere(|case| {
        promptly(Duration::from_secs(3), || the_grace_is_over(case));
    });
}

fn the_grace_is_over(case: Case) -> Duration {
    let mut server = case.server("knock").args(["--grace", "0.4"]).start();
    let count = if case.is_alone() { 1 } else { 3 };
    let mut peers: Vec<_> = (0..count).map(|_| begun(&server)).collect();
    let start = Instant::now();
    server.kill(SIGINT);
    assert_eq!(server.exit_code(), 0);
    let lasted = start.elapsed();
    nobody_is_left(&server);
    assert!(lasted >= Duration::from_millis(350), "{lasted:?}");
    for peer in &mut peers {
        assert!(peer.rest_or_reset().is_empty());
    }
    let said = server.stderr();
    assert_eq!(said.len(), 1, "{said:?}");
    let numbers: Vec<_> = numbers(&said[0]);
    assert!(numbers.contains(&count), "not {count}: {}", said[0]);
    lasted
}

fn numbers(line: &str) -> Vec<usize> {
    let words = line.split(|letter: char| !letter.is_ascii_digit());
    words.filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn a_grace_of_nothing_cuts_at_once() {
    everywhere(|case| {
        promptly(Duration::from_secs(2), || {
            let args = ["--grace", "0"];
            let mut server = case.server("knock").args(args).start();
            let _peer = begun(&server);
            let start = Instant::now();
            server.kill(SIGTERM);
            assert_eq!(server.exit_code(), 0);
            let lasted = start.elapsed();
            nobody_is_left(&server);
            lasted
        });
    });
}

#[test]
fn a_peer_that_does_not_read_does_not_outlast_the_grace() {
    everywhere(|case| {
        promptly(Duration::from_secs(3), || {
            let args = ["--grace", "0.4", "--quiet"];
            let mut server = case.server("echo_server").args(args).start();
            let peer = stuffed(&server);
            let start = Instant::now();
            server.kill(SIGINT);
            assert_eq!(server.exit_code(), 0);
            let lasted = start.elapsed();
            nobody_is_left(&server);
            drop(peer);
            lasted
        });
    });
}

/// A peer that sends until nothing more is taken, and never reads.
fn stuffed(server: &Server) -> Conversation {
    let peer = server.connect();
    peer.stuff();
    peer
}

/// Two signals of any kind: 130, at once, whoever is still talking.
fn the_second_signal_ends_it(case: Case, signal: impl Fn(&Server)) {
    promptly(Duration::from_secs(2), || {
        let mut server = knock(case);
        let mut peer = begun(&server);
        signal(&server);
        has_stopped_accepting(&server);
        let start = Instant::now();
        signal(&server);
        assert_eq!(server.exit_code(), 130);
        let lasted = start.elapsed();
        until(SOON, "no orphan", || server.family().is_empty());
        assert!(peer.rest_or_reset().is_empty());
        lasted
    });
}

#[test]
fn the_second_sigint_ends_it_at_once_with_130() {
    everywhere(|case| the_second_signal_ends_it(case, |it| it.kill(SIGINT)));
}

#[test]
fn the_second_ctrl_c_ends_it_at_once_with_130() {
    everywhere(|case| {
        the_second_signal_ends_it(case, |it| it.kill_group(SIGINT));
    });
}

#[test]
fn peers_in_the_accept_queue_are_let_go() {
    everywhere(|case| {
        let args = ["--max-peers", "1", "--grace", "60"];
        let mut server = case.server("knock").args(args).start();
        let mut talking = begun(&server);
        let mut waiting = server.say(b"Knock, knock\n");
        until(SOON, "one waits", || kernel::accept_queue(server.port()) == 1);
        server.kill(SIGINT);
        has_stopped_accepting(&server);
        assert!(waiting.rest_or_reset().is_empty());
        talking.say(b"Spell\nX\n");
        talking.expect_last(b"Spell who?\nHa, ha, ha!\n");
        drop(talking);
        assert_eq!(server.exit_code(), 0);
        nobody_is_left(&server);
    });
}

/// In reuseport each worker has a queue of its own.
#[test]
fn the_queue_of_a_missing_worker_is_closed_too() {
    under(&["reuseport"], |case| {
        let args = ["--grace", "60", "--workers", "4"];
        let mut server = case.server("knock").args(args).start();
        let mut peer = begun(&server);
        let inode = kernel::inode_of(server.port(), peer.port());
        let mut killed = HashSet::new();
        let mut kill_others = || {
            for pid in kernel::children(server.pid()) {
                let is_idle = !kernel::holds_socket(pid, inode);
                if is_idle && kernel::state(pid) != Some('Z') {
                    let pid = Pid::from_raw(pid);
                    let _ = kill(pid, Signal::SIGKILL);
                    killed.insert(pid);
                }
            }
            killed.len()
        };
        // After so many deaths the next ones are replaced after seconds.
        until(SOON, "a crash loop", || kill_others() > 16);
        server.kill(SIGINT);
        has_stopped_accepting(&server);
        peer.say(b"Spell\nX\n");
        peer.expect_last(b"Spell who?\nHa, ha, ha!\n");
        drop(peer);
        assert_eq!(server.exit_code(), 0);
        nobody_is_left(&server);
    });
}

#[test]
fn a_socket_file_goes_with_the_second_signal_too() {
    everywhere(|case| {
        let path = socket_file();
        let mut server = case.server("knock").unix(&path).start();
        let _peer = begun(&server);
        server.kill(SIGINT);
        // Both signals may be one to the kernel while the first is pending.
        until(SOON, "the second signal is taken", || {
            if server.is_running() {
                server.kill(SIGINT);
            }
            !server.is_running()
        });
        assert_eq!(server.exit_code(), 130);
        assert!(!path.exists());
        until(SOON, "no orphan", || server.family().is_empty());
    });
}

#[test]
fn a_server_on_a_socket_file_finishes_its_conversations() {
    everywhere(|case| {
        let path = socket_file();
        let args = ["--grace", "60"];
        let mut server = case.server("knock").args(args).unix(&path).start();
        let mut peer = begun(&server);
        server.kill(SIGINT);
        until(SOON, "nobody listens any more", || {
            std::os::unix::net::UnixStream::connect(&path).is_err()
        });
        peer.say(b"Spell\nX\n");
        peer.expect_last(b"Spell who?\nHa, ha, ha!\n");
        drop(peer);
        assert_eq!(server.exit_code(), 0);
        assert!(!path.exists());
        nobody_is_left(&server);
    });
}

#[test]
fn a_hundred_peers_are_all_cut_and_counted() {
    let models = ["fork", "thread", "select", "poll", "epoll", "reuseport"];
    under(&models, |case| {
        let mut server = case.server("knock").args(["--grace", "0.3"]).start();
        let peers: Vec<_> = (0..100).map(|_| begun(&server)).collect();
        server.kill(SIGTERM);
        assert_eq!(server.exit_code(), 0);
        nobody_is_left(&server);
        let said = server.stderr().join("\n");
        assert!(numbers(&said).contains(&100), "{said}");
        drop(peers);
    });
}
