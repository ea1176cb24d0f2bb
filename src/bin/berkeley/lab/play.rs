//! An experiment while it happens: its actors are told what to call, the
//! kernel is asked what has come of it, and what it says is held against what
//! was expected.
//!
//! Everything is waited for as a state: a call that has returned, a task that
//! sleeps in one, a socket in a state. A time limit is for failures alone.

use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::MsgFlags;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, mkdtemp};

use super::acts::{Act, Came};
use super::outcome::{Line, Observed, Outcome, Snapshot};
use super::seats::{Answer, Done, SEATS, Seats, hear, tell};
use super::sight::Sight;
use super::tale::Tale;
use super::watch::{self, now_ns};
use super::{actor, experiments::Knobs, snapshot};
use crate::trace::record::{Birth, Role};
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
        self.order(who, act.clone())?;
        let Member { tid, ref name, .. } = self.cast[who.0];
        let what = format!("{name} waits in {}", act.call());
        until(&what, || Ok(watch::is_waiting_in(tid, &act)))
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

    /// A child of `parent`.
    pub(crate) fn fork(&mut self, parent: Actor, name: &str) -> Result<Actor> {
        let seat = self.next_seat()?;
        self.good(parent, Act::Fork { seat })?;
        self.child(parent, name, seat, Birth::Fork)
    }

    /// A thread beside `parent`.
    pub(crate) fn thread(
        &mut self,
        parent: Actor,
        name: &str,
    ) -> Result<Actor> {
        let seat = self.next_seat()?;
        self.good(parent, Act::Thread { seat })?;
        self.child(parent, name, seat, Birth::Thread)
    }

    fn child(
        &mut self,
        parent: Actor,
        name: &str,
        seat: usize,
        birth: Birth,
    ) -> Result<Actor> {
        let child = self.seat(name.to_owned(), seat, 0)?;
        let Member { pid, tid, .. } = self.cast[child.0];
        let holds: Vec<(i32, u64)> = sockets::held(pid)
            .into_iter()
            .filter(|(fd, _)| *fd < super::seats::ACTORS)
            .collect();
        let task = self.cast[parent.0].task;
        let ids = (pid, tid);
        let task = self.tale.child(task, birth, ids, now_ns(), &holds);
        self.cast[child.0].task = task;
        Ok(child)
    }

    /// `_exit`: comes back when it has ended. It is a zombie until somebody
    /// waits for it.
    pub(crate) fn exit(&mut self, who: Actor, code: i32) -> Result<()> {
        self.order(who, Act::Exit { code })?;
        self.is_gone(who, Some(code), None)
    }

    /// A signal from outside.
    pub(crate) fn kill(&mut self, who: Actor, signal: Signal) -> Result<()> {
        let Member { pid, task, .. } = self.cast[who.0];
        self.tale.signal(task, signal as i32, now_ns());
        kill(Pid::from_raw(pid), signal).context("kill")
    }

    /// Waits until it has been ended by this signal.
    pub(crate) fn dies(&mut self, who: Actor, signal: Signal) -> Result<()> {
        self.is_gone(who, None, Some(signal as i32))
    }

    /// How the kernel says that one of this director's programs was ended.
    pub(crate) fn ended_by(&mut self, who: Actor) -> Result<String> {
        let pid = Pid::from_raw(self.pid(who));
        Ok(match waitpid(pid, None).context("waitpid")? {
            WaitStatus::Signaled(_, signal, _) => signal.to_string(),
            other => format!("{other:?}"),
        })
    }

    /// Waits until it has handled the signal, and waits again.
    pub(crate) fn handled(
        &mut self,
        who: Actor,
        signal: Signal,
    ) -> Result<()> {
        let tid = self.cast[who.0].tid;
        until(&format!("{signal} is handled"), || {
            Ok(!watch::is_pending(tid, signal as i32))
        })?;
        until("it waits again", || Ok(self.is_waiting(who)))
    }

    /// For experiments with files: a folder of their own, and all are there.
    /// To be called before anybody enters.
    pub(crate) fn in_a_folder(&mut self) -> Result<()> {
        let name = std::env::temp_dir().join("berkeley-XXXXXX");
        let folder = mkdtemp(&name).context("mkdtemp")?;
        std::env::set_current_dir(&folder).context("chdir")?;
        self.folder = Some(folder);
        Ok(())
    }

    /// How many threads a program has.
    pub(crate) fn threads(&self, who: Actor) -> usize {
        crate::stage::kernel::threads(&[self.pid(who)])
    }

    fn is_gone(
        &mut self,
        who: Actor,
        code: Option<i32>,
        signal: Option<i32>,
    ) -> Result<()> {
        let Member { pid, task, ref name, .. } = self.cast[who.0];
        until(&format!("{name} ends"), || Ok(watch::has_ended(pid)))?;
        if let Some((act, line, at)) = self.cast[who.0].doing.take()
            && !matches!(act, Act::Exit { .. })
        {
            self.outcome.lines[line].never_ended(&act);
            self.tale.hangs(task, &act, at);
        }
        self.tale.end(task, now_ns(), code, signal);
        Ok(())
    }

    /// What the kernel says of a socket of theirs, now.
    pub(crate) fn sight(&self, who: Actor, fd: i32) -> Result<Sight> {
        let Member { pid, ref name, .. } = self.cast[who.0];
        sockets::of(pid, fd)
            .map(Sight::from)
            .with_context(|| format!("{name} has no socket {fd}"))
    }

    /// How many of them hold a descriptor of this end.
    pub(crate) fn holders(&self, end: &Sight) -> usize {
        let (local, peer) = (end.local.as_deref(), end.peer.as_deref());
        let found = local.zip(peer).and_then(|(l, p)| Sight::end(l, p));
        let inode = found.map_or(0, |found| found.inode);
        let holds = |member: &&Member| {
            let held = sockets::held(member.pid);
            member.pid == member.tid
                && held.iter().any(|(_, one)| inode != 0 && *one == inode)
        };
        self.cast.iter().filter(holds).count()
    }

    /// Of how many processes a program is.
    pub(crate) fn family(&self, who: Actor) -> usize {
        crate::stage::kernel::family(self.pid(who)).len()
    }

    /// The descriptors of a program, without the standard streams.
    pub(crate) fn descriptors(&self, who: Actor) -> String {
        let all = watch::descriptors(self.pid(who));
        let all: Vec<String> = all.iter().map(i32::to_string).collect();
        all.join(" ")
    }

    /// What the kernel has counted in this network so far.
    pub(crate) fn counter(&self, group: &str, name: &str) -> i64 {
        watch::counter(group, name).unwrap_or_default()
    }

    /// Waits until it has counted more, and shows how many.
    pub(crate) fn counter_grows(
        &mut self,
        group: &str,
        name: &str,
        from: i64,
    ) -> Result<bool> {
        until(&format!("{name} grows"), || {
            Ok(watch::counter(group, name).unwrap_or_default() > from)
        })?;
        let now = self.counter(group, name);
        self.figure(&format!("{group}{name}"), now - from);
        Ok(now > from)
    }

    pub(crate) fn pid(&self, who: Actor) -> i32 {
        self.cast[who.0].pid
    }

    /// The value of a knob.
    pub(crate) fn knob(&self, name: &str) -> i32 {
        self.knobs.get(name).copied().unwrap_or_default()
    }

    /// Waits for a state of the world.
    pub(crate) fn until(
        &mut self,
        what: &str,
        is_so: impl FnMut() -> Result<bool>,
    ) -> Result<()> {
        until(what, is_so)
    }

    /// What was expected, and what the kernel says.
    pub(crate) fn observe(
        &mut self,
        what: impl Into<String>,
        expected: impl ToString,
        got: impl ToString,
    ) {
        let (expected, got) = (expected.to_string(), got.to_string());
        let ok = expected == got;
        let what = what.into();
        self.outcome.observed.push(Observed { what, expected, got, ok });
    }

    /// A setting of the kernel is not as usual, and this is different by it.
    pub(crate) fn differs(&mut self, what: impl Into<String>) {
        self.outcome.differs.push(what.into());
    }

    /// A figure of the kernel's, for the page.
    pub(crate) fn figure(&mut self, what: &str, value: impl ToString) {
        let figure = (what.to_owned(), value.to_string());
        self.outcome.figures.push(figure);
    }

    /// The table of sockets as it is now.
    pub(crate) fn look(&mut self, when: &str) {
        let cast: Vec<(String, i32)> = self
            .cast
            .iter()
            .filter(|one| one.pid == one.tid)
            .map(|one| (one.name.clone(), one.pid))
            .collect();
        let ports = self.ports();
        let of_ours = |port| self.has_own_network || ports.contains(&port);
        let rows = snapshot::rows(&cast, of_ours);
        let when = when.to_owned();
        self.outcome.snapshots.push(Snapshot { when, rows });
    }

    /// The ports that are bound here.
    fn ports(&self) -> Vec<u16> {
        let sockets = self.tale.trace.sockets.iter();
        let local = sockets.filter_map(|socket| socket.local.as_ref());
        let ports = local.filter_map(|at| at.rsplit_once(':'));
        ports.filter_map(|(_, port)| port.parse().ok()).collect()
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
fn until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !is_so()? {
        if start.elapsed() > SOON {
            bail!("not within {} s: {what}", SOON.as_secs());
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}
