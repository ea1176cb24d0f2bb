//! Actors enter, are waited for, and leave.

use std::time::Instant;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::Session;
use crate::shell::actor;
use crate::shell::call::Call;
use crate::shell::channel::Channel;
use crate::shell::parse::Names;

pub(super) struct Actor {
    pub(super) name: String,
    pub(super) pid: Pid,
    pub(super) channel: Channel,
    pub(super) names: Names,
    pub(super) pending: Option<Pending>,
    /// Started by the shell, which reaps it; the others are their parents'.
    is_ours: bool,
}

/// A call that has not returned yet.
pub(super) struct Pending {
    pub(super) call: Call,
    /// What the descriptors shall be called that it makes.
    pub(super) wanted: Vec<String>,
    /// Its place in the log.
    pub(super) entry: usize,
    /// It was said to be blocked, and others went on.
    pub(super) is_known: bool,
    /// The name of the actor that it makes.
    pub(super) child: Option<String>,
    pub(super) since: Instant,
}

impl Actor {
    /// The line of the call that it sleeps in.
    pub(super) fn sleeps(&self) -> Option<String> {
        actor::sleeps_in(self.pid)
    }

    pub(super) fn interrupt(&self) {
        let _ = kill(self.pid, Signal::SIGINT);
    }
}

impl Session {
    /// A new actor of this name.
    pub(super) fn enter(&mut self, name: &str) -> Result<()> {
        let (pid, channel) =
            actor::start().context("cannot start an actor: fork")?;
        self.push(name, pid, channel, Names::new(), true);
        Ok(())
    }

    /// One that was forked by another.
    pub(super) fn born(
        &mut self,
        name: &str,
        pid: Pid,
        channel: Channel,
        names: Names,
    ) {
        self.push(name, pid, channel, names, false);
    }

    fn push(
        &mut self,
        name: &str,
        pid: Pid,
        channel: Channel,
        names: Names,
        is_ours: bool,
    ) {
        let name = name.to_owned();
        let pending = None;
        self.actors.push(Actor {
            name,
            pid,
            channel,
            names,
            pending,
            is_ours,
        });
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.actors.iter().position(|actor| actor.name == name)
    }

    /// It is no more. How it ended, as far as it is for the shell to know.
    pub(super) fn leave(&mut self, place: usize) -> Option<String> {
        let actor = self.actors.remove(place);
        self.eye.forget(actor.pid.as_raw());
        if self.current == actor.name {
            self.current = super::FIRST.into();
        }
        if !actor.is_ours {
            return None;
        }
        drop(actor.channel);
        loop {
            match waitpid(actor.pid, None) {
                Err(nix::errno::Errno::EINTR) => {}
                Ok(WaitStatus::Exited(_, code)) => {
                    return Some(format!("exit status {code}"));
                }
                Ok(WaitStatus::Signaled(_, signal, _)) => {
                    return Some(format!("killed by {signal}"));
                }
                _ => return None,
            }
        }
    }
}

impl Drop for Session {
    /// Whatever they are doing.
    fn drop(&mut self) {
        for actor in &self.actors {
            let _ = kill(actor.pid, Signal::SIGKILL);
        }
        for actor in self.actors.iter().filter(|it| it.is_ours) {
            let _ = waitpid(actor.pid, None);
        }
    }
}
