//! CPU time of a server: of its whole process tree, also of children that
//! have ended.
//!
//! Each live process has a clock of nanoseconds, in which its ended threads
//! are included. What its reaped children used is in /proc/PID/stat alone,
//! in ticks: of user and of system time up to 10 ms each are not yet shown,
//! for each process that reaps. Nothing is lost by that, since the kernel
//! adds up finer; but a server that forks has to be read over long windows.
//!
//! Two exact ways are rejected. An inherited perf event (perf_event_open(2))
//! makes each fork(2) of the measured server dearer, and so favours threads;
//! a control group of its own needs rights that a student does not have.
//! Man pages: `clock_getcpuclockid(3)`, `proc_pid_stat(5)`,
//! `proc_pid_status(5)`.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, SysconfVar, sysconf};

use super::family::add_children;

/// How long a tree is given to come to rest.
const REST: Duration = Duration::from_millis(40);

/// The CPU time of a process tree.
pub(crate) struct Clock {
    pid: i32,
    last: Duration,
    reaps: bool,
}

impl Clock {
    pub(crate) fn of(pid: i32) -> Clock {
        Clock { pid, last: Duration::ZERO, reaps: false }
    }

    pub(super) fn pid(&self) -> i32 {
        self.pid
    }

    /// The time so far, never less than it was before.
    ///
    /// A child that is reaped between two looks would be counted twice, or
    /// not at all. So this waits until the tree is at rest, though not for
    /// ever: a tree that does not rest is read as it is.
    pub(crate) fn read(&mut self) -> Duration {
        let start = Instant::now();
        loop {
            let look = look(self.pid);
            let has_time = start.elapsed() < REST;
            if has_time && !look.is_still_so() {
                thread::sleep(Duration::from_millis(1));
                continue;
            }
            self.reaps |= !look.reaped.is_zero();
            self.last = self.last.max(look.sum());
            return self.last;
        }
    }

    /// By how much the last reading may be too small.
    pub(crate) fn may_miss(&self) -> Duration {
        if self.reaps { 2 * tick() } else { Duration::ZERO }
    }
}

/// One look at a tree.
struct Look {
    live: Vec<(i32, Option<Duration>)>,
    reaped: Duration,
}

/// A process's clock is read before its children are listed: whoever forks
/// or reaps after that has a later clock in `is_still_so`.
fn look(pid: i32) -> Look {
    let mut family = vec![pid];
    let mut look = Look { live: Vec::new(), reaped: Duration::ZERO };
    while let Some(&pid) = family.get(look.live.len()) {
        look.live.push((pid, own(pid)));
        add_children(pid, &mut family);
        look.reaped += reaped(pid).unwrap_or_default();
    }
    look
}

impl Look {
    fn is_still_so(&self) -> bool {
        let mut live = self.live.iter();
        live.all(|&(pid, time)| time.is_some() && own(pid) == time)
    }

    fn sum(&self) -> Duration {
        let live = self.live.iter().filter_map(|(_, time)| *time);
        live.sum::<Duration>() + self.reaped
    }
}

/// Of one process alone, with its ended threads.
pub(super) fn own(pid: i32) -> Option<Duration> {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(pid)).ok()?;
    Some(clock_gettime(clock).ok()?.into())
}

/// Behind the name come the state, 10 numbers, utime, stime, cutime, cstime.
fn reaped(pid: i32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(13);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(tick() * (user + system))
}

/// What /proc counts time in: 10 ms, wherever Linux runs today.
pub(super) fn tick() -> Duration {
    let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten();
    let per_second = u32::try_from(per_second.unwrap_or(100)).unwrap_or(100);
    Duration::from_secs(1) / per_second
}

/// How often the live threads of these processes have been taken from a CPU,
/// or have left it themselves. Those that have ended are not in it: their
/// switches are in the `Usage` of the whole program alone.
pub(crate) fn switches(family: &[i32]) -> u64 {
    let tasks = family
        .iter()
        .filter_map(|pid| fs::read_dir(format!("/proc/{pid}/task")).ok());
    let statuses = tasks.flatten().flatten().filter_map(|task| {
        fs::read_to_string(task.path().join("status")).ok()
    });
    statuses.map(|status| switches_in(&status)).sum()
}

fn switches_in(status: &str) -> u64 {
    let lines = status.lines().filter_map(|line| line.split_once(":\t"));
    let counts = lines.filter(|(name, _)| name.ends_with("ctxt_switches"));
    counts.filter_map(|(_, count)| count.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use nix::sys::signal::Signal;

    use super::super::family::family;
    use super::*;
    use crate::stage::{Stage, Stream, Usage, Who};

    const BUSY: &str = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";

    fn shell(script: &str) -> (Stage, Who) {
        let mut stage = Stage::open().unwrap();
        let args = ["-c".into(), script.into()];
        let sh = Path::new("/bin/sh");
        let who = stage.start("sh", sh, &args, None).unwrap();
        (stage, who)
    }

    /// Two readings of a script that says `done` and waits, and what the
    /// kernel says when it has gone.
    fn read_and_reaped(script: &str) -> (Clock, u64, Usage) {
        let (mut stage, who) = shell(&format!("{script}; echo done; read x"));
        stage.says(who, "done").unwrap();
        let pid = stage.pid(who);
        let all = || family(pid);
        stage
            .until("rests", who, |_| crate::stage::kernel::is_asleep(&all()))
            .unwrap();
        let mut clock = Clock::of(pid);
        let first = clock.read();
        assert_eq!(clock.read(), first);
        let switches = switches(&all());
        assert_eq!(stage.usage(who), None);
        stage.signal(who, Signal::SIGTERM);
        stage.ends(who, -(Signal::SIGTERM as i32)).unwrap();
        assert_eq!(stage.lines(who, Stream::Err), [""; 0]);
        (clock, switches, stage.usage(who).unwrap())
    }

    #[test]
    fn a_busy_program_has_used_what_its_end_says() {
        let (clock, switches, usage) = read_and_reaped(BUSY);
        let (read, used) = (clock.last.as_secs_f64(), usage.cpu.as_secs_f64());
        assert!(used > 0.05, "{used} s");
        assert!((read / used - 1.0).abs() < 0.05, "{read} s of {used} s");
        assert_eq!(clock.may_miss(), Duration::ZERO);
        assert!(switches > 0 && usage.switches >= switches);
    }

    #[test]
    fn reaped_children_are_counted_to_the_tick() {
        let four =
            format!("({BUSY}; :); ({BUSY}; :); ({BUSY}; :); ({BUSY}; :)");
        let (clock, _, usage) = read_and_reaped(&four);
        assert!(usage.cpu > Duration::from_millis(200), "{:?}", usage.cpu);
        let read = clock.last + clock.may_miss();
        assert!(
            read >= usage.cpu.mul_f64(0.99),
            "{read:?} of {:?}",
            usage.cpu
        );
        assert!(
            clock.last <= usage.cpu,
            "{:?} of {:?}",
            clock.last,
            usage.cpu
        );
        assert_eq!(clock.may_miss(), Duration::from_millis(20));
    }

    #[test]
    fn a_tree_that_does_not_rest_is_read_all_the_same() {
        let (stage, who) =
            shell("(while :; do :; done) & while :; do :; done");
        let mut clock = Clock::of(stage.pid(who));
        let start = Instant::now();
        let mut last = clock.read();
        while last < Duration::from_millis(50) {
            let now = clock.read();
            assert!(now >= last);
            last = now;
        }
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
