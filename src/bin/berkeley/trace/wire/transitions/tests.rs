//! Real sockets go through their states, and each report is heard.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use super::*;
use crate::trace::wire::peers::{
    Peer, V4, V6, become_nobody, descriptors, in_a_child,
    make_no_more_system_calls, now, outcome_in_a_child, wait_until,
};

/// `None` where it is not permitted.
fn permitted() -> Option<Transitions> {
    let opened = Transitions::open();
    if let Err(why) = &opened {
        assert!(why.starts_with("TCP transitions are not reported: "));
        eprintln!("skipped: {why}");
    }
    opened.ok()
}

/// What is reported until a socket with this local address gets there.
fn until(
    transitions: &mut Transitions,
    local: SocketAddr,
    to: &str,
) -> Vec<Change> {
    let local = local.to_string();
    let mut all = Vec::new();
    wait_until(&format!("{local} in {to}"), || {
        all.extend(transitions.read());
        all.iter().any(|change| change.local == local && change.to == to)
    });
    all
}

/// The way of the socket with these addresses.
fn way(all: &[Change], local: SocketAddr, peer: SocketAddr) -> String {
    let (local, peer) = (local.to_string(), peer.to_string());
    let own = all
        .iter()
        .filter(|change| change.local == local && change.peer == peer)
        .collect::<Vec<_>>();
    for pair in own.windows(2) {
        assert_eq!(pair[0].to, pair[1].from);
        assert_eq!(pair[0].socket_address, pair[1].socket_address);
        assert!(pair[0].at <= pair[1].at);
    }
    let first = own.first().map_or("", |change| change.from);
    let all = own.iter().map(|change| change.to);
    std::iter::once(first).chain(all).collect::<Vec<_>>().join(" > ")
}

#[test]
fn a_whole_life_is_reported_from_both_ends() {
    let Some(mut transitions) = permitted() else { return };
    for anywhere in [V4, V6] {
        let before = now();
        let listener = Peer::listener(anywhere);
        let client = Peer::tcp(anywhere);
        client.connect(listener.address()).unwrap();
        let server = listener.accept();
        let (near, far) = (client.address(), listener.address());
        client.send_fin();
        assert_eq!(server.recv(), 0);
        drop(server);
        assert_eq!(client.recv(), 0);
        drop(listener);
        let mut all = until(&mut transitions, near, "CLOSE");
        let after = now();
        all.retain(|change| {
            let of = [near.to_string(), far.to_string()];
            of.contains(&change.local)
        });
        assert_eq!(
            way(&all, near, far),
            "CLOSE > SYN_SENT > ESTABLISHED > FIN_WAIT1 > FIN_WAIT2 > CLOSE"
        );
        assert_eq!(
            way(&all, far, near),
            "LISTEN > SYN_RECV > ESTABLISHED > CLOSE_WAIT > LAST_ACK > CLOSE"
        );
        let nobody = anywhere.ip();
        let nobody = if nobody.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let nobody = nobody.parse().unwrap();
        assert_eq!(way(&all, far, nobody), "CLOSE > LISTEN > CLOSE");
        assert!(all.is_sorted_by_key(|change| change.at));
        assert!(all.iter().all(|it| (before..=after).contains(&it.at)));
        let births = all.iter().filter(|change| change.is_birth());
        assert_eq!(births.count(), 1);
        let mut stand_ins =
            all.iter().filter(|change| !change.stand_in.is_empty());
        let only = stand_ins.next().unwrap();
        assert_eq!(only.local, near.to_string());
        assert_eq!(only.stand_in, ["TIME_WAIT"]);
        assert_eq!(stand_ins.next(), None);
    }
    assert_eq!(transitions.lost(), 0);
}

#[test]
fn a_refused_connect_goes_back_to_close() {
    let Some(mut transitions) = permitted() else { return };
    for anywhere in [V4, V6] {
        // Bound and not listening: nobody else gets the port meanwhile.
        let nobody = Peer::tcp(anywhere).bound(anywhere);
        let client = Peer::tcp(anywhere).bound(anywhere);
        let refused = client.connect(nobody.address());
        assert_eq!(refused, Err(Errno::ECONNREFUSED));
        let all = until(&mut transitions, client.address(), "CLOSE");
        let way = way(&all, client.address(), nobody.address());
        assert_eq!(way, "CLOSE > SYN_SENT > CLOSE");
        let near = client.address().to_string();
        let mut own = all.iter().filter(|change| change.local == near);
        assert!(own.all(|change| change.stand_in.is_empty()));
    }
}

#[test]
fn a_rst_closes_both_ends_at_once() {
    let Some(mut transitions) = permitted() else { return };
    let (client, server) = Peer::pair(V4);
    let (near, far) = (client.address(), server.address());
    client.abort();
    let all = until(&mut transitions, near, "CLOSE");
    let client = "CLOSE > SYN_SENT > ESTABLISHED > CLOSE";
    assert_eq!(way(&all, near, far), client);
    let server = "LISTEN > SYN_RECV > ESTABLISHED > CLOSE";
    assert_eq!(way(&all, far, near), server);
}

/// The peer has not sent its FIN, and the socket is gone all the same.
#[test]
fn a_closed_socket_leaves_before_the_peer_s_fin() {
    let Some(mut transitions) = permitted() else { return };
    let (client, server) = Peer::pair(V4);
    let (near, far) = (client.address(), server.address());
    drop(client);
    let all = until(&mut transitions, near, "CLOSE");
    let last = all.iter().rfind(|it| it.local == near.to_string()).unwrap();
    assert_eq!((last.from, last.to), ("FIN_WAIT2", "CLOSE"));
    assert_eq!(last.stand_in, ["FIN_WAIT2"]);
    let server_s = way(&all, far, near);
    assert!(server_s.ends_with("CLOSE_WAIT"), "{server_s}");
    drop(server);
    let rest = until(&mut transitions, far, "CLOSE");
    let near_s = way(&rest, near, far);
    assert_eq!(near_s, "", "nothing is said of a stand-in");
}

/// A FIN that waits behind bytes for which there is no room is overtaken by
/// the peer's.
#[test]
fn fins_that_cross_lead_through_closing() {
    let Some(mut transitions) = permitted() else { return };
    let (client, server) = Peer::pair(V4);
    let (near, far) = (client.address(), server.address());
    client.send_until_full();
    client.send_fin();
    server.send_fin();
    let mut all = until(&mut transitions, near, "CLOSING");
    while server.recv() > 0 {}
    all.extend(until(&mut transitions, near, "CLOSE"));
    let way = way(&all, near, far);
    assert!(way.ends_with("FIN_WAIT1 > CLOSING > CLOSE"), "{way}");
    let last = all.iter().find(|change| change.from == "CLOSING");
    assert_eq!(last.unwrap().stand_in, ["TIME_WAIT"]);
}

/// Of a ring with room for a few only.
#[test]
fn what_finds_no_room_is_counted_and_the_rest_is_whole() {
    if permitted().is_none() {
        return;
    }
    let room = ring::page_size();
    let mut transitions = Transitions::with_room(room).unwrap();
    let listener = Peer::listener(V4);
    let come_and_go = || {
        let client = Peer::tcp(V4);
        client.connect(listener.address()).unwrap();
        client.abort();
        drop(listener.accept());
    };
    (0..4 * room / 96).for_each(|_| come_and_go());
    let first = transitions.read();
    assert!(first.len() <= transitions.rings.len() * room / 88);
    wait_until("there is room again on the CPU that had none", || {
        come_and_go();
        transitions.read();
        transitions.lost() > 0
    });
}

#[test]
fn all_descriptors_are_given_back() {
    in_a_child(|| {
        let before = descriptors();
        for _ in 0..10 {
            let Some(transitions) = permitted() else { return };
            assert!(descriptors() > before);
            drop(transitions);
        }
        assert_eq!(descriptors(), before);
    });
}

/// Others may open connections meanwhile, and what they do is told, which
/// may take memory: hence more than one try.
#[test]
fn reading_nothing_makes_no_system_call() {
    if permitted().is_none() {
        return;
    }
    let reads = || {
        let mut transitions = Transitions::open().unwrap();
        make_no_more_system_calls();
        for _ in 0..1000 {
            drop(transitions.read());
        }
        std::mem::forget(transitions);
    };
    let outcome = (0..20).map(|_| outcome_in_a_child(reads));
    assert!(outcome.into_iter().any(|outcome| outcome == "good"));
}

#[test]
fn an_ordinary_user_is_told_why_there_are_none() {
    in_a_child(|| {
        become_nobody();
        if let Err(why) = Transitions::open() {
            let begins = "TCP transitions are not reported: ";
            assert!(why.starts_with(begins), "{why}");
            assert!(why.contains("CAP_"), "{why}");
        }
    });
}
