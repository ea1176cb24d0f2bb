//! Connections without a descriptor.

use nix::sys::socket::{Shutdown, shutdown};

use super::super::Eye;
use super::{
    accepted, alone, connected, fd, listening, look, me, name, until,
};
use crate::trace::record::Look;

#[test]
fn what_stays_behind_is_found_by_its_addresses() {
    alone(|| {
        for at in ["127.0.0.1:0", "[::1]:0"] {
            let mut eye = Eye::new();
            let listener = listening(at, 4);
            let client = connected(&name(&listener));
            let server = accepted(&listener);
            let near = eye.see(me(), fd(&client)).unwrap();
            let (local, peer) = (near.local.unwrap(), near.peer.unwrap());
            let mut find = |local: &str, peer: &str| {
                eye.find(near.namespace, local, peer)
            };
            assert_eq!(find(&local, &peer), Some(look("ESTABLISHED", 0, 0)));
            drop(client);
            until(&Some(look("FIN_WAIT2", 0, 0)), || find(&local, &peer));
            until(&Some(look("CLOSE_WAIT", 0, 0)), || find(&peer, &local));
            drop(server);
            until(&Some(look("TIME_WAIT", 0, 0)), || find(&local, &peer));
            // The listener is still there, but it is not the connection.
            until(&None::<Look>, || find(&peer, &local));
        }
    });
}

#[test]
fn a_shutdown_both_ways_leaves_time_wait_to_the_first() {
    alone(|| {
        let mut eye = Eye::new();
        let (client, server) = super::pair("127.0.0.1:0");
        let near = eye.see(me(), fd(&client)).unwrap();
        let (local, peer) = (near.local.unwrap(), near.peer.unwrap());
        shutdown(fd(&server), Shutdown::Write).unwrap();
        shutdown(fd(&client), Shutdown::Write).unwrap();
        // The descriptors are still open; the kernel's part is over.
        until(&Some(look("TIME_WAIT", 0, 0)), || eye.find(0, &peer, &local));
        until(&None::<Look>, || eye.find(0, &local, &peer));
    });
}

#[test]
fn a_mapped_address_is_found_as_it_is_written() {
    alone(|| {
        let mut eye = Eye::new();
        let listener = listening("[::]:0", 4);
        let port = name(&listener).as_sockaddr_in6().unwrap().port();
        let to: std::net::SocketAddr =
            format!("[::ffff:127.0.0.1]:{port}").parse().unwrap();
        let client = connected(&to.into());
        let server = accepted(&listener);
        let seen = eye.see(me(), fd(&server)).unwrap();
        assert_eq!(seen.local, Some(to.to_string()));
        let (local, peer) = (seen.local.unwrap(), seen.peer.unwrap());
        drop(server);
        until(&Some(look("FIN_WAIT2", 0, 0)), || eye.find(0, &local, &peer));
        drop(client);
        until(&Some(look("TIME_WAIT", 0, 0)), || eye.find(0, &local, &peer));
    });
}
