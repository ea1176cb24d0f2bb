//! One connection of a load, or the place where the next one will be.

use std::os::fd::OwnedFd;

use nix::sys::epoll::EpollFlags;

use super::clock::MILLISECOND;
use super::script::Marks;

/// What a slot waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// A connection, not before `rests_until`.
    Absent,
    /// The end of a handshake.
    Connecting,
    /// Room for the rest of what is to be said.
    Saying,
    /// An answer.
    Hearing,
    /// Something to do.
    Idle,
}

#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) socket: Option<OwnedFd>,
    pub(crate) state: State,
    /// What epoll watches it for; empty before the first time.
    pub(crate) interest: EpollFlags,
    /// Which turn of the script, and how much of it is done; in a stream,
    /// how many bytes in all.
    pub(crate) turn: usize,
    pub(crate) said: usize,
    pub(crate) heard: usize,
    pub(crate) marks: Marks,
    /// There is a request under way, since this run.
    pub(crate) asking: bool,
    pub(crate) run: u64,
    pub(crate) due_at: u64,
    pub(crate) asked_at: u64,
    /// Since the last answer.
    failures: u32,
    pub(crate) rests_until: u64,
    /// Since the load was opened.
    pub(crate) asked: bool,
    pub(crate) answered: bool,
}

impl Slot {
    pub(crate) fn new(connection: u32) -> Slot {
        Slot {
            socket: None,
            state: State::Absent,
            interest: EpollFlags::empty(),
            turn: 0,
            said: 0,
            heard: 0,
            marks: Marks { connection, ..Marks::default() },
            asking: false,
            run: 0,
            due_at: 0,
            asked_at: 0,
            failures: 0,
            rests_until: 0,
            asked: false,
            answered: false,
        }
    }

    /// A new connection is here.
    pub(crate) fn begin(&mut self, socket: OwnedFd) {
        self.socket = Some(socket);
        self.state = State::Connecting;
        self.interest = EpollFlags::empty();
        (self.turn, self.said, self.heard) = (0, 0, 0);
    }

    /// The connection is gone.
    pub(crate) fn end(&mut self) -> Option<OwnedFd> {
        self.state = State::Absent;
        self.socket.take()
    }

    /// An answer came.
    pub(crate) fn succeeded(&mut self) {
        (self.failures, self.answered) = (0, true);
    }

    /// 10 ms, and each time twice as long, up to a second: a server that
    /// refuses is not to be beaten, and this CPU is not to spin.
    pub(crate) fn rest(&mut self, now: u64) {
        self.rests_until = now + ((10 * MILLISECOND) << self.failures);
        self.failures = (self.failures + 1).min(7);
    }

    /// A peer that got nothing. In a load with a rate of its own, one that
    /// is connected and was never needed is none.
    pub(crate) fn starves(&self, paced: bool) -> bool {
        let connected =
            !matches!(self.state, State::Absent | State::Connecting);
        let spare = paced && connected && !self.asked;
        !self.answered && !spare
    }
}

#[cfg(test)]
mod tests {
    use super::{Slot, State};
    use crate::generator::clock::{MILLISECOND, SECOND};

    #[test]
    fn who_fails_rests_longer_each_time_until_it_succeeds() {
        let mut slot = Slot::new(0);
        let mut rests = Vec::new();
        for _ in 0..10 {
            slot.rest(0);
            rests.push(slot.rests_until);
        }
        assert!(rests.is_sorted() && rests[9] <= 2 * SECOND, "{rests:?}");
        slot.succeeded();
        slot.rest(0);
        assert_eq!(slot.rests_until, 10 * MILLISECOND);
    }

    #[test]
    fn who_got_nothing_starves_unless_it_was_not_needed() {
        let mut slot = Slot::new(0);
        assert!(slot.starves(false) && slot.starves(true));
        slot.state = State::Idle;
        assert!(slot.starves(false) && !slot.starves(true));
        slot.asked = true;
        assert!(slot.starves(false) && slot.starves(true));
        slot.succeeded();
        assert!(!slot.starves(false) && !slot.starves(true));
    }
}
