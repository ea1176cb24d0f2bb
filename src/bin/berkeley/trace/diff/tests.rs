//! Twins by hand: what counts as a difference, and what does not.
#![allow(clippy::unwrap_used)]

use super::super::fixture::{Script, knock_fork};
use super::super::record::{Birth, Trace};
use super::{Difference, Is, compare, text};

/// What a server may do differently.
#[derive(Clone, Copy)]
struct Server {
    /// Its worker that serves each peer.
    serves: &'static [usize],
    port: &'static str,
    /// The descriptor of a peer.
    fd: i32,
    size: &'static str,
    looks_first: bool,
    is_late: bool,
}

const PLAIN: Server = Server {
    serves: &[0, 1],
    port: "41234",
    fd: 5,
    size: "280",
    looks_first: false,
    is_late: false,
};

/// Two threads that accept peers and say their line back to them.
fn trace(server: Server) -> Trace {
    let mut script = Script::new("echo_server --model prethread");
    let main = script.server("echo_server", 4101);
    let listener = script.socket("127.0.0.1:5000", "", |it| it.listens = true);
    let tcp = ["AF_INET", "SOCK_STREAM|SOCK_CLOEXEC", "IPPROTO_IP"];
    script.call(main, 10, 20, "socket", &tcp).makes(3, listener);
    let flags = ["{flags=CLONE_VM|CLONE_THREAD, stack_size=0xff80}", "88"];
    let workers: Vec<usize> = (0..2)
        .map(|index| {
            let at = 100 + 10 * index;
            let tid = 4102 + i32::try_from(index).unwrap();
            script.call(main, at, at + 5, "clone3", &flags).gives(tid.into());
            script.child(main, Birth::Thread, tid, at + 3, &[])
        })
        .collect();
    for (turn, &worker) in server.serves.iter().enumerate() {
        let at = 1000 + 1000 * turn as u64;
        let worker = workers[worker];
        let address = format!("127.0.0.1:{}", server.port);
        let peer = script.socket("127.0.0.1:5000", &address, |it| {
            it.accepted_from = Some(listener);
        });
        let fd = server.fd.to_string();
        let accept = ["3", &address, "[128 => 16]", "SOCK_CLOEXEC"];
        script
            .call(worker, 200, at, "accept4", &accept)
            .on(3, listener)
            .makes(server.fd, peer);
        let said = [&fd, "\"hi\\n\"", server.size, "0"];
        script
            .call(worker, at + 10, at + 20, "recvfrom", &said)
            .on(server.fd, peer)
            .carries("hi\n");
        if server.looks_first {
            script
                .call(worker, at + 30, at + 31, "fcntl", &[&fd, "F_GETFD"])
                .on(server.fd, peer)
                .gives(1);
        }
        script
            .call(worker, at + 40, at + 50, "close", &[&fd])
            .on(server.fd, peer);
    }
    for &worker in &workers {
        let accept = ["3", "0x7ffd0c0ffee0", "[128]", "SOCK_CLOEXEC"];
        if !server.is_late {
            script
                .call(worker, 9000, 9100, "accept4", &accept)
                .on(3, listener)
                .fails("EINVAL");
        }
        script.call(worker, 9200, 9300, "exit", &["0"]).hangs();
    }
    script.trace()
}

fn difference(change: impl FnOnce(&mut Server)) -> Difference {
    let mut other = PLAIN;
    change(&mut other);
    compare(&trace(other), &trace(PLAIN))
}

fn different(difference: &Difference) -> Vec<(Option<&str>, Option<&str>)> {
    let rows = difference.parts.iter().flat_map(|part| &part.rows);
    let rows = rows.filter(|row| row.is == Is::Different);
    rows.map(|row| (row.rust.as_deref(), row.c.as_deref())).collect()
}

#[test]
fn a_trace_is_the_same_as_itself() {
    for trace in [trace(PLAIN), knock_fork()] {
        let found = compare(&trace, &trace);
        assert!(found.same);
        assert!(found.parts.len() > 1 && found.allowed.is_empty());
    }
}

#[test]
fn numbers_that_the_kernel_gives_out_are_no_difference() {
    let found = difference(|it| (it.port, it.fd) = ("60001", 9));
    assert!(found.same, "{found:#?}");
    assert_eq!(found.allowed, [""; 0]);
    let rows = found.parts.iter().flat_map(|part| &part.rows);
    let shown: Vec<_> = rows.filter_map(|row| row.rust.as_deref()).collect();
    let accepted = "accept4(listener, 127.0.0.1:PORT, [128 => 16], \
                    SOCK_CLOEXEC) = peer";
    assert!(shown.contains(&accepted), "{shown:#?}");
    let heard = "recvfrom(peer, \"hi\\n\", 280, 0) = 3";
    assert!(shown.contains(&heard), "{shown:#?}");
}

#[test]
fn another_argument_is_a_difference() {
    let found = difference(|it| it.size = "4096");
    assert!(!found.same);
    let ours = "recvfrom(peer, \"hi\\n\", 4096, 0) = 3";
    let theirs = "recvfrom(peer, \"hi\\n\", 280, 0) = 3";
    let different = different(&found);
    assert!(different.contains(&(Some(ours), None)), "{different:#?}");
    assert!(different.contains(&(None, Some(theirs))), "{different:#?}");
    assert_eq!(different.len(), 4);
}

#[test]
fn who_accepts_which_peer_is_nobodys_promise() {
    for serves in [&[1, 0], &[0, 0], &[1, 1]] {
        let found = difference(|it| it.serves = serves);
        assert!(found.same, "{found:#?}");
    }
}

#[test]
fn a_peer_that_nobody_serves_is_a_difference() {
    let found = difference(|it| it.serves = &[0]);
    assert!(!found.same);
    let found = difference(|it| it.serves = &[0, 0, 0]);
    assert!(!found.same);
}

#[test]
fn what_is_allowed_is_shown_with_its_reason() {
    let found = difference(|it| it.looks_first = true);
    assert!(found.same, "{found:#?}");
    let [why] = found.allowed[..] else { panic!("{found:#?}") };
    assert!(why.contains("debug build"));
    let found = difference(|it| it.is_late = true);
    assert!(found.same, "{found:#?}");
    assert!(found.allowed[0].contains("accept4"));
}

#[test]
fn two_panes_are_as_wide_as_the_paper() {
    let found = difference(|it| it.size = "4096");
    let lines = text(&found, 100);
    let plain = lines.iter().map(|line| anstream::adapter::strip_str(line));
    let plain: Vec<String> = plain.map(|line| line.to_string()).collect();
    let width = |line: &String| textwrap::core::display_width(line);
    assert!(plain.iter().all(|line| width(line) <= 100), "{plain:#?}");
    let has = |part: &str| plain.iter().any(|line| line.contains(part));
    assert!(has("server, thread") && has("!="), "{plain:#?}");
    assert_eq!(plain.last().unwrap(), "11 calls the same, 4 different (!=)");
}
