//! Whether a program can do anything on its own.
//!
//! A task that has run has used its CPU clock, however shortly; one that is
//! about to run is in the state R. If no process's clock has moved for a
//! while and nobody is in R, then what is to happen next comes from outside,
//! or from a timer. Man pages: `proc_pid_stat(5)`, `clock_getcpuclockid(3)`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use super::call::{Activity, activity};
use super::descriptors;
use super::family::{Family, Member};
use super::stat::Stat;

/// What goes by itself goes on within this time: a packet on the loopback
/// device, the 5 ms after which a thread of Python asks for the interpreter.
const WHILE: Duration = Duration::from_millis(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Some task runs, or has run in the last 30 ms, or waits for a disk.
    Active,
    /// All sleep, one of them for a limited time: the program may go on by
    /// itself. That is seen of calls, of `SO_RCVTIMEO` and of timerfds; an
    /// alarm(2), setitimer(2) or timer_create(2) is not seen.
    Timed,
    /// All wait for something that must come from outside.
    Asleep,
    /// A signal has stopped a task, and nobody else is active.
    Stopped,
    /// Nobody is left, except zombies.
    Gone,
}

/// What was seen before.
#[derive(Default)]
pub(super) struct Eyelids {
    processes: HashMap<i32, Seen>,
    still_since: Option<Instant>,
    is_blind: bool,
}

struct Seen {
    clock: Option<Duration>,
    /// Whether it goes on by itself; as long as its clock stands still, it
    /// is in the same calls.
    is_timed: Option<bool>,
}

impl Eyelids {
    pub(super) fn is_blind(&self) -> bool {
        self.is_blind
    }

    pub(super) fn look(&mut self, family: &mut Family) -> Rest {
        let is_still =
            self.still_since.is_some_and(|since| since.elapsed() >= WHILE);
        let has_changed = family.refresh(!is_still);
        let has_run = self.read_clocks(family);
        let state = states(family);
        if has_changed || has_run || state == Rest::Active {
            return self.active();
        }
        if state == Rest::Gone {
            return Rest::Gone;
        }
        if !is_still {
            return Rest::Active;
        }
        if state == Rest::Stopped {
            return state;
        }
        self.read_calls(family)
    }

    /// What was read on the way is as of now, not of when the look began.
    fn active(&mut self) -> Rest {
        self.still_since = Some(Instant::now());
        Rest::Active
    }

    /// Whether any process has run since the last look.
    fn read_clocks(&mut self, family: &Family) -> bool {
        let mut has_run = false;
        for (pid, _) in family.members() {
            let clock = clock(pid);
            let before = self.processes.get(&pid);
            if before.is_none_or(|before| before.clock != clock) {
                has_run = true;
                let seen = Seen { clock, is_timed: None };
                self.processes.insert(pid, seen);
            }
        }
        if has_run {
            let living = family.pids();
            self.processes.retain(|pid, _| living.contains(pid));
        }
        has_run
    }

    /// In which calls they all are; to read that costs more, and is done
    /// once for each sleep.
    fn read_calls(&mut self, family: &Family) -> Rest {
        let mut rest = Rest::Asleep;
        for (pid, member) in family.members() {
            let Some(seen) = self.processes.get_mut(&pid) else { continue };
            if seen.is_timed.is_none() {
                let is_timed = is_timed(pid, member, &mut self.is_blind);
                if is_timed.is_none() {
                    return self.active();
                }
                seen.is_timed = is_timed;
            }
            if seen.is_timed == Some(true) {
                rest = Rest::Timed;
            }
        }
        rest
    }
}

/// Of all its threads, those that have ended, too.
pub(super) fn clock(pid: i32) -> Option<Duration> {
    let clock = clock_getcpuclockid(Pid::from_raw(pid)).ok()?;
    clock_gettime(clock).ok().map(Duration::from)
}

/// `Active` as soon as one task is, `Asleep` if all sleep.
pub(super) fn states(family: &Family) -> Rest {
    let mut states = family.members().flat_map(|(pid, member)| {
        let states = member.tasks.iter().map(move |&tid| {
            Stat::of_task(pid, tid).map_or('R', |stat| stat.state())
        });
        states.chain(member.tasks.is_empty().then_some('X'))
    });
    let rest = states.try_fold(Rest::Gone, |rest, state| match state {
        'Z' | 'X' => Some(rest),
        'T' => Some(Rest::Stopped),
        'S' | 'I' if rest == Rest::Stopped => Some(rest),
        'S' | 'I' => Some(Rest::Asleep),
        _ => None,
    });
    rest.unwrap_or(Rest::Active)
}

/// `None`: somebody has just begun to run.
fn is_timed(pid: i32, member: &Member, is_blind: &mut bool) -> Option<bool> {
    let mut is_timed = descriptors::has_timer(pid);
    for &tid in &member.tasks {
        match activity(pid, tid) {
            Activity::Running => return None,
            Activity::Call(call) => is_timed |= call.ends_by_time(pid),
            Activity::Kernel(place) => {
                *is_blind = true;
                is_timed |= place.is_some_and(|at| at.contains("nanosleep"));
            }
            Activity::Nowhere => {}
        }
    }
    Some(is_timed)
}
