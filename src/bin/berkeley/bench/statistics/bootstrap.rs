//! How sure a figure is: 95 % intervals by the percentile bootstrap.
//!
//! Rounds are drawn again, with replacement, as many as there were; the
//! figure is computed anew; the middle 95 % of two thousand such figures are
//! the interval. Nothing is assumed of how the rounds are spread, which is
//! good, since on a shared machine they are spread like nothing in a book.
//!
//! CPU times of children that were reaped come in steps of 10 ms, half a
//! round: a median of such rounds would jump between two steps. So whatever
//! is CPU per request is a quotient of sums, and whole rounds are drawn.

use super::{quantile, sorted};
use crate::bench::numbers::{at_random, float};

const RESAMPLES: usize = 2000;

/// A figure, and where it could as well have been.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) interval: [f64; 2],
}

/// What one round adds to a quotient: so much CPU time for so many requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) amount: f64,
    pub(crate) of: f64,
}

/// The median of one number a round, be it a rate or a ratio of two rates.
pub(crate) fn middle(values: &[f64]) -> Option<Estimate> {
    let sorted = sorted(values);
    estimate(values.len(), 0, |of, _| middle_of(&sorted, of))
}

/// All amounts by all of what they were for.
pub(crate) fn quotient(rounds: &[Part]) -> Option<Estimate> {
    estimate(rounds.len(), 0, |of, _| divide(rounds, |round| round, of))
}

/// One quotient by another, each pair measured in one round.
pub(crate) fn ratio_of_quotients(pairs: &[[Part; 2]]) -> Option<Estimate> {
    estimate(pairs.len(), 0, |drawn, _| {
        let of = divide(pairs, |pair| &pair[0], drawn)?;
        finite(of / divide(pairs, |pair| &pair[1], drawn)?)
    })
}

/// The first quotient less the second, each pair measured in one round.
pub(crate) fn difference_of_quotients(
    pairs: &[[Part; 2]],
) -> Option<Estimate> {
    estimate(pairs.len(), 0, |drawn, _| {
        let of = divide(pairs, |pair| &pair[0], drawn)?;
        finite(of - divide(pairs, |pair| &pair[1], drawn)?)
    })
}

/// Medians of two runs that know nothing of each other.
pub(crate) fn ratio_of_middles(of: &[f64], to: &[f64]) -> Option<Estimate> {
    let (above, below) = (sorted(of), sorted(to));
    estimate(of.len(), to.len(), |of, to| {
        finite(middle_of(&above, of)? / middle_of(&below, to)?)
    })
}

/// Quotients of two runs that know nothing of each other.
pub(crate) fn ratio_of_strange_quotients(
    of: &[Part],
    to: &[Part],
) -> Option<Estimate> {
    let (above, below) = (of, to);
    estimate(of.len(), to.len(), |of, to| {
        let of = divide(above, |round| round, of)?;
        finite(of / divide(below, |round| round, to)?)
    })
}

/// The median, each value standing there as often as it was drawn: what is
/// sorted once need not be sorted again two thousand times.
fn middle_of(sorted: &[f64], drawn: &[u32]) -> Option<f64> {
    let all: u32 = drawn.iter().sum();
    let (low, high) = (all.checked_sub(1)? / 2, all / 2);
    let mut seen = 0;
    let mut below = None;
    for (value, times) in sorted.iter().zip(drawn) {
        seen += times;
        if seen > low && below.is_none() {
            below = Some(*value);
        }
        if seen > high {
            return Some(f64::midpoint(below?, *value));
        }
    }
    None
}

fn divide<T>(
    rounds: &[T],
    part: impl Fn(&T) -> &Part,
    drawn: &[u32],
) -> Option<f64> {
    let mut sum = Part { amount: 0.0, of: 0.0 };
    for (round, times) in rounds.iter().zip(drawn) {
        let (part, times) = (part(round), f64::from(*times));
        sum.amount += part.amount * times;
        sum.of += part.of * times;
    }
    finite(sum.amount / sum.of)
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// `figure` of the rounds as they were, each once, and of two thousand
/// drawings: it is told how often each round of the one run was drawn, and
/// each of the other.
fn estimate(
    of: usize,
    to: usize,
    figure: impl Fn(&[u32], &[u32]) -> Option<f64>,
) -> Option<Estimate> {
    let (mut above, mut below) = (vec![1; of], vec![1; to]);
    let value = figure(&above, &below)?;
    let mut chance = Chance::of(value, of + to);
    let mut figures = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        chance.draw(&mut above);
        chance.draw(&mut below);
        figures.extend(figure(&above, &below));
    }
    figures.sort_unstable_by(f64::total_cmp);
    let low = quantile(&figures, 0.025)?;
    let high = quantile(&figures, 0.975)?;
    Some(Estimate { value, interval: [low, high] })
}

/// splitmix64, sown with what was measured: the same rounds have the same
/// interval, whoever computes it again.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn of(value: f64, rounds: usize) -> Chance {
        Chance(value.to_bits() ^ float(rounds).to_bits().rotate_left(32))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed =
            (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed =
            (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// As many rounds as there are, with replacement.
    fn draw(&mut self, times: &mut [u32]) {
        times.fill(0);
        for _ in 0..times.len() {
            times[at_random(self.next(), times.len())] += 1;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::float_cmp)] // Exact by construction.

    use super::*;

    /// About normal: twelve uniform numbers, less six.
    pub(crate) fn noise(chance: &mut Chance) -> f64 {
        let uniform =
            |bits: u64| float(at_random(bits, 1 << 30)) / f64::powi(2.0, 30);
        (0..12).map(|_| uniform(chance.next())).sum::<f64>() - 6.0
    }

    pub(crate) fn series(
        chance: &mut Chance,
        count: usize,
        noise_of: f64,
    ) -> Vec<f64> {
        let rounds = 0..count;
        rounds.map(|_| 1000.0 * (1.0 + noise_of * noise(chance))).collect()
    }

    #[test]
    fn the_same_rounds_have_the_same_interval() {
        let rounds = [3.0, 1.0, 4.0, 1.5, 9.0, 2.6, 5.0];
        assert_eq!(middle(&rounds), middle(&rounds));
        let found = middle(&rounds).unwrap();
        assert_eq!(found.value, 3.0);
        assert!(found.interval[0] >= 1.0 && found.interval[1] <= 9.0);
        assert!(found.interval[0] < 3.0 && found.interval[1] > 3.0);
    }

    #[test]
    fn of_nothing_and_of_zeros_there_is_no_figure() {
        assert_eq!(middle(&[]), None);
        assert_eq!(quotient(&[]), None);
        assert_eq!(quotient(&[Part { amount: 1.0, of: 0.0 }]), None);
        assert_eq!(ratio_of_middles(&[1.0], &[0.0]), None);
        let zero = Part { amount: 0.0, of: 5.0 };
        assert_eq!(ratio_of_quotients(&[[zero, zero]]), None);
    }

    #[test]
    fn cpu_in_coarse_steps_adds_up() {
        let steps = [0.0, 10_000.0, 0.0, 10_000.0, 10_000.0, 0.0, 10_000.0];
        let part = |amount| Part { amount, of: 1000.0 };
        let rounds: Vec<Part> = steps.into_iter().map(part).collect();
        let found = quotient(&rounds).unwrap();
        assert!((found.value - 40.0 / 7.0).abs() < 1e-9);
        assert!(found.interval[0] < found.value);
        let pairs: Vec<[Part; 2]> =
            rounds.iter().map(|&round| [round, round]).collect();
        let same = ratio_of_quotients(&pairs).unwrap();
        assert_eq!(same.interval, [1.0, 1.0]);
        let none = difference_of_quotients(&pairs).unwrap();
        assert_eq!((none.value, none.interval), (0.0, [0.0, 0.0]));
        let strange = ratio_of_strange_quotients(&rounds, &rounds).unwrap();
        assert!(strange.interval[0] < 1.0 && strange.interval[1] > 1.0);
    }

    /// How often 95 % intervals have the truth in them.
    #[test]
    fn intervals_hold_what_they_promise() {
        let mut chance = Chance(1);
        let trials = 300;
        let mut held = 0;
        for _ in 0..trials {
            let of = series(&mut chance, 20, 0.05);
            let to = series(&mut chance, 20, 0.05);
            let ratios: Vec<f64> =
                of.iter().zip(&to).map(|(of, to)| of / to).collect();
            let [low, high] = middle(&ratios).unwrap().interval;
            held += usize::from(low <= 1.0 && 1.0 <= high);
        }
        println!("{held} of {trials}");
        assert!(held * 100 >= trials * 91, "{held} of {trials}");
    }

    #[test]
    fn a_difference_of_three_percent_is_seen() {
        let mut chance = Chance(2);
        let of = series(&mut chance, 40, 0.02);
        let to = series(&mut chance, 40, 0.02);
        let faster: Vec<f64> = of.iter().map(|of| of * 1.03).collect();
        let found = ratio_of_middles(&faster, &to).unwrap();
        assert!(found.interval[0] > 1.0, "{found:?}");
    }
}
