//! An experiment while it happens: its actors are told what to call, the
//! kernel is asked what has come of it, and what it says is held against what
//! was expected.
//!
//! Everything is waited for as a state: a call that has returned, a task that
//! sleeps in one, a socket in a state. A time limit is for failures alone.

mod family;
mod looks;

use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::MsgFlags;
use nix::unistd::{ForkResult, Pid, fork};

use super::acts::{Act, Came};
use super::outcome::{Line, Outcome};
use super::seats::{Answer, Done, SEATS, Seats, hear, tell};
use super::tale::Tale;
use super::watch::{self, now_ns};
use super::{actor, experiments::Knobs};
use crate::trace::record::Role;
use crate::trace::sockets;

/// Only a failure waits for it.
const SOON: Duration = Duration::from_secs(40);
/// Between two looks at what nothing announces.
const LOOK: Duration = Duration::from_millis(1);

/// One of the programs of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Actor(usize);

struct Member {
    name: String,
    pid: i32,
    tid: i32,
    seat: usize,
    task: usize,
    /// What it is doing: the act, its line, and since when.
    doing: Option<(Act, usize, u64)>,
}

pub(crate) struct Play {
    seats: Seats,
    taken: usize,
    cast: Vec<Member>,
    tale: Tale,
    knobs: Knobs,
    folder: Option<PathBuf>,
    pub(super) outcome: Outcome,
    pub(crate) has_own_network: bool,
}

impl Play {
    pub(super) fn open(
        name: &str,
        knobs: Knobs,
        has_own_network: bool,
    ) -> Result<Play> {
        now_ns();
        Ok(Play {
            seats: Seats::make()?,
            taken: 0,
            cast: Vec::new(),
            tale: Tale::new(name),
            knobs,
            folder: None,
            outcome: Outcome::default(),
            has_own_network,
        })
    }

    /// A new program; the first one is called a server in the drawing.
    pub(crate) fn enter(&mut self, name: &str) -> Result<Actor> {
        let seat = self.next_seat()?;
        // SAFETY: the director has one thread, so that a copy of it may do
        // whatever it may do itself.
        let pid = match unsafe { fork() }.context("fork")? {
            ForkResult::Child => actor::enter(&self.seats, seat),
            ForkResult::Parent { child } => child.as_raw(),
        };
        let is_server = name.starts_with("server");
        let role = if is_server { Role::Server } else { Role::Client };
        let task = self.tale.program(name, role, pid, now_ns());
        self.seat(name.to_owned(), seat, task)
    }

    fn next_seat(&mut self) -> Result<usize> {
        self.taken += 1;
        if self.taken > SEATS {
            bail!("there are {SEATS} seats");
        }
        Ok(self.taken - 1)
    }

    /// Waits until somebody sits there.
    fn seat(
        &mut self,
        name: String,
        seat: usize,
        task: usize,
    ) -> Result<Actor> {
        let Answer::Here { pid, tid } = self.answer(seat, &name)? else {
            bail!("{name} does not say who it is");
        };
        self.cast.push(Member { name, pid, tid, seat, task, doing: None });
        Ok(Actor(self.cast.len() - 1))
    }

    fn answer(&mut self, seat: usize, who: &str) -> Result<Answer> {
        let fd = self.seats.director(seat).as_raw_fd();
        let mut answer = None;
        until(&format!("{who} answers"), || {
            answer = hear(fd, MsgFlags::MSG_DONTWAIT)?;
            Ok(answer.is_some())
        })?;
        answer.context("no answer")
    }

    /// A call that returns soon, whatever comes of it.
    pub(crate) fn call(&mut self, who: Actor, act: Act) -> Result<Came> {
        self.order(who, act)?;
        self.finish(who)
    }

    /// A call that must not fail here, since the experiment is about others.
    pub(crate) fn good(&mut self, who: Actor, act: Act) -> Result<Came> {
        let name = act.call();
        let came = self.call(who, act)?;
        if came.errno != 0 {
            let (who, came) = (&self.cast[who.0].name, came.words());
            bail!("{who}: {name}: {came}");
        }
        Ok(came)
    }

    /// A call that is to wait: comes back when it does.
    pub(crate) fn begin(&mut self, who: Actor, act: Act) -> Result<()> {
        let name = &self.cast[who.0].name;
        let what = format!("{name} waits in {}", act.call());
        self.order(who, act)?;
        until(&what, || Ok(self.is_waiting(who)))
    }

    /// Gives the order, and looks at nothing.
    pub(crate) fn order(&mut self, who: Actor, act: Act) -> Result<()> {
        let member = &self.cast[who.0];
        let fd = self.seats.director(member.seat).as_raw_fd();
        tell(fd, &act)?;
        self.outcome.lines.push(Line::begun(&member.name, &act));
        let line = self.outcome.lines.len() - 1;
        self.cast[who.0].doing = Some((act, line, now_ns()));
        Ok(())
    }

    /// Whether the call that it has begun still waits.
    pub(crate) fn is_waiting(&self, who: Actor) -> bool {
        let member = &self.cast[who.0];
        let doing = member.doing.as_ref();
        doing.is_some_and(|(act, ..)| watch::is_waiting_in(member.tid, act))
    }

    /// The end of what it has begun.
    pub(crate) fn finish(&mut self, who: Actor) -> Result<Came> {
        let member = &self.cast[who.0];
        let (seat, name, task) =
            (member.seat, member.name.clone(), member.task);
        let Answer::Done(done) = self.answer(seat, &name)? else {
            bail!("{name} says who it is, once more");
        };
        let Some((act, line, _)) = self.cast[who.0].doing.take() else {
            bail!("{name} was told nothing");
        };
        self.outcome.lines[line].ended(&act, &done.came);
        if !act.call().is_empty() {
            self.tale.call(task, &act, &done);
            self.look_who_holds(&act, &done);
        }
        Ok(done.came)
    }

    fn look_who_holds(&mut self, act: &Act, done: &Done) {
        let (Act::Close { .. }, Some(before)) = (act, &done.before) else {
            return;
        };
        let mut pids = self.cast.iter().map(|member| member.pid);
        let holds =
            |pid| sockets::held(pid).iter().any(|(_, i)| *i == before.inode);
        if pids.any(holds) {
            self.tale.is_still_held();
        }
    }

    /// Ends everybody; what they were doing is told as it was.
    pub(super) fn close(mut self) -> Outcome {
        let now = now_ns();
        for who in 0..self.cast.len() {
            let task = self.cast[who].task;
            if let Some((act, line, at)) = self.cast[who].doing.take() {
                self.outcome.lines[line].never_ended(&act);
                self.tale.hangs(task, &act, at.min(now));
            }
            let _ = kill(Pid::from_raw(self.cast[who].pid), Signal::SIGKILL);
        }
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
        self.outcome.trace = Some(self.tale.close());
        self.outcome
    }
}

/// Looks until it is so; an error when it does not come to be.
pub(crate) fn until(
    what: &str,
    mut is_so: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let start = Instant::now();
    while !is_so()? {
        if start.elapsed() > SOON {
            bail!("not within {} s: {what}", SOON.as_secs());
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}
