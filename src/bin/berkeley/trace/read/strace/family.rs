//! Processes and threads of a log: who began whom, and who shares whose
//! descriptors.

use std::collections::{HashMap, HashSet};

use crate::trace::record::{
    Birth, Born, Descriptor, Event, Program, Role, Task,
};

use super::holders::Table;
use super::log::{Called, Item, What};
use super::syntax::{field, inside, split};

#[derive(Default)]
pub(super) struct Family {
    pub(super) tasks: Vec<Task>,
    pub(super) programs: Vec<Program>,
    tables: Vec<Table>,
    /// Of each task: an index of `tables`.
    table_of: Vec<usize>,
    current: HashMap<i32, usize>,
    /// Made by a call that has not returned yet.
    coming: HashMap<i32, Coming>,
    /// Who is heard of in the log.
    heard: HashSet<i32>,
    /// Whose the lines without a number are.
    nameless: i32,
}

/// A child before its first line.
struct Coming {
    parent: usize,
    birth: Birth,
    /// `None`: it shares its parent's.
    table: Option<Table>,
}

impl Family {
    pub(super) fn of(items: &[Item]) -> Family {
        let heard = items.iter().filter_map(|item| item.tid);
        let children: HashSet<i32> = items.iter().filter_map(child).collect();
        let is_first = |tid: &i32| !children.contains(tid);
        let nameless = heard.clone().find(is_first).unwrap_or(0);
        Family { heard: heard.collect(), nameless, ..Family::default() }
    }

    /// Whose line this is. Who was never heard of before is born, and the
    /// event comes along.
    pub(super) fn task(&mut self, item: &Item) -> (usize, Option<Event>) {
        let tid = item.tid.unwrap_or_else(|| self.whose());
        if let Some(coming) = self.coming.remove(&tid) {
            let event = self.is_born(tid, coming, item.began.at_ns);
            return (self.tasks.len() - 1, Some(event));
        }
        if let Some(&task) = self.current.get(&tid) {
            return (task, None);
        }
        self.appears(tid, item);
        (self.tasks.len() - 1, None)
    }

    /// On a terminal strace names nobody while there is only one.
    fn whose(&self) -> i32 {
        let mut alive = self.current.keys();
        match (alive.next(), alive.next()) {
            (Some(&only), None) => only,
            _ => self.nameless,
        }
    }

    /// One that nobody in the log has begun: a program.
    fn appears(&mut self, tid: i32, item: &Item) {
        let is_start = matches!(&item.what, What::Call(called)
            if called.name == "execve");
        let birth = if is_start { Birth::Started } else { Birth::Found };
        self.programs.push(Program {
            role: if is_start { Role::Alone } else { Role::Attached },
            command: Vec::new(),
            task: self.tasks.len(),
        });
        self.tables.push(Table::new());
        self.table_of.push(self.tables.len() - 1);
        self.current.insert(tid, self.tasks.len());
        self.tasks.push(Task {
            tid,
            pid: tid,
            name: String::new(),
            program: self.programs.len() - 1,
            parent: None,
            birth,
            born_ns: item.began.at_ns,
            ended_ns: None,
        });
    }

    /// `parent` is in a call that begins somebody, if it succeeds.
    pub(super) fn will_be_born(&mut self, parent: usize, item: &Item) {
        let Some(tid) = child(item) else { return };
        let What::Call(called) = &item.what else { return };
        if !self.heard.contains(&tid) {
            return;
        }
        let (birth, shares) = kind_of(called);
        let table = (!shares).then(|| self.table(parent).clone());
        self.coming.insert(tid, Coming { parent, birth, table });
    }

    /// Its parent knows of it, and it was not heard of before.
    pub(super) fn is_due(&mut self, item: &Item, at_ns: u64) -> Option<Event> {
        let tid = child(item)?;
        let coming = self.coming.remove(&tid)?;
        Some(self.is_born(tid, coming, at_ns))
    }

    fn is_born(&mut self, tid: i32, coming: Coming, at_ns: u64) -> Event {
        let Coming { parent, birth, table } = coming;
        let table = match table {
            Some(table) => {
                self.tables.push(table);
                self.tables.len() - 1
            }
            None => self.table_of[parent],
        };
        let task = self.tasks.len();
        let is_thread = birth == Birth::Thread;
        let pid = if is_thread { self.tasks[parent].pid } else { tid };
        self.tasks.push(Task {
            tid,
            pid,
            name: self.tasks[parent].name.clone(),
            program: self.tasks[parent].program,
            parent: Some(parent),
            birth,
            born_ns: at_ns,
            ended_ns: None,
        });
        self.table_of.push(table);
        self.current.insert(tid, task);
        let holds = self.holds(task);
        Event::Birth(Born { task, tid, pid, at_ns, holds })
    }

    pub(super) fn ends(&mut self, task: usize, at_ns: u64) {
        let ended = &mut self.tasks[task];
        ended.ended_ns = Some(at_ns.max(ended.born_ns));
        let tid = ended.tid;
        self.current.remove(&tid);
        let table = self.table_of[task];
        let mut others = self.current.values();
        if !others.any(|&other| self.table_of[other] == table) {
            self.tables[table].clear();
        }
    }

    pub(super) fn table(&mut self, task: usize) -> &mut Table {
        &mut self.tables[self.table_of[task]]
    }

    pub(super) fn table_number(&self, task: usize) -> usize {
        self.table_of[task]
    }

    pub(super) fn is_held(&self, socket: usize) -> bool {
        let mut held = self.tables.iter().flat_map(Table::values);
        held.any(|held| held.socket == socket)
    }

    /// The sockets that it has descriptors of.
    pub(super) fn holds(&self, task: usize) -> Vec<Descriptor> {
        let table = &self.tables[self.table_of[task]];
        let one = |(&fd, held): (&i32, &super::holders::Held)| Descriptor {
            fd,
            socket: Some(held.socket),
        };
        table.iter().map(one).collect()
    }
}

const BEGINNERS: [&str; 4] = ["clone", "clone3", "fork", "vfork"];

/// Whom this call has begun.
fn child(item: &Item) -> Option<i32> {
    let What::Call(called) = &item.what else { return None };
    let value = called.outcome.as_ref()?.value?;
    let is_one = BEGINNERS.contains(&called.name.as_str()) && value > 0;
    is_one.then(|| i32::try_from(value).ok())?
}

/// What comes of it, and whether it shares the descriptors.
fn kind_of(called: &Called) -> (Birth, bool) {
    if called.name == "vfork" {
        return (Birth::Vfork, false);
    }
    let flags = flags(&called.args).unwrap_or("SIGCHLD");
    let has = |name: &str| flags.split('|').any(|flag| flag == name);
    let is_forked =
        has("SIGCHLD") || called.args.contains("exit_signal=SIGCHLD");
    let birth = match () {
        () if has("CLONE_THREAD") => Birth::Thread,
        () if has("CLONE_VFORK") => Birth::Vfork,
        () if is_forked => Birth::Fork,
        () => Birth::Clone,
    };
    (birth, has("CLONE_FILES"))
}

/// `child_stack=NULL, flags=…|SIGCHLD, …`, or for clone3 in braces.
fn flags(args: &str) -> Option<&str> {
    let first = split(args).into_iter().next()?;
    field(inside(first).unwrap_or(args), "flags")
}
