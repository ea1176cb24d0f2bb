//! AF_UNIX: names, queues, and the other end.

use std::path::PathBuf;

use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, UnixAddr, bind,
    connect, listen, send, socketpair,
};

use super::super::{Eye, inode};
use super::{accepted, alone, fd, me, new, wait_for};
use crate::trace::record::Look;

const KINDS: [(SockType, &str); 3] = [
    (SockType::Stream, "SOCK_STREAM"),
    (SockType::Datagram, "SOCK_DGRAM"),
    (SockType::SeqPacket, "SOCK_SEQPACKET"),
];

/// A name that nobody else has; the file goes with it.
struct Path(PathBuf);

impl Path {
    fn new(name: &str) -> Path {
        let name = format!("berkeley sockets {} {name}", me());
        Path(std::env::temp_dir().join(name))
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn both_ends_of_a_pair_know_each_other() {
    alone(|| {
        let mut eye = Eye::new();
        for (kind, name) in KINDS {
            let family = AddressFamily::Unix;
            let flags = SockFlag::SOCK_CLOEXEC;
            let (one, other) = socketpair(family, kind, None, flags).unwrap();
            let seen = eye.see(me(), fd(&one)).unwrap();
            assert_eq!(seen.family, "AF_UNIX");
            assert_eq!(seen.kind, name);
            assert_eq!((seen.local, seen.peer), (None, None));
            let far = inode(me(), fd(&other)).unwrap();
            assert_eq!(eye.unix_peer(seen.inode), Some(far));
            assert_eq!(eye.unix_peer(far), Some(seen.inode));
            send(fd(&one), b"12345", MsgFlags::empty()).unwrap();
            let five = Look { receive_queue: Some(5), ..Look::default() };
            wait_for(&mut eye, &other, &five);
        }
    });
}

#[test]
fn paths_are_names() {
    alone(|| {
        let mut eye = Eye::new();
        for (kind, name) in KINDS {
            let path = Path::new(name);
            let at = UnixAddr::new(&path.0).unwrap();
            let text = path.0.to_str().unwrap().to_string();
            check(&mut eye, kind, &at, &text);
        }
    });
}

#[test]
fn abstract_names_are_escaped() {
    alone(|| {
        let mut eye = Eye::new();
        for (kind, name) in KINDS {
            let bytes = format!("berkeley {} {name}\0\n", me());
            let at = UnixAddr::new_abstract(bytes.as_bytes()).unwrap();
            let text = format!("@berkeley {} {name}\\0\\n", me());
            check(&mut eye, kind, &at, &text);
        }
    });
}

fn check(eye: &mut Eye, kind: SockType, at: &UnixAddr, text: &str) {
    let server = new(AddressFamily::Unix, kind);
    bind(fd(&server), at).unwrap();
    let seen = eye.see(me(), fd(&server)).unwrap();
    assert_eq!(seen.local.as_deref(), Some(text));
    assert_eq!(seen.peer, None);
    let client = new(AddressFamily::Unix, kind);
    if kind == SockType::Datagram {
        connect(fd(&client), at).unwrap();
        let client = eye.see(me(), fd(&client)).unwrap();
        assert_eq!(client.peer.as_deref(), Some(text));
        assert_eq!(eye.unix_peer(client.inode), Some(seen.inode));
        return;
    }
    listen(&server, Backlog::new(3).unwrap()).unwrap();
    connect(fd(&client), at).unwrap();
    let seen = eye.see(me(), fd(&server)).unwrap();
    assert!(seen.listens);
    let (waiting, backlog) = (Some(1), Some(3));
    let wanted =
        Look { state: None, receive_queue: waiting, send_queue: backlog };
    assert_eq!(seen.look, wanted);
    let near = eye.see(me(), fd(&client)).unwrap();
    assert_eq!(near.peer.as_deref(), Some(text));
    // Nobody has accepted it: the other end has no number yet.
    assert_eq!(eye.unix_peer(near.inode), None);
    let far = accepted(&server);
    let far = eye.see(me(), fd(&far)).unwrap();
    assert_eq!(far.local.as_deref(), Some(text));
    assert_eq!(eye.unix_peer(near.inode), Some(far.inode));
}
