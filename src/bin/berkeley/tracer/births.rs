//! Tasks come, become another program, and go.
//!
//! Whoever is made by a traced task is traced from its first instruction on,
//! and stops before it. Its own stop and its parent's may be reported in
//! either order; the witness hears of a birth once, from whichever comes
//! second, when both stand still. So a parent is never seen to return from
//! fork(2) before its child is known. Man page: `ptrace(2)`, under
//! "execve(2) under ptrace" too.

use std::path::Path;

use super::engine::Tracer;
use super::status::Status;
use super::stops::Stop;
use super::tasks::{Place, Stage, Traced};
use super::{Birth, End, Task, Witness, requests};

impl Tracer {
    /// Its parent stands behind the making of it.
    pub(super) fn birth(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        parent: Traced,
        how: Birth,
    ) {
        let tid = parent.task.tid;
        let Some(newborn) = requests::message(tid) else { return };
        if self.tasks.contains_key(&newborn) {
            return self.go_on(tid, 0);
        }
        let stop = self.first_stop_of(newborn);
        self.adopt(witness, at, newborn, Some(parent), how);
        self.go_on(tid, 0);
        match stop {
            Some(status) => self.answer(witness, at, newborn, status),
            None => self.leave(witness, at, newborn, End::Unknown),
        }
    }

    /// It was woken before its parent's stop, so this does not take long.
    fn first_stop_of(&mut self, newborn: i32) -> Option<i32> {
        if let Some(status) = self.strangers.remove(&newborn) {
            return Some(status);
        }
        let is_it = |(tid, _): &(i32, i32)| *tid == newborn;
        if let Some(place) = self.stopped.iter().position(is_it) {
            return self.stopped.remove(place).map(|(_, status)| status);
        }
        requests::next_of(newborn).ok()
    }

    fn adopt(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        tid: i32,
        parent: Option<Traced>,
        how: Birth,
    ) {
        let thread_of = parent.map(|parent| parent.task.pid);
        let thread_of = thread_of.filter(|pid| is_thread(*pid, tid));
        let how = if thread_of.is_some() { Birth::Thread } else { how };
        let task = Task { tid, pid: thread_of.unwrap_or(tid) };
        // Of an orphan it is not known; but nobody joins and starts at once.
        let is_ours = !self.has_joined;
        let has_filter = is_ours && self.filter().is_some();
        self.begin(Traced {
            task,
            is_ours: parent.map_or(is_ours, |parent| parent.is_ours),
            has_filter: parent.map_or(has_filter, |all| all.has_filter),
            stage: Stage::Told,
            place: Place::Outside,
            is_paused: false,
        });
        witness.is_born(at, task, parent.map(|parent| parent.task), how);
    }

    /// All other threads of its process are gone, and it has the number of
    /// the process now, whatever its own was.
    pub(super) fn exec(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        pid: i32,
    ) {
        let former = requests::message(pid).unwrap_or(pid);
        let Some(mut survivor) = self.tasks.remove(&former) else {
            return self.go_on(pid, 0);
        };
        let is_other = |task: &Task| task.pid == pid && task.tid != pid;
        let others = self.tasks.values().map(|traced| traced.task);
        let others: Vec<Task> = others.filter(is_other).collect();
        for task in others {
            self.leave(witness, at, task.tid, End::ByExec);
        }
        self.stopped.retain(|(tid, _)| *tid != former);
        survivor.task = Task { tid: pid, pid };
        survivor.stage = Stage::Told;
        self.begin(survivor);
        witness.becomes(at, survivor.task, former);
        self.go_on(pid, 0);
    }

    /// It is no more.
    pub(super) fn leave(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        tid: i32,
        how: End,
    ) {
        let Some(gone) = self.tasks.remove(&tid) else { return };
        if let Some(end) = self.roots.get_mut(&tid) {
            *end = Some(how);
        }
        if self.ends_all && gone.is_ours {
            self.ended.push(tid);
        }
        if gone.stage == Stage::Arriving {
            witness.is_born(at, gone.task, None, Birth::Found);
        }
        witness.ends(at, gone.task, how);
        self.meet_orphans(witness, at);
    }

    /// A newborn whose parent was killed before it could tell of it. Its
    /// parent by name proves nothing: by CLONE_PARENT that is the tracer of
    /// whoever made it. So as long as anybody runs, he may be about to tell.
    pub(super) fn meet_orphans(&mut self, witness: &mut dyn Witness, at: u64) {
        let mut tasks = self.tasks.keys();
        if self.strangers.is_empty() || tasks.any(|tid| is_running(*tid)) {
            return;
        }
        // Or he has stopped to tell by now.
        while let Ok(Some(stop)) = requests::next(libc::WNOHANG) {
            self.stopped.push_back(stop);
        }
        if !self.stopped.is_empty() {
            return;
        }
        let strangers: Vec<i32> = self.strangers.keys().copied().collect();
        for tid in strangers {
            let parent = parent_of(tid);
            if parent.is_some_and(|pid| self.has_process(pid)) {
                continue;
            }
            let Some(status) = self.strangers.remove(&tid) else { continue };
            if !matches!(Stop::of(status), Stop::End(_)) {
                self.adopt(witness, at, tid, None, Birth::Fork);
                self.answer(witness, at, tid, status);
            }
        }
    }

    pub(super) fn has_process(&self, pid: i32) -> bool {
        self.tasks.values().any(|traced| traced.task.pid == pid)
    }
}

/// On a CPU or about to be, in the kernel or out of it.
fn is_running(tid: i32) -> bool {
    let status = Status::of(tid);
    status.field("State").is_some_and(|state| state.starts_with(['R', 'D']))
}

fn is_thread(pid: i32, tid: i32) -> bool {
    Path::new(&format!("/proc/{pid}/task/{tid}")).exists()
}

/// The process that made it, or that it is a thread of.
fn parent_of(tid: i32) -> Option<i32> {
    let status = Status::of(tid);
    let process = status.number("Tgid")?;
    if process == tid { status.number("PPid") } else { Some(process) }
}
