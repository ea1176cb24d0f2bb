//! Few numbers for many rounds: medians and quartiles, intervals by
//! `bootstrap`, the shape of a `series`, and `percentiles` of latencies.
//!
//! Medians and not means: one round during which the machine did something
//! else would pull a mean along.

pub(crate) mod bootstrap;
pub(crate) mod percentiles;
pub(crate) mod series;

use super::numbers::{float, whole};

/// The value below which this share of the sorted ones lies, with a straight
/// line between neighbours (type 7 of Hyndman and Fan; R's and NumPy's own).
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = share.clamp(0.0, 1.0) * float(last);
    let below = whole(at).min(last);
    let above = (below + 1).min(last);
    let way = at - float(below);
    Some(sorted[below] + way * (sorted[above] - sorted[below]))
}

pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

pub(crate) fn median(values: &[f64]) -> Option<f64> {
    quantile(&sorted(values), 0.5)
}

/// The quartiles.
pub(crate) fn spread(values: &[f64]) -> Option<[f64; 2]> {
    let sorted = sorted(values);
    Some([quantile(&sorted, 0.25)?, quantile(&sorted, 0.75)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        let values = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(quantile(&values, 0.0), Some(1.0));
        assert_eq!(quantile(&values, 0.5), Some(2.5));
        assert_eq!(quantile(&values, 0.25), Some(1.75));
        assert_eq!(quantile(&values, 1.0), Some(4.0));
        assert_eq!(quantile(&[7.0], 0.9), Some(7.0));
    }

    #[test]
    fn order_does_not_matter_and_nothing_has_no_median() {
        assert_eq!(median(&[9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(median(&[]), None);
        assert_eq!(spread(&[4.0, 1.0, 3.0, 2.0]), Some([1.75, 3.25]));
        assert_eq!(spread(&[]), None);
    }
}
