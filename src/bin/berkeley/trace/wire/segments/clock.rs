//! The kernel stamps packets with CLOCK_REALTIME; everything else here is of
//! CLOCK_MONOTONIC. Both run at the same rate, so the difference holds until
//! somebody sets the time. Man page: `clock_gettime(2)`.

use nix::time::{ClockId, clock_gettime};

const SECOND: i128 = 1_000_000_000;

/// CLOCK_REALTIME minus CLOCK_MONOTONIC, in ns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offset {
    is: i128,
    /// By how much it may be wrong: the clocks are read one after the other.
    within: i128,
}

impl Offset {
    pub(super) fn measure() -> Offset {
        let once = || {
            let before = nanoseconds(ClockId::CLOCK_MONOTONIC);
            let real = nanoseconds(ClockId::CLOCK_REALTIME);
            let after = nanoseconds(ClockId::CLOCK_MONOTONIC);
            let (is, within) =
                (real - i128::midpoint(before, after), after - before);
            Offset { is, within }
        };
        // Whoever is interrupted between two readings measures the break.
        let best = (0..4).map(|_| once()).min_by_key(|it| it.within);
        best.unwrap_or_else(once)
    }

    /// Another measurement does not replace this one without need: packets
    /// would change places by its error.
    pub(super) fn renew(&mut self) {
        let new = Offset::measure();
        let difference = (new.is - self.is).abs();
        if difference > new.within + self.within {
            *self = new;
        }
    }

    pub(super) fn monotonic(self, seconds: u32, nanoseconds: u32) -> u64 {
        let real = i128::from(seconds) * SECOND + i128::from(nanoseconds);
        u64::try_from(real - self.is).unwrap_or_default()
    }
}

fn nanoseconds(clock: ClockId) -> i128 {
    // Both clocks exist on every Linux.
    clock_gettime(clock).map_or(0, |time| {
        i128::from(time.tv_sec()) * SECOND + i128::from(time.tv_nsec())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_of_now_is_now() {
        let before = nanoseconds(ClockId::CLOCK_MONOTONIC);
        let real = nanoseconds(ClockId::CLOCK_REALTIME);
        let after = nanoseconds(ClockId::CLOCK_MONOTONIC);
        let offset = Offset::measure();
        let stamp = |ns: i128| u32::try_from(ns).unwrap_or_default();
        let told =
            offset.monotonic(stamp(real / SECOND), stamp(real % SECOND));
        let told = i128::from(told);
        assert!(told >= before - offset.within);
        assert!(told <= after + offset.within);
    }

    #[test]
    fn it_follows_the_time_only_when_that_was_set() {
        let mut offset = Offset::measure();
        let first = offset.is;
        offset.is += offset.within / 2;
        let wrong = offset.is;
        offset.renew();
        assert!(offset.is == wrong || (offset.is - first).abs() < SECOND);
        offset.is += 3600 * SECOND;
        offset.renew();
        assert!((offset.is - first).abs() < SECOND);
    }
}
