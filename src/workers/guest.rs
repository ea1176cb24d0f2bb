//! One peer of an event loop: what is known of it between two events.
//!
//! What the stack of a blocking conversation holds stands here in a struct.
//! Twin: `c_compare/workers/guest.c`. Read `conversation` first, then this,
//! then `event_loop`.

use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::time::Instant;

use nix::errno::Errno;

use crate::protocols::Session;
use crate::sockets::{Peer, send};

use super::board::{Slot, Talking};
use super::conversation::tell;
use super::waiter::Interest;
use super::{Lab, Server};

/// A peer, and how far the conversation with it has come.
pub struct Guest<S> {
    /// Its connection.
    pub socket: OwnedFd,
    /// Counts it as open.
    pub talking: Talking,
    /// Who it is.
    pub peer: Peer,
    session: S,
    /// The rest of an answer that the kernel did not take at once.
    unsent: Vec<u8>,
    /// How much of that it has taken since.
    taken: usize,
    /// What its descriptor is watched for.
    pub interest: Interest,
    /// It did not take what was sent.
    given_up: bool,
    /// This side has said all and sent its FIN.
    pub ending: bool,
    /// When it will have been silent, or ending, for too long.
    pub deadline: Option<Instant>,
}

impl<S: Session> Guest<S> {
    /// A peer that has just come.
    pub fn new(
        socket: OwnedFd,
        talking: Talking,
        peer: Peer,
        session: S,
    ) -> Guest<S> {
        Guest {
            socket,
            talking,
            peer,
            session,
            unsent: Vec::new(),
            taken: 0,
            interest: Interest::Read,
            given_up: false,
            ending: false,
            deadline: None,
        }
    }

    /// Whether bytes wait until the peer takes them.
    pub fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Whether this side has nothing more to say.
    pub fn is_done(&self) -> bool {
        !self.has_unsent() && (self.given_up || self.session.is_over())
    }

    /// Drops what the peer does not take.
    pub fn give_up(&mut self) {
        self.unsent = Vec::new();
        self.taken = 0;
        self.given_up = true;
    }

    /// Says what comes before the peer has said anything.
    pub fn greet(&mut self, slot: &Slot) -> Result<(), Errno> {
        let greeting = self.session.greeting();
        say_to(slot, &self.socket, &mut self.unsent, greeting)
    }

    /// Answers what the peer has said.
    pub fn answer<L: Lab<Session = S>>(
        &mut self,
        server: &Server<L>,
        slot: &Slot,
        input: &[u8],
    ) -> Result<(), Errno> {
        slot.bytes_in.fetch_add(input.len() as u64, Ordering::Relaxed);
        server.lab.received(input);
        let answer = self.session.answer(input);
        say_to(slot, &self.socket, &mut self.unsent, answer)?;
        server.lab.sent(answer);
        tell(server, &self.peer, &mut self.session);
        Ok(())
    }

    /// Sends more of what it did not take at once.
    pub fn say_more(&mut self, slot: &Slot) -> Result<(), Errno> {
        let sent = send(&self.socket, &self.unsent[self.taken..])?;
        slot.bytes_out.fetch_add(sent as u64, Ordering::Relaxed);
        self.taken += sent;
        if self.taken == self.unsent.len() {
            self.unsent = Vec::new(); // most peers never need it again
            self.taken = 0;
        }
        Ok(())
    }
}

/// Sends what the kernel takes now and keeps the rest.
fn say_to(
    slot: &Slot,
    socket: &OwnedFd,
    unsent: &mut Vec<u8>,
    bytes: &[u8],
) -> Result<(), Errno> {
    if bytes.is_empty() {
        return Ok(());
    }
    let sent = match send(socket, bytes) {
        Err(Errno::EAGAIN) => 0,
        sent => sent?,
    };
    slot.bytes_out.fetch_add(sent as u64, Ordering::Relaxed);
    unsent.extend_from_slice(&bytes[sent..]);
    Ok(())
}
