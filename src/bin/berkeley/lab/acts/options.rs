//! Options of a socket, and waiting until it is ready.

use libc::c_int;

use super::make::came;
use super::moves::length_of;
use super::{Act, Came};

pub(super) fn option(act: &Act) -> Came {
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

pub(super) fn wait_ready(act: &Act) -> Came {
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
