//! Work for a CPU, measured by the kernel's own clock of the thread: so much
//! of it is the same amount on a busy machine and on an idle one. Man pages:
//! `clock_gettime(2)`, `sched_getcpu(3)`.

use std::hint::black_box;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::Came;
use crate::lab::watch::now_ns;

/// Nobody who runs needs as long from one look at the clock to the next.
const GAP_NS: u64 = 50_000;

/// Until this thread has been on a CPU for so long. Tells on which one it was
/// in the end, from when to when it ran and, as the result, for how many ns.
pub(super) fn work(ms: i32) -> Came {
    let began = on_a_cpu();
    let enough = Duration::from_millis(ms.unsigned_abs().into());
    let mut n = 1_u64;
    let mut ran = vec![(now_ns(), now_ns())];
    while on_a_cpu().saturating_sub(began) < enough {
        for _ in 0..1000 {
            n = black_box(n.wrapping_mul(3).wrapping_add(1));
        }
        let now = now_ns();
        match ran.last_mut() {
            Some((_, until)) if now - *until < GAP_NS => *until = now,
            _ => ran.push((now, now)),
        }
    }
    let used = on_a_cpu().saturating_sub(began).as_nanos();
    // SAFETY: it takes nothing and answers with a number.
    let cpu = unsafe { libc::sched_getcpu() };
    Came {
        result: i64::try_from(used).unwrap_or(i64::MAX),
        value: cpu.into(),
        ran,
        ..Came::default()
    }
}

fn on_a_cpu() -> Duration {
    let clock = ClockId::CLOCK_THREAD_CPUTIME_ID;
    clock_gettime(clock).map_or(Duration::ZERO, Duration::from)
}
