//! In a network of their own, programs are heard.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::net::SocketAddr;

use nix::sched::CloneFlags;
use nix::unistd::geteuid;

use super::Segments;
use super::peers::{Peer, V4, V6, become_nobody, in_a_child};
use crate::namespace::{enter, enter_as_root};

fn network() -> String {
    fs::read_link("/proc/self/ns/net").unwrap().display().to_string()
}

/// A handshake, heard by this process.
fn hears_itself(anywhere: SocketAddr) {
    let mut segments = Segments::open().unwrap();
    let (client, _server) = Peer::pair(anywhere);
    let all = segments.read();
    let flags: Vec<&str> = all.iter().map(|it| it.flags.as_str()).collect();
    assert_eq!(flags, ["SYN", "SYN|ACK", "ACK"]);
    assert_eq!(all[0].from, client.address().to_string());
}

#[test]
fn an_ordinary_user_hears_packets_inside() {
    in_a_child(|| {
        become_nobody();
        let (user, before) = (geteuid(), network());
        let refused = Segments::open().unwrap_err();
        assert!(refused.contains("EPERM"), "{refused}");
        match enter(CloneFlags::empty()) {
            Err(why) if why.starts_with("unshare(") => {
                eprintln!("skipped: {why}");
                return;
            }
            entered => entered.unwrap(),
        }
        assert_eq!(geteuid(), user);
        assert_ne!(network(), before);
        hears_itself(V4);
        hears_itself(V6);
    });
}

#[test]
fn root_leaves_the_network_alone() {
    in_a_child(|| {
        let before = network();
        if let Err(why) = enter_as_root(CloneFlags::empty()) {
            assert!(!geteuid().is_root() || why.contains("EPERM"));
            eprintln!("skipped: {why}");
            return;
        }
        assert_ne!(network(), before);
        hears_itself(V4);
        hears_itself(V6);
    });
}
