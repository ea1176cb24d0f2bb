//! Which CPUs the servers and the generators are kept to.
//!
//! On one CPU they wait for each other, and nothing else decides; on two they
//! run at the same time, unless the two are threads of one core, which share
//! its units and so disturb each other. Man pages: `sched_setaffinity(2)`,
//! `cpuset(7)` (lists of CPUs).

use std::fs;

use anyhow::Result;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// How servers and generators share the CPUs
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Placement {
    /// All on one CPU
    Same,
    /// The server on one CPU, the generators on others
    Split,
    /// Wherever the kernel puts them
    Free,
}

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cpus {
    pub(crate) server: Vec<usize>,
    pub(crate) generators: Vec<usize>,
    /// The same in words.
    pub(crate) words: String,
}

impl Cpus {
    /// Among those that this process may use.
    pub(crate) fn choose(placement: Placement) -> Result<Cpus> {
        let set = sched_getaffinity(Pid::from_raw(0))?;
        let all = (0..CpuSet::count())
            .filter(|&cpu| set.is_set(cpu).unwrap_or_default())
            .collect();
        Ok(Cpus::among(all, placement, siblings))
    }

    fn among(
        all: Vec<usize>,
        placement: Placement,
        siblings: impl Fn(usize) -> Vec<usize>,
    ) -> Cpus {
        // The last one: the first has most of a machine's interrupts.
        let last = all[all.len() - 1];
        let one = || vec![last];
        let others = |but: &[usize]| -> Vec<usize> {
            all.iter().copied().filter(|cpu| !but.contains(cpu)).collect()
        };
        let (server, generators, words) = match placement {
            Placement::Free => {
                let words = format!("not kept to any of {}", list(&all));
                (all.clone(), all, words)
            }
            Placement::Same => {
                (one(), one(), format!("all on {}", list(&[last])))
            }
            Placement::Split if all.len() == 1 => {
                let words =
                    format!("all on {}, there is no other", list(&all));
                (one(), one(), words)
            }
            Placement::Split => {
                let of_core = siblings(last);
                let (generators, note) = match others(&of_core) {
                    none if none.is_empty() => {
                        (others(&[last]), ", threads of the same core")
                    }
                    others => (others, ""),
                };
                let words = format!(
                    "servers on {}, generators on {}{note}",
                    list(&[last]),
                    list(&generators)
                );
                (one(), generators, words)
            }
        };
        Cpus { server, generators, words }
    }

    /// All that are in use.
    pub(crate) fn all(&self) -> Vec<usize> {
        let mut all = [&self.server[..], &self.generators[..]].concat();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The CPUs that are threads of the same core, with itself.
fn siblings(cpu: usize) -> Vec<usize> {
    let folder = format!("/sys/devices/system/cpu/cpu{cpu}/topology");
    let list = fs::read_to_string(format!("{folder}/thread_siblings_list"));
    let mut siblings = parse_list(&list.unwrap_or_default());
    siblings.push(cpu);
    siblings
}

/// `0-3,8` is 0, 1, 2, 3, 8.
pub(super) fn parse_list(list: &str) -> Vec<usize> {
    let ranges = list.trim().split(',').filter_map(|range| {
        let ends = range.split_once('-').unwrap_or((range, range));
        Some(ends.0.parse::<usize>().ok()?..=ends.1.parse().ok()?)
    });
    ranges.flatten().collect()
}

/// `CPU 1`, `CPUs 0, 2`, `CPUs 0-7`
fn list(cpus: &[usize]) -> String {
    let (first, last) = (cpus[0], cpus[cpus.len() - 1]);
    if cpus.len() == 1 {
        format!("CPU {first}")
    } else if last - first == cpus.len() - 1 {
        format!("CPUs {first}-{last}")
    } else {
        let numbers: Vec<String> =
            cpus.iter().map(ToString::to_string).collect();
        format!("CPUs {}", numbers.join(", "))
    }
}

/// Runs this with the thread kept to some CPUs: what is started in it
/// inherits that, and keeps it.
pub(crate) fn kept_to<T>(
    cpus: &[usize],
    run: impl FnOnce() -> T,
) -> Result<T> {
    let mut set = CpuSet::new();
    for &cpu in cpus {
        set.set(cpu)?;
    }
    let before = sched_getaffinity(Pid::from_raw(0))?;
    sched_setaffinity(Pid::from_raw(0), &set)?;
    let ran = run();
    sched_setaffinity(Pid::from_raw(0), &before)?;
    Ok(ran)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::{Command, Stdio};

    use super::*;

    fn split(all: &[usize], cores: &[&[usize]]) -> Cpus {
        Cpus::among(all.to_vec(), Placement::Split, |cpu| {
            let core = cores.iter().find(|core| core.contains(&cpu));
            core.unwrap().to_vec()
        })
    }

    #[test]
    fn a_split_spares_the_other_thread_of_the_servers_core() {
        let cpus = split(&[0, 1, 2, 3], &[&[0, 2], &[1, 3]]);
        assert_eq!(cpus.server, [3]);
        assert_eq!(cpus.generators, [0, 2]);
        assert_eq!(cpus.words, "servers on CPU 3, generators on CPUs 0, 2");
        assert_eq!(cpus.all(), [0, 2, 3]);
    }

    #[test]
    fn a_split_of_one_core_says_so() {
        let cpus = split(&[4, 5], &[&[4, 5]]);
        assert_eq!((cpus.server, cpus.generators), (vec![5], vec![4]));
        assert!(cpus.words.ends_with("threads of the same core"));
    }

    #[test]
    fn a_split_of_one_cpu_is_the_same_cpu_and_says_so() {
        let cpus = split(&[2], &[&[2]]);
        assert_eq!((cpus.server, cpus.generators), (vec![2], vec![2]));
        assert_eq!(cpus.words, "all on CPU 2, there is no other");
    }

    #[test]
    fn lists_are_read_as_the_kernel_writes_them() {
        assert_eq!(parse_list("0-3,8\n"), [0, 1, 2, 3, 8]);
        assert_eq!(parse_list(""), [0; 0]);
        assert_eq!(list(&[0, 1, 2]), "CPUs 0-2");
    }

    #[test]
    fn a_child_inherits_what_its_parent_gives_up_again() {
        let affinity = |path: &str| {
            let status = fs::read_to_string(path).unwrap();
            let (_, line) = status.split_once("Cpus_allowed_list:\t").unwrap();
            parse_list(line.lines().next().unwrap())
        };
        let before = affinity("/proc/thread-self/status");
        let cpus = Cpus::choose(Placement::Same).unwrap().server;
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped());
        let mut child = kept_to(&cpus, || command.spawn()).unwrap().unwrap();
        let path = format!("/proc/{}/status", child.id());
        assert_eq!(affinity(&path), cpus);
        assert_eq!(affinity("/proc/thread-self/status"), before);
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
