//! Which processes are of the program, and which threads they have.
//!
//! A child of a process of the program is of it, too, and stays so when its
//! parent ends. To find out takes a walk through all of /proc; but the
//! kernel numbers whatever is born, one after the other, so nobody is new
//! as long as the last number is the same. (`/proc/PID/task/TID/children`
//! would be a way without a walk: not every kernel has it, and it is right
//! only about who stands still.)

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;

use super::stat::{GROUP, PARENT, SESSION, STARTED, Stat};

pub(super) struct Family {
    root: i32,
    /// The group and the session of the first process: whoever is in one of
    /// them and was adopted by this process is of the program.
    home: Option<(i32, i32)>,
    /// Who has started it: this process, or a tracer.
    starter: i32,
    adopts: bool,
    excluded: HashSet<i32>,
    members: BTreeMap<i32, Member>,
    /// Who was found to be none.
    strangers: HashSet<i32>,
    /// The number that was given to a task last.
    latest: Option<u32>,
}

#[derive(PartialEq)]
pub(super) struct Member {
    /// A later process of the same number has another one.
    started: u64,
    pub(super) tasks: Vec<i32>,
}

/// Who is not known yet.
struct Newcomer {
    parent: i32,
    home: (i32, i32),
    started: u64,
}

impl Family {
    pub(super) fn new(root: i32) -> Family {
        let stat = Stat::of(root);
        let stat = stat.as_ref();
        Family {
            root,
            home: stat.and_then(home),
            starter: stat.and_then(|stat| stat.number(PARENT)).unwrap_or(me()),
            adopts: false,
            excluded: ancestors(root),
            members: BTreeMap::new(),
            strangers: HashSet::new(),
            latest: None,
        }
    }

    pub(super) fn adopt(&mut self) {
        self.adopts = true;
        self.strangers.clear();
        self.latest = None;
    }

    pub(super) fn pids(&self) -> Vec<i32> {
        self.members.keys().copied().collect()
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (i32, &Member)> {
        self.members.iter().map(|(&pid, member)| (pid, member))
    }

    /// Whether somebody has come or gone. Who is being born has a number
    /// before it can be seen: while anybody of the family runs, who could
    /// give birth, this has to be `thorough`.
    pub(super) fn refresh(&mut self, thorough: bool) -> bool {
        let latest = latest();
        if !thorough && latest.is_some() && latest == self.latest {
            return false;
        }
        if latest < self.latest {
            // The numbers begin again, and may come to be somebody else's.
            self.strangers.clear();
        }
        self.latest = latest;
        let listed: HashSet<i32> = numbers("/proc").collect();
        self.strangers.retain(|pid| listed.contains(pid));
        let mut found = BTreeMap::new();
        for (&pid, member) in &self.members {
            if let Some(started) = started(pid)
                && started == member.started
            {
                found.insert(pid, Member::of(pid, started));
            }
        }
        let newcomers = self.newcomers(&listed, &found);
        self.join(newcomers, &listed, &mut found);
        let has_changed = self.members != found;
        self.members = found;
        has_changed
    }

    fn newcomers(
        &self,
        listed: &HashSet<i32>,
        found: &BTreeMap<i32, Member>,
    ) -> HashMap<i32, Newcomer> {
        let is_known = |pid: &i32| {
            found.contains_key(pid)
                || self.strangers.contains(pid)
                || self.excluded.contains(pid)
        };
        let unknown = listed.iter().copied().filter(|pid| !is_known(pid));
        let newcomer = |pid| {
            let stat = Stat::of(pid)?;
            Some(Newcomer {
                parent: stat.number(PARENT)?,
                home: home(&stat)?,
                started: stat.number(STARTED)?,
            })
        };
        unknown.filter_map(|pid| Some((pid, newcomer(pid)?))).collect()
    }

    /// Those of them that are of the program, until none is left that is.
    fn join(
        &mut self,
        mut newcomers: HashMap<i32, Newcomer>,
        listed: &HashSet<i32>,
        found: &mut BTreeMap<i32, Member>,
    ) {
        loop {
            let is_one = |(&pid, newcomer): (&i32, &Newcomer)| {
                (pid == self.root
                    || found.contains_key(&newcomer.parent)
                    || self.is_orphan(newcomer))
                .then_some(pid)
            };
            let joining: Vec<i32> =
                newcomers.iter().filter_map(is_one).collect();
            if joining.is_empty() {
                break;
            }
            for pid in joining {
                if let Some(newcomer) = newcomers.remove(&pid) {
                    found.insert(pid, Member::of(pid, newcomer.started));
                }
            }
        }
        // A parent that was born during the walk may have been missed: what
        // its child is, is left open.
        let strangers = newcomers.iter().filter(|(_, newcomer)| {
            newcomer.parent == 0 || listed.contains(&newcomer.parent)
        });
        self.strangers.extend(strangers.map(|(pid, _)| *pid));
    }

    fn is_orphan(&self, newcomer: &Newcomer) -> bool {
        let is_adopted = [me(), self.starter].contains(&newcomer.parent);
        let is_of_home = self.home.is_some_and(|(group, session)| {
            // The examiner's own session is everybody's.
            newcomer.home.0 == group && group != group_of_mine()
                || newcomer.home.1 == session && session == self.root
        });
        let is_mine = self.adopts && newcomer.parent == me();
        is_adopted && is_of_home || is_mine
    }
}

impl Member {
    fn of(pid: i32, started: u64) -> Member {
        let tasks = numbers(&format!("/proc/{pid}/task")).collect();
        Member { started, tasks }
    }
}

fn me() -> i32 {
    std::process::id().cast_signed()
}

/// This process, and whoever is between it and the program: a tracer may be
/// in the program's group, and is none of it.
fn ancestors(of: i32) -> HashSet<i32> {
    let mut ancestors = HashSet::from([me()]);
    let mut next = of;
    while let Some(parent) = Stat::of(next)
        .and_then(|stat| stat.number(PARENT))
        .filter(|parent| *parent > 1 && ancestors.insert(*parent))
    {
        next = parent;
    }
    ancestors
}

fn group_of_mine() -> i32 {
    nix::unistd::getpgrp().as_raw()
}

fn home(stat: &Stat) -> Option<(i32, i32)> {
    Some((stat.number(GROUP)?, stat.number(SESSION)?))
}

fn started(pid: i32) -> Option<u64> {
    Stat::of(pid)?.number(STARTED)
}

/// The entries of a folder that are numbers.
fn numbers(folder: &str) -> impl Iterator<Item = i32> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// `0.00 0.01 0.05 1/88 4711`: the last one.
fn latest() -> Option<u32> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    load.split_whitespace().next_back()?.parse().ok()
}
