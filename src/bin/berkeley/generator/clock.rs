//! What time it is, and what this thread has had of the CPU.
//!
//! Man pages: `clock_gettime(2)`, `vdso(7)`, `proc_pid_schedstat(5)`.

use std::fs;

use nix::time::{ClockId, clock_gettime};

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const MILLISECOND: u64 = 1_000_000;

/// Nanoseconds of CLOCK_MONOTONIC: read without entering the kernel.
#[inline]
pub(crate) fn now() -> u64 {
    nanoseconds(ClockId::CLOCK_MONOTONIC)
}

#[inline]
fn nanoseconds(clock: ClockId) -> u64 {
    // Both clocks exist on every Linux, and neither is ever negative.
    let time = clock_gettime(clock);
    time.map_or(0, |time| {
        time.tv_sec().cast_unsigned() * SECOND + time.tv_nsec().cast_unsigned()
    })
}

/// A number of seconds that somebody asked for, in nanoseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(crate) fn from_seconds(seconds: f64) -> u64 {
    // A cast of what is too large, negative or NaN saturates.
    (seconds * 1e9) as u64
}

#[allow(clippy::cast_precision_loss)] // 104 days are exact.
pub(crate) fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// What this thread has cost so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// On a CPU.
    cpu: u64,
    /// Ready to run, while another one ran.
    waited: u64,
}

impl Spent {
    pub(crate) fn so_far() -> Spent {
        let schedstat = fs::read_to_string("/proc/thread-self/schedstat");
        let schedstat = schedstat.unwrap_or_default();
        let waited = schedstat.split_whitespace().nth(1);
        Spent {
            // CONFIG_SCHED_INFO gives the same as the first field, but only
            // as of the last tick.
            cpu: nanoseconds(ClockId::CLOCK_THREAD_CPUTIME_ID),
            waited: waited.and_then(|text| text.parse().ok()).unwrap_or(0),
        }
    }

    /// Seconds on a CPU and seconds of waiting for one, since then.
    pub(crate) fn since(self) -> (f64, f64) {
        let now = Spent::so_far();
        (
            seconds(now.cpu.saturating_sub(self.cpu)),
            seconds(now.waited.saturating_sub(self.waited)),
        )
    }
}
