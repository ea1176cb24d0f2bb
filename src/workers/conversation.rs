//! One conversation from its first byte to its end, by whoever may block.
//!
//! This is the loop of every sockets course: `recv`, answer, `send`, until
//! `recv` returns 0. Twin: `c_compare/workers/conversation.c`. Man pages:
//! `recv(2)`, `send(2)`, `shutdown(2)`, `socket(7)` for SO_RCVTIMEO.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{Shutdown, setsockopt, shutdown, sockopt};
use nix::sys::time::TimeVal;

use crate::protocols::{Notice, Session};
use crate::sockets::console::note;
use crate::sockets::{Peer, recv, send_all};

use super::board::Slot;
use super::{Lab, Server};

/// How long a graceful end waits for the peer's FIN.
pub const LINGER: Duration = Duration::from_secs(2);

/// Pieces up to this size lie on the stack. A graceful end reads no smaller
/// ones, whatever the lab asks for: a peer may still be sending megabytes.
pub const SMALL: usize = 4096;

/// Serves one peer in this process or thread, and closes the connection.
pub fn converse<L: Lab>(
    server: &Server<L>,
    slot: &'static Slot,
    socket: OwnedFd,
    peer: Peer,
) {
    let talking = server.board.enter(slot, &socket);
    hold(server, slot, &socket, peer);
    drop(talking);
    drop(socket); // close(2), and with it the FIN
    server.lab.left(&peer);
}

/// The conversation itself. The caller closes.
pub fn hold<L: Lab>(
    server: &Server<L>,
    slot: &Slot,
    socket: &OwnedFd,
    peer: Peer,
) {
    // Left uninitialised: as long as the peer is silent, no page of it exists.
    let mut small = [const { MaybeUninit::uninit() }; SMALL];
    let mut large = Vec::new();
    let piece = server.lab.piece();
    let buffer = if piece <= SMALL {
        &mut small[..]
    } else {
        large.reserve_exact(piece);
        &mut large.spare_capacity_mut()[..piece]
    };
    if let Some(limit) = server.options.idle_timeout {
        limit_silence(socket, limit);
    }
    slot.peers.fetch_add(1, Ordering::Relaxed);
    server.lab.arrived(&peer);
    match exchange(server, slot, socket, peer, &mut buffer[..piece]) {
        // EAGAIN: SO_SNDTIMEO. The peer takes nothing, but may be sending.
        Ok(End::Over) | Err(Errno::EAGAIN) => {
            end_gracefully(socket, buffer);
        }
        // The peer has left, or been silent for too long, or is gone:
        // ECONNRESET, EPIPE, …
        Ok(End::Eof | End::Silence) | Err(_) => {}
    }
}

enum End {
    Eof,
    Over,
    Silence,
}

fn exchange<L: Lab>(
    server: &Server<L>,
    slot: &Slot,
    socket: &OwnedFd,
    peer: Peer,
    buffer: &mut [MaybeUninit<u8>],
) -> Result<End, Errno> {
    let mut session = server.lab.session(&peer);
    say_to(slot, socket, session.greeting())?;
    while !session.is_over() {
        let input = match recv(socket, buffer) {
            Ok([]) => return Ok(End::Eof),
            Err(Errno::EAGAIN) => return Ok(End::Silence), // SO_RCVTIMEO
            input => input?,
        };
        slot.bytes_in.fetch_add(input.len() as u64, Ordering::Relaxed);
        server.lab.received(input);
        let answer = session.answer(input);
        say_to(slot, socket, answer)?;
        server.lab.sent(answer);
        tell(server, &peer, &mut session);
    }
    Ok(End::Over)
}

fn say_to(slot: &Slot, socket: &OwnedFd, bytes: &[u8]) -> Result<(), Errno> {
    send_all(socket, bytes)?;
    slot.bytes_out.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    Ok(())
}

/// What the session has for the console.
pub fn tell<L: Lab>(
    server: &Server<L>,
    peer: &Peer,
    session: &mut L::Session,
) {
    while let Some(notice) = session.notice() {
        match notice {
            Notice::Wrong(why) => server.warn(format_args!("{peer}: {why}")),
            Notice::Said(_) if server.options.quiet => {}
            Notice::Said(line) => note(format_args!("{line}")),
        }
    }
}

/// SO_RCVTIMEO and SO_SNDTIMEO: `recv` from a silent peer, and `send` to one
/// that takes nothing, return EAGAIN.
fn limit_silence(socket: &OwnedFd, limit: Duration) {
    // Zero would mean for ever.
    let micros = i64::try_from(limit.as_micros().max(1)).unwrap_or(i64::MAX);
    let time = TimeVal::new(micros / 1_000_000, micros % 1_000_000);
    let _ = setsockopt(socket, sockopt::ReceiveTimeout, &time);
    let _ = setsockopt(socket, sockopt::SendTimeout, &time);
}

/// Ends a conversation that is over on this side: FIN, then read and throw
/// away until the peer's FIN. `close` with unread bytes would send an RST,
/// which may destroy the last answer on its way.
pub fn end_gracefully(socket: &OwnedFd, buffer: &mut [MaybeUninit<u8>]) {
    if shutdown(socket.as_raw_fd(), Shutdown::Write).is_err() {
        return;
    }
    let end = Instant::now() + LINGER;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        let mut peer = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
        match poll(&mut peer, left) {
            Err(Errno::EINTR) => {}
            Ok(0) | Err(_) => return,
            Ok(_) => match recv(socket, buffer) {
                Ok([]) | Err(_) => return,
                Ok(_) => {}
            },
        }
    }
}
