//! How fast the dead are replaced. Twin: `c_compare/workers/brake.c`.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many deaths within a second are an accident; more are a crash loop.
const ACCIDENTS: usize = 10;
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// How fast dead workers are replaced: at once, unless they die faster than
/// ten a second; then ever slower, and faster again when that helps.
pub struct Brake {
    deaths: VecDeque<Instant>,
    delay: Duration,
    due: Instant,
    calm: bool,
}

impl Brake {
    /// Nobody has died yet.
    pub fn released() -> Brake {
        Brake {
            deaths: VecDeque::with_capacity(ACCIDENTS + 1),
            delay: Duration::ZERO,
            due: Instant::now(),
            calm: true,
        }
    }

    /// Time until the next replacement.
    pub fn left(&self) -> Duration {
        self.due.saturating_duration_since(Instant::now())
    }

    /// A worker died. The delay itself stretches the second in which ten may.
    pub fn death(&mut self) {
        let now = Instant::now();
        let window = Duration::from_secs(1) + 10 * self.delay;
        self.deaths.push_back(now);
        if self.deaths.len() > ACCIDENTS
            && let Some(first) = self.deaths.pop_front()
            && now - first < window
        {
            self.slow_down();
        }
        self.calm = false;
    }

    /// One more did, or could not be made.
    pub fn slow_down(&mut self) {
        self.delay = (2 * self.delay).clamp(SHORTEST, LONGEST);
        self.due = Instant::now() + self.delay;
        self.calm = false;
    }

    /// A worker was replaced.
    pub fn release(&mut self) {
        if self.calm {
            self.delay /= 2;
            if self.delay < SHORTEST {
                self.delay = Duration::ZERO;
            }
        }
        self.due = Instant::now() + self.delay;
        self.calm = true;
    }
}

#[cfg(test)]
mod tests {
    use super::{Brake, LONGEST};
    use std::time::Duration;

    #[test]
    fn ten_deaths_are_an_accident_and_more_slow_the_replacements() {
        let mut brake = Brake::released();
        (0..10).for_each(|_| brake.death());
        assert!(brake.left().is_zero());
        (0..20).for_each(|_| brake.death());
        assert_eq!(brake.delay, LONGEST);
        assert!(brake.left() > Duration::from_secs(4));
    }

    #[test]
    fn replacements_that_live_release_the_brake() {
        let mut brake = Brake::released();
        (0..30).for_each(|_| brake.death());
        (0..8).for_each(|_| brake.release());
        assert!(brake.left().is_zero());
    }
}
