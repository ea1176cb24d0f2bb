//! Where a server's means end: descriptors, processes, seats, patience.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use common::{
    Case, Conversation, MODELS, SOON, Server, Start, everywhere, kernel,
    kill_process, patiently, peer_program, promptly, under, until,
};
use serde_json::Value;

fn echo(case: Case) -> Start {
    common::allow_many_descriptors();
    case.server("echo_server").args(["--quiet"])
}

/// Each says its number; whoever has the answer leaves, so that the next
/// can be served. All are served in the end.
fn all_are_served(peers: Vec<Conversation>) {
    let mut peers: Vec<_> = peers.into_iter().enumerate().collect();
    for (number, peer) in &mut peers {
        peer.say(format!("peer {number:04}\n").as_bytes());
    }
    let start = Instant::now();
    while !peers.is_empty() {
        peers.retain_mut(|(number, peer)| {
            let has_answer = peer.has_input();
            if has_answer {
                peer.expect(format!("peer {number:04}\n").as_bytes());
            }
            !has_answer
        });
        let (left, lasted) = (peers.len(), start.elapsed());
        assert!(lasted < 4 * SOON, "{left} never served");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn without_descriptors_it_waits_and_then_serves_all() {
    everywhere(|case| {
        let start = Instant::now();
        let args = ["--backlog", "1000", "--stats"];
        let mut server = echo(case).args(args).with_limit("-n 64").start();
        let peers: Vec<_> = (0..200).map(|_| server.connect()).collect();
        // It has taken what it can when the queue does not get shorter.
        let mut last = (usize::MAX, Instant::now());
        until(SOON, "a queue that stays", || {
            let queue = kernel::accept_queue(server.port());
            if queue != last.0 {
                last = (queue, Instant::now());
            }
            queue < 200 && last.1.elapsed() > Duration::from_millis(400)
        });
        is_idle(&server);
        assert!(server.is_running());
        all_are_served(peers);
        assert_eq!(server.interrupt(), 0);
        let stats = server.stderr().pop().unwrap();
        let stats: Value = serde_json::from_str(&stats).unwrap();
        assert_eq!(stats["peers"], 200, "{stats}");
        if ["thread", "select", "poll", "epoll"].contains(&case.model) {
            let refused = stats["accept_errors"]["EMFILE"].as_u64();
            // A pause of 20 ms between two tries, at least.
            let most = start.elapsed().as_secs() * 50 + 50;
            let paused =
                refused.is_some_and(|count| (1..most).contains(&count));
            assert!(paused, "{stats}");
        }
    });
}

/// Uses next to no processor time: it waits, and does not look again and
/// again. Who spins is busy in every second of five.
fn is_idle(server: &Server) {
    promptly(Duration::from_millis(110), || {
        let before = kernel::family_cpu_time(server.pid());
        std::thread::sleep(Duration::from_secs(1));
        kernel::family_cpu_time(server.pid()).saturating_sub(before)
    });
}

/// A user that nobody else is, so that RLIMIT_NPROC counts nobody else.
fn nobody_else() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    (1_000_000 + std::process::id() * 16 + next).to_string()
}

#[test]
fn without_processes_or_threads_it_loses_that_peer_at_most() {
    let found = [peer_program("setpriv"), peer_program("prlimit")];
    let [Some(setpriv), Some(prlimit)] = found else { return };
    if !nix::unistd::geteuid().is_root() {
        return common::peers::skip("only root can be somebody else");
    }
    under(&["fork", "thread"], |case| {
        let user = nobody_else();
        let mut server = echo(case)
            .under([
                setpriv.to_str().unwrap(),
                &format!("--reuid={user}"),
                "--clear-groups",
                // The program may be in a folder that only root can enter.
                "--inh-caps=+dac_override",
                "--ambient-caps=+dac_override",
                prlimit.to_str().unwrap(),
                "--nproc=8",
            ])
            .start();
        let mut peers: Vec<_> = (0..12).map(|_| server.connect()).collect();
        let call =
            if case.model == "fork" { "fork" } else { "pthread_create" };
        let line = server.wait_for(call);
        assert!(line.contains("EAGAIN"), "{line}");
        // Some are served, now or when there is room again.
        let happy = peers.iter_mut().filter(|peer| {
            peer.say_some(b"x") == 1 && peer.try_clone().answers(b"x")
        });
        assert!(happy.count() >= 3);
        drop(peers);
        until(SOON, "room for others", || {
            let peer = server.connect();
            peer.say_some(b"x") == 1 && peer.try_clone().answers(b"x")
        });
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn a_silent_peer_is_closed_with_a_fin_when_it_was_idle_too_long() {
    everywhere(|case| {
        let server = echo(case).args(["--idle-timeout", "0.3"]).start();
        promptly(Duration::from_secs(3), || {
            let start = Instant::now();
            server.connect().expect_last(b"");
            let lasted = start.elapsed();
            assert!(lasted >= Duration::from_millis(290), "{lasted:?}");
            lasted
        });
        let mut peer = server.say(b"hello");
        peer.expect(b"hello");
        peer.expect_last(b"");
    });
}

#[test]
fn a_peer_that_speaks_in_time_is_not_closed() {
    patiently(&MODELS, |case| {
        let server = echo(case).args(["--idle-timeout", "0.8"]).start();
        until(4 * SOON, "a peer that can speak in time", || {
            speaks_every_100_ms(&server)
        });
    });
}

/// Speaks for longer than 0.8 s, and is answered each time. False when this
/// side was too busy to speak in time, and was closed.
fn speaks_every_100_ms(server: &Server) -> bool {
    let mut last = Instant::now();
    let mut peer = server.connect();
    for _ in 0..12 {
        std::thread::sleep(Duration::from_millis(100));
        let now = Instant::now();
        let said = peer.say_some(b"x") == 1;
        let silence = last.elapsed();
        last = now;
        if !(said && peer.answers(b"x")) {
            let allowed = Duration::from_millis(790);
            assert!(silence > allowed, "closed after {silence:?}");
            return false;
        }
    }
    peer.expect_last(b"");
    true
}

#[test]
fn a_peer_that_does_not_read_is_closed_with_a_fin_too() {
    patiently(&MODELS, |case| {
        let server = echo(case).args(["--idle-timeout", "3"]).start();
        let mut peer = server.connect();
        let stuffed = peer.stuff();
        let both_ends = || {
            let rows = kernel::sockets_of(server.port());
            let port = peer.port();
            rows.iter().any(|row| {
                row.remote == port && row.state == kernel::ESTABLISHED
            })
        };
        until(SOON, "the server ends it", || !both_ends());
        // What was on its way comes, then the end; no RST throws it away.
        let rest = peer.rest();
        assert!(rest.len() < stuffed);
    });
}

#[test]
fn a_peer_that_reads_slowly_is_not_idle() {
    patiently(&["fork", "thread", "poll", "epoll"], |case| {
        let server = echo(case).args(["--idle-timeout", "6"]).start();
        let mut peer = server.connect();
        let stuffed = peer.stuff();
        peer.finish();
        // Each read makes room; the window opens after some of them, so the
        // server gets on long before the time is over.
        let mut got = 0;
        let start = Instant::now();
        while got < stuffed {
            let mut piece = vec![0; stuffed / 80 + 1];
            let read = std::io::Read::read(&mut peer, &mut piece).unwrap();
            assert!(read > 0, "closed after {got} of {stuffed}");
            got += read;
            if start.elapsed() < Duration::from_secs(8) {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        peer.expect_last(b"");
    });
}

/// A peer that has been served and stays.
fn seated(server: &Server) -> Conversation {
    let mut peer = server.say(b"x");
    peer.expect(b"x");
    peer
}

#[test]
fn max_peers_holds_over_all_processes_together() {
    everywhere(|case| {
        let seats = if case.is_alone() { 1 } else { 3 };
        let seats_arg = seats.to_string();
        let args = ["--max-peers", &seats_arg, "--workers", "5"];
        let server = echo(case).args(args).start();
        for _ in 0..2 {
            let mut peers: Vec<_> =
                (0..seats).map(|_| seated(&server)).collect();
            let mut next = server.say(b"next");
            let mut after = server.say(b"after");
            assert!(next.is_silent_for(Duration::from_millis(150)));
            assert!(after.is_silent_for(Duration::from_millis(10)));
            until(SOON, "both wait", || {
                kernel::accept_queue(server.port()) == 2
            });
            drop(peers.pop());
            until(SOON, "one is let in", || {
                kernel::accept_queue(server.port()) == 1
            });
            until(SOON, "and served", || {
                next.has_input() || after.has_input()
            });
            drop(peers);
            if case.is_alone() {
                // First come, first served.
                next.expect(b"next");
                drop(next);
            } else {
                next.expect(b"next");
            }
            after.expect(b"after");
        }
    });
}

#[test]
fn a_killed_workers_seat_is_free_again() {
    everywhere(|case| {
        if !case.has_worker_processes() && case.model != "fork" {
            return;
        }
        let args = ["--max-peers", "2", "--workers", "3"];
        let server = echo(case).args(args).start();
        for _ in 0..3 {
            let first = seated(&server);
            let second = seated(&server);
            let mut next = server.say(b"next");
            assert!(next.is_silent_for(Duration::from_millis(50)));
            let inode = kernel::inode_of(server.port(), first.port());
            let mut children = kernel::children(server.pid()).into_iter();
            let holder =
                children.find(|&pid| kernel::holds_socket(pid, inode));
            kill_process(holder.expect("a child serves it"));
            next.expect(b"next");
            drop((first, second));
        }
    });
}

fn a_crowd(models: &[&'static str], size: usize) {
    under(models, |case| {
        let args = ["--backlog", "4096"];
        let mut server = echo(case).args(args).start();
        let mut peers: Vec<_> = (0..size).map(|_| server.connect()).collect();
        for round in 0..2 {
            let said = |number: usize| {
                format!("{round} {number} ").repeat(100 + number % 7)
            };
            for (number, peer) in peers.iter_mut().enumerate() {
                peer.say(said(number).as_bytes());
            }
            for (number, peer) in peers.iter_mut().enumerate() {
                peer.expect(said(number).as_bytes());
            }
        }
        for peer in &mut peers {
            peer.finish();
            peer.expect_last(b"");
        }
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn three_hundred_peers_at_once_are_served_by_fork() {
    a_crowd(&["fork"], 300);
}

#[test]
fn a_thousand_peers_at_once_are_served() {
    a_crowd(&["thread", "poll", "epoll", "reuseport"], 1000);
}

#[test]
fn select_says_fd_setsize_once_and_serves_the_rest_later() {
    under(&["select"], |case| {
        let args = ["--backlog", "4096"];
        let mut server = echo(case).args(args).start();
        let peers: Vec<_> = (0..1100).map(|_| server.connect()).collect();
        server.wait_for("FD_SETSIZE");
        assert!(kernel::accept_queue(server.port()) > 50);
        is_idle(&server);
        all_are_served(peers);
        assert_eq!(server.interrupt(), 0);
        let said = server.stderr().join("\n");
        assert_eq!(said.matches("FD_SETSIZE").count(), 1, "{said}");
    });
}

#[test]
fn no_line_of_the_log_is_cut_by_another() {
    everywhere(|case| {
        let mut server = case.server("echo_server").start();
        std::thread::scope(|scope| {
            for writer in b'a'..=b'f' {
                let server = &server;
                scope.spawn(move || {
                    for _ in 0..4 {
                        let line = vec![writer; 900];
                        let mut peer = server.connect();
                        for _ in 0..10 {
                            peer.say(&line);
                            peer.expect(&line);
                        }
                        peer.finish();
                        peer.expect_last(b"");
                    }
                });
            }
        });
        assert_eq!(server.interrupt(), 0);
        let mut count = (0, 0);
        for line in server.stdout() {
            let words = line.split_once(' ').unwrap_or_default();
            let text = words.1.trim_matches('"').as_bytes();
            let whole = text.iter().all(|byte| *byte == text[0]);
            assert!(whole && words.1.len() == text.len() + 2, "{line}");
            match words.0 {
                "received" => count.0 += text.len(),
                "sent" => count.1 += text.len(),
                _ => panic!("what is this: {line}"),
            }
        }
        assert_eq!(count, (6 * 40 * 900, 6 * 40 * 900));
        let said = server.stderr();
        let known =
            ["making a server on 127.0.0.1:", "connection - 127.0.0.1:"];
        let fixed = [
            "waiting for a connection",
            "echo complete, client connection closed",
            "quitting echo server",
        ];
        for line in &said {
            let mut known = known.iter();
            let fits = known.any(|start| line.starts_with(start));
            assert!(fits || fixed.contains(&line.as_str()), "{line}");
        }
    });
}
