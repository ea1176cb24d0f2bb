//! Who plays: programs, processes and threads, by the numbers that they have
//! in the record. The kernel gives its own numbers out again.

use std::fs;

use super::super::record::{self, Program, Role};
use crate::numbered::Numbered;
use crate::tracer::{Birth, Task};

#[derive(Default)]
pub(super) struct Cast {
    pub(super) tasks: Vec<record::Task>,
    pub(super) programs: Vec<Program>,
    living: Numbered<i32, usize>,
    /// The program that is about to be started.
    next: Option<(Role, Vec<String>)>,
}

impl Cast {
    /// Whoever is born without a parent next is this program's first task.
    pub(super) fn announce(&mut self, role: Role, command: Vec<String>) {
        self.next = Some((role, command));
    }

    pub(super) fn is_born(
        &mut self,
        at: u64,
        task: Task,
        parent: Option<Task>,
        how: Birth,
    ) -> usize {
        let place = self.tasks.len();
        let parent = parent.and_then(|parent| self.place(parent.tid));
        let program = match parent {
            Some(parent) => self.tasks[parent].program,
            None => self.begin_program(place),
        };
        self.tasks.push(record::Task {
            tid: task.tid,
            pid: task.pid,
            name: name(task.tid),
            program,
            parent,
            birth: words(how),
            born_ns: at,
            ended_ns: None,
        });
        self.living.insert(task.tid, place);
        place
    }

    /// Threads that are found beside the first one are of its program.
    fn begin_program(&mut self, task: usize) -> usize {
        if let Some((role, command)) = self.next.take() {
            self.programs.push(Program { role, command, task });
        }
        self.programs.len().saturating_sub(1)
    }

    /// A thread that was not the first of its process has called exec: it
    /// goes on under the first one's number, and its own is gone. Whose place
    /// has ended by that.
    pub(super) fn becomes(
        &mut self,
        at: u64,
        task: Task,
        former: i32,
    ) -> Option<usize> {
        let place = self.place(task.tid);
        let gone = place.filter(|_| former != task.tid);
        let gone = gone.and_then(|_| self.ends(at, former));
        // The first thread had ended before the trace began.
        let place = place.or_else(|| self.living.remove(&former))?;
        self.living.insert(task.tid, place);
        self.tasks[place].tid = task.tid;
        self.tasks[place].name = name(task.tid);
        gone
    }

    pub(super) fn ends(&mut self, at: u64, tid: i32) -> Option<usize> {
        let place = self.living.remove(&tid)?;
        self.tasks[place].ended_ns = Some(at);
        Some(place)
    }

    pub(super) fn place(&self, tid: i32) -> Option<usize> {
        self.living.get(&tid).copied()
    }

    /// The processes of the program that began with this one.
    pub(super) fn family(&self, pid: i32) -> Vec<i32> {
        let is_it = |program: &&Program| self.tasks[program.task].pid == pid;
        let Some(program) = self.programs.iter().position(|one| is_it(&one))
        else {
            return Vec::new();
        };
        let tasks = self.living.values().map(|&place| &self.tasks[place]);
        let of_it = tasks.filter(|task| task.program == program);
        let mut pids: Vec<i32> = of_it.map(|task| task.pid).collect();
        pids.sort_unstable();
        pids.dedup();
        pids
    }

    /// All processes that are there now.
    pub(super) fn pids(&self) -> Vec<i32> {
        let tasks = self.living.values().map(|&place| &self.tasks[place]);
        let firsts = tasks.filter(|task| task.tid == task.pid);
        firsts.map(|task| task.pid).collect()
    }
}

fn words(how: Birth) -> record::Birth {
    match how {
        Birth::Started => record::Birth::Started,
        Birth::Found => record::Birth::Found,
        Birth::Fork => record::Birth::Fork,
        Birth::Vfork => record::Birth::Vfork,
        Birth::Clone => record::Birth::Clone,
        Birth::Thread => record::Birth::Thread,
    }
}

/// Empty when it has ended meanwhile.
fn name(tid: i32) -> String {
    let name = fs::read_to_string(format!("/proc/{tid}/comm"));
    name.unwrap_or_default().trim_end().to_string()
}
