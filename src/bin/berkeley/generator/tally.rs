//! What a load has counted and timed.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use berkeley::sockets::symbol;
use hdrhistogram::Histogram;
use nix::errno::Errno;

use super::clock::SECOND;
use super::orders::{Collected, Counts};

/// Longer than this is as bad as this.
const LONGEST: u64 = 100 * SECOND;

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Errno(Errno),
    WrongAnswer,
    SurplusBytes,
    EarlyEnd,
}

impl Trouble {
    fn name(self) -> String {
        match self {
            Trouble::Errno(errno) => symbol(errno),
            Trouble::WrongAnswer => "wrong answer".into(),
            Trouble::SurplusBytes => "surplus bytes".into(),
            Trouble::EarlyEnd => "early end".into(),
        }
    }
}

/// The counts of one run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) requests: u64,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// Nanoseconds: all latencies together.
    pub(crate) latency: u64,
    pub(crate) errors: BTreeMap<String, u64>,
}

impl Tally {
    pub(crate) fn trouble(&mut self, trouble: Trouble) {
        *self.errors.entry(trouble.name()).or_default() += 1;
    }
}

/// The times of all runs since they were collected last: with three digits,
/// whatever their size.
pub(crate) struct Times {
    latency: Histogram<u64>,
    /// For loads with a rate of their own.
    from_send: Option<Histogram<u64>>,
    lateness: Option<Histogram<u64>>,
}

impl Times {
    pub(crate) fn new(paced: bool) -> Result<Times> {
        let histogram = || {
            Histogram::new_with_bounds(1, LONGEST, 3)
                .map_err(|error| anyhow!("histogram: {error}"))
        };
        let second = || paced.then(histogram).transpose();
        Ok(Times {
            latency: histogram()?,
            from_send: second()?,
            lateness: second()?,
        })
    }

    #[inline]
    pub(crate) fn answered(&mut self, latency: u64) {
        self.latency.saturating_record(latency);
    }

    /// A request that was due at one time and sent at another.
    pub(crate) fn paced(&mut self, due: u64, sent: u64, answered: u64) {
        self.answered(answered - due);
        if let Some(from_send) = &mut self.from_send {
            from_send.saturating_record(answered - sent);
        }
        if let Some(lateness) = &mut self.lateness {
            lateness.saturating_record(sent - due);
        }
    }

    /// All of them; then there are none.
    pub(crate) fn collect(&mut self) -> Collected {
        let collected = |times: &mut Histogram<u64>| {
            let counts = counts(times);
            times.reset();
            counts
        };
        let maybe = |times: &mut Option<Histogram<u64>>| {
            times.as_mut().map(collected).unwrap_or_default()
        };
        Collected {
            latency: collected(&mut self.latency),
            from_send: maybe(&mut self.from_send),
            lateness: maybe(&mut self.lateness),
        }
    }
}

/// Each time that occurred, as the middle of its bucket.
fn counts(times: &Histogram<u64>) -> Counts {
    let all = times.iter_recorded();
    all.map(|one| {
        let middle = times.median_equivalent(one.value_iterated_to());
        (middle, one.count_at_value())
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Times};

    #[test]
    fn times_are_kept_to_a_thousandth_and_collected_once() {
        let mut times = Times::new(true).unwrap();
        let all = [0, 1, 999, 12_345, 5_000_000, 7_654_321_000];
        for time in all {
            times.paced(10, 10 + time / 2, 10 + time);
        }
        let collected = times.collect();
        assert_eq!(collected.latency.len(), all.len());
        for (time, (kept, count)) in all.iter().zip(&collected.latency) {
            let bound = (time / 1000).max(1);
            assert!(kept.abs_diff(*time) <= bound, "{kept} for {time}");
            assert_eq!(*count, 1);
        }
        assert_eq!(collected.from_send.len(), all.len());
        assert_eq!(collected.lateness.len(), all.len() - 1);
        let again = times.collect();
        assert!(again.latency.is_empty() && again.lateness.is_empty());
    }

    #[test]
    fn what_takes_too_long_is_counted_as_the_longest() {
        let mut times = Times::new(false).unwrap();
        times.answered(u64::MAX);
        let [(kept, 1)] = times.collect().latency[..] else { panic!() };
        assert!(kept.abs_diff(LONGEST) <= LONGEST / 500, "{kept}");
    }
}
