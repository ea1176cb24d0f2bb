//! TCP and UDP: what each socket is, and which state it is in.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;

use nix::sys::eventfd::EventFd;
use nix::sys::socket::{
    AddressFamily, MsgFlags, Shutdown, SockType, UnixAddr, bind, connect,
    recv, send, sendto, shutdown,
};
use nix::unistd::pipe;

use super::super::{Eye, Seen, held, inode, namespace};
use super::{
    accepted, alone, bound, connected, fd, listening, look, me, name, new,
    pair, until, wait_for,
};
use crate::trace::record::Look;

#[test]
fn what_is_no_socket_is_none() {
    alone(|| {
        let mut eye = Eye::new();
        let file = OwnedFd::from(File::open("/proc/self/stat").unwrap());
        let (out, _into) = pipe().unwrap();
        let event = OwnedFd::from(EventFd::new().unwrap());
        for other in [&file, &out, &event] {
            assert_eq!(inode(me(), fd(other)), None);
            assert_eq!(eye.see(me(), fd(other)), None);
            assert_eq!(eye.look(me(), fd(other)), None);
            assert!(eye.glance(me(), fd(other)).is_none());
        }
        for absent in [-1, 1_000_000] {
            assert_eq!(inode(me(), absent), None);
            assert_eq!(eye.see(me(), absent), None);
            assert_eq!(eye.look(me(), absent), None);
        }
        // Above every pid that the kernel gives.
        assert_eq!(eye.see(1 << 23, 0), None);
    });
}

/// A descriptor that only names the file, and must not be asked.
#[test]
fn a_path_to_a_socket_is_none() {
    alone(|| {
        let mut eye = Eye::new();
        let path =
            std::env::temp_dir().join(format!("berkeley path {}", me()));
        let server = new(AddressFamily::Unix, SockType::Stream);
        bind(fd(&server), &UnixAddr::new(&path).unwrap()).unwrap();
        let named = File::options()
            .read(true)
            .custom_flags(libc::O_PATH)
            .open(&path)
            .map(OwnedFd::from);
        std::fs::remove_file(&path).unwrap();
        let named = named.unwrap();
        assert_eq!(inode(me(), fd(&named)), None);
        assert_eq!(eye.see(me(), fd(&named)), None);
        assert_eq!(eye.look(me(), fd(&named)), None);
    });
}

#[test]
fn a_fresh_tcp_socket_is_closed_and_has_no_address() {
    alone(|| {
        let mut eye = Eye::new();
        let fresh = new(AddressFamily::Inet, SockType::Stream);
        let seen = eye.see(me(), fd(&fresh)).unwrap();
        let wanted = Seen {
            inode: inode(me(), fd(&fresh)).unwrap(),
            namespace: namespace::number_of("self").unwrap(),
            family: "AF_INET".to_string(),
            kind: "SOCK_STREAM".to_string(),
            protocol: "IPPROTO_TCP".to_string(),
            local: None,
            peer: None,
            listens: false,
            look: look("CLOSE", 0, 0),
        };
        assert_eq!(seen, wanted);
        let glance = eye.glance(me(), fd(&fresh)).unwrap();
        assert_eq!(glance.inode, seen.inode);
        assert_eq!(glance.look, wanted.look.clone().into());
        let again = eye.look_again(&glance.held.unwrap(), None);
        assert_eq!(again, Some(wanted.look.into()));
        assert!(held(me()).contains(&(fd(&fresh), seen.inode)));
    });
}

#[test]
fn a_listener_shows_who_waits_and_how_many_may() {
    alone(|| {
        let mut eye = Eye::new();
        let listener = listening("127.0.0.1:0", 7);
        let seen = eye.see(me(), fd(&listener)).unwrap();
        assert!(seen.listens);
        assert_eq!(seen.local, Some(name(&listener).to_string()));
        assert_eq!(seen.peer, None);
        assert_eq!(seen.look, look("LISTEN", 0, 7));
        let _clients = [(); 2].map(|()| connected(&name(&listener)));
        wait_for(&mut eye, &listener, &look("LISTEN", 2, 7));
        let _first = accepted(&listener);
        wait_for(&mut eye, &listener, &look("LISTEN", 1, 7));
    });
}

#[test]
fn a_connection_ends_one_way_after_the_other() {
    alone(|| {
        for at in ["127.0.0.1:0", "[::1]:0"] {
            let mut eye = Eye::new();
            let (client, server) = pair(at);
            let near = eye.see(me(), fd(&client)).unwrap();
            let far = eye.see(me(), fd(&server)).unwrap();
            assert_eq!((&near.local, &near.peer), (&far.peer, &far.local));
            assert_eq!(near.local, Some(name(&client).to_string()));
            assert_eq!(near.look, look("ESTABLISHED", 0, 0));
            send(fd(&client), b"12345", MsgFlags::empty()).unwrap();
            wait_for(&mut eye, &server, &look("ESTABLISHED", 5, 0));
            shutdown(fd(&client), Shutdown::Write).unwrap();
            wait_for(&mut eye, &client, &look("FIN_WAIT2", 0, 0));
            wait_for(&mut eye, &server, &look("CLOSE_WAIT", 5, 0));
            let (local, peer) = (far.local.unwrap(), far.peer.unwrap());
            let asked = eye.find(far.namespace, &local, &peer);
            assert_eq!(asked, Some(look("CLOSE_WAIT", 5, 0)));
            let mut room = [0; 8];
            assert_eq!(recv(fd(&server), &mut room, MsgFlags::empty()), Ok(5));
            assert_eq!(recv(fd(&server), &mut room, MsgFlags::empty()), Ok(0));
            wait_for(&mut eye, &server, &look("CLOSE_WAIT", 0, 0));
            shutdown(fd(&server), Shutdown::Write).unwrap();
            // Its descriptor outlives the connection.
            wait_for(&mut eye, &server, &look("CLOSE", 0, 0));
        }
    });
}

#[test]
fn what_the_peer_has_no_room_for_stays_in_the_send_queue() {
    alone(|| {
        let mut eye = Eye::new();
        let (client, server) = pair("127.0.0.1:0");
        let mut sent = 0;
        let many = vec![b'x'; 65_536];
        while let Ok(more) = send(fd(&client), &many, MsgFlags::MSG_DONTWAIT) {
            sent += u32::try_from(more).unwrap();
        }
        shutdown(fd(&client), Shutdown::Write).unwrap();
        until(&sent, || {
            let near = eye.look(me(), fd(&client)).unwrap();
            let far = eye.look(me(), fd(&server)).unwrap();
            assert_eq!(near.state.as_deref(), Some("FIN_WAIT1"));
            near.send_queue.unwrap() + far.receive_queue.unwrap()
        });
        let seen = eye.see(me(), fd(&client)).unwrap();
        let (local, peer) = (seen.local.unwrap(), seen.peer.unwrap());
        until(&true, || {
            eye.find(0, &local, &peer) == eye.look(me(), fd(&client))
        });
    });
}

#[test]
fn datagrams_show_the_next_one() {
    alone(|| {
        let mut eye = Eye::new();
        for at in ["127.0.0.1:0", "[::1]:0"] {
            let receiver = bound(SockType::Datagram, at);
            let sender = new(family(at), SockType::Datagram);
            let to = name(&receiver);
            let none = Look { receive_queue: Some(0), ..Look::default() };
            assert_eq!(eye.look(me(), fd(&receiver)), Some(none));
            for word in [&b"three"[..], b"seventeen"] {
                sendto(fd(&sender), word, &to, MsgFlags::empty()).unwrap();
            }
            let five = Look { receive_queue: Some(5), ..Look::default() };
            wait_for(&mut eye, &receiver, &five);
            connect(fd(&sender), &to).unwrap();
            let seen = eye.see(me(), fd(&sender)).unwrap();
            assert_eq!(seen.kind, "SOCK_DGRAM");
            assert_eq!(seen.protocol, "IPPROTO_UDP");
            assert_eq!(seen.peer, Some(to.to_string()));
            assert_eq!(seen.look.state, None);
        }
    });
}

fn family(at: &str) -> AddressFamily {
    let is_v6 = at.starts_with('[');
    if is_v6 { AddressFamily::Inet6 } else { AddressFamily::Inet }
}

#[test]
fn nothing_stays_open_after_a_look() {
    alone(|| {
        alone(|| {
            let (client, server) = pair("127.0.0.1:0");
            let mut eye = Eye::new();
            eye.see(me(), fd(&client)).unwrap();
            let before = super::descriptors();
            for _ in 0..1000 {
                eye.see(me(), fd(&client)).unwrap();
                eye.look(me(), fd(&server)).unwrap();
                assert_eq!(eye.look(me(), 1_000_000), None);
            }
            assert_eq!(super::descriptors(), before);
        });
    });
}
