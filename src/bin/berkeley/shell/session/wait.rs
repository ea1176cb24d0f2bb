//! Calls begin, block, and return; and what is said of it.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::Pid;

use super::stage::Pending;
use super::{Entry, FIRST, Reference, Session};
use crate::shell::call::{Answer, Arg, Call};
use crate::shell::interrupt;

/// Between two looks at somebody who may be about to sleep, and for Ctrl-C.
const LOOK: u16 = 10;
/// Somebody who runs for so long is not waited for, if nobody has to.
const BUSY: Duration = Duration::from_secs(2);

/// A line that is a call, before it is begun.
pub(super) struct Wish {
    pub(super) call: Call,
    pub(super) wanted: Vec<String>,
    pub(super) references: Vec<Reference>,
}

impl Session {
    /// Has the actor make this call. In the background, others may go on
    /// once it sleeps; else it is waited for.
    pub(super) fn begin(
        &mut self,
        name: &str,
        wish: Wish,
        in_background: bool,
    ) -> Result<()> {
        self.wait_for(name)?;
        let Some(place) = self.place(name) else { return Ok(()) };
        let child = self.name_of_child(name, &wish.call);
        let Wish { call, wanted, references } = wish;
        self.log.push(Entry {
            actor: name.into(),
            call: call.clone(),
            answer: None,
            overtaken: false,
            wanted: wanted.clone(),
            references,
            child: child.clone(),
        });
        let sent = self.actors[place].channel.send(&call, None);
        sent.with_context(|| format!("cannot reach @{name}"))?;
        self.actors[place].pending = Some(Pending {
            call,
            wanted,
            entry: self.log.len() - 1,
            is_known: false,
            child,
            since: Instant::now(),
        });
        if in_background {
            self.wait_until_asleep(name)?;
        } else {
            self.wait_for(name)?;
        }
        self.settle()
    }

    fn name_of_child(&self, parent: &str, call: &Call) -> Option<String> {
        if call.name != "fork" {
            return None;
        }
        if let Some(Arg::Word(name)) = call.args.first() {
            return Some(name.trim_start_matches('@').to_owned());
        }
        let mut names = (1..).map(|number| format!("{parent}-{number}"));
        names.find(|name| self.place(name).is_none())
    }

    /// Until it has nothing to do. Ctrl-C interrupts its call.
    pub(super) fn wait_for(&mut self, name: &str) -> Result<()> {
        self.wait_until(name, None).map(|_| ())
    }

    /// The same, no longer than this; whether it is done.
    pub(super) fn wait_until(
        &mut self,
        name: &str,
        limit: Option<Duration>,
    ) -> Result<bool> {
        let deadline = limit.map(|limit| Instant::now() + limit);
        let mut is_told = false;
        while let Some(place) = self.place(name)
            && self.actors[place].pending.is_some()
        {
            is_told |= interrupt::taken();
            if is_told {
                // Again and again: it may not have been in the call yet.
                self.actors[place].interrupt();
            }
            if deadline.is_some_and(|at| Instant::now() > at) {
                return Ok(false);
            }
            // Never for ever: a Ctrl-C may have come since it was asked for,
            // and would not wake what sleeps from now on.
            self.look(LOOK)?;
        }
        Ok(true)
    }

    /// Until it has returned, or sleeps: then it is blocked.
    fn wait_until_asleep(&mut self, name: &str) -> Result<()> {
        let mut before = None;
        while let Some(place) = self.place(name)
            && self.actors[place].pending.is_some()
        {
            self.look(LOOK)?;
            let Some(place) = self.place(name) else { break };
            let actor = &mut self.actors[place];
            let sleeps = actor.sleeps();
            if sleeps.is_some() && sleeps == before {
                return self.is_blocked(place);
            }
            before = sleeps;
            if interrupt::taken() {
                self.actors[place].interrupt();
            }
        }
        Ok(())
    }

    fn is_blocked(&mut self, place: usize) -> Result<()> {
        let actor = &mut self.actors[place];
        let Some(pending) = &mut actor.pending else { return Ok(()) };
        pending.is_known = true;
        self.log[pending.entry].overtaken = true;
        let line = format!("@{} {} ... blocked", actor.name, pending.call);
        self.say(&line)?;
        Ok(())
    }

    /// Whoever was woken meanwhile is waited for, until it has returned or
    /// sleeps again: what somebody's call brings about is told right after
    /// it.
    pub(super) fn settle(&mut self) -> Result<()> {
        let start = Instant::now();
        loop {
            let is_awake = |actor: &super::Actor| {
                actor.pending.is_some() && actor.sleeps().is_none()
            };
            let somebody = self.actors.iter().any(is_awake);
            if !somebody || start.elapsed() > BUSY {
                // What came while they were looked at.
                return self.look(0);
            }
            self.look(LOOK)?;
        }
    }

    /// Tells what came meanwhile.
    pub(in crate::shell) fn news(&mut self, wait: u16) -> Result<()> {
        self.look(wait)
    }

    /// Whether somebody is blocked.
    pub(in crate::shell) fn expects_news(&self) -> bool {
        self.actors.iter().any(|actor| actor.pending.is_some())
    }

    /// At the end: whoever is still blocked is told of.
    pub(in crate::shell) fn close(&mut self) -> Result<()> {
        self.settle()?;
        let still = |actor: &super::Actor| {
            let pending = actor.pending.as_ref()?;
            Some(format!("@{} {} is still blocked", actor.name, pending.call))
        };
        let lines: Vec<String> =
            self.actors.iter().filter_map(still).collect();
        for line in lines {
            self.say(&line)?;
        }
        self.write_record()
    }

    /// Waits for answers, so many milliseconds, and tells them.
    pub(super) fn look(&mut self, timeout: u16) -> Result<()> {
        let waiting: Vec<usize> = (0..self.actors.len())
            .filter(|&place| self.actors[place].pending.is_some())
            .collect();
        let entry = |&place: &usize| {
            let channel = self.actors[place].channel.as_fd();
            PollFd::new(channel, PollFlags::POLLIN)
        };
        let mut fds: Vec<PollFd> = waiting.iter().map(entry).collect();
        match poll(&mut fds, PollTimeout::from(timeout)) {
            Err(Errno::EINTR) => return Ok(()),
            done => done?,
        };
        let is_ready = |fd: &PollFd| fd.any().unwrap_or(false);
        let ready: Vec<String> = waiting
            .iter()
            .zip(&fds)
            .filter(|(_, fd)| is_ready(fd))
            .map(|(place, _)| self.actors[*place].name.clone())
            .collect();
        for name in ready {
            self.hear(&name)?;
        }
        Ok(())
    }

    /// Takes an actor's answer.
    fn hear(&mut self, name: &str) -> Result<()> {
        let Some(place) = self.place(name) else { return Ok(()) };
        let heard = self.actors[place].channel.receive::<Answer>();
        let heard = heard.ok().flatten();
        let Some(pending) = self.actors[place].pending.take() else {
            return Ok(());
        };
        let Some((answer, beside)) = heard else {
            return self.is_gone(place);
        };
        let actor = &mut self.actors[place];
        if pending.call.name == "close"
            && answer.value == 0
            && let Some(Arg::Fd(closed)) = pending.call.args.first()
        {
            actor.names.retain(|_, fd| fd != closed);
        }
        for (wanted, fd) in pending.wanted.iter().zip(&answer.made) {
            actor.names.insert(wanted.clone(), *fd);
        }
        let names = actor.names.clone();
        self.tell(name, &pending, &answer)?;
        if let (Some(child), Some(channel)) = (&pending.child, beside) {
            let pid = i32::try_from(answer.value).unwrap_or(0);
            self.born(child, Pid::from_raw(pid), channel, names);
        }
        let ends = answer.ends;
        self.log[pending.entry].answer = Some(answer);
        if ends && let Some(place) = self.place(name) {
            self.leave(place);
        }
        Ok(())
    }

    /// `@server accept(3) = 4  (127.0.0.1:41234)`; without the name where
    /// only one is there.
    fn tell(
        &mut self,
        name: &str,
        pending: &Pending,
        answer: &Answer,
    ) -> Result<()> {
        let result = format!("{} = {answer}", pending.call);
        let is_alone = name == FIRST && self.current == FIRST;
        let who = if is_alone { String::new() } else { format!("@{name} ") };
        let child = match &pending.child {
            Some(child) if answer.value > 0 => format!("  (@{child})"),
            _ => String::new(),
        };
        self.say(&format!("{who}{result}{child}"))?;
        for line in &answer.lines {
            self.say(&format!("  {line}"))?;
        }
        self.last.insert(name.into(), result);
        Ok(())
    }

    /// It ended in the middle of a call.
    fn is_gone(&mut self, place: usize) -> Result<()> {
        let name = self.actors[place].name.clone();
        let how = self.leave(place).unwrap_or("how is not known".into());
        self.say(&format!("@{name} has ended: {how}"))?;
        Ok(())
    }
}
