//! Who is left, and how everybody is brought to an end.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::engine::{Blind, Tracer};
use super::requests;
use super::tasks::{Stage, Traced};
use super::{Birth, Delivery, End, Entry, Interest, Task, Witness};

/// Long enough for a busy machine; only a failure waits for it.
const SOON: Duration = Duration::from_secs(10);

impl Tracer {
    pub(super) fn begin(&mut self, traced: Traced) {
        if self.ends_all && traced.is_ours {
            end(traced.task.pid);
        }
        self.tasks.insert(traced.task.tid, traced);
    }

    pub(super) fn is_launching(&self, pid: i32) -> bool {
        let traced = self.tasks.get(&pid);
        traced.is_some_and(|traced| traced.stage == Stage::Launching)
    }

    pub(crate) fn is_anyone_left(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// How a program ended that was started or attached to; `None` while it
    /// lives.
    pub(crate) fn end_of(&self, pid: i32) -> Option<End> {
        self.roots.get(&pid).copied().flatten()
    }

    /// What happened that nobody was told of.
    pub(crate) fn blind(&self) -> Blind {
        self.blind
    }

    /// As `kill` would; the program may do with it what it likes.
    pub(crate) fn signal(&self, pid: i32, signal: Signal) {
        if self.has_process(pid) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// Ends all that were started, and whoever they still make. Their ends
    /// are told by the next `pump`.
    pub(crate) fn kill_everyone(&mut self) {
        self.ends_all = true;
        let ours = self.tasks.values().filter(|traced| traced.is_ours);
        ours.for_each(|traced| end(traced.task.pid));
    }

    /// The end of a task is for its tracer first, and then for its parent.
    /// Parents who did not wait are gone by now, and this tool has adopted
    /// their dead: those who died in a group that was made for a program, and
    /// those whom it has just ended. (Numbers of others may be in use again.)
    fn bury(&self) {
        self.roots.keys().for_each(|pid| requests::reap_all(-pid));
        self.ended.iter().for_each(|tid| requests::reap_all(*tid));
    }
}

/// SIGKILL is for the whole process, also where it stands still.
fn end(pid: i32) {
    let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
}

/// Nobody is left of what was started when this returns, unless the kernel
/// holds one of them. Whom it was attached to goes on as if nothing had
/// been.
impl Drop for Tracer {
    fn drop(&mut self) {
        self.kill_everyone();
        self.detach_everyone(&mut Nobody);
        self.tasks.retain(|_, traced| traced.is_ours);
        self.pump(&mut Nobody, Instant::now() + SOON, &[]);
        self.bury();
    }
}

/// Whoever was told is gone by now.
struct Nobody;

impl Witness for Nobody {
    fn enters(&mut self, _: u64, _: Task, _: &Entry) -> Interest {
        Interest::None
    }
    fn returns(&mut self, _: u64, _: Task, _: i64) {}
    fn is_born(&mut self, _: u64, _: Task, _: Option<Task>, _: Birth) {}
    fn becomes(&mut self, _: u64, _: Task, _: i32) {}
    fn hears(&mut self, _: u64, _: Task, _: &Delivery) {}
    fn pauses(&mut self, _: u64, _: Task, _: i32) {}
    fn goes_on(&mut self, _: u64, _: Task) {}
    fn ends(&mut self, _: u64, _: Task, _: End) {}
}
