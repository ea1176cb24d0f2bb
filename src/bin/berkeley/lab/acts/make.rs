//! An act as a call to the C library: one call, no retry, no care. What a
//! program would do about an error is not done here, because the error is
//! what the experiment is about.

use std::ffi::CString;
use std::io::{IoSlice, IoSliceMut};
use std::mem::size_of_val;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::atomic::{AtomicI64, Ordering};

use libc::{c_int, c_void, sockaddr, sockaddr_in, sockaddr_un, socklen_t};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg,
};

use super::{Act, Bytes, Came, How, Place};

/// How much of what was received is told.
const TOLD: usize = 96;

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

fn came(result: impl Into<i64>) -> Came {
    let result = result.into();
    let errno = if result < 0 { Errno::last_raw() } else { 0 };
    Came { result, errno, ..Came::default() }
}

fn valued(value: i64) -> Came {
    Came { value, ..Came::default() }
}

fn named(
    to: &Place,
    call: impl FnOnce(*const sockaddr, socklen_t) -> c_int,
) -> Came {
    match to {
        Place::At(at) => {
            let raw = internet(*at);
            came(call((&raw const raw).cast(), length_of(&raw)))
        }
        Place::Path(path) => {
            let raw = unix(path);
            came(call((&raw const raw).cast(), length_of(&raw)))
        }
    }
}

fn length_of<T>(value: &T) -> socklen_t {
    socklen_t::try_from(size_of_val(value)).unwrap_or_default()
}

fn internet(at: SocketAddrV4) -> sockaddr_in {
    sockaddr_in {
        sin_family: u16::try_from(libc::AF_INET).unwrap_or_default(),
        sin_port: at.port().to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from_ne_bytes(at.ip().octets()),
        },
        sin_zero: [0; 8],
    }
}

fn unix(path: &str) -> sockaddr_un {
    let mut raw = sockaddr_un {
        sun_family: u16::try_from(libc::AF_UNIX).unwrap_or_default(),
        sun_path: [0; 108],
    };
    let bytes = path.bytes().take(raw.sun_path.len() - 1);
    for (to, from) in raw.sun_path.iter_mut().zip(bytes) {
        *to = libc::c_char::from_ne_bytes([from]);
    }
    raw
}

fn accept(fd: i32) -> Came {
    // SAFETY: the addresses may be left out.
    let made = came(unsafe {
        libc::accept(fd, std::ptr::null_mut(), std::ptr::null_mut())
    });
    let made_fd: Vec<i32> =
        if made.errno == 0 { vec![made.fd()] } else { Vec::new() };
    Came { made: made_fd, ..made }
}

fn send(fd: i32, bytes: &Bytes, flags: i32, to: Option<&Place>) -> Came {
    let bytes = match bytes {
        Bytes::Text(text) => text.as_bytes().to_vec(),
        Bytes::Many(count) => vec![0; *count],
    };
    let (start, length) = (bytes.as_ptr().cast::<c_void>(), bytes.len());
    match to {
        // SAFETY: `bytes` are there for the whole call.
        None => came(unsafe { libc::send(fd, start, length, flags) as i64 }),
        Some(to) => {
            let mut sent = 0;
            let done = named(to, |to, size| {
                // SAFETY: `bytes` and the address are there for all of it.
                sent = unsafe {
                    libc::sendto(fd, start, length, flags, to, size)
                };
                c_int::try_from(sent).unwrap_or(-1)
            });
            done
        }
    }
}

fn receive(fd: i32, size: usize, flags: i32, asks_who: bool) -> Came {
    let mut room = vec![0_u8; size];
    let mut from = internet(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
    let mut length = length_of(&from);
    let (at, its) = if asks_who {
        ((&raw mut from).cast::<sockaddr>(), &raw mut length)
    } else {
        (std::ptr::null_mut(), std::ptr::null_mut())
    };
    // SAFETY: there is room for `size` bytes, and for an address, or none is
    // asked for.
    let got = unsafe {
        libc::recvfrom(fd, room.as_mut_ptr().cast(), size, flags, at, its)
    };
    let done = came(got as i64);
    let told = usize::try_from(got).unwrap_or(0).min(TOLD).min(size);
    room.truncate(told);
    let is_known = asks_who && done.errno == 0 && from.sin_port != 0;
    let ip = Ipv4Addr::from(from.sin_addr.s_addr.to_ne_bytes());
    let from = SocketAddrV4::new(ip, u16::from_be(from.sin_port));
    let address = is_known.then(|| from.to_string());
    Came { data: room, address, ..done }
}

fn pass(fd: i32, passed: i32) -> Came {
    let with = [ControlMessage::ScmRights(&[passed])];
    let byte = [IoSlice::new(b"!")];
    let none: Option<&()> = None;
    match sendmsg(fd, &byte, &with, MsgFlags::empty(), none) {
        Ok(sent) => Came { result: length(sent), ..Came::default() },
        Err(errno) => failed(errno),
    }
}

fn take(fd: i32) -> Came {
    let mut byte = [0];
    let mut room = [IoSliceMut::new(&mut byte)];
    let mut space = cmsg_space!(c_int);
    let got =
        recvmsg::<()>(fd, &mut room, Some(&mut space), MsgFlags::empty());
    let (got, made) = match got {
        Ok(message) => {
            let rights = message.cmsgs().into_iter().flatten().find_map(
                |one| match one {
                    ControlMessageOwned::ScmRights(made) => Some(made),
                    _ => None,
                },
            );
            (message.bytes, rights.unwrap_or_default())
        }
        Err(errno) => return failed(errno),
    };
    Came { result: length(got), data: byte.into(), made, ..Came::default() }
}

fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn failed(errno: Errno) -> Came {
    Came { result: -1, errno: errno as i32, ..Came::default() }
}

fn pair() -> Came {
    let mut pair = [0; 2];
    // SAFETY: the kernel writes two descriptors.
    let done = came(unsafe {
        libc::socketpair(
            libc::AF_UNIX,
            libc::SOCK_STREAM,
            0,
            pair.as_mut_ptr(),
        )
    });
    let made = if done.errno == 0 { pair.into() } else { Vec::new() };
    Came { made, ..done }
}

fn option(act: &Act) -> Came {
    let mut number: c_int = 0;
    let mut size = length_of(&number);
    match *act {
        Act::Set { fd, option, value } => {
            let (level, name) = (option.level(), option.number());
            let value = (&raw const value).cast();
            // SAFETY: these options are ints, and `value` is one.
            came(unsafe { libc::setsockopt(fd, level, name, value, size) })
        }
        Act::Linger { fd, seconds } => {
            let linger = libc::linger { l_onoff: 1, l_linger: seconds };
            // SAFETY: SO_LINGER is this structure.
            came(unsafe {
                libc::setsockopt(
                    fd,
                    libc::SOL_SOCKET,
                    libc::SO_LINGER,
                    (&raw const linger).cast(),
                    length_of(&linger),
                )
            })
        }
        Act::Get { fd, option } => {
            let (level, name) = (option.level(), option.number());
            // SAFETY: the kernel writes one int, and its size.
            let done = came(unsafe {
                libc::getsockopt(
                    fd,
                    level,
                    name,
                    (&raw mut number).cast(),
                    &raw mut size,
                )
            });
            Came { value: number.into(), ..done }
        }
        _ => Came::default(),
    }
}

fn wait_ready(act: &Act) -> Came {
    match *act {
        Act::Poll { fd, events, timeout } => {
            let mut one = libc::pollfd { fd, events, revents: 0 };
            // SAFETY: one structure goes in, and it is written to.
            let done = came(unsafe { libc::poll(&raw mut one, 1, timeout) });
            Came { value: one.revents.into(), ..done }
        }
        Act::EpollAdd { epoll, fd, is_exclusive } => {
            let exclusive =
                if is_exclusive { libc::EPOLLEXCLUSIVE } else { 0 };
            let events = (libc::EPOLLIN | exclusive).cast_unsigned();
            let mut event = libc::epoll_event { events, u64: 0 };
            // SAFETY: the kernel reads one structure.
            came(unsafe {
                libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event)
            })
        }
        Act::EpollWait { epoll } => {
            let mut event = libc::epoll_event { events: 0, u64: 0 };
            // SAFETY: there is room for the one event that is asked for.
            came(unsafe { libc::epoll_wait(epoll, &raw mut event, 1, -1) })
        }
        _ => Came::default(),
    }
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
