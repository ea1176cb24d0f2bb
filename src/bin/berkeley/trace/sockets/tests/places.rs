//! Sockets in another network namespace.

use std::fs;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, getpeername,
    socketpair,
};

use super::super::{Eye, namespace};
use super::other::{Line, Other};
use super::{
    accepted, alone, connected, fd, listening, look, name, new, skipped, until,
};
use crate::trace::record::Look;

const OWN_USERS: CloneFlags = CloneFlags::CLONE_NEWUSER;

/// As root alone, and as anybody who makes a user namespace first.
#[test]
fn a_connection_in_another_namespace_is_found() {
    alone(|| {
        for users in [OWN_USERS, CloneFlags::empty()] {
            let mut eye = Eye::new();
            let other = Other::new(|line| live(line, users));
            if other.line.hear() != 0 {
                skipped(&format!("may not make a namespace ({users:?})"));
                continue;
            }
            let client = other.line.hear();
            let seen = eye.see(other.pid(), client).unwrap();
            let link = fs::read_link(format!("/proc/{}/ns/net", other.pid()));
            let link = link.unwrap();
            let number = format!("net:[{}]", seen.namespace);
            assert_eq!(link.to_str(), Some(number.as_str()));
            assert_ne!(Some(seen.namespace), namespace::number_of("self"));
            let (local, peer) = (seen.local.unwrap(), seen.peer.unwrap());
            let mut find = |namespace| eye.find(namespace, &local, &peer);
            let established = Some(look("ESTABLISHED", 0, 0));
            assert_eq!(find(seen.namespace), established);
            assert_eq!(find(0), None);
            // It closes both ends.
            other.line.say(0);
            let time_wait = Some(look("TIME_WAIT", 0, 0));
            until(&time_wait, || find(seen.namespace));
            let one = other.line.hear();
            let far = other.line.hear();
            let one = eye.see(other.pid(), one).unwrap();
            let far = eye.see(other.pid(), far).unwrap();
            assert_eq!(eye.unix_peer(one.inode), Some(far.inode));
            eye.forget(other.pid());
            assert_eq!(eye.find(seen.namespace, &local, &peer), None::<Look>);
        }
    });
}

/// The tables of a process that is there tell the same.
#[test]
fn a_namespace_that_cannot_be_entered_is_read_about() {
    alone(|| {
        let other = Other::new(|line| live(line, OWN_USERS));
        if other.line.hear() != 0 {
            skipped("may not make a namespace");
            return;
        }
        let client = other.line.hear();
        let mut eye = Eye::new();
        let seen = eye.see(other.pid(), client).unwrap();
        eye.namespaces.get_mut(&seen.namespace).unwrap().diag = None;
        let (local, peer) = (seen.local.unwrap(), seen.peer.unwrap());
        let mut find = || eye.find(seen.namespace, &local, &peer);
        assert_eq!(find(), Some(look("ESTABLISHED", 0, 0)));
        other.line.say(0);
        until(&Some(look("TIME_WAIT", 0, 0)), find);
    });
}

/// The other process: a connection in a namespace of its own, closed when
/// told to.
fn live(line: &Line, users: CloneFlags) {
    let made = unshare(users | CloneFlags::CLONE_NEWNET);
    line.say(made.map_or_else(|errno| errno as i32, |()| 0));
    if made.is_err() {
        return;
    }
    raise_loopback();
    let listener = listening("127.0.0.1:0", 1);
    let client = connected(&name(&listener));
    let server = accepted(&listener);
    let _: SockaddrStorage = getpeername(fd(&client)).unwrap();
    line.say(fd(&client));
    line.hear();
    drop(client);
    drop(server);
    let kind = SockType::Stream;
    let flags = SockFlag::SOCK_CLOEXEC;
    let family = AddressFamily::Unix;
    let (one, far) = socketpair(family, kind, None, flags).unwrap();
    line.say(fd(&one));
    line.say(fd(&far));
    line.hear();
}

/// In a new namespace the loopback device is down.
fn raise_loopback() {
    let socket = new(AddressFamily::Inet, SockType::Datagram);
    // SAFETY: all zeros are a valid ifreq.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    request.ifr_name[0] = b'l'.cast_signed();
    request.ifr_name[1] = b'o'.cast_signed();
    request.ifr_ifru.ifru_flags = i16::try_from(libc::IFF_UP).unwrap();
    let ask = libc::SIOCSIFFLAGS;
    // SAFETY: the kernel reads an ifreq.
    let done = unsafe { libc::ioctl(fd(&socket), ask, &raw const request) };
    assert_eq!(Errno::result(done), Ok(0));
}
