//! Bulk: each connection sends without waiting, and reads what comes back.
//!
//! What is sent is an endless repetition of some 64 KiB without any pattern,
//! and each connection begins at a place of its own: so a byte's place in
//! the stream says what it must be, and nothing is copied or made up while
//! the clock runs.

use nix::errno::Errno;
use nix::sys::epoll::EpollFlags;

use super::clock::{self, MILLISECOND};
use super::kernel::{IN, IN_OUT};
use super::load::Load;
use super::orders::{Ran, Until};
use super::script::pattern;
use super::slot::State;
use super::tally::Trouble;

/// A prime number: no message size fits into it.
const PERIOD: usize = 65_521;

/// As much as one `recv` may bring.
const PIECE: usize = 256 * 1024;

/// The period, twice: whatever its place, a piece is in one piece.
pub(crate) struct Bulk {
    bytes: Vec<u8>,
}

impl Bulk {
    pub(crate) fn new(wanted: bool) -> Bulk {
        let once = pattern(if wanted { PERIOD } else { 0 });
        Bulk { bytes: once.repeat(2) }
    }

    /// Of one `recv`.
    pub(crate) fn piece(&self) -> usize {
        if self.bytes.is_empty() { 0 } else { PIECE }
    }

    /// What a connection's stream has from this place on, at most `most`
    /// bytes of it.
    fn from(&self, connection: usize, place: usize, most: usize) -> &[u8] {
        let start = (connection * 7919 + place) % PERIOD;
        &self.bytes[start..start + most.min(PERIOD)]
    }

    /// Whether this is what it has there.
    fn is(&self, connection: usize, place: usize, input: &[u8]) -> bool {
        let mut place = place;
        input.chunks(PERIOD).all(|piece| {
            let due = self.from(connection, place, piece.len());
            place += piece.len();
            due == piece
        })
    }
}

impl Load {
    /// Messages one after the other on all connections, until the end of
    /// the run; then the rest of what is under way.
    pub(super) fn stream(&mut self, until: Until) -> Ran {
        self.begin_run(until);
        for index in 0..self.slots.len() {
            match self.slots[index].state {
                State::Absent => self.replace(index),
                State::Connecting => {}
                _ => self.open_tap(index),
            }
        }
        while !self.is_drained() {
            let end = self.stream_end();
            let wake = end.min(self.next_rest).max(self.now);
            let events = self.kernel.wait(wake - self.now);
            self.now = clock::now();
            for at in 0..events {
                let (index, event) = self.kernel.event(at);
                self.flow(index, event);
            }
            if self.now >= self.next_rest {
                self.next_rest = u64::MAX;
                for index in 0..self.slots.len() {
                    self.replace(index);
                }
            }
        }
        for index in 0..self.slots.len() {
            self.shut_tap(index);
        }
        self.end_run(0)
    }

    /// The deadline, and after that the end of all patience.
    fn stream_end(&self) -> u64 {
        let patience = self.plan.patience_ms * MILLISECOND;
        let (run, now) = (&self.run, self.now);
        match run.deadline {
            u64::MAX => run.last_answer.max(run.start) + patience,
            deadline if now < deadline => deadline,
            deadline => deadline + patience,
        }
    }

    fn is_drained(&self) -> bool {
        if self.now >= self.run.deadline || self.run.left == 0 {
            self.run.under_way == 0 || self.now >= self.stream_end()
        } else {
            self.run.deadline == u64::MAX && self.now >= self.stream_end()
        }
    }

    fn replace(&mut self, index: usize) {
        let slot = &self.slots[index];
        if slot.state != State::Absent {
            return;
        }
        if slot.rests_until > self.now {
            self.next_rest = self.next_rest.min(slot.rests_until);
            return;
        }
        self.enter(index);
        if self.slots[index].state == State::Idle {
            self.open_tap(index);
        }
    }

    fn open_tap(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if slot.state == State::Idle {
            // As `enter` left it, with what an exchange would have heard.
            slot.heard = slot.said;
        }
        slot.state = State::Saying;
        self.watch(index, IN_OUT);
    }

    fn shut_tap(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if slot.state == State::Saying {
            slot.state = State::Hearing;
            self.watch(index, IN);
        }
    }

    /// Both ways, as far as the event says. Room for more is a lasting
    /// state: without messages to begin, epoll must not be asked about it.
    fn flow(&mut self, index: usize, event: EpollFlags) {
        if self.slots[index].state == State::Connecting {
            self.attend(index, event);
            if self.slots[index].state == State::Idle {
                self.open_tap(index);
            }
            return;
        }
        if event != EpollFlags::EPOLLOUT {
            self.drink(index);
        }
        if event.contains(EpollFlags::EPOLLOUT) {
            self.pour(index);
        }
    }

    /// Whole messages only: one that has begun is sent to its end.
    fn pour(&mut self, index: usize) {
        let (size, may_begin) = (self.plan.size, self.now < self.run.deadline);
        let slot = &mut self.slots[index];
        let Some(socket) = &slot.socket else { return };
        let begun = slot.said.next_multiple_of(size) - slot.said;
        let more = if may_begin {
            usize::try_from(self.run.left).unwrap_or(usize::MAX)
        } else {
            0
        };
        let most = more.min(PERIOD).saturating_mul(size);
        let most = begun.saturating_add(most);
        if most == 0 {
            return self.shut_tap(index);
        }
        let bytes = self.bulk.from(index, slot.said, most);
        match self.kernel.send(socket, bytes) {
            Ok(sent) => {
                slot.asked = true;
                let before = slot.said.div_ceil(size);
                slot.said += sent;
                let messages = slot.said.div_ceil(size) - before;
                self.run.left -= messages as u64;
                self.run.under_way += messages;
                self.tally.sent += sent as u64;
            }
            Err(Errno::EAGAIN) => {}
            Err(errno) => self.dry_up(index, Trouble::Errno(errno)),
        }
    }

    fn drink(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let Some(socket) = &slot.socket else { return };
        let input = match self.kernel.recv(socket, &mut self.room) {
            Ok([]) => return self.dry_up(index, Trouble::EarlyEnd),
            Ok(input) => input,
            Err(Errno::EAGAIN) => return,
            Err(errno) => return self.dry_up(index, Trouble::Errno(errno)),
        };
        self.tally.received += input.len() as u64;
        let heard = slot.heard + input.len();
        if heard > slot.said {
            return self.dry_up(index, Trouble::SurplusBytes);
        }
        if !self.bulk.is(index, slot.heard, input) {
            return self.dry_up(index, Trouble::WrongAnswer);
        }
        let size = self.plan.size;
        let messages = heard / size - slot.heard / size;
        slot.heard = heard;
        if messages > 0 {
            slot.succeeded();
            self.tally.requests += messages as u64;
            let under_way = &mut self.run.under_way;
            *under_way = under_way.saturating_sub(messages);
            self.run.last_answer = self.now;
        }
    }

    /// The connection is lost, with all messages that were in it.
    fn dry_up(&mut self, index: usize, trouble: Trouble) {
        let (slot, size) = (&self.slots[index], self.plan.size);
        let lost = slot.said.div_ceil(size) - slot.heard / size;
        let under_way = &mut self.run.under_way;
        *under_way = under_way.saturating_sub(lost);
        self.fail(index, trouble);
    }
}

#[cfg(test)]
mod tests {
    use super::{Bulk, PERIOD};

    #[test]
    fn a_byte_s_place_says_what_it_must_be() {
        let bulk = Bulk::new(true);
        let place = 3 * PERIOD - 5;
        let mut stream = bulk.from(4, place, 5).to_vec();
        stream.extend(bulk.from(4, place + 5, PERIOD));
        stream.extend(bulk.from(4, place + 5 + PERIOD, 100));
        assert!(bulk.is(4, place, &stream));
        assert!(!bulk.is(4, place + 1, &stream));
        assert!(!bulk.is(5, place, &stream));
        let last = stream.len() - 1;
        stream[last] ^= 1;
        assert!(!bulk.is(4, place, &stream));
    }
}
