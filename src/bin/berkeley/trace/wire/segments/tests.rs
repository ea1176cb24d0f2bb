//! Segments between real sockets, as both ends sent them.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use nix::sched::CloneFlags;

use super::*;
use crate::namespace::enter_as_root;
use crate::trace::wire::peers::{
    Peer, V4, V6, descriptors, in_a_child, make_no_more_system_calls, now,
    wait_until,
};

/// `None` where it is not permitted.
fn permitted() -> Option<Segments> {
    let opened = Segments::open();
    if let Err(why) = &opened {
        assert!(why.starts_with("no packets on loopback: EPERM"), "{why}");
        eprintln!("skipped: {why}");
    }
    opened.ok()
}

/// What goes from or to this address, until one of them is the last.
fn until(
    segments: &mut Segments,
    of: SocketAddr,
    is_last: impl Fn(&Segment) -> bool,
) -> Vec<Segment> {
    let of = of.to_string();
    let mut all = Vec::new();
    wait_until(&format!("segments of {of}"), || {
        let own = segments.read().into_iter();
        all.extend(own.filter(|it| it.from == of || it.to == of));
        all.iter().any(&is_last)
    });
    all
}

/// `> SYN 0`, `< SYN|ACK 0/1`: without those that only acknowledge.
fn told(all: &[Segment], near: SocketAddr) -> Vec<String> {
    let near = near.to_string();
    let telling = all.iter().filter(|it| it.flags != "ACK" || it.length > 0);
    let one = |it: &Segment| {
        let arrow = if it.from == near { '>' } else { '<' };
        let length = match it.length {
            0 => String::new(),
            length => format!(" +{length}"),
        };
        format!("{arrow} {} {}{length}", it.flags, it.sequence)
    };
    telling.map(one).collect()
}

#[test]
fn a_conversation_is_told_in_order() {
    let Some(mut segments) = permitted() else { return };
    for anywhere in [V4, V6] {
        let before = now();
        let (client, server) = Peer::pair(anywhere);
        let (near, far) = (client.address(), server.address());
        client.send(b"Knock, knock\n");
        assert_eq!(server.recv(), 13);
        server.send(b"Who's there?\n");
        assert_eq!(client.recv(), 13);
        client.send_fin();
        assert_eq!(server.recv(), 0);
        drop(server);
        assert_eq!(client.recv(), 0);
        let far = far.to_string();
        let is_last =
            |it: &Segment| it.from == far && it.flags.contains("FIN");
        let all = until(&mut segments, near, is_last);
        let conversation = [
            "> SYN 0",
            "< SYN|ACK 0",
            "> PSH|ACK 1 +13",
            "< PSH|ACK 1 +13",
            "> FIN|ACK 14",
            "< FIN|ACK 14",
        ];
        assert_eq!(told(&all, near), conversation);
        let acknowledged = |flags| {
            let found = all.iter().find(|it: &&Segment| it.flags == flags);
            found.unwrap().acknowledged
        };
        assert_eq!(acknowledged("SYN"), None);
        assert_eq!(acknowledged("SYN|ACK"), Some(1));
        assert_eq!(all.last().unwrap().acknowledged, Some(15));
        let (slack, after) = (1_000_000, now());
        let times = before - slack..=after + slack;
        assert!(all.iter().all(|it| times.contains(&it.at_ns)));
        assert!(all.is_sorted_by_key(|it| it.at_ns));
        // Both ends scale: the window is what the receiver has room for.
        assert!(all.iter().all(|it| it.window > 0 && it.window < 1 << 24));
        assert!(all[2].window >= 1 << 15, "{}", all[2].window);
    }
}

#[test]
fn a_refused_connect_is_a_syn_and_a_rst() {
    let Some(mut segments) = permitted() else { return };
    for anywhere in [V4, V6] {
        let nobody = Peer::tcp(anywhere).bound(anywhere);
        let client = Peer::tcp(anywhere).bound(anywhere);
        let refused = client.connect(nobody.address());
        assert_eq!(refused, Err(Errno::ECONNREFUSED));
        let near = client.address();
        let is_rst = |it: &Segment| it.flags.contains("RST");
        let all = until(&mut segments, near, is_rst);
        assert_eq!(told(&all, near), ["> SYN 0", "< RST|ACK 0"]);
        assert_eq!(all[1].acknowledged, Some(1));
    }
}

#[test]
fn what_is_sent_at_once_is_whole_although_only_its_head_is_kept() {
    let Some(mut segments) = permitted() else { return };
    let (client, server) = Peer::pair(V6);
    let many = vec![7; 30_000];
    client.send(&many);
    let mut received = 0;
    while received < many.len() {
        received += server.recv();
    }
    client.send_fin();
    let near = client.address();
    let is_fin = |it: &Segment| it.flags.contains("FIN");
    let all = until(&mut segments, near, is_fin);
    let near = near.to_string();
    let sent = all.iter().filter(|it| it.from == near);
    let sent: Vec<&Segment> = sent.collect();
    let sum: u32 = sent.iter().map(|it| it.length).sum();
    assert_eq!(sum, 30_000);
    assert!(sent.iter().any(|it| it.length > 1500));
    assert_eq!(sent.last().unwrap().sequence, 30_001);
}

#[test]
fn datagrams_are_told_with_their_length() {
    let Some(mut segments) = permitted() else { return };
    for anywhere in [V4, V6] {
        let (near, far) = (Peer::udp(anywhere), Peer::udp(anywhere));
        near.connect(far.address()).unwrap();
        near.send(b"echo");
        near.send(b"");
        near.send(&[1; 4000]);
        let of = near.address();
        let all = until(&mut segments, of, |it| it.length == 4000);
        assert_eq!(told(&all, of), ["> UDP 0 +4", "> UDP 0", "> UDP 0 +4000"]);
        assert!(all.iter().all(|it| it.to == far.address().to_string()));
        assert!(all.iter().all(|it| it.acknowledged.is_none()));
    }
}

/// In a network of its own: the rows of other tests would be full, too.
#[test]
fn what_finds_no_row_is_counted() {
    in_a_child(|| {
        if let Err(why) = enter_as_root(CloneFlags::empty()) {
            eprintln!("skipped: {why}");
            return;
        }
        let mut segments = Segments::open().unwrap();
        let (near, far) = (Peer::udp(V4), Peer::udp(V4));
        near.connect(far.address()).unwrap();
        for _ in 0..ROWS + 100 {
            near.send(b"x");
        }
        assert_eq!(segments.lost(), 100);
        assert_eq!(segments.read().len(), ROWS);
        near.send(b"room again");
        wait_until("the next", || segments.read().len() == 1);
        assert_eq!(segments.lost(), 100);
    });
}

#[test]
fn all_descriptors_are_given_back() {
    in_a_child(|| {
        let before = descriptors();
        for _ in 0..3 {
            drop(permitted());
        }
        assert_eq!(descriptors(), before);
    });
}

/// In a network of its own, where nobody else is heard.
#[test]
fn reading_nothing_makes_no_system_call() {
    in_a_child(|| {
        if let Err(why) = enter_as_root(CloneFlags::empty()) {
            eprintln!("skipped: {why}");
            return;
        }
        let mut segments = Segments::open().unwrap();
        make_no_more_system_calls();
        for _ in 0..1000 {
            assert_eq!(segments.read(), []);
        }
        // It would be unmapped, and closed.
        std::mem::forget(segments);
    });
}
