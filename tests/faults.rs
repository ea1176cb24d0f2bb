//! What no peer and no accident may do to the others.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use common::{
    Case, Conversation, SOON, Server, everywhere, kernel, kill_process,
    patiently, promptly, until,
};
use nix::sys::signal::Signal;

fn echo(case: Case) -> Server {
    case.server("echo_server").args(["--quiet"]).start()
}

/// A peer that comes now is served now.
fn is_served(server: &Server) {
    let mut peer = server.say(b"hello\n");
    peer.expect(b"hello\n");
    peer.finish();
    peer.expect_last(b"");
}

/// Says nothing on the console and still serves.
fn is_unmoved(server: &mut Server) {
    is_served(server);
    assert_eq!(server.lines().len(), 1, "{:?}", server.lines());
    assert!(server.is_running());
}

#[test]
fn a_reset_in_mid_transfer_is_nobody_elses() {
    everywhere(|case| {
        let mut server = echo(case);
        let mut other = (!case.is_alone()).then(|| server.say(b"before"));
        for _ in 0..20 {
            let peer = server.connect();
            peer.say_some(&vec![b'x'; 300_000]);
            peer.reset();
        }
        if let Some(other) = &mut other {
            other.expect(b"before");
            other.say(b"after");
            other.expect(b"after");
        }
        drop(other);
        is_unmoved(&mut server);
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn a_reset_before_accept_is_nobody_elses() {
    everywhere(|case| {
        let mut server = echo(case);
        for _ in 0..50 {
            server.connect().reset();
        }
        is_unmoved(&mut server);
    });
}

#[test]
fn garbage_is_answered_or_refused_and_forgotten() {
    everywhere(|case| {
        let mut server = case.server("knock").start();
        let mut state = 1_u32;
        for length in (0..40).map(|round| round * 37) {
            let garbage = std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(12345);
                state.to_be_bytes()[0]
            });
            let garbage: Vec<u8> = garbage.take(length).collect();
            let peer = server.connect();
            peer.say_some(&garbage);
        }
        server.say(b"Knock, knock\n").expect(b"Who's there?\n");
        assert_eq!(server.lines().len(), 1, "{:?}", server.lines());
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn silent_peers_and_peers_that_never_read_hold_up_nobody() {
    everywhere(|case| {
        if case.is_alone() {
            return;
        }
        let server = echo(case);
        // A pool has eight workers; a full one is another promise.
        let _silent: Vec<_> = (0..4).map(|_| server.connect()).collect();
        let deaf = [server.connect(), server.connect()];
        for peer in &deaf {
            peer.stuff();
        }
        promptly(Duration::from_secs(5), || {
            let start = Instant::now();
            for _ in 0..20 {
                is_served(&server);
            }
            start.elapsed()
        });
    });
}

#[test]
fn a_full_pool_serves_the_next_when_one_has_left() {
    everywhere(|case| {
        if !case.is_pool() {
            return;
        }
        let args = ["--quiet", "--workers", "3"];
        let server = case.server("echo_server").args(args).start();
        let mut peers: Vec<_> = (0..3).map(|_| server.say(b"x")).collect();
        for peer in &mut peers {
            peer.expect(b"x");
        }
        let mut next = server.say(b"next");
        assert!(next.is_silent_for(Duration::from_millis(60)));
        drop(peers.pop());
        next.expect(b"next");
    });
}

#[test]
fn nothing_is_left_of_two_thousand_peers() {
    everywhere(|case| {
        let mut server = echo(case);
        // The first peers make what is made once: stacks, buffers.
        for _ in 0..20 {
            is_served(&server);
        }
        let children = if case.has_worker_processes() { 8 } else { 0 };
        let family = || {
            let mut family = server.descendants();
            family.push(server.pid());
            family
        };
        let held = || -> usize {
            family().iter().map(|&pid| kernel::descriptors(pid)).sum()
        };
        // Whoever served the last of them may still be on its way out.
        until(SOON, "quiet", || family().len() == children + 1);
        let before = held();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..500).for_each(|_| is_served(&server)));
            }
        });
        until(SOON, "as many processes and descriptors as before", || {
            family().len() == children + 1 && held() <= before
        });
        until(SOON, "threads have ended", || {
            kernel::threads(server.pid()) <= 12
        });
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn a_killed_pool_worker_is_replaced_within_a_second() {
    everywhere(|case| {
        if !case.has_worker_processes() {
            return;
        }
        let args = ["--quiet", "--workers", "4"];
        let mut server = case.server("echo_server").args(args).start();
        until(SOON, "four workers", || server.workers().len() == 4);
        // Each in its turn, so that whoever holds the lock is among them.
        let mut lasted: Vec<Duration> = server
            .workers()
            .into_iter()
            .map(|victim| {
                kill_process(victim);
                let start = Instant::now();
                until(SOON, "a replacement", || {
                    let now = server.workers();
                    now.len() == 4 && !now.contains(&victim)
                });
                let lasted = start.elapsed();
                is_served(&server);
                lasted
            })
            .collect();
        // On a busy machine some of them may be late.
        lasted.sort();
        assert!(lasted[1] < Duration::from_millis(1500), "{lasted:?}");
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn all_workers_killed_at_once_come_back() {
    everywhere(|case| {
        if !case.has_worker_processes() {
            return;
        }
        let args = ["--quiet", "--workers", "4"];
        let mut server = case.server("echo_server").args(args).start();
        until(SOON, "four workers", || server.workers().len() == 4);
        let victims = server.workers();
        for &pid in &victims {
            kill_process(pid);
        }
        until(SOON, "four others", || {
            let now = server.workers();
            now.len() == 4 && now.iter().all(|pid| !victims.contains(pid))
        });
        for _ in 0..20 {
            is_served(&server);
        }
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn a_killed_worker_takes_only_its_own_peers_with_it() {
    everywhere(|case| {
        if !case.has_worker_processes() && case.model != "fork" {
            return;
        }
        let server = echo(case);
        let mut peers: Vec<_> = (0..6).map(|_| server.say(b"x")).collect();
        for peer in &mut peers {
            peer.expect(b"x");
        }
        let victim = server_of(&server, peers[0].port());
        kill_process(victim);
        assert!(peers[0].rest_or_reset().is_empty());
        let mut alive = 0;
        for peer in &mut peers[1..] {
            let said = peer.say_some(b"y") == 1;
            alive += usize::from(said && peer.answers(b"y"));
        }
        // In reuseport one worker may have several of them.
        let sure = if case.model == "reuseport" { 0 } else { 5 };
        assert!(alive >= sure, "{alive} of 5 are left");
        is_served(&server);
    });
}

/// Which worker talks to the peer on this port: one whose descriptors
/// include the connection.
fn server_of(server: &Server, peer: u16) -> i32 {
    let inode = kernel::inode_of(server.port(), peer);
    let mut workers = server.workers().into_iter();
    let holder = workers.find(|&pid| kernel::holds_socket(pid, inode));
    holder.expect("some worker holds the connection")
}

#[test]
fn workers_that_die_like_flies_are_replaced_slowly_and_recover() {
    patiently(&["prefork", "prefork-fdpass", "reuseport"], |case| {
        let args = ["--quiet", "--workers", "4"];
        let server = case.server("echo_server").args(args).start();
        let start = Instant::now();
        let mut killed = HashSet::new();
        while start.elapsed() < Duration::from_secs(4) {
            for pid in server.workers() {
                killed.insert(pid);
                let pid = nix::unistd::Pid::from_raw(pid);
                let _ = nix::sys::signal::kill(pid, Signal::SIGKILL);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // Ten a second are replaced at once; without a brake it would be
        // hundreds.
        let killed = killed.len();
        assert!(killed < 100, "{killed} in four seconds");
        // At worst each of the four comes five seconds after the last.
        until(SOON * 2, "four workers", || server.workers().len() == 4);
        for _ in 0..10 {
            is_served(&server);
        }
    });
}

#[test]
fn a_server_that_is_stopped_and_continued_goes_on() {
    everywhere(|case| {
        let mut server = echo(case);
        let mut peer = server.say(b"x");
        peer.expect(b"x");
        let mut family = server.descendants();
        family.push(server.pid());
        let all = |signal: Signal| {
            for &pid in &family {
                let pid = nix::unistd::Pid::from_raw(pid);
                nix::sys::signal::kill(pid, signal).unwrap();
            }
        };
        all(Signal::SIGSTOP);
        peer.say(b"y");
        // Some calls return EINTR after SIGCONT, handler or not.
        all(Signal::SIGCONT);
        peer.expect(b"y");
        drop(peer);
        is_unmoved(&mut server);
    });
}

#[test]
fn signals_that_mean_nothing_to_it_do_nothing() {
    everywhere(|case| {
        let mut server = echo(case);
        let mut peer = server.say(b"x");
        peer.expect(b"x");
        let mut family = server.descendants();
        family.push(server.pid());
        for _ in 0..10 {
            for &pid in &family {
                for signal in [Signal::SIGPIPE, Signal::SIGCHLD] {
                    let pid = nix::unistd::Pid::from_raw(pid);
                    nix::sys::signal::kill(pid, signal).unwrap();
                }
            }
            peer.say(b"y");
            peer.expect(b"y");
        }
        drop::<Conversation>(peer);
        is_unmoved(&mut server);
    });
}
