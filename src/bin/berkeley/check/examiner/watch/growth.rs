//! How much a program holds and has used: what should not grow with the
//! number of peers that were served. Man pages: `proc_pid_stat(5)`.

use std::collections::BTreeMap;

use nix::unistd::{SysconfVar, sysconf};

use super::descriptors::{Tables, held};
use super::family::Family;
use super::rest::clock;
use super::stat::{
    CHILDREN_SYSTEM_TIME, CHILDREN_USER_TIME, PAGES, Stat, THREADS,
};
use crate::trace::sockets::numbered;

/// All processes of the program together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Growth {
    /// Those that live.
    pub(crate) processes: usize,
    /// Those that have ended, and that their parents have not waited for.
    /// One whose parent is this process is not among them.
    pub(crate) zombies: usize,
    pub(crate) threads: usize,
    pub(crate) descriptors: usize,
    /// Of each process that lives.
    pub(crate) descriptors_of: BTreeMap<i32, usize>,
    /// Descriptors that are sockets; those of them whose peer has ended the
    /// connection, and that should be closed, too (`CLOSE_WAIT`).
    pub(crate) sockets: usize,
    pub(crate) close_wait: usize,
    pub(crate) pipes: usize,
    /// Resident memory; what they share counts for each.
    pub(crate) resident: u64,
    /// Seconds on a CPU, of who lives and of the children they waited for.
    pub(crate) cpu: f64,
}

pub(super) fn of(family: &Family) -> Growth {
    let tables = Tables::read();
    let mut growth = Growth::default();
    for (pid, member) in family.members() {
        let Some(stat) = Stat::of(pid) else { continue };
        // What is counted in ticks may miss a short life altogether; of the
        // children that are gone there is nothing better.
        growth.cpu += clock(pid).unwrap_or_default().as_secs_f64();
        growth.cpu +=
            stat.seconds(&[CHILDREN_USER_TIME, CHILDREN_SYSTEM_TIME]);
        let threads = stat.number(THREADS).unwrap_or(0);
        if matches!(stat.state(), 'Z' | 'X') && threads < 2 {
            growth.zombies += usize::from(!is_mine(&stat));
            continue;
        }
        growth.processes += 1;
        growth.threads += threads;
        growth.resident += stat.number::<u64>(PAGES).unwrap_or(0) * page();
        let held = held(pid, member);
        growth.descriptors += held.len();
        growth.descriptors_of.insert(pid, held.len());
        for (_, link) in held {
            growth.pipes += usize::from(link.starts_with("pipe:"));
            if let Some(inode) = numbered(&link) {
                growth.sockets += 1;
                let is_over = tables.is_in(inode, "CLOSE_WAIT");
                growth.close_wait += usize::from(is_over);
            }
        }
    }
    growth
}

/// Whether it is for this process to wait for it.
fn is_mine(stat: &Stat) -> bool {
    stat.number(super::stat::PARENT) == Some(std::process::id())
}

fn page() -> u64 {
    let size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| u64::try_from(size).ok()).unwrap_or(4096)
}
