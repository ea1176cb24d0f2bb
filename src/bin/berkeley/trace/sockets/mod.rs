//! Which socket a descriptor is, and what the kernel says of it right now.
//!
//! A duplicate of the descriptor (`pidfd_getfd(2)`) is asked, and closed
//! before its owner could close it, or end, or when a call on the socket is
//! over that would have kept it anyway: a duplicate that stays would keep the
//! socket open, and its peer would wait for the FIN. A socket that has no
//! descriptor any more is found through `sock_diag(7)`, by its addresses. Where the
//! kernel refuses either, the tables of `proc_net(5)` say less, but the same.

mod address;
mod diag;
mod duplicate;
mod eye;
mod names;
mod namespace;
mod owners;
mod queues;
mod tables;
#[cfg(test)]
mod tests;

pub(crate) use diag::Listener;
pub(crate) use eye::{Eye, Glance, Held};
pub(crate) use namespace::Namespace;
pub(crate) use owners::is_abandoned;
pub(crate) use tables::{Row, internet_rows};

use std::fs;
use std::os::fd::BorrowedFd;

use libc::c_int;

use super::record::Look;
use super::tcp;

/// State and queues at one moment, as small as they can be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Glimpse {
    pub(crate) state: Option<&'static str>,
    pub(crate) receive_queue: Option<u32>,
    pub(crate) send_queue: Option<u32>,
}

impl From<Glimpse> for Look {
    fn from(glimpse: Glimpse) -> Look {
        Look {
            state: glimpse.state.map(str::to_string),
            receive_queue: glimpse.receive_queue,
            send_queue: glimpse.send_queue,
        }
    }
}

impl From<Look> for Glimpse {
    fn from(look: Look) -> Glimpse {
        Glimpse {
            state: look.state.as_deref().and_then(tcp::named),
            receive_queue: look.receive_queue,
            send_queue: look.send_queue,
        }
    }
}

/// A socket as a descriptor of a stopped task shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) inode: u64,
    pub(crate) namespace: u64,
    pub(crate) family: String,
    pub(crate) kind: String,
    pub(crate) protocol: String,
    pub(crate) local: Option<String>,
    pub(crate) peer: Option<String>,
    pub(crate) listens: bool,
    pub(crate) look: Look,
}

/// A socket of this process's own.
pub(crate) fn own(fd: BorrowedFd<'_>) -> Option<Seen> {
    duplicate::Duplicate::own(fd)?.seen()
}

/// A socket of another process, of which it is no thread's turn to close it.
pub(crate) fn of(pid: i32, fd: i32) -> Option<Seen> {
    let process = duplicate::pidfd(pid, 0).ok()?;
    duplicate::Duplicate::of(&process, fd).ok()?.seen()
}

/// The socket behind a descriptor of this task, if it is one at all.
pub(crate) fn inode(tid: i32, fd: i32) -> Option<u64> {
    let link = fs::read_link(format!("/proc/{tid}/fd/{fd}")).ok()?;
    numbered(link.to_str()?)
}

/// All descriptors of this task that are sockets, and which.
pub(crate) fn held(tid: i32) -> Vec<(i32, u64)> {
    let entries = fs::read_dir(format!("/proc/{tid}/fd"));
    let entries = entries.into_iter().flatten().flatten();
    let sockets = entries.filter_map(|entry| {
        let link = fs::read_link(entry.path()).ok()?;
        let fd = entry.file_name().to_str()?.parse().ok()?;
        Some((fd, numbered(link.to_str()?)?))
    });
    let mut held: Vec<(i32, u64)> = sockets.collect();
    held.sort_unstable();
    held
}

/// Whether a call on this socket ends by itself after a time: `option` is
/// SO_RCVTIMEO (also for accept(2)) or SO_SNDTIMEO (also for connect(2)).
pub(crate) fn has_timeout(pid: i32, fd: i32, option: c_int) -> bool {
    let socket = duplicate::pidfd(pid, 0)
        .and_then(|process| duplicate::Duplicate::of(&process, fd));
    socket.is_ok_and(|socket| socket.has_timeout(option))
}

/// `socket:[12345]`
pub(crate) fn numbered(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}
