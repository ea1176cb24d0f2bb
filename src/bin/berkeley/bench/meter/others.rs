//! How much of some CPUs was taken, for a while, by processes that are not
//! measured, or by other machines on the same host.
//!
//! Two witnesses, since each is blind for something. The clock of each other
//! process is exact, but one that came and went in between is not seen. What
//! was neither idle nor our own is complete, with the time that a host stole;
//! but /proc/stat counts in ticks of 10 ms, and an answer finer than
//! that would be made up. So the second one only says between which bounds
//! the first must be: below them it has not seen all, above them what it saw
//! was on other CPUs. Man pages: `proc_stat(5)`, `proc_pid_stat(5)`.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use super::cpu::{Clock, own, tick};
use super::family::family;

/// What was found, as shares: 1 is one CPU all the time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Others {
    /// By other processes and other machines, at least.
    pub(crate) share: f64,
    /// Of it, by other machines.
    pub(crate) stolen: f64,
    /// What comes and goes within less than this is not seen.
    pub(crate) resolution: f64,
}

/// The while.
pub(crate) struct Window {
    cpus: Vec<usize>,
    start: Instant,
    ticks: Ticks,
    ours: Vec<Clock>,
    used: Duration,
    strangers: HashMap<i32, Duration>,
}

impl Window {
    /// From now on; with these programs and their families, and with this
    /// process, which are not others.
    pub(crate) fn open(cpus: &[usize], ours: &[i32]) -> Window {
        let this = std::process::id().cast_signed();
        let mut ours: Vec<Clock> =
            ours.iter().map(|&pid| Clock::of(pid)).collect();
        let used = ours.iter_mut().map(Clock::read).sum::<Duration>();
        Window {
            strangers: strangers(&ours),
            used: used + own(this).unwrap_or_default(),
            ours,
            cpus: cpus.to_vec(),
            ticks: Ticks::read(cpus),
            start: Instant::now(),
        }
    }

    /// Until now.
    pub(crate) fn close(mut self) -> Others {
        let wall = self.start.elapsed();
        let ticks = Ticks::read(&self.cpus);
        let this = std::process::id().cast_signed();
        let used = self.ours.iter_mut().map(Clock::read).sum::<Duration>();
        let used = used + own(this).unwrap_or_default();
        let used = used.saturating_sub(self.used);

        let count = u32::try_from(self.cpus.len()).unwrap_or(1);
        let quiet = ticks.quiet.saturating_sub(self.ticks.quiet) + used;
        let taken = (wall * count).saturating_sub(quiet);
        let stolen = ticks.stolen.saturating_sub(self.ticks.stolen);
        let missed: Duration = self.ours.iter().map(Clock::may_miss).sum();
        let unsure = 2 * tick() * count + missed;
        let least = taken.saturating_sub(unsure);
        let most = (taken + unsure).min(wall * count);

        let seen = self.seen() + stolen.saturating_sub(tick() * count);
        let share = |time: Duration| time.as_secs_f64() / wall.as_secs_f64();
        Others {
            share: share(seen.clamp(least, most)),
            stolen: share(stolen),
            resolution: share(unsure),
        }
    }

    /// By other processes that are still there, on these CPUs.
    fn seen(&self) -> Duration {
        let now = strangers(&self.ours).into_iter();
        let moved = now.filter_map(|(pid, time)| {
            let before = self.strangers.get(&pid).copied();
            let used = time.checked_sub(before.unwrap_or_default())?;
            (!used.is_zero() && self.concerns(pid)).then_some(used)
        });
        moved.sum()
    }

    /// Whether the process was last on one of these CPUs. The kernel's own
    /// threads (of kthreadd, 2) are not others: they work for our sockets.
    fn concerns(&self, pid: i32) -> bool {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
        let stat = stat.unwrap_or_default();
        let Some((_, fields)) = stat.rsplit_once(')') else { return false };
        let mut fields = fields.split_ascii_whitespace();
        let parent = fields.nth(1);
        let cpu = fields.nth(34).and_then(|cpu| cpu.parse().ok());
        parent != Some("2") && cpu.is_some_and(|cpu| self.cpus.contains(&cpu))
    }
}

/// The clocks of all processes but ours.
fn strangers(ours: &[Clock]) -> HashMap<i32, Duration> {
    let mut known = vec![std::process::id().cast_signed()];
    known.extend(ours.iter().flat_map(|clock| family(clock.pid())));
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let others = pids.filter(|pid| !known.contains(pid));
    others.filter_map(|pid| Some((pid, own(pid)?))).collect()
}

/// Of some CPUs, since the machine was started.
struct Ticks {
    quiet: Duration,
    stolen: Duration,
}

impl Ticks {
    /// A line is `cpu1 user nice system idle iowait irq softirq steal …`.
    ///
    /// Interrupts are counted as quiet: they are mostly our own packets. A
    /// kernel without CONFIG_IRQ_TIME_ACCOUNTING has charged them to the
    /// interrupted process as well, so the others come out too small by
    /// them, rather than blamed for them.
    fn read(cpus: &[usize]) -> Ticks {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let mut ticks =
            Ticks { quiet: Duration::ZERO, stolen: Duration::ZERO };
        for line in stat.lines() {
            let mut fields = line.split_ascii_whitespace();
            let cpu = fields.next().and_then(|name| {
                name.strip_prefix("cpu")?.parse::<usize>().ok()
            });
            if cpu.is_some_and(|cpu| cpus.contains(&cpu)) {
                let times: Vec<u32> =
                    fields.filter_map(|time| time.parse().ok()).collect();
                if let [_, _, _, idle, iowait, irq, softirq, stolen, ..] =
                    times[..]
                {
                    ticks.quiet += tick() * (idle + iowait + irq + softirq);
                    ticks.stolen += tick() * stolen;
                }
            }
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::{Child, Command};
    use std::thread;

    use super::*;
    use crate::cpus::{Cpus, Placement, kept_to};

    /// A loop on one CPU, ended when the test is.
    struct Busy(Child);

    impl Busy {
        fn on(cpus: &[usize]) -> Busy {
            let mut command = Command::new("sh");
            command.args(["-c", "while :; do :; done"]);
            let busy =
                Busy(kept_to(cpus, || command.spawn()).unwrap().unwrap());
            let used = || own(busy.pid()).unwrap_or_default();
            while used() < Duration::from_millis(20) {}
            busy
        }

        fn pid(&self) -> i32 {
            self.0.id().cast_signed()
        }
    }

    impl Drop for Busy {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    /// What was seen of the others, and for how long the loop ran meanwhile.
    /// The other tests of this program would count as ours, on whatever CPU
    /// they run: only a look during which they did little is one.
    fn look(cpus: &[usize], ours: &[i32], busy: &Busy) -> (Others, f64) {
        let this = std::process::id().cast_signed();
        let used = |pid| own(pid).unwrap_or_default();
        loop {
            let (start, mine) = (Instant::now(), used(this));
            let window = Window::open(cpus, ours);
            let before = used(busy.pid());
            thread::sleep(Duration::from_millis(300));
            let got = used(busy.pid()).saturating_sub(before);
            let others = window.close();
            let wall = start.elapsed();
            if used(this).saturating_sub(mine) < wall / 20 {
                return (others, got.as_secs_f64() / wall.as_secs_f64());
            }
        }
    }

    #[test]
    fn a_stranger_is_noticed_and_our_own_program_is_not_blamed() {
        let cpus = Cpus::choose(Placement::Same).unwrap().server;
        let busy = Busy::on(&cpus);
        // Whatever else this machine does, the loop got what it got, but for
        // what the clocks cannot tell.
        let (others, got) = look(&cpus, &[], &busy);
        let seen = others.share + others.resolution;
        assert!(got > 0.0 && seen >= got, "{others:?} {got}");
        // And what it got nobody else is said to have had.
        let (ours, got) = look(&cpus, &[busy.pid()], &busy);
        let all = ours.share + got;
        assert!(all <= 1.01 + ours.resolution, "{ours:?} {got}");
        assert!(others.resolution < 0.1);
    }
}
