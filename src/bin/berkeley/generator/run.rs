//! A run of a load: when a connection asks, and when enough was asked.
//!
//! At the end no new request begins, and what is under way is waited for:
//! else the work that the server has done for it would be lost, a fortieth
//! of a slice of 20 ms with 50 connections. Who was waiting already when the
//! run began is not waited for again.

use super::clock::{self, MILLISECOND, Spent};
use super::load::Load;
use super::orders::{Kind, Ran, Until};
use super::slot::{Slot, State};
use super::tally::Tally;

/// Where a run stands.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) number: u64,
    pub(crate) start: u64,
    /// Nothing is asked from this time on, nor when this many more were.
    pub(crate) deadline: u64,
    pub(crate) left: u64,
    /// Each connection asks once.
    one_each: bool,
    /// Requests of this run without an answer.
    pub(crate) under_way: usize,
    pub(crate) last_answer: u64,
    spent: Option<Spent>,
    calls: u64,
}

impl Run {
    /// The run's length, where it has one.
    fn length(&self) -> u64 {
        if self.deadline == u64::MAX { 0 } else { self.deadline - self.start }
    }
}

impl Load {
    /// Requests and answers until the end of the run.
    pub(super) fn converse(&mut self, until: Until) -> Ran {
        self.begin_run(until);
        if let Kind::Open { .. } = self.plan.kind {
            match until {
                Until::Seconds(_) => {
                    let length = self.run.length();
                    self.pace.begin(self.run.start, length);
                }
                Until::Requests(_) | Until::OneEach => {
                    self.pace.begin_with(self.run.start, self.run.left);
                }
            }
        }
        self.wake_all();
        // Before the first wait, which is as long as nothing will be due.
        self.catch_up();
        while !self.is_over() {
            let before = self.now;
            let events = self.kernel.wait(self.patience());
            for at in 0..events {
                let (index, event) = self.kernel.event(at);
                self.attend(index, event);
            }
            if self.now == before {
                self.now = clock::now();
            }
            if self.now >= self.next_rest {
                self.wake_rested();
            }
            self.catch_up();
        }
        let dropped = self.pace.end(self.run.length());
        self.end_run(dropped)
    }

    pub(super) fn begin_run(&mut self, until: Until) {
        self.tally = Tally::default();
        let spent = Spent::so_far();
        self.now = clock::now();
        let (length, left) = match until {
            Until::Seconds(seconds) => {
                (clock::from_seconds(seconds), u64::MAX)
            }
            Until::Requests(requests) => (u64::MAX, requests),
            Until::OneEach if self.plan.kind == Kind::Connect => {
                (u64::MAX, self.slots.len() as u64)
            }
            Until::OneEach => (u64::MAX, self.who_can_ask()),
        };
        self.run = Run {
            number: self.run.number + 1,
            start: self.now,
            deadline: self.now.saturating_add(length),
            left,
            one_each: until == Until::OneEach,
            under_way: 0,
            last_answer: 0,
            spent: Some(spent),
            calls: self.kernel.calls,
        };
    }

    /// The connections without a request of an earlier run.
    fn who_can_ask(&self) -> u64 {
        let can = |slot: &&Slot| match slot.state {
            State::Idle | State::Hearing => !slot.asking,
            State::Absent | State::Connecting | State::Saying => false,
        };
        self.slots.iter().filter(can).count() as u64
    }

    pub(super) fn end_run(&mut self, dropped: u64) -> Ran {
        let run = &self.run;
        let spent = run.spent.map(Spent::since);
        let (cpu_seconds, waited_seconds) = spent.unwrap_or_default();
        let answered = run.last_answer.saturating_sub(run.start);
        let paced = matches!(self.plan.kind, Kind::Open { .. });
        let starved = self.slots.iter().filter(|slot| slot.starves(paced));
        Ran {
            seconds: clock::seconds(answered.max(run.length())),
            requests: self.tally.requests,
            bytes_sent: self.tally.sent,
            bytes_received: self.tally.received,
            latency_seconds: clock::seconds(self.tally.latency),
            cpu_seconds,
            waited_seconds,
            syscalls: self.kernel.calls - run.calls,
            starved: starved.count(),
            dropped,
            errors: std::mem::take(&mut self.tally.errors),
        }
    }

    // Who asks.

    /// Everybody who can: those who are idle, and those who are absent. (In
    /// `Kind::Open` the idle ones are known to be free already.)
    fn wake_all(&mut self) {
        for index in 0..self.slots.len() {
            match self.slots[index].state {
                State::Idle if self.plan.kind == Kind::Closed => {
                    self.go_on(index);
                }
                State::Absent => self.renew(index),
                _ => {}
            }
        }
    }

    fn wake_rested(&mut self) {
        self.next_rest = u64::MAX;
        for index in 0..self.slots.len() {
            if self.slots[index].state == State::Absent {
                self.renew(index);
            }
        }
    }

    /// The slot has no connection: a new one, unless it has to rest.
    pub(super) fn renew(&mut self, index: usize) {
        let rest = self.slots[index].rests_until;
        if rest > self.now {
            self.next_rest = self.next_rest.min(rest);
        } else if self.plan.kind != Kind::Connect {
            self.enter(index);
        } else if self.may_ask(index) {
            self.visit(index);
        }
    }

    /// The connection is idle: it asks, or is free.
    #[inline]
    pub(super) fn go_on(&mut self, index: usize) {
        match self.plan.kind {
            Kind::Closed if self.may_ask(index) => {
                self.ask(index, self.now);
            }
            Kind::Open { .. } => self.free.push_back(index),
            Kind::Closed | Kind::Connect | Kind::Stream => {}
        }
    }

    #[inline]
    fn may_ask(&self, index: usize) -> bool {
        let run = &self.run;
        self.now < run.deadline
            && run.left > 0
            && !(run.one_each && self.slots[index].run == run.number)
    }

    /// Sends what is due, as long as there is a free connection: the one
    /// that has been free for longest, so that all of them are used.
    fn catch_up(&mut self) {
        while let Some(due) = self.pace.next().filter(|due| *due <= self.now) {
            let Some(index) = self.free.pop_front() else { return };
            // It may have ended, and been replaced, since it was free.
            if self.slots[index].state == State::Idle {
                self.pace.take();
                self.now = clock::now();
                self.ask(index, due);
            }
        }
    }

    // When it ends.

    /// Whether nothing is left to ask and nobody is waited for any more.
    #[inline]
    fn is_over(&self) -> bool {
        let run = &self.run;
        let asking = self.now < run.deadline && run.left > 0;
        let waiting =
            asking || run.under_way > 0 || self.pace.next().is_some();
        !waiting || (self.now >= self.give_up())
    }

    /// Who asked last has this long to be answered; in a run without a
    /// length, it is this long since the last answer.
    #[inline]
    fn give_up(&self) -> u64 {
        let run = &self.run;
        let from = match run.deadline {
            u64::MAX => run.last_answer.max(run.start),
            deadline => deadline,
        };
        from.saturating_add(self.plan.patience_ms * MILLISECOND)
    }

    /// How long nothing will be due.
    fn patience(&self) -> u64 {
        let end = match self.run.deadline {
            deadline if self.now < deadline => deadline,
            _ => u64::MAX,
        };
        let mut due = end.min(self.give_up()).min(self.next_rest);
        if let Some(next) = self.pace.next()
            && next > self.now
        {
            due = due.min(next);
        }
        due.saturating_sub(self.now)
    }
}
