//! Duplicates that stay from one plain transfer to the next.
//!
//! Whoever only sends and receives would have its socket duplicated, and the
//! duplicate asked which socket it is and closed, at every call anew. That it
//! is still the same socket is sure as long as nobody does anything else.
//!
//! A duplicate that outlived its owner's descriptor would keep the socket
//! open, and its peer would wait for the FIN. So all of them go before
//! anyone does anything that may close a descriptor, or end: at a call that
//! is not about sending, receiving, or waiting; at a signal, a birth, an
//! exec. Only SIGKILL comes unannounced, and the process's end is told in the
//! next moment. (A last close that waits, as SO_LINGER may want it, must not
//! be this tool's: such a socket is not kept.)

use super::super::decode::{self, Family};
use super::super::sockets::Held;
use crate::numbered::Numbered;
use crate::tracer::{Entry, Task};

#[derive(Default)]
pub(super) struct Kept {
    /// By process and descriptor.
    sockets: Numbered<(i32, i32), Held>,
    /// Somebody may close descriptors unseen.
    is_blind: bool,
}

impl Kept {
    pub(super) fn len(&self) -> usize {
        self.sockets.len()
    }

    /// What a plain transfer leaves; `is_new` when it had not found it here.
    pub(super) fn put(
        &mut self,
        task: Task,
        fd: i32,
        held: Held,
        is_new: bool,
    ) {
        if self.is_blind || is_new && held.lingers() {
            return;
        }
        self.sockets.insert((task.pid, fd), held);
    }

    pub(super) fn take(&mut self, task: Task, fd: i32) -> Option<Held> {
        self.sockets.remove(&(task.pid, fd))
    }

    /// Before this call is made, and when it is over: another thread may
    /// have been in a transfer meanwhile.
    pub(super) fn make_way(&mut self, call: &Entry) {
        let lingers = i64::try_from(call.number) == Ok(libc::SYS_setsockopt);
        match decode::family(call.number) {
            Family::Network | Family::Transfer | Family::Waiting
                if !lingers => {}
            _ => self.let_go(),
        }
    }

    pub(super) fn let_go(&mut self) {
        self.sockets.clear();
    }

    /// From now on, none can be kept.
    pub(super) fn go_blind(&mut self) {
        self.is_blind = true;
        self.let_go();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::fd::{AsRawFd, OwnedFd};

    use nix::libc::linger;
    use nix::sys::socket::{
        AddressFamily, SockFlag, SockType, setsockopt, socketpair, sockopt,
    };

    use super::super::super::sockets::Eye;
    use super::*;

    fn me() -> Task {
        let pid = std::process::id().cast_signed();
        Task { tid: pid, pid }
    }

    fn socket() -> OwnedFd {
        let family = AddressFamily::Unix;
        let (one, _) =
            socketpair(family, SockType::Stream, None, SockFlag::SOCK_CLOEXEC)
                .unwrap();
        one
    }

    fn put(kept: &mut Kept, socket: &OwnedFd) {
        let fd = socket.as_raw_fd();
        let glance = Eye::new().glance(me().pid, fd).unwrap();
        kept.put(me(), fd, glance.held.unwrap(), true);
    }

    fn call(number: i64) -> Entry {
        Entry { number: number.try_into().unwrap(), args: [0; 6] }
    }

    #[test]
    fn what_may_close_a_descriptor_finds_none() {
        let (mut kept, socket) = (Kept::default(), socket());
        for stays in [
            libc::SYS_recvfrom,
            libc::SYS_sendto,
            libc::SYS_accept4,
            libc::SYS_epoll_pwait,
            libc::SYS_shutdown,
            libc::SYS_writev,
        ] {
            put(&mut kept, &socket);
            kept.make_way(&call(stays));
            assert!(kept.take(me(), socket.as_raw_fd()).is_some(), "{stays}");
        }
        for goes in [
            libc::SYS_close,
            libc::SYS_close_range,
            libc::SYS_dup3,
            libc::SYS_execve,
            libc::SYS_exit_group,
            libc::SYS_kill,
            libc::SYS_clone,
            libc::SYS_setsockopt,
        ] {
            put(&mut kept, &socket);
            kept.make_way(&call(goes));
            assert_eq!(kept.len(), 0, "{goes}");
        }
    }

    #[test]
    fn whose_last_close_waits_is_not_kept() {
        let (mut kept, socket) = (Kept::default(), socket());
        for (l_onoff, l_linger, stays) in [(1, 9, 0), (1, 0, 1), (0, 9, 1)] {
            let time = linger { l_onoff, l_linger };
            setsockopt(&socket, sockopt::Linger, &time).unwrap();
            put(&mut kept, &socket);
            assert_eq!(kept.len(), stays, "{l_onoff}, {l_linger}");
            kept.let_go();
        }
    }

    #[test]
    fn the_blind_keep_nothing_any_more() {
        let (mut kept, socket) = (Kept::default(), socket());
        put(&mut kept, &socket);
        kept.go_blind();
        assert_eq!(kept.len(), 0);
        put(&mut kept, &socket);
        assert_eq!(kept.len(), 0);
    }
}
