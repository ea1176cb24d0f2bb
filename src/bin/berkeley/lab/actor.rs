//! An actor: a process, or a thread, that makes the calls it is told to, one
//! at a time, and says what came of each.
//!
//! It is the real program of an experiment: its descriptors, its memory and
//! its signals are its own, and between its orders it does nothing.

use std::ffi::c_void;
use std::os::fd::{BorrowedFd, RawFd};

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::socket::MsgFlags;
use nix::unistd::{getpid, gettid};

use super::acts::{Act, Came, make};
use super::seats::{ACTORS, Answer, Done, Order, Seats, hear, tell};
use super::sight::Sight;
use super::watch::now_ns;
use crate::trace::sockets;

/// The copy of the director that becomes one.
pub(super) fn enter(seats: &Seats, seat: usize) -> ! {
    Seats::leave_only_the_actors();
    // This tool ignores SIGPIPE, and whoever started it may have ignored
    // others: the experiment's programs begin with what is usual.
    for signal in 1..=libc::SIGSYS {
        // SAFETY: the default is nobody's function. (Two cannot be changed.)
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    play(seats.actor(seat))
}

/// Does what it is told until it is told to end.
fn play(seat: RawFd) -> ! {
    // A child that an actor has forked goes with its parent.
    let _ = set_pdeathsig(Signal::SIGKILL);
    listen(seat);
    // SAFETY: ends this process, without what exit(3) would do to what it
    // shares with the director.
    unsafe { libc::_exit(0) }
}

fn listen(seat: RawFd) {
    let here = Answer::Here { pid: getpid().as_raw(), tid: gettid().as_raw() };
    if tell(seat, &here).is_err() {
        return;
    }
    while let Ok(Some(act)) = hear::<Order>(seat, MsgFlags::empty()) {
        let done = perform(&act);
        if tell(seat, &Answer::Done(Box::new(done))).is_err() {
            return;
        }
    }
}

/// The call, between two looks at its socket.
fn perform(act: &Act) -> Done {
    let before = act.fd().and_then(sight);
    let began_ns = now_ns();
    let came = match act {
        Act::Fork { seat } => fork(*seat),
        Act::Thread { seat } => thread(*seat),
        // SAFETY: ends this process, which is what it was told to.
        Act::Exit { code } => unsafe { libc::_exit(*code) },
        _ => make(act),
    };
    let ended_ns = now_ns();
    let after = act.fd().and_then(sight);
    let made = made(act, &came);
    let made: Vec<(i32, Option<Sight>)> =
        made.into_iter().map(|fd| (fd, sight(fd))).collect();
    let mut came = came;
    if let (Act::Accept { .. }, Some((_, Some(sight)))) = (act, made.first()) {
        came.address.clone_from(&sight.peer);
    }
    Done { came, began_ns, ended_ns, before, after, made }
}

/// What the kernel says of a descriptor of this process.
fn sight(fd: i32) -> Option<Sight> {
    // SAFETY: the descriptor is the program's own; were it closed by another
    // thread, the answer would be that there is no such socket.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    sockets::own(fd).map(Sight::from)
}

fn made(act: &Act, came: &Came) -> Vec<i32> {
    match act {
        Act::Socket { .. } if came.errno == 0 => vec![came.fd()],
        _ => came.made.clone(),
    }
}

/// The child sits down at another seat, and never comes back here.
fn fork(seat: usize) -> Came {
    // SAFETY: the child does what this process may do at any time; where it
    // has other threads, what they hold is the experiment.
    match unsafe { libc::fork() } {
        0 => play(place(seat)),
        pid => came(pid),
    }
}

fn came(result: i32) -> Came {
    let errno = if result < 0 { Errno::last_raw() } else { 0 };
    Came { result: result.into(), errno, ..Came::default() }
}

fn thread(seat: usize) -> Came {
    let mut thread = 0;
    let seat = std::ptr::without_provenance_mut::<c_void>(seat);
    // SAFETY: `sit_down` takes its argument for the number that it is.
    let code = unsafe {
        libc::pthread_create(&raw mut thread, std::ptr::null(), sit_down, seat)
    };
    Came { errno: code, ..Came::default() }
}

extern "C" fn sit_down(seat: *mut c_void) -> *mut c_void {
    listen(place(seat.addr()));
    std::ptr::null_mut()
}

/// The seats of the actors were made one after the other.
fn place(seat: usize) -> RawFd {
    ACTORS + RawFd::try_from(seat).unwrap_or_default()
}
