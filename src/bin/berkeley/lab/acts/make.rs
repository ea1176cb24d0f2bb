//! An act as a call to the C library: one call, no retry, no care. What a
//! program would do about an error is not done here, because the error is
//! what the experiment is about.

use std::ffi::CString;
use std::sync::atomic::{AtomicI64, Ordering};

use libc::c_int;
use nix::errno::Errno;

use super::moves::{accept, named, pair, pass, receive, send, take};
use super::options::{option, wait_ready};
use super::work::work;
use super::{Act, Came, How};

/// Each program's own: a fork copies them, a thread shares them.
static COUNTER: AtomicI64 = AtomicI64::new(0);
static CAUGHT: AtomicI64 = AtomicI64::new(0);

extern "C" fn count(_signal: c_int) {
    CAUGHT.fetch_add(1, Ordering::Relaxed);
}

/// A mutex as C has it, one for the whole program.
struct Mutex(std::cell::UnsafeCell<libc::pthread_mutex_t>);
// SAFETY: a pthread mutex is made to be used by several threads.
unsafe impl Sync for Mutex {}
static MUTEX: Mutex =
    Mutex(std::cell::UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER));

/// Makes the call. (`fork`, `pthread_create` and `_exit` are the actor's.)
pub(crate) fn make(act: &Act) -> Came {
    match act {
        Act::Bind { fd, to } => named(to, |to, length| {
            // SAFETY: `to` is an address of `length` bytes.
            unsafe { libc::bind(*fd, to, length) }
        }),
        Act::Connect { fd, to } => named(to, |to, length| {
            // SAFETY: `to` is an address of `length` bytes.
            unsafe { libc::connect(*fd, to, length) }
        }),
        Act::Accept { fd } => accept(*fd),
        Act::Send { fd, bytes, flags } => send(*fd, bytes, *flags, None),
        Act::SendTo { fd, bytes, to } => send(*fd, bytes, 0, Some(to)),
        Act::Recv { fd, size, flags } | Act::RecvFrom { fd, size, flags } => {
            receive(*fd, *size, *flags, matches!(act, Act::RecvFrom { .. }))
        }
        Act::Pass { fd, passed } => pass(*fd, *passed),
        Act::Take { fd } => take(*fd),
        Act::SocketPair => pair(),
        Act::Set { .. } | Act::Get { .. } | Act::Linger { .. } => option(act),
        Act::Poll { .. } | Act::EpollAdd { .. } | Act::EpollWait { .. } => {
            wait_ready(act)
        }
        Act::Wait { flags } => {
            let mut status = 0;
            // SAFETY: the kernel writes one int.
            let pid = unsafe { libc::waitpid(-1, &raw mut status, *flags) };
            Came { value: status.into(), ..came(pid) }
        }
        Act::Catch { signal, how } => catch(*signal, *how),
        Act::Caught => valued(CAUGHT.load(Ordering::Relaxed)),
        Act::Add { count } => {
            valued(COUNTER.fetch_add(*count, Ordering::Relaxed) + count)
        }
        Act::Lock => {
            // SAFETY: the mutex is initialised, and never moves.
            let code = unsafe { libc::pthread_mutex_lock(MUTEX.0.get()) };
            Came { errno: code, ..Came::default() }
        }
        Act::Work { ms } => work(*ms),
        Act::Unlink { path } => {
            let path = CString::new(path.as_str()).unwrap_or_default();
            // SAFETY: a string that ends with a zero.
            came(unsafe { libc::unlink(path.as_ptr()) })
        }
        _ => numbers(act),
    }
}

/// Those that take numbers alone.
fn numbers(act: &Act) -> Came {
    // SAFETY: numbers go in, and no memory of this process is touched; the
    // descriptors are the program's own to close.
    came(unsafe {
        match *act {
            Act::Socket { family, kind } => libc::socket(family, kind, 0),
            Act::Listen { fd, backlog } => libc::listen(fd, backlog),
            Act::Shutdown { fd, how } => libc::shutdown(fd, how),
            Act::Close { fd } => libc::close(fd),
            Act::NonBlocking { fd } => {
                libc::fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK)
            }
            Act::EpollCreate => libc::epoll_create1(0),
            _ => 0,
        }
    })
}

/// With the errno, where it is an error.
pub(super) fn came(result: impl Into<i64>) -> Came {
    let result = result.into();
    let errno = if result < 0 { Errno::last_raw() } else { 0 };
    Came { result, errno, ..Came::default() }
}

fn valued(value: i64) -> Came {
    Came { value, ..Came::default() }
}

fn catch(signal: i32, how: How) -> Came {
    // SAFETY: zero is a value for all of its fields.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = match how {
        How::Default => libc::SIG_DFL,
        How::Ignore => libc::SIG_IGN,
        How::Count | How::CountAndRestart => {
            count as extern "C" fn(c_int) as usize
        }
    };
    if how == How::CountAndRestart {
        action.sa_flags = libc::SA_RESTART;
    }
    // SAFETY: `count` adds to an atomic number, which a handler may.
    came(unsafe {
        libc::sigaction(signal, &raw const action, std::ptr::null_mut())
    })
}
