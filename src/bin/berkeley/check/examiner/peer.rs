//! The examiner's end of one conversation with the program.
//!
//! Nothing here waits. What is to be sent lies in a buffer until the kernel
//! takes it, and what has come lies in another until a step asks for it, so
//! that both directions flow while something else is waited for.

use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use anyhow::Result;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{
    self, MsgFlags, Shutdown, setsockopt, shutdown, sockopt,
};

use super::address::{local, remote};

/// How much of what a program sends is kept when nobody asks for it.
const MOST_KEPT: usize = 128 << 20;
/// How much is read at once.
const PIECE: usize = 64 << 10;

pub(super) struct Peer {
    pub(super) name: String,
    socket: Option<OwnedFd>,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    /// What has come and was not asked for yet,
    pub(super) incoming: Vec<u8>,
    /// and how many bytes of it were.
    pub(super) taken: u64,
    outgoing: Vec<u8>,
    sent: usize,
    /// Its FIN is to follow what is still to be sent.
    shuts_down: bool,
    pub(super) reads: bool,
    pub(super) end: Option<End>,
    /// A line was expected; its end may or may not follow.
    pub(super) line_end_may_come: bool,
    /// Bytes that the kernel did not take any more.
    pub(super) broken: Option<Errno>,
}

/// An error is told once: a send may have heard of the RST already, and then
/// there is nothing left for recv but an end.
fn end_after(broken: Option<Errno>) -> End {
    match broken {
        Some(Errno::ECONNRESET) => End::Reset,
        _ => End::Fin,
    }
}

/// How the program's direction of a conversation has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Fin,
    Reset,
}

impl Peer {
    pub(super) fn new(name: &str, socket: OwnedFd) -> Result<Peer> {
        fcntl(&socket, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        // A segment is as long as the step that sends it.
        setsockopt(&socket, sockopt::TcpNoDelay, &true)?;
        Ok(Peer {
            name: name.to_owned(),
            local: local(&socket)?,
            remote: remote(&socket)?,
            socket: Some(socket),
            incoming: Vec::new(),
            taken: 0,
            outgoing: Vec::new(),
            sent: 0,
            shuts_down: false,
            reads: true,
            end: None,
            line_end_may_come: false,
            broken: None,
        })
    }

    /// Sends what can be sent, takes what has come: whether anything moved.
    pub(super) fn pump(&mut self) -> bool {
        self.flush() | self.take()
    }

    pub(super) fn send(&mut self, bytes: &[u8]) {
        self.outgoing.drain(..self.sent);
        self.sent = 0;
        self.outgoing.extend(bytes);
        self.flush();
    }

    fn flush(&mut self) -> bool {
        let (Some(socket), None) = (&mut self.socket, self.broken) else {
            return false;
        };
        let mut moved = false;
        while self.sent < self.outgoing.len() {
            let rest = &self.outgoing[self.sent..];
            let flags = MsgFlags::MSG_NOSIGNAL;
            match socket::send(socket.as_raw_fd(), rest, flags) {
                Ok(taken) => {
                    self.sent += taken;
                    moved = true;
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return moved,
                Err(errno) => {
                    self.broken = Some(errno);
                    return true;
                }
            }
        }
        if self.shuts_down {
            self.shuts_down = false;
            // Of a connection that is gone, it is no news.
            let _ = shutdown(socket.as_raw_fd(), Shutdown::Write);
            moved = true;
        }
        moved
    }

    fn take(&mut self) -> bool {
        let (Some(socket), None, true) =
            (&mut self.socket, self.end, self.reads)
        else {
            return false;
        };
        let (mut moved, mut piece) = (false, vec![0; PIECE]);
        // Nobody's share is so large that others have to wait for it.
        for _ in 0..16 {
            let flags = MsgFlags::empty();
            match socket::recv(socket.as_raw_fd(), &mut piece, flags) {
                Ok(0) => self.end = Some(end_after(self.broken)),
                Ok(length) => {
                    let room = MOST_KEPT.saturating_sub(self.incoming.len());
                    self.incoming.extend(&piece[..length.min(room)]);
                }
                Err(Errno::EINTR) => continue,
                Err(Errno::EAGAIN) => return moved,
                Err(_) => self.end = Some(End::Reset),
            }
            moved = true;
            if self.end.is_some() {
                break;
            }
        }
        moved
    }

    /// Whether the kernel has taken all that is to be sent.
    pub(super) fn is_flushed(&self) -> bool {
        self.sent == self.outgoing.len() && !self.shuts_down
    }

    /// How much of it the kernel has not taken.
    pub(super) fn unsent(&self) -> usize {
        self.outgoing.len() - self.sent
    }

    /// Whether bytes of it are sent, and not yet taken over by the other
    /// side's kernel.
    pub(super) fn is_under_way(&self) -> bool {
        let Some(socket) = &self.socket else { return false };
        let mut queue: libc::c_int = 0;
        // SAFETY: SIOCOUTQ writes one int, to where the pointer says.
        let asked = unsafe {
            libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &raw mut queue)
        };
        asked == 0 && queue > 0
    }

    /// Takes the end of a line that was expected without it. `false`: it
    /// may still come, all of it or the rest.
    pub(super) fn is_past_line_end(&mut self) -> bool {
        if !self.line_end_may_come {
            return true;
        }
        let length = match self.incoming[..] {
            [] | [b'\r'] => return false,
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            _ => 0,
        };
        self.consume(length);
        self.line_end_may_come = false;
        true
    }

    /// Takes so many of the bytes that have come.
    pub(super) fn consume(&mut self, length: usize) {
        self.incoming.drain(..length);
        self.taken += length as u64;
    }

    /// Its FIN, behind all that is to be sent.
    pub(super) fn shut_down(&mut self) {
        self.shuts_down = true;
        self.flush();
    }

    /// A FIN; a RST when something came that was never read.
    pub(super) fn close(&mut self) {
        self.flush();
        self.socket = None;
    }

    /// A RST, whatever there is.
    pub(super) fn reset(&mut self) {
        self.flush();
        if let Some(socket) = self.socket.take() {
            let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
            let _ = setsockopt(&socket, sockopt::Linger, &at_once);
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.socket.is_some()
    }

    /// Whether it takes whatever comes.
    pub(super) fn is_reading(&self) -> bool {
        self.socket.is_some() && self.reads && self.end.is_none()
    }

    /// What to poll it for.
    pub(super) fn wants(&self) -> Option<(BorrowedFd<'_>, bool, bool)> {
        let socket = self.socket.as_ref()?;
        let writes = !self.is_flushed() && self.broken.is_none();
        let reads = self.reads && self.end.is_none();
        (reads || writes).then(|| (socket.as_fd(), reads, writes))
    }
}
