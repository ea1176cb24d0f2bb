//! A load: its connections, and how each of them is made, used and given
//! up. `run` says when.
//!
//! One thread with its own epoll instance, level-triggered. A request costs
//! one `send`, one `recv` and a share of `epoll_pwait2`: `recv` has room for
//! one byte more than is due, so that no second one has to look whether
//! there is more. Twin of the closed loops: `c_compare/generator/load.c`.

use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::net::SocketAddr;

use anyhow::{Result, ensure};
use nix::errno::Errno;
use nix::sys::epoll::EpollFlags;
use nix::sys::socket::SockaddrStorage;

use super::clock::{self, MILLISECOND};
use super::kernel::{IN, IN_OUT, Kernel, family};
use super::orders::{Collected, Kind, Opened, Plan, Protocol, Ran, Until};
use super::pace::Pace;
use super::run::Run;
use super::script::{Heard, Script};
use super::slot::{Slot, State};
use super::sources::Sources;
use super::stream::Bulk;
use super::tally::{Tally, Times, Trouble};

/// What surely goes into one segment.
const ONE_SEGMENT: usize = 1200;

pub(crate) struct Load {
    pub(super) plan: Plan,
    server: SockaddrStorage,
    sources: Sources,
    pub(super) script: Script,
    pub(super) kernel: Kernel,
    pub(super) slots: Vec<Slot>,
    pub(super) tally: Tally,
    pub(super) times: Times,
    pub(super) room: Vec<MaybeUninit<u8>>,
    pub(super) run: Run,
    /// `Kind::Open`: when requests are due, and who is free.
    pub(super) pace: Pace,
    pub(super) free: VecDeque<usize>,
    /// `Kind::Stream`: what is sent.
    pub(super) bulk: Bulk,
    /// As of the last look at the clock.
    pub(super) now: u64,
    /// No slot's rest is over earlier.
    pub(super) next_rest: u64,
}

impl Load {
    /// Makes the connections of a plan, where it keeps them open.
    pub(crate) fn open(plan: Plan) -> Result<(Load, Opened)> {
        ensure!(plan.connections > 0, "a load without connections");
        ensure!(plan.size > 0, "messages of no bytes");
        let streams = plan.kind == Kind::Stream;
        ensure!(
            !streams || plan.protocol == Protocol::Echo,
            "only echo can be streamed"
        );
        let rate = match plan.kind {
            Kind::Open { rate } => Some(rate),
            _ => None,
        };
        ensure!(rate.is_none_or(|rate| rate > 0.0), "a rate of nothing");
        let script = Script::new(plan.protocol, plan.size);
        let bulk = Bulk::new(streams);
        let room = (script.longest() + 1).max(bulk.piece());
        let connections = u32::try_from(plan.connections)?;
        let mut load = Load {
            server: match plan.server {
                SocketAddr::V4(v4) => v4.into(),
                SocketAddr::V6(v6) => v6.into(),
            },
            sources: Sources::for_server(plan.server),
            script,
            kernel: Kernel::new()?,
            slots: (0..connections).map(Slot::new).collect(),
            tally: Tally::default(),
            times: Times::new(rate.is_some())?,
            room: vec![MaybeUninit::uninit(); room],
            run: Run::default(),
            pace: Pace::new(rate.unwrap_or(1.0)),
            free: VecDeque::with_capacity(plan.connections),
            bulk,
            now: clock::now(),
            next_rest: u64::MAX,
            plan,
        };
        let opened = load.connect_all();
        Ok((load, opened))
    }

    fn connect_all(&mut self) -> Opened {
        if self.plan.kind == Kind::Connect {
            return Opened::default();
        }
        let start = clock::now();
        for index in 0..self.slots.len() {
            self.enter(index);
        }
        self.now = clock::now();
        let patience = self.plan.connecting_ms * MILLISECOND;
        let give_up = self.now + patience;
        while self.are(State::Connecting) > 0 && self.now < give_up {
            let events = self.kernel.wait(give_up - self.now);
            for at in 0..events {
                let (index, event) = self.kernel.event(at);
                self.attend(index, event);
            }
            self.now = clock::now();
        }
        let (pending, absent) =
            (self.are(State::Connecting), self.are(State::Absent));
        Opened {
            connected: self.slots.len() - pending - absent,
            pending,
            seconds: clock::seconds(self.now - start),
            errors: std::mem::take(&mut self.tally.errors),
        }
    }

    fn are(&self, state: State) -> usize {
        self.slots.iter().filter(|slot| slot.state == state).count()
    }

    pub(crate) fn collect(&mut self) -> Collected {
        self.times.collect()
    }

    pub(crate) fn run(&mut self, until: Until) -> Ran {
        if self.plan.kind == Kind::Stream {
            self.stream(until)
        } else {
            self.converse(until)
        }
    }

    // Connections.

    /// A new connection, or at least its SYN.
    fn dial(&mut self, index: usize) -> Result<(), Errno> {
        let socket = self.kernel.socket(family(&self.server))?;
        // One segment on a new connection has nothing to wait for.
        if self.plan.kind != Kind::Connect || self.plan.size > ONE_SEGMENT {
            self.kernel.no_delay(&socket)?;
        }
        if let Some(source) = self.sources.next() {
            self.kernel.bind(&socket, source)?;
        }
        match self.kernel.connect(&socket, &self.server) {
            Ok(()) | Err(Errno::EINPROGRESS) => {}
            Err(errno) => return Err(errno),
        }
        let slot = &mut self.slots[index];
        if self.script.greets {
            slot.marks.port = self.kernel.port(&socket)?;
        }
        slot.begin(socket);
        Ok(())
    }

    /// A connection that is to stay open.
    pub(super) fn enter(&mut self, index: usize) {
        match self.dial(index) {
            Ok(()) => self.arrive(index),
            Err(errno) => self.fail(index, Trouble::Errno(errno)),
        }
    }

    /// Asked a second time, `connect` says what became of the first. On the
    /// loopback the handshake was over before that returned.
    fn arrive(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let Some(socket) = &slot.socket else { return };
        match self.kernel.connect(socket, &self.server) {
            Ok(()) | Err(Errno::EISCONN) => {
                slot.state = State::Idle;
                if self.watch(index, IN) {
                    self.settle(index);
                }
            }
            Err(Errno::EALREADY | Errno::EINPROGRESS) => {
                self.watch(index, IN_OUT);
            }
            Err(errno) => self.fail(index, Trouble::Errno(errno)),
        }
    }

    /// A connection that is there now: it hears the greeting, or is free.
    fn settle(&mut self, index: usize) {
        if self.script.greets {
            self.slots[index].state = State::Hearing;
        } else {
            // A byte that comes now is one too many.
            self.slots[index].heard = self.script.turns[0].hear.len();
            self.go_on(index);
        }
    }

    /// A connection of its own for one request, timed from here. Without a
    /// question whether it is there: the `send` will say so.
    pub(super) fn visit(&mut self, index: usize) {
        self.begin_request(index, self.now);
        match self.dial(index) {
            Ok(()) => self.say(index),
            Err(errno) => self.fail(index, Trouble::Errno(errno)),
        }
    }

    /// Whether epoll watches it now.
    pub(super) fn watch(&mut self, index: usize, wanted: EpollFlags) -> bool {
        let slot = &mut self.slots[index];
        let (had, Some(socket)) = (slot.interest, &slot.socket) else {
            return false;
        };
        if had == wanted {
            return true;
        }
        slot.interest = wanted;
        let done = if had.is_empty() {
            self.kernel.watch(socket, index, wanted)
        } else {
            self.kernel.change(socket, index, wanted)
        };
        done.map_err(|errno| self.fail(index, Trouble::Errno(errno))).is_ok()
    }

    fn hang_up(&mut self, index: usize) {
        if let Some(socket) = self.slots[index].end() {
            self.kernel.close(socket);
        }
    }

    /// What went wrong is counted, and never timed. The connection is
    /// replaced after a rest.
    pub(super) fn fail(&mut self, index: usize, trouble: Trouble) {
        self.tally.trouble(trouble);
        self.hang_up(index);
        let slot = &mut self.slots[index];
        slot.rest(self.now);
        self.next_rest = self.next_rest.min(slot.rests_until);
        if slot.asking && slot.run == self.run.number {
            self.run.left = self.run.left.saturating_add(1);
        }
        self.end_request(index);
    }

    // Requests.

    fn begin_request(&mut self, index: usize, due: u64) {
        let slot = &mut self.slots[index];
        (slot.asking, slot.asked) = (true, true);
        slot.run = self.run.number;
        (slot.due_at, slot.asked_at) = (due, self.now);
        (slot.said, slot.heard) = (0, 0);
        slot.marks.sequence = slot.marks.sequence.wrapping_add(1);
        self.run.under_way += 1;
        self.run.left -= 1;
    }

    fn end_request(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if slot.asking && slot.run == self.run.number {
            self.run.under_way -= 1;
        }
        slot.asking = false;
    }

    #[inline]
    pub(super) fn ask(&mut self, index: usize, due: u64) {
        self.begin_request(index, due);
        self.say(index);
    }

    /// Says what the script has here, as much of it as the kernel takes.
    #[inline]
    fn say(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let line = &mut self.script.turns[slot.turn].say;
        let rest = &line.marked(slot.marks)[slot.said..];
        let Some(socket) = &slot.socket else { return };
        let mut left = rest.len();
        if left > 0 {
            match self.kernel.send(socket, rest) {
                Ok(sent) => {
                    left -= sent;
                    slot.said += sent;
                    self.tally.sent += sent as u64;
                }
                Err(Errno::EAGAIN) => {}
                Err(errno) => {
                    return self.fail(index, Trouble::Errno(errno));
                }
            }
        }
        let (state, interest) = match left {
            0 => (State::Hearing, IN),
            _ => (State::Saying, IN_OUT),
        };
        slot.state = state;
        if slot.interest != interest {
            self.watch(index, interest);
        }
    }

    /// Something happened on a connection.
    #[inline]
    pub(super) fn attend(&mut self, index: usize, event: EpollFlags) {
        match self.slots[index].state {
            State::Connecting => return self.arrive(index),
            State::Saying => self.say(index),
            State::Absent | State::Hearing | State::Idle => {}
        }
        if event != EpollFlags::EPOLLOUT {
            self.hear(index);
        }
    }

    #[inline]
    fn hear(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let Some(socket) = &slot.socket else { return };
        let line = &mut self.script.turns[slot.turn].hear;
        let due = line.len() - slot.heard;
        let input = match self.kernel.recv(socket, &mut self.room[..=due]) {
            Ok([]) => return self.fail(index, Trouble::EarlyEnd),
            Ok(input) => input,
            Err(Errno::EAGAIN) => return,
            Err(errno) => return self.fail(index, Trouble::Errno(errno)),
        };
        self.tally.received += input.len() as u64;
        match line.check(slot.marks, slot.heard, input) {
            Heard::Part => slot.heard += input.len(),
            // Before the question was all said?
            Heard::Whole if slot.state != State::Hearing => {
                self.fail(index, Trouble::WrongAnswer);
            }
            Heard::Whole => {
                slot.heard += input.len();
                self.complete(index);
            }
            Heard::Wrong => self.fail(index, Trouble::WrongAnswer),
            Heard::Surplus => self.fail(index, Trouble::SurplusBytes),
        }
    }

    /// An answer is here to its last byte. This look at the clock ends one
    /// request and begins the next.
    #[inline]
    fn complete(&mut self, index: usize) {
        self.now = clock::now();
        let slot = &mut self.slots[index];
        let last = slot.turn + 1 == self.script.turns.len();
        let visit = self.plan.kind == Kind::Connect;
        if slot.asking && (last || !visit) {
            self.count(index);
        }
        let slot = &mut self.slots[index];
        if !last {
            slot.turn += 1;
            if visit {
                (slot.said, slot.heard) = (0, 0);
                return self.say(index);
            }
        } else if visit || !self.script.repeats {
            self.hang_up(index);
            return self.renew(index);
        } else {
            slot.turn = self.script.first();
        }
        slot.state = State::Idle;
        slot.heard = self.script.turns[slot.turn].hear.len();
        self.go_on(index);
    }

    fn count(&mut self, index: usize) {
        self.end_request(index);
        let slot = &mut self.slots[index];
        slot.succeeded();
        self.tally.requests += 1;
        self.tally.latency += self.now - slot.due_at;
        self.run.last_answer = self.now;
        if matches!(self.plan.kind, Kind::Open { .. }) {
            self.times.paced(slot.due_at, slot.asked_at, self.now);
        } else {
            self.times.answered(self.now - slot.due_at);
        }
    }
}
