//! Children, threads, signals and ends.

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, mkdtemp};

use super::{Actor, Member, Play, until};
use crate::lab::acts::Act;
use crate::lab::seats::ACTORS;
use crate::lab::watch::{self, now_ns};
use crate::stage::kernel;
use crate::trace::record::Birth;
use crate::trace::sockets;

impl Play {
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
            .filter(|(fd, _)| *fd < ACTORS)
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
        kernel::threads(&[self.pid(who)])
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
}
