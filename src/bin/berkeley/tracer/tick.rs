//! Looks up from waiting for stops, when it is time.
//!
//! A traced program stands still until its stop is answered, so the tracer
//! sleeps in waitpid(2) itself and is woken by nothing else: measured against
//! poll(2) on a signalfd(2), or ppoll(2) with SIGCHLD, that saves two system
//! calls a stop. The price is that waitpid(2) cannot watch a descriptor or a
//! clock. So a timer interrupts it, first when there is something to look at,
//! and then every few milliseconds: a tick that comes between two waits is
//! lost, and the next one makes up for it. Man page: `timer_create(2)`.

use std::time::Duration;

use nix::sys::signal::{
    SaFlags, SigAction, SigEvent, SigHandler, SigSet, SigevNotify, Signal,
    sigaction,
};
use nix::sys::time::TimeSpec;
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::gettid;

/// How late the tracer may notice what can be read.
pub(super) const TICK: Duration = Duration::from_millis(2);

pub(super) struct Ticks(Timer);

impl Ticks {
    /// For this thread: only it may speak to whom it traces.
    pub(super) fn new() -> nix::Result<Ticks> {
        let handler = SigHandler::Handler(look_up);
        // Without SA_RESTART: waitpid(2) is to be interrupted.
        let action =
            SigAction::new(handler, SaFlags::empty(), SigSet::empty());
        // SAFETY: `look_up` does nothing.
        unsafe { sigaction(Signal::SIGALRM, &action) }?;
        let thread_id = gettid().as_raw();
        let signal = Signal::SIGALRM;
        let to_me =
            SigevNotify::SigevThreadId { signal, thread_id, si_value: 0 };
        let event = SigEvent::new(to_me);
        Timer::new(ClockId::CLOCK_MONOTONIC, event).map(Ticks)
    }

    /// The first one is due then, and one each TICK behind it. (Zero would
    /// disarm the timer: nothing is due sooner than in a TICK.)
    pub(super) fn begin(&mut self, first: Duration) -> nix::Result<()> {
        let first = TimeSpec::from(first.max(TICK));
        let every = TimeSpec::from(TICK);
        self.set(Expiration::IntervalDelayed(first, every))
    }

    pub(super) fn end(&mut self) {
        let never = TimeSpec::from(Duration::ZERO);
        let _ = self.set(Expiration::OneShot(never));
    }

    fn set(&mut self, when: Expiration) -> nix::Result<()> {
        self.0.set(when, TimerSetTimeFlags::empty())
    }
}

extern "C" fn look_up(_: i32) {}

/// CLOCK_MONOTONIC, in ns. It is read without a system call.
pub(crate) fn now() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from);
    u64::try_from(now.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::thread;
    use std::time::Instant;

    use nix::errno::Errno;
    use nix::poll::poll;

    use super::*;

    #[test]
    fn a_lost_tick_is_soon_made_up_for() {
        let span = Duration::from_secs(2);
        let mut ticks = Ticks::new().unwrap();
        ticks.begin(span).unwrap();
        // It sleeps on when a signal has interrupted it.
        thread::sleep(span + TICK);
        let start = Instant::now();
        assert_eq!(poll(&mut [], 20_000_u16), Err(Errno::EINTR));
        assert!(start.elapsed() < span / 2, "{:?}", start.elapsed());
    }

    #[test]
    fn ticks_come_even_without_any_time_left_until_they_are_ended() {
        let mut ticks = Ticks::new().unwrap();
        ticks.begin(Duration::ZERO).unwrap();
        assert_eq!(poll(&mut [], 20_000_u16), Err(Errno::EINTR));
        ticks.end();
        assert_eq!(poll(&mut [], 50_u16), Ok(0));
    }
}
