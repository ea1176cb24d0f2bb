//! Whether one number can stand for a series of rounds.

use super::bootstrap::Part;
use super::{median, quantile};
use crate::bench::numbers::{float, whole};

/// Below this many rounds, shapes are chance.
const FEWEST: usize = 8;
/// A change that matters, as a share of the median.
const MATTERS: f64 = 0.05;
/// What a trend's z is beyond in one of a hundred series of noise.
const BEYOND_CHANCE: f64 = 2.576;
/// How wide the gap between two clusters is, in their own deviations. Noise
/// has one as wide in fewer than one of a hundred series; of few rounds it
/// takes more to be sure.
fn wide(count: usize) -> f64 {
    2.0 + 20.0 / float(count)
}

/// By what share of its median the series rises or falls from end to end:
/// the Theil-Sen slope, where Mann and Kendall's test believes in it. One
/// wild round changes neither.
pub(crate) fn drift(values: &[f64]) -> Option<f64> {
    let count = values.len();
    if count < FEWEST {
        return None;
    }
    let mut slopes = Vec::with_capacity(count * (count - 1) / 2);
    let mut rises = 0.0;
    for (at, early) in values.iter().enumerate() {
        for (steps, late) in values[at..].iter().enumerate().skip(1) {
            slopes.push((late - early) / float(steps));
            rises += (late - early).partial_cmp(&0.0).map_or(0.0, sign);
        }
    }
    let n = float(count);
    let deviation = (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    let change = median(&slopes)? * n / median(values)?;
    let is_trend = (rises.abs() - 1.0) / deviation > BEYOND_CHANCE;
    (is_trend && change.abs() > MATTERS && change.is_finite())
        .then_some(change)
}

fn sign(order: std::cmp::Ordering) -> f64 {
    f64::from(order as i8)
}

/// The centres of two clusters with nothing between them: the split with the
/// least squares, each side at least three rounds and a fifth of all.
///
/// The gap is measured between the tenth of the lower cluster's rounds next
/// to it and that of the upper one's: the outermost rounds would hide two
/// modes as soon as one stray round lies between.
pub(crate) fn bimodal(values: &[f64]) -> Option<[f64; 2]> {
    let count = values.len();
    if count < FEWEST {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let least = 3.max(whole((float(count) / 5.0).ceil()));
    let squares = |at: usize| {
        let (low, high) = sorted.split_at(at);
        scatter(low) + scatter(high)
    };
    let at = (least..=count - least)
        .min_by(|&one, &other| squares(one).total_cmp(&squares(other)))?;
    let (low, high) = sorted.split_at(at);
    let deviation = (squares(at) / float(count - 2)).sqrt();
    let gap = quantile(high, 0.1)? - quantile(low, 0.9)?;
    let centres = [quantile(low, 0.5)?, quantile(high, 0.5)?];
    let middle = quantile(&sorted, 0.5)?;
    let is_apart = centres[1] - centres[0] > MATTERS * middle.abs();
    (is_apart && gap > wide(count) * deviation).then_some(centres)
}

/// The sum of squares around the mean.
fn scatter(values: &[f64]) -> f64 {
    let sum = Part { amount: values.iter().sum(), of: float(values.len()) };
    let mean = sum.amount / sum.of;
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)] // Exact by construction.

    use super::super::bootstrap::Chance;
    use super::super::bootstrap::tests::series;
    use super::*;

    const COUNTS: [usize; 4] = [10, 20, 40, 100];

    /// In how many of a thousand series this is found.
    fn alarms(
        chance: &mut Chance,
        count: usize,
        noise: f64,
        shape: impl Fn(usize, f64) -> f64,
        find: impl Fn(&[f64]) -> bool,
    ) -> usize {
        let find = |_: &usize| {
            let plain = series(chance, count, noise);
            let rounds = plain.iter().enumerate();
            let shaped = rounds.map(|(at, &value)| shape(at, value));
            find(&shaped.collect::<Vec<f64>>())
        };
        (0..1000).filter(find).count()
    }

    #[test]
    fn noise_is_neither_drift_nor_bimodal() {
        let mut chance = Chance::of(3.0, 3);
        for count in COUNTS {
            for noise in [0.02, 0.1] {
                let same = |_, value| value;
                let drifts =
                    alarms(&mut chance, count, noise, same, |rounds| {
                        drift(rounds).is_some()
                    });
                let modes =
                    alarms(&mut chance, count, noise, same, |rounds| {
                        bimodal(rounds).is_some()
                    });
                println!("{count} rounds, {noise}: {drifts} {modes} of 1000");
                assert!(drifts <= 15 && modes <= 10, "{drifts} {modes}");
            }
        }
    }

    #[test]
    fn a_trend_of_ten_percent_is_drift() {
        let mut chance = Chance::of(4.0, 4);
        for count in COUNTS {
            let falls =
                |at, value| value * (1.0 - 0.1 * float(at) / float(count));
            let found = alarms(&mut chance, count, 0.02, falls, |rounds| {
                drift(rounds).is_some_and(|change| change < -0.05)
            });
            println!("{count} rounds: {found} of 1000");
            let enough = if count == 10 { 600 } else { 950 };
            assert!(found >= enough, "{found} with {count} rounds");
        }
    }

    #[test]
    fn two_speeds_are_bimodal_and_no_drift() {
        let mut chance = Chance::of(5.0, 5);
        for count in COUNTS {
            let jumps = |at, value| {
                if at % 3 == 0 { value * 1.2 } else { value }
            };
            let found = alarms(&mut chance, count, 0.02, jumps, |rounds| {
                bimodal(rounds).is_some() && drift(rounds).is_none()
            });
            println!("{count} rounds: {found} of 1000");
            assert!(found >= 950, "{found} with {count} rounds");
        }
    }

    #[test]
    fn a_few_wild_rounds_are_no_mode() {
        let mut rounds = [1000.0; 40];
        for (at, round) in rounds.iter_mut().enumerate() {
            *round += float(at % 7);
        }
        rounds[3] = 400.0;
        rounds[20] = 420.0;
        assert_eq!(bimodal(&rounds), None);
        assert_eq!(drift(&rounds), None);
        assert_eq!(bimodal(&[0.0; 20]), None);
        assert_eq!(drift(&[0.0; 20]), None);
        assert_eq!(drift(&[1.0, 2.0]), None);
    }
}
