//! Two threads, and the CPUs that they have at once.

use std::collections::BTreeSet;
use std::fmt;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use super::{Change, Experiment, Knob};
use crate::lab::acts::Act;
use crate::lab::play::{Actor, Play, until};

pub(super) static THREAD_PARALLEL: Experiment = Experiment {
    name: "thread-parallel",
    title: "two threads have two CPUs at once",
    question: "A program has a loop that takes 20 ms of a CPU's time. Two \
               threads of it run that loop, on a machine with two free CPUs. \
               When are both done?",
    choices: &[
        "After about 40 ms: the threads of a process take turns",
        "After about 20 ms: each thread has a CPU of its own",
        "After about 20 ms, but only with two processes, not with threads",
    ],
    answer: 1,
    knobs: &[
        Knob {
            name: "cpus",
            usual: 2,
            range: (1, 2),
            says: "on how many CPUs the program may run",
        },
        Knob {
            name: "ms",
            usual: 20,
            range: (10, 500),
            says: "how much of a CPU's time each of them takes",
        },
    ],
    play,
    why: &[
        "The kernel schedules threads, not processes: each has a state, a \
         CPU and a clock of its own, and where two CPUs are free two of them \
         run at the same time, whether they share their memory or not. CPU \
         time is what the kernel has counted for each (here thread_ms() is \
         clock_gettime(CLOCK_THREAD_CPUTIME_ID)). When that adds up to \
         more than the time that went by, they did not take turns; on a busy \
         machine, when they ran together for some of the time. Many threads on \
         few CPUs do, and so do those of a program that may use one CPU only.",
        "In most Pythons threads take turns on any machine: the interpreter \
         has one lock (the GIL), and whoever runs Python's code holds it. It \
         is let go in accept() and recv(), so that a server of threads that \
         mostly waits is served well, and one that computes is not. That is \
         the interpreter's doing and not the kernel's: processes do not share \
         the lock, and a free-threaded Python (3.13t and later) has none.",
    ],
    man: &[
        "pthreads(7)",
        "sched(7)",
        "clock_gettime(2)",
        "sched_setaffinity(2)",
        "sched_getcpu(3)",
    ],
    changes: &[
        Change {
            args: "--with cpus=1",
            look: "threads and processes take turns, and the time adds up",
        },
        Change {
            args: "--with ms=200",
            look: "the same for longer: watch it with top -H",
        },
    ],
};

/// How often they are left to themselves.
const ROUNDS: usize = 3;

fn play(play: &mut Play) -> Result<()> {
    let cpus = keep_to(play)?;
    let main = play.enter("server")?;
    let thread = play.thread(main, "thread")?;
    let allowed = numbers(&sched_getaffinity(Pid::from_raw(play.pid(main)))?);
    play.figure("the program may run on", on(&allowed));
    let what = "how many CPUs the program may use";
    play.observe(what, cpus.len(), allowed.len());

    works(play, "one thread", &[main], &cpus)?;
    works(play, "two threads", &[main, thread], &cpus)?;
    let child = play.fork(main, "child")?;
    works(play, "two processes", &[main, child], &cpus)?;
    interpreter(play)
}

/// All that there is from now on has as many CPUs as are asked for, and are
/// there: which.
fn keep_to(play: &mut Play) -> Result<BTreeSet<usize>> {
    let here = Pid::from_raw(0);
    let all = numbers(&sched_getaffinity(here)?);
    let asked = usize::try_from(play.knob("cpus")).unwrap_or(1);
    if all.len() < asked {
        play.differs(format!(
            "the program may run on {} alone: threads and processes take \
             turns there, and no time is saved",
            on(&all)
        ));
    }
    let cpus: BTreeSet<usize> = all.into_iter().take(asked).collect();
    keep(here, &cpus)?;
    Ok(cpus)
}

fn numbers(set: &CpuSet) -> BTreeSet<usize> {
    let is_in = |cpu: &usize| set.is_set(*cpu).unwrap_or_default();
    (0..CpuSet::count()).filter(is_in).collect()
}

/// `CPU 0`, `CPU 0 and CPU 1`
fn on(cpus: &BTreeSet<usize>) -> String {
    let all: Vec<String> =
        cpus.iter().map(|cpu| format!("CPU {cpu}")).collect();
    all.join(" and ")
}

/// What a round of work has taken.
#[derive(Default)]
struct Round {
    cpu_ns: u64,
    elapsed_ns: u64,
    /// For how long two of them ran at the same time.
    together_ns: u64,
    cpus: BTreeSet<usize>,
}

impl Round {
    /// By a tenth at least: there is more than one clock here, and a thread
    /// that was off its CPU for a moment does not know.
    fn at_once(&self) -> usize {
        let is_more = self.cpu_ns * 10 > self.elapsed_ns * 11;
        let are_together = self.together_ns * 10 > self.cpu_ns / 2;
        if is_more || are_together { 2 } else { 1 }
    }
}

impl fmt::Display for Round {
    /// `40.0 ms of CPU time in 21.0 ms`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms =
            |ns: u64| format!("{}.{} ms", ns / 1_000_000, ns / 100_000 % 10);
        let (cpu, elapsed) = (ms(self.cpu_ns), ms(self.elapsed_ns));
        write!(out, "{cpu} of CPU time in {elapsed}")?;
        if self.together_ns > 0 {
            write!(out, ", {} together", ms(self.together_ns))?;
        }
        Ok(())
    }
}

/// All of them do the same work at the same time. Elapsed is a little more
/// than what it took, never less: from before the first was told to begin
/// until the last was known to be done.
fn round(play: &mut Play, all: &[Actor]) -> Result<Round> {
    let ms = play.knob("ms");
    let began = Instant::now();
    for who in all {
        play.order(*who, Act::Work { ms })?;
    }
    let (mut round, mut ran) = (Round::default(), Vec::new());
    for who in all {
        let came = play.finish(*who)?;
        round.cpu_ns += u64::try_from(came.result)?;
        round.cpus.insert(usize::try_from(came.value)?);
        ran.push(came.ran);
    }
    round.elapsed_ns = u64::try_from(began.elapsed().as_nanos())?;
    if let [one, other] = &ran[..] {
        round.together_ns = together(one, other);
    }
    Ok(round)
}

/// What two lists of times have in common.
fn together(one: &[(u64, u64)], other: &[(u64, u64)]) -> u64 {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    let common = pairs.map(|(a, b)| {
        let (from, to) = (a.0.max(b.0), a.1.min(b.1));
        to.saturating_sub(from)
    });
    common.sum()
}

/// On a busy machine they may take turns in one round, and not in the next:
/// to see two at once it takes one round, whichever. What cannot be seen is
/// looked for a few times.
fn works(
    play: &mut Play,
    who: &str,
    all: &[Actor],
    cpus: &BTreeSet<usize>,
) -> Result<()> {
    let expected = cpus.len().min(all.len());
    for actor in all {
        keep(Pid::from_raw(play.tid(*actor)), cpus)?;
    }
    let mut seen = round(play, all)?;
    for _ in 1..ROUNDS {
        if seen.at_once() == 1 {
            seen = round(play, all)?;
        }
    }
    if seen.at_once() < expected {
        play.note(format!(
            "This machine is busy: {who} were kept to a CPU each."
        ));
        for (actor, cpu) in all.iter().zip(cpus) {
            let tid = Pid::from_raw(play.tid(*actor));
            keep(tid, &BTreeSet::from([*cpu]))?;
        }
        until(&format!("{who} run at the same time"), || {
            seen = round(play, all)?;
            Ok(seen.at_once() == expected)
        })?;
    }
    play.figure(who, format!("{seen}, on {}", on(&seen.cpus)));
    let what = format!("{who}: CPUs in use at the same time");
    play.observe(what, expected, seen.at_once());
    Ok(())
}

fn keep(tid: Pid, cpus: &BTreeSet<usize>) -> Result<()> {
    let mut set = CpuSet::new();
    for cpu in cpus {
        set.set(*cpu)?;
    }
    sched_setaffinity(tid, &set).context("sched_setaffinity")
}

/// The same in the handout's interpreter: its version, whether it has the
/// lock, CPU time and elapsed time.
const PYTHON: &str = "\
import sys, threading, time
def work():
    n = 1
    while time.thread_time() < MS / 1000: n = (3 * n + 1) % 1000003
threads = [threading.Thread(target=work) for _ in range(2)]
began, used = time.monotonic(), time.process_time()
for thread in threads: thread.start()
for thread in threads: thread.join()
elapsed, used = time.monotonic() - began, time.process_time() - used
has_lock = getattr(sys, '_is_gil_enabled', lambda: True)()
print(sys.implementation.name, sys.version.split()[0], int(has_lock),
      round(used * 1e9), round(elapsed * 1e9))
";

/// Only where there is one, and only of one with a lock can it be said.
fn interpreter(play: &mut Play) -> Result<()> {
    let program = PYTHON.replace("MS", &play.knob("ms").to_string());
    let ran = Command::new("python3").args(["-I", "-c", &program]).output();
    let ran = ran.ok().filter(|ran| ran.status.success());
    let said =
        ran.map(|ran| String::from_utf8_lossy(&ran.stdout).into_owned());
    let said = said.unwrap_or_default();
    let words: Vec<&str> = said.split_whitespace().collect();
    let [name, version, has_lock, cpu, elapsed] = words[..] else {
        play.note("no python3 was found here to be compared with");
        return Ok(());
    };
    let (cpu_ns, elapsed_ns) = (cpu.parse()?, elapsed.parse()?);
    let seen = Round { cpu_ns, elapsed_ns, ..Round::default() };
    play.figure(&format!("two threads of {name} {version}"), &seen);
    if name == "cpython" && has_lock == "1" {
        let what = "two threads of python3 and its one lock: CPUs in use";
        play.observe(what, 1, seen.at_once());
    } else {
        play.note("this python3 has no one lock for all of its threads");
    }
    Ok(())
}
