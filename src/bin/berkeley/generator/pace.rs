//! When requests are due, in a load with a rate of its own.
//!
//! They are due at uniform intervals, and the intervals go on from one run
//! into the next, so that slices shorter than an interval keep the rate too.
//! What is due and waits needs no queue: the next one's time follows from
//! its number.

use super::clock::SECOND;

#[derive(Debug)]
pub(crate) struct Pace {
    /// Nanoseconds from one request to the next.
    interval: f64,
    /// From the start of the run to its first request.
    phase: f64,
    start: u64,
    /// How many are due in this run, and how many of them were taken.
    due: u64,
    taken: u64,
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)] // Times within a run are exact, and none is negative.
impl Pace {
    pub(crate) fn new(rate: f64) -> Pace {
        let interval = SECOND as f64 / rate.max(1e-6);
        Pace { interval, phase: 0.0, start: 0, due: 0, taken: 0 }
    }

    /// A run of a given length.
    pub(crate) fn begin(&mut self, start: u64, length: u64) {
        let left = (length as f64 - self.phase).max(0.0);
        // One that is due at the end belongs to the next run, also when it
        // comes out a rounding error earlier.
        let due = (left / self.interval - 1e-6).ceil();
        self.begin_with(start, due as u64);
    }

    /// A run of so many requests.
    pub(crate) fn begin_with(&mut self, start: u64, requests: u64) {
        (self.start, self.due, self.taken) = (start, requests, 0);
    }

    /// When the next one is due that was not taken yet.
    pub(crate) fn next(&self) -> Option<u64> {
        let after = self.phase + self.taken as f64 * self.interval;
        (self.taken < self.due).then_some(self.start + after as u64)
    }

    pub(crate) fn take(&mut self) {
        self.taken += 1;
    }

    /// The end of a run that was to be of this length; how many requests
    /// were due and not taken.
    pub(crate) fn end(&mut self, length: u64) -> u64 {
        let after = self.phase + self.due as f64 * self.interval;
        self.phase = (after - length as f64).max(0.0);
        let dropped = self.due - self.taken;
        self.due = self.taken;
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use crate::generator::clock::{MILLISECOND, SECOND};

    fn taken(pace: &mut Pace) -> Vec<u64> {
        let mut all = Vec::new();
        while let Some(due) = pace.next() {
            pace.take();
            all.push(due);
        }
        all
    }

    #[test]
    fn slices_have_together_what_one_run_has() {
        for rate in [3.0, 40.0, 1000.0, 33_333.0] {
            let mut whole = Pace::new(rate);
            whole.begin(0, SECOND);
            let whole = taken(&mut whole);
            let mut pace = Pace::new(rate);
            let mut slices = Vec::new();
            for slice in 0..50 {
                pace.begin(slice * 20 * MILLISECOND, 20 * MILLISECOND);
                slices.extend(taken(&mut pace));
                assert_eq!(pace.end(20 * MILLISECOND), 0);
            }
            assert_eq!(slices.len(), whole.len(), "{rate}");
            let apart = slices.iter().zip(&whole);
            assert!(apart.into_iter().all(|(a, b)| a.abs_diff(*b) < 1000));
        }
    }

    #[test]
    fn what_was_due_and_not_taken_is_dropped_once() {
        let mut pace = Pace::new(1000.0);
        pace.begin(5, 10 * MILLISECOND);
        pace.take();
        assert_eq!(pace.next(), Some(5 + MILLISECOND));
        assert_eq!(pace.end(10 * MILLISECOND), 9);
        assert_eq!(pace.next(), None);
        pace.begin(0, 10 * MILLISECOND);
        assert_eq!(taken(&mut pace).len(), 10);
    }
}
