//! How a server ends: one way out for all models.
//!
//! First signal: set a flag and shut the listener down. `accept` returns
//! EINVAL in every thread and process that shares it, conversations go on.
//! After the grace a timer cuts what is still open. Second signal: kill the
//! children, reap them, exit 130.
//!
//! `ctrlc` runs this in a thread of its own. That thread takes no lock here,
//! since `fork` may copy it in mid-step. All other threads block the signals,
//! and so do the children, who inherit the mask: a terminal's Ctrl-C reaches
//! the whole process group, but only this thread decides. Twin:
//! `c_compare/workers/way_out.c`. Man pages: `signal(7)`, `shutdown(2)`,
//! `setitimer(2)`.

use std::ffi::CString;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::sched::sched_yield;
use nix::sys::eventfd::EventFd;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal,
    pthread_sigmask, raise, sigaction,
};
use nix::sys::socket::{Shutdown, shutdown};
use nix::unistd::pause;

use crate::sockets::{Failed, respecting_nohup};

use super::board::{Board, Slot};
use super::children;
use super::seats::Seats;
use super::{Lab, Server};

/// What the signals need to know. Only the process that was started uses it.
struct WayOut {
    board: Board,
    seats: &'static Seats,
    stop: &'static EventFd,
    listener: RawFd,
    /// Where the kernel lists the children, in a model that has any.
    children: Option<CString>,
    grace: Duration,
    socket_file: Option<CString>,
    /// ctrlc's thread has come as far as waiting for signals.
    awake: AtomicBool,
    /// The second signal has come.
    leaving: AtomicBool,
}

static WAY_OUT: OnceLock<WayOut> = OnceLock::new();

/// Makes SIGINT, SIGTERM and SIGHUP end this server.
pub fn prepare<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    let path = server.options.unix.as_ref();
    let way_out = WAY_OUT.get_or_init(|| WayOut {
        board: server.board,
        seats: &server.seats,
        stop: &server.stop,
        listener: server.listener.as_raw_fd(),
        children: server
            .options
            .model
            .has_children()
            .then(children::list_of_children),
        grace: server.options.grace,
        socket_file: path
            .and_then(|path| CString::new(path.as_os_str().as_bytes()).ok()),
        awake: AtomicBool::new(false),
        leaving: AtomicBool::new(false),
    });
    let on_alarm = SigAction::new(
        SigHandler::Handler(cut),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    // SAFETY: the handler makes only calls that signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGALRM, &on_alarm) }
        .map_err(Failed::at("sigaction", "SIGALRM"))?;
    if way_out.children.is_some() {
        // Who ignores it has no children to wait for: the kernel keeps none.
        // That is inherited.
        let by_default = SigAction::new(
            SigHandler::SigDfl,
            SaFlags::empty(),
            SigSet::empty(),
        );
        // SAFETY: no handler is set.
        unsafe { sigaction(Signal::SIGCHLD, &by_default) }
            .map_err(Failed::at("sigaction", "SIGCHLD"))?;
        // ctrlc's thread would get 64 MiB of address space for its few bytes,
        // and each mapping costs every fork.
        // SAFETY: sets a number.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    }
    respecting_nohup(|| wake_thread(way_out))?;
    // After ctrlc has made its thread, which must not block them.
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGINT);
    signals.add(Signal::SIGTERM);
    signals.add(Signal::SIGHUP);
    pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&signals), None)
        .map_err(Failed::at("pthread_sigmask", "SIGINT"))
}

/// Makes ctrlc's thread, and waits until it is there.
///
/// A thread that is still starting may hold the lock of malloc, and a child
/// would inherit it locked for ever. So the first signal, our own, only tells
/// that the thread waits for signals.
fn wake_thread(way_out: &'static WayOut) -> Result<(), Failed> {
    children::keep_signal_stack();
    ctrlc::set_handler(|| {
        if way_out.awake.load(Ordering::SeqCst) {
            leave(way_out);
        } else {
            children::keep_signal_stack();
            way_out.awake.store(true, Ordering::SeqCst);
        }
    })
    .map_err(|why| Failed::because("ctrlc", why.to_string()))?;
    raise(Signal::SIGHUP).map_err(Failed::at("raise", "SIGHUP"))?;
    while !way_out.awake.load(Ordering::SeqCst) {
        let _ = sched_yield();
    }
    Ok(())
}

/// A signal has come.
fn leave(way_out: &WayOut) {
    if way_out.board.common.stopping.swap(true, Ordering::SeqCst) {
        leave_at_once(way_out);
    }
    let _ = shutdown(way_out.listener, Shutdown::Both);
    let _ = way_out.stop.write(1);
    way_out.seats.open_all();
    set_alarm(way_out.grace);
}

/// Another one has.
fn leave_at_once(way_out: &WayOut) -> ! {
    way_out.leaving.store(true, Ordering::SeqCst);
    if let Some(list) = &way_out.children {
        // Again after each death, since the list shifts under its reader.
        // Without a list, PR_SET_PDEATHSIG ends them with us.
        while children::kill_all(list)
            && children::reap(children::ANY, 0).is_some()
        {}
    }
    remove_socket_file();
    // SAFETY: ends the process without running anything of it any more.
    unsafe { libc::_exit(130) }
}

/// Leaves the end to the second signal, when it has come: with its children
/// killed, the main thread would otherwise go on as if they had finished.
pub fn give_way() {
    let leaving = |way_out: &WayOut| way_out.leaving.load(Ordering::SeqCst);
    while WAY_OUT.get().is_some_and(leaving) {
        pause();
    }
}

/// The grace is over: ends what is still open, so that everybody who waits
/// for it can go home. For a signal handler.
extern "C" fn cut(_: libc::c_int) {
    let errno = Errno::last();
    if let Some(way_out) = WAY_OUT.get() {
        let board = way_out.board;
        let open = board.total(|slot: &Slot| &slot.open);
        if !board.common.cutting.swap(true, Ordering::SeqCst) {
            board.common.cut.store(open, Ordering::SeqCst);
        }
        match &way_out.children {
            None => board.cut_all(),
            Some(list) if children::kill_all(list) => {}
            // Whom to wait for is not known; they end with us, by
            // PR_SET_PDEATHSIG.
            Some(_) => {
                remove_socket_file();
                // SAFETY: ends the process, and runs nothing of it any more.
                unsafe { libc::_exit(0) }
            }
        }
    }
    errno.set();
}

/// SIGALRM after `grace`, and again until the process has ended: the list of
/// children shifts under its reader while others reap, so that one pass may
/// miss some. Zero would disarm the timer.
fn set_alarm(grace: Duration) {
    let grace = grace.max(Duration::from_micros(1));
    let seconds = i64::try_from(grace.as_secs()).unwrap_or(i64::MAX);
    let timer = libc::itimerval {
        it_interval: libc::timeval { tv_sec: 0, tv_usec: 50_000 },
        it_value: libc::timeval {
            tv_sec: seconds,
            tv_usec: grace.subsec_micros().into(),
        },
    };
    // SAFETY: `timer` is a valid itimerval; the old one is not asked for.
    unsafe {
        libc::setitimer(libc::ITIMER_REAL, &raw const timer, ptr::null_mut())
    };
}

/// A server's socket file goes with it.
pub fn remove_socket_file() {
    if let Some(WayOut { socket_file: Some(path), .. }) = WAY_OUT.get() {
        // SAFETY: a path that ends in a NUL and lives as long as the process.
        unsafe { libc::unlink(path.as_ptr()) };
    }
}
