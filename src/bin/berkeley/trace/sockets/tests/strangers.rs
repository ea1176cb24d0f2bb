//! Sockets of other processes.

use std::io::{IoSlice, IoSliceMut};
use std::ptr;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, Shutdown,
    SockFlag, SockType, recv, recvmsg, sendmsg, setsockopt, shutdown,
    socketpair, sockopt,
};

use super::super::owners::holders;
use super::super::{Eye, inode};
use super::other::{Line, Other};
use super::{
    alone, bound, fd, listening, look, me, new, pair, until, wait_for,
};

#[test]
fn an_inherited_socket_is_the_same_one() {
    alone(|| {
        let mut eye = Eye::new();
        let listener = listening("127.0.0.1:0", 1);
        let number = inode(me(), fd(&listener)).unwrap();
        let child = Other::new(|_| {});
        assert_eq!(inode(child.pid(), fd(&listener)), Some(number));
        let mine = eye.see(me(), fd(&listener)).unwrap();
        assert_eq!(eye.see(child.pid(), fd(&listener)), Some(mine));
        assert_eq!(holders(number, &[me(), child.pid()]), 2);
        drop(listener);
        assert_eq!(holders(number, &[me(), child.pid()]), 1);
    });
}

#[test]
fn a_socket_that_was_passed_on_is_the_same_one() {
    alone(|| {
        let mut eye = Eye::new();
        let child = Other::new(|line| {
            let received = receive(line);
            line.say(received);
            line.hear();
        });
        let (client, _server) = pair("127.0.0.1:0");
        let mine = eye.see(me(), fd(&client)).unwrap();
        let passed = [fd(&client)];
        let passed = [ControlMessage::ScmRights(&passed)];
        let bytes = [IoSlice::new(b"here")];
        let line = fd(&child.line.0);
        sendmsg::<()>(line, &bytes, &passed, MsgFlags::empty(), None).unwrap();
        let received = child.line.hear();
        drop(client);
        assert_eq!(eye.see(child.pid(), received), Some(mine));
    });
}

fn receive(line: &Line) -> i32 {
    let mut room = [0; 16];
    let mut bytes = [IoSliceMut::new(&mut room)];
    let mut control = nix::cmsg_space!([i32; 1]);
    let flags = MsgFlags::empty();
    let control = Some(&mut control[..]);
    let got = recvmsg::<()>(fd(&line.0), &mut bytes, control, flags).unwrap();
    let first = got.cmsgs().unwrap().next();
    match first {
        Some(ControlMessageOwned::ScmRights(passed)) => passed[0],
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_peer_sees_the_end_at_once_however_often_one_looks() {
    alone(|| {
        let mut eye = Eye::new();
        for _ in 0..20 {
            watch_a_close(&mut eye);
        }
    });
}

fn watch_a_close(eye: &mut Eye) {
    let (client, server) = pair("127.0.0.1:0");
    let number = fd(&server);
    let child = Other::new(|line| {
        line.hear();
        // SAFETY: the child's copy of `server` is used by nobody else.
        line.say(unsafe { libc::close(number) });
    });
    drop(server);
    assert!(eye.look(child.pid(), number).is_some());
    child.line.say(0);
    let mut closed: Option<Instant> = None;
    loop {
        let _ = eye.look(child.pid(), number);
        let flags = MsgFlags::MSG_DONTWAIT;
        match recv(fd(&client), &mut [0], flags) {
            Err(Errno::EAGAIN) => {}
            end => break assert_eq!(end, Ok(0)),
        }
        if let Some(closed) = closed {
            let late = closed.elapsed() > Duration::from_secs(10);
            assert!(!late, "closed, and the peer does not know it");
        } else if recv(fd(&child.line.0), &mut [0; 4], flags).is_ok() {
            closed = Some(Instant::now());
        }
    }
    assert_eq!(eye.look(child.pid(), number), None);
    eye.forget(child.pid());
}

#[test]
fn a_close_is_the_last_one_or_not() {
    alone(|| {
        alone(|| {
            let mut eye = Eye::new();
            let (client, server) = pair("127.0.0.1:0");
            let flags = SockFlag::SOCK_CLOEXEC;
            let (kind, family) = (SockType::Stream, AddressFamily::Unix);
            let (one, _far) = socketpair(family, kind, None, flags).unwrap();
            let fresh = new(AddressFamily::Inet, kind);
            let datagrams = bound(SockType::Datagram, "127.0.0.1:0");
            let listener = listening("127.0.0.1:0", 1);
            let sockets = [client, server, one, fresh, datagrams, listener];
            for socket in sockets {
                let seen = eye.see(me(), fd(&socket)).unwrap();
                let child = Other::new(|_| {});
                let among = [child.pid(), me()];
                drop(socket);
                assert!(eye.is_held(&seen, &among), "{seen:?}");
                drop(child);
                assert!(!eye.is_held(&seen, &among), "{seen:?}");
            }
        });
    });
}

#[test]
fn a_socket_without_a_connection_may_still_be_held() {
    alone(|| {
        let mut eye = Eye::new();
        for is_reset in [true, false] {
            let (client, server) = pair("127.0.0.1:0");
            shutdown(fd(&server), Shutdown::Write).unwrap();
            if is_reset {
                let linger = libc::linger { l_onoff: 1, l_linger: 0 };
                setsockopt(&client, sockopt::Linger, &linger).unwrap();
            }
            drop(client);
            wait_for(&mut eye, &server, &look("CLOSE", 0, 0));
            let seen = eye.see(me(), fd(&server)).unwrap();
            let child = Other::new(|_| {});
            let among = [child.pid(), me()];
            drop(server);
            assert!(eye.is_held(&seen, &among));
            drop(child);
            assert!(!eye.is_held(&seen, &among));
        }
    });
}

#[test]
fn a_process_without_its_first_thread_still_has_sockets() {
    alone(|| {
        let mut eye = Eye::new();
        let listener = listening("127.0.0.1:0", 3);
        let number = fd(&listener);
        let child = Other::new(|line| {
            let mut thread = 0;
            // SAFETY: `thread` is written before the call returns; `sleep` needs
            // no argument and lives as long as the process.
            let made = unsafe {
                libc::pthread_create(
                    &raw mut thread,
                    ptr::null(),
                    sleep,
                    ptr::null_mut(),
                )
            };
            line.say(made);
            // SAFETY: ends this thread alone, which has borrowed nothing out.
            unsafe { libc::syscall(libc::SYS_exit, 0) };
        });
        assert_eq!(child.line.hear(), 0);
        let stat = format!("/proc/{}/stat", child.pid());
        until(&true, || {
            std::fs::read_to_string(&stat).unwrap().contains(") Z ")
        });
        assert_eq!(eye.look(child.pid(), number), Some(look("LISTEN", 0, 3)));
        let mine = eye.see(me(), number);
        assert_eq!(
            eye.see(child.pid(), number).map(queueless),
            mine.map(queueless)
        );
        drop(listener);
    });
}

/// The tables, which are read where threads cannot be asked (before Linux
/// 6.9), do not tell the backlog.
fn queueless(mut seen: super::super::Seen) -> super::super::Seen {
    seen.look.send_queue = None;
    seen
}

extern "C" fn sleep(_: *mut libc::c_void) -> *mut libc::c_void {
    loop {
        // SAFETY: waits for signals, and touches nothing.
        unsafe { libc::pause() };
    }
}

#[test]
fn more_processes_than_descriptors_are_looked_at() {
    alone(|| {
        let (client, _server) = pair("127.0.0.1:0");
        let mut eye = Eye::new();
        let most = super::super::eye::MOST;
        let children: Vec<Other> =
            (0..most + 10).map(|_| Other::new(|_| {})).collect();
        for _ in 0..2 {
            for child in &children {
                assert!(eye.look(child.pid(), fd(&client)).is_some());
            }
        }
        assert!(eye.processes.len() <= most);
    });
}
