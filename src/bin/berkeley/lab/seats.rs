//! How the director and the actors speak: a seat is a pair of connected
//! sockets, one message an order or an answer. Man pages: `unix(7)`,
//! `close_range(2)`.
//!
//! All seats are made before there is any actor, and every actor has all of
//! them: so a process that an actor forks has one, too. They are moved out of
//! the way, so that the descriptors of an experiment begin at 3.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair,
};
use serde::{Deserialize, Serialize};

use super::acts::{Act, Came};
use super::sight::Sight;

/// More than any experiment has.
pub(crate) const SEATS: usize = 12;
/// The first descriptor of an actor's end,
pub(crate) const ACTORS: RawFd = 200;
/// and of a director's.
const DIRECTORS: RawFd = 300;
/// No message is as long.
const LONGEST: usize = 1 << 16;

pub(super) struct Seats {
    director: Vec<OwnedFd>,
    actor: Vec<OwnedFd>,
}

/// What an actor says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// It is there.
    Here { pid: i32, tid: i32 },
    /// It has done what it was told to.
    Done(Box<Done>),
}

/// An act that is over: when it began and ended, and what its socket was.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) came: Came,
    pub(super) began_ns: u64,
    pub(super) ended_ns: u64,
    pub(super) before: Option<Sight>,
    pub(super) after: Option<Sight>,
    /// Of descriptors that it made.
    pub(super) made: Vec<(i32, Option<Sight>)>,
}

impl Seats {
    pub(super) fn make() -> Result<Seats> {
        let mut seats = Seats { director: Vec::new(), actor: Vec::new() };
        for _ in 0..SEATS {
            let (ours, theirs) = socketpair(
                AddressFamily::Unix,
                SockType::SeqPacket,
                None,
                SockFlag::SOCK_CLOEXEC,
            )
            .context("socketpair")?;
            seats.director.push(moved(&ours, DIRECTORS)?);
            seats.actor.push(moved(&theirs, ACTORS)?);
        }
        Ok(seats)
    }

    pub(super) fn director(&self, seat: usize) -> BorrowedFd<'_> {
        self.director[seat].as_fd()
    }

    pub(super) fn actor(&self, seat: usize) -> RawFd {
        self.actor[seat].as_raw_fd()
    }

    /// In an actor: everything of the director's is closed, and what is
    /// between the standard streams and the seats.
    pub(super) fn leave_only_the_actors() {
        for (first, last) in [(3, ACTORS - 1), (DIRECTORS, RawFd::MAX)] {
            // SAFETY: whoever owns those does not run in this process.
            unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        }
    }
}

fn moved(fd: &OwnedFd, at_least: RawFd) -> Result<OwnedFd> {
    let moved = fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(at_least));
    let moved = moved.context("fcntl: F_DUPFD_CLOEXEC")?;
    // SAFETY: it was made just now, and nobody else has it.
    Ok(unsafe { std::os::fd::FromRawFd::from_raw_fd(moved) })
}

/// One message, whole.
pub(super) fn tell(seat: RawFd, what: &impl Serialize) -> Result<()> {
    let text = serde_json::to_vec(what)?;
    send(seat, &text, MsgFlags::MSG_NOSIGNAL).context("send: a seat")?;
    Ok(())
}

/// The next message; `None` where there is none yet, or ever.
pub(super) fn hear<T: for<'a> Deserialize<'a>>(
    seat: RawFd,
    flags: MsgFlags,
) -> Result<Option<T>> {
    let mut room = vec![0; LONGEST];
    loop {
        return match recv(seat, &mut room, flags) {
            Err(Errno::EINTR) => continue,
            Err(Errno::EAGAIN) | Ok(0) => Ok(None),
            Err(errno) => Err(errno).context("recv: a seat"),
            Ok(got) => Ok(Some(serde_json::from_slice(&room[..got])?)),
        };
    }
}

/// What an actor is told.
pub(super) type Order = Act;
