//! From stop to stop: one is waited for, told, and the task goes on.
//!
//! How a task goes on decides where it stops next. With the filter it runs
//! free, to the next call that matters; only when the return of a call is
//! wanted it is told to stop at the next one's side (PTRACE_SYSCALL), which
//! then is that return. Without the filter it always is.

use std::collections::{HashMap, VecDeque};
use std::os::fd::BorrowedFd;
use std::time::Instant;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::filter::Filter;
use super::requests::{self, Way};
use super::stops::Stop;
use super::tasks::{Stage, Tasks};
use super::tick::{TICK, Ticks, now};
use super::{End, Task, Witness};
use crate::numbered::Numbered;

/// Which calls are told.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// These, by number; programs that are started do not even stop at
    /// others.
    Calls(Vec<u64>),
    Everything,
}

/// What happened out of sight, or at a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blind {
    /// Calls of another ABI (i386, x32) were made, and not told.
    pub(crate) foreign_calls: u64,
    /// Processes or threads were made with CLONE_UNTRACED.
    pub(crate) untraced: u64,
    /// No filter may be installed here: whoever is started stops at every
    /// call.
    pub(crate) has_no_filter: bool,
}

/// Who is under trace. It belongs to the thread that made it: the kernel
/// takes requests from no other. Children of that thread that are not traced
/// are not reaped by it.
pub(crate) struct Tracer {
    pub(super) scope: Scope,
    pub(super) tasks: Tasks,
    /// Stopped, and nobody has told yet whose they are.
    pub(super) strangers: Numbered<i32, i32>,
    /// Stopped, and not answered yet.
    pub(super) stopped: VecDeque<(i32, i32)>,
    /// Those that were started or attached to, and how they ended.
    pub(super) roots: HashMap<i32, Option<End>>,
    pub(super) has_joined: bool,
    /// Whoever was not started stops once more, and is let go.
    pub(super) lets_go: bool,
    pub(super) let_go: Vec<Task>,
    /// Whoever is still born to those that were started ends at once.
    pub(super) ends_all: bool,
    /// Who has done so.
    pub(super) ended: Vec<i32>,
    pub(super) blind: Blind,
    ticks: Ticks,
}

/// A wait that is over so soon, in ns, was none: somebody had stopped before.
const AT_ONCE: u64 = 3_000;

impl Tracer {
    pub(crate) fn new(scope: Scope) -> Result<Tracer> {
        requests::check().context("cannot trace anybody here")?;
        requests::stop_quietly()?;
        let has_no_filter = !Filter::is_possible();
        Ok(Tracer {
            scope,
            tasks: Tasks::default(),
            strangers: Numbered::default(),
            stopped: VecDeque::new(),
            roots: HashMap::new(),
            has_joined: false,
            lets_go: false,
            let_go: Vec::new(),
            ends_all: false,
            ended: Vec::new(),
            blind: Blind { has_no_filter, ..Blind::default() },
            ticks: Ticks::new().context("cannot make a timer")?,
        })
    }

    /// Answers stops as they come, until this moment, or until one of these
    /// descriptors can be read, or nobody is left.
    pub(crate) fn pump(
        &mut self,
        witness: &mut dyn Witness,
        until: Instant,
        watched: &[BorrowedFd<'_>],
    ) {
        let left = until.saturating_duration_since(Instant::now());
        let tick = u64::try_from(TICK.as_nanos()).unwrap_or(u64::MAX);
        let end = u64::try_from(left.as_nanos()).unwrap_or(u64::MAX);
        let end = now().saturating_add(end);
        // A descriptor can only be looked at; the clock wakes by itself.
        let first = if watched.is_empty() { left } else { TICK };
        if self.ticks.begin(first).is_err() {
            return;
        }
        let mut look = 0;
        while self.is_anyone_left() {
            let at = now();
            if at >= end {
                break;
            }
            if at >= look {
                if any_can_be_read(watched) {
                    break;
                }
                look = at + tick;
            }
            self.answer_after(at, witness);
        }
        self.ticks.end();
    }

    /// Waits for a stop, or a tick, and answers what there is.
    ///
    /// waitpid(2) begins its search always with the same task, and would
    /// hide all others behind one that stops again at once. So where it has
    /// not had to wait, everybody who stands still by now is collected before
    /// anyone goes on. (Always to do so would cost each stop another call.)
    pub(super) fn answer_next(&mut self, witness: &mut dyn Witness) {
        self.answer_after(now(), witness);
    }

    fn answer_after(&mut self, before: u64, witness: &mut dyn Witness) {
        match requests::next(0) {
            Ok(stop) => self.stopped.extend(stop),
            Err(Errno::ECHILD) => self.lose_all(witness),
            Err(_) => {}
        }
        let mut at = now();
        if !self.stopped.is_empty() && at - before < AT_ONCE {
            while let Ok(Some(stop)) = requests::next(libc::WNOHANG) {
                self.stopped.push_back(stop);
            }
            at = now();
        }
        loop {
            // All of them stand still since then, whoever is answered first.
            while let Some((tid, status)) = self.stopped.pop_front() {
                self.answer(witness, at, tid, status);
            }
            // That may find somebody who has stopped meanwhile.
            self.meet_orphans(witness, at);
            if self.stopped.is_empty() {
                return;
            }
            at = now();
        }
    }

    /// Somebody else has reaped them.
    fn lose_all(&mut self, witness: &mut dyn Witness) {
        let all: Vec<i32> = self.tasks.keys().copied().collect();
        for tid in all {
            self.leave(witness, now(), tid, End::Unknown);
        }
        self.strangers.clear();
    }

    pub(super) fn answer(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        tid: i32,
        status: i32,
    ) {
        let Some(&traced) = self.tasks.get(&tid) else {
            self.strangers.insert(tid, status);
            return;
        };
        let stop = Stop::of(status);
        if traced.stage == Stage::Arriving {
            self.arrive(witness, at, tid, stop);
        }
        match stop {
            Stop::Call => self.call(witness, at, tid),
            Stop::Birth(how) => self.birth(witness, at, traced, how),
            Stop::Exec => self.exec(witness, at, tid),
            Stop::Group(signal) => self.pause(witness, at, tid, signal),
            Stop::Trap => self.trap(witness, at, tid),
            Stop::Signal(signal) => self.deliver(witness, at, tid, signal),
            Stop::End(how) => self.leave(witness, at, tid, how),
        }
    }

    pub(super) fn go_on(&mut self, tid: i32, signal: i32) {
        let Some(traced) = self.tasks.get(&tid) else { return };
        if self.lets_go && !traced.is_ours {
            self.let_go.push(traced.task);
            self.tasks.remove(&tid);
            requests::go_on(Way::Detached, tid, signal);
        } else {
            requests::go_on(traced.way(), tid, signal);
        }
    }
}

fn any_can_be_read(watched: &[BorrowedFd<'_>]) -> bool {
    if watched.is_empty() {
        return false;
    }
    let fds = watched.iter();
    let fds = fds.map(|&fd| PollFd::new(fd, PollFlags::POLLIN));
    let mut fds: Vec<PollFd<'_>> = fds.collect();
    poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}
