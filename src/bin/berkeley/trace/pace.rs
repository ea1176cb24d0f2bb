//! How often a trace is drawn that goes on.
//!
//! The programs stand still at their calls meanwhile, and each drawing begins
//! with a look at all that there is: the longer the trace, the more it would
//! cost. So it gets a small share of the time, and none where nothing is new.

use std::time::{Duration, Instant};

/// As a reader notices it.
const OFTEN: Duration = Duration::from_millis(200);
/// Where a drawing takes longer: one part in so many of the time.
const SHARE: u32 = 10;
/// The newest are not drawn until it is known what came of them.
const REST: Duration = Duration::from_secs(1);

pub(super) struct Pace {
    next: Instant,
    /// How far the trace was, and since when.
    seen: (usize, usize),
    since: Instant,
    /// All of that has been drawn.
    is_at_rest: bool,
}

impl Pace {
    pub(super) fn new() -> Pace {
        let now = Instant::now();
        let (next, since) = (now + OFTEN, now);
        Pace { next, seen: (0, 0), since, is_at_rest: false }
    }

    pub(super) fn is_due(
        &mut self,
        now: Instant,
        progress: (usize, usize),
    ) -> bool {
        if now < self.next {
            return false;
        }
        if progress != self.seen {
            (self.seen, self.since) = (progress, now);
            self.is_at_rest = false;
        }
        let was_at_rest = self.is_at_rest;
        self.is_at_rest = now.duration_since(self.since) >= REST;
        !was_at_rest
    }

    pub(super) fn has_drawn(&mut self, start: Instant, end: Instant) {
        let took = end.duration_since(start);
        self.next = end + OFTEN.max(took * (SHARE - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn what_takes_long_is_done_less_often() {
        let mut pace = Pace::new();
        let mut now = pace.next;
        let (mut drawn, start) = (Duration::ZERO, now);
        for progress in 1..100 {
            assert!(pace.is_due(now, (progress, 0)));
            pace.has_drawn(now, now + ms(500));
            assert!(!pace.is_due(now + ms(900), (progress + 1, 0)));
            drawn += ms(500);
            now = pace.next;
        }
        assert_eq!(drawn * SHARE, now.duration_since(start));
    }

    #[test]
    fn what_is_at_rest_is_drawn_once_more_and_then_not() {
        let mut pace = Pace::new();
        let start = pace.next;
        let mut times = (0..100).map(|step| start + OFTEN * step);
        let mut drawn = Vec::new();
        for now in times.by_ref() {
            let progress =
                if now < start + ms(3000) { (7, 1) } else { (7, 0) };
            if pace.is_due(now, progress) {
                pace.has_drawn(now, now);
                drawn.push(now.duration_since(start));
            }
        }
        let first = drawn.iter().filter(|at| **at < ms(3000)).max();
        assert_eq!(first, Some(&ms(1000)));
        assert_eq!(drawn.last(), Some(&ms(4000)));
    }
}
