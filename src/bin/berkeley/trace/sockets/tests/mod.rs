//! Real sockets are asked about: mostly the test's own, which it may
//! duplicate like anybody else's.
#![allow(clippy::unwrap_used)]

mod leftovers;
mod other;
mod places;
mod refused;
mod states;
mod strangers;
mod unix;

use std::fmt::Debug;
use std::io::Write;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrLike, SockaddrStorage,
    accept, bind, connect, getsockname, listen, socket,
};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use super::Eye;
use crate::trace::record::Look;

fn me() -> i32 {
    std::process::id().cast_signed()
}

fn fd(socket: &OwnedFd) -> i32 {
    socket.as_raw_fd()
}

fn new(family: AddressFamily, kind: SockType) -> OwnedFd {
    socket(family, kind, SockFlag::SOCK_CLOEXEC, None).unwrap()
}

/// `127.0.0.1:0`, `[::1]:0`
fn bound(kind: SockType, at: &str) -> OwnedFd {
    let at: SocketAddr = at.parse().unwrap();
    let at = SockaddrStorage::from(at);
    let socket = new(at.family().unwrap(), kind);
    bind(fd(&socket), &at).unwrap();
    socket
}

fn listening(at: &str, backlog: i32) -> OwnedFd {
    let listener = bound(SockType::Stream, at);
    listen(&listener, Backlog::new(backlog).unwrap()).unwrap();
    listener
}

fn name(socket: &OwnedFd) -> SockaddrStorage {
    getsockname(fd(socket)).unwrap()
}

fn connected(to: &SockaddrStorage) -> OwnedFd {
    let client = new(to.family().unwrap(), SockType::Stream);
    connect(fd(&client), to).unwrap();
    client
}

fn accepted(listener: &OwnedFd) -> OwnedFd {
    let got = accept(fd(listener)).unwrap();
    // SAFETY: the kernel has just made it, and nobody else knows of it.
    unsafe { OwnedFd::from_raw_fd(got) }
}

/// The client's end and the server's.
fn pair(at: &str) -> (OwnedFd, OwnedFd) {
    let listener = listening(at, 1);
    let client = connected(&name(&listener));
    let server = accepted(&listener);
    (client, server)
}

/// What a socket of this process comes to be.
fn wait_for(eye: &mut Eye, socket: &OwnedFd, wanted: &Look) {
    until(wanted, || eye.look(me(), fd(socket)).unwrap());
}

fn until<T: PartialEq + Debug>(wanted: &T, mut is: impl FnMut() -> T) {
    let began = Instant::now();
    loop {
        let now = is();
        if now == *wanted {
            return;
        }
        let patience = Duration::from_secs(10);
        assert!(began.elapsed() < patience, "{now:?}, wanted {wanted:?}");
        std::thread::yield_now();
    }
}

fn look(state: &str, receive: u32, send: u32) -> Look {
    Look {
        state: Some(state.to_string()),
        receive_queue: Some(receive),
        send_queue: Some(send),
    }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Runs this in a process of its own. When one thread of the tests forks,
/// the child has a copy of whatever sockets, and duplicates of sockets, the
/// others have at that moment; then no end of a connection comes in time.
fn alone(work: impl FnOnce()) {
    // SAFETY: the child never returns from here. glibc's fork leaves the
    // allocator usable in it, and it needs nothing else of other threads.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            // SAFETY: here nobody uses what the other threads have open.
            let closed = unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
            assert_eq!(closed, 0);
            let done = catch_unwind(AssertUnwindSafe(work));
            if let Err(why) = &done {
                let text = why.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| why.downcast_ref().copied());
                tell(text.unwrap_or("failed"));
            }
            // SAFETY: ends the child, and runs nothing of the parent's.
            unsafe { libc::_exit(i32::from(done.is_err())) }
        }
        ForkResult::Parent { child } => {
            let status = waitpid(child, None).unwrap();
            assert_eq!(status, WaitStatus::Exited(child, 0));
        }
    }
}

fn skipped(why: &str) {
    tell(&format!("skipped: {why}"));
}

/// Past the test library, which keeps in the child what a child says.
fn tell(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}
