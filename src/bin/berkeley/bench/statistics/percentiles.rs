//! Latencies, out of a histogram.

use super::super::numbers::long;
use super::super::record::Latency;

/// Where the curve has its points: every five up to 90, then these in each
/// nine more. A plot on an axis of nines shows all of them apart.
const TAIL: [f64; 7] = [8.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];

/// Nanoseconds and how often, ascending, become percentiles in microseconds;
/// of nothing there are none. `mean` is in microseconds; where nobody knows it
/// exactly, it is that of the histogram.
pub(crate) fn latency(
    counts: &[(u64, u64)],
    mean: Option<f64>,
) -> Option<Latency> {
    let total: u64 = counts.iter().map(|(_, often)| often).sum();
    let last = counts.iter().rev().find(|(_, often)| *often > 0)?;
    let max = micros(last.0);
    let sum: f64 =
        counts.iter().map(|&(ns, often)| micros(ns) * long(often)).sum();
    let at = |percent| percentile(counts, total, percent);
    let points = percents(total).into_iter();
    let mut curve: Vec<[f64; 2]> =
        points.map(|percent| [percent, at(percent)]).collect();
    curve.push([100.0, max]);
    Some(Latency {
        mean: mean
            .filter(|mean| mean.is_finite())
            .unwrap_or(sum / long(total)),
        p50: at(50.0),
        p90: at(90.0),
        p99: at(99.0),
        p999: at(99.9),
        max,
        curve,
    })
}

fn micros(ns: u64) -> f64 {
    long(ns) / 1e3
}

/// The smallest value that at least this share of all reach.
fn percentile(counts: &[(u64, u64)], total: u64, percent: f64) -> f64 {
    let wanted = (percent / 100.0 * long(total) - 1e-6).ceil().max(1.0);
    let mut passed = 0;
    for &(ns, often) in counts {
        passed += often;
        if often > 0 && long(passed) >= wanted {
            return micros(ns);
        }
    }
    0.0
}

/// Up to where a single sample decides, and not further.
fn percents(total: u64) -> Vec<f64> {
    let mut percents: Vec<f64> =
        (0..=18).map(|step| f64::from(step) * 5.0).collect();
    let mut nine = 1.0;
    while nine >= 1e-7 {
        for digit in TAIL {
            let above: f64 = nine * digit;
            if above * long(total) < 100.0 * (1.0 - 1e-9) {
                return percents;
            }
            percents.push(((100.0 - above) * 1e9).round() / 1e9);
        }
        nine /= 10.0;
    }
    percents
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)] // Exact by construction.

    use super::*;

    #[test]
    fn a_thousand_values_have_their_percentiles() {
        let counts: Vec<(u64, u64)> =
            (1..=1000).map(|at| (at * 1000, 1)).collect();
        let found = latency(&counts, None).unwrap();
        let all = [found.p50, found.p90, found.p99, found.p999, found.max];
        assert_eq!(all, [500.0, 900.0, 990.0, 999.0, 1000.0]);
        assert!((found.mean - 500.5).abs() < 1e-9);
        assert_eq!(found.curve[0], [0.0, 1.0]);
        assert_eq!(found.curve.last(), Some(&[100.0, 1000.0]));
        for wanted in [10.0, 90.0, 99.0, 99.9] {
            let point = found.curve.iter().find(|at| at[0] == wanted);
            assert_eq!(point, Some(&[wanted, wanted * 10.0]));
        }
        assert!(found.curve.iter().all(|at| at[0] <= 99.9 || at[0] == 100.0));
    }

    #[test]
    fn a_curve_rises_and_stays_short() {
        let counts = [(10_000, 3_000_000), (20_000, 900_000), (5_000_000, 7)];
        let found = latency(&counts, Some(12.5)).unwrap();
        assert_eq!((found.mean, found.max), (12.5, 5000.0));
        println!("{} points", found.curve.len());
        assert!((50..=70).contains(&found.curve.len()));
        for pair in found.curve.windows(2) {
            assert!(pair[0][0] < pair[1][0] && pair[0][1] <= pair[1][1]);
        }
    }

    #[test]
    fn few_values_and_none() {
        assert!(latency(&[], None).is_none());
        assert!(latency(&[(5, 0)], None).is_none());
        let one = latency(&[(7_000, 1), (9_000, 0)], Some(f64::NAN)).unwrap();
        assert_eq!([one.mean, one.p50, one.p999, one.max], [7.0; 4]);
    }
}
