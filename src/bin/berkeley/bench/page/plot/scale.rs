//! Where a value goes on an axis, and where the axis has ticks.

/// How values are spread over the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Linear,
    Log,
    /// Each nine of a percentile has the same room: 90, 99, 99.9, …
    Nines,
}

/// An axis: values from `low` to `high`, drawn from `start` to `end`.
#[derive(Clone, Debug)]
pub(in super::super) struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
    start: f64,
    end: f64,
    ticks: Vec<f64>,
}

impl Scale {
    /// From zero, or from below where values are, to the round number above
    /// all of them.
    pub(in super::super) fn linear(
        values: impl Iterator<Item = f64>,
        wanted: f64,
    ) -> Scale {
        let (low, high) = span(values).unwrap_or((0.0, 1.0));
        Scale::stepped(low.min(0.0), high, wanted)
    }

    /// From the round number below all values, unless zero is not far: for
    /// marks, which are places and not lengths.
    pub(in super::super) fn around(
        values: impl Iterator<Item = f64>,
        wanted: f64,
    ) -> Scale {
        let (low, high) = span(values).unwrap_or((0.0, 1.0));
        let is_near_zero = low < high / 2.0;
        let low = if is_near_zero { low.min(0.0) } else { low };
        Scale::stepped(low, high, wanted)
    }

    fn stepped(low: f64, high: f64, wanted: f64) -> Scale {
        let high = if high > low { high } else { low + 1.0 };
        let step = round_step((high - low) / wanted);
        let (low, high) = ((low / step).floor(), (high / step).ceil());
        let mut ticks = vec![low * step];
        let mut at = low;
        while at + 0.5 < high {
            at += 1.0;
            ticks.push(at * step);
        }
        Scale::new(Kind::Linear, low * step, high * step, ticks)
    }

    /// Whole decades, or 1, 2, 5 where there is less than that.
    pub(in super::super) fn log(values: impl Iterator<Item = f64>) -> Scale {
        let values = values.filter(|v| *v > 0.0);
        let (low, high) = span(values).unwrap_or((1.0, 10.0));
        let steps = round_values(low, high);
        let last = steps.len() - 1;
        let (first, end) = (steps[0], steps[last]);
        let decades: Vec<f64> =
            steps.iter().copied().filter(|v| is_decade(*v)).collect();
        let is_long =
            decades.len() >= 3 || (decades.len() == 2 && steps.len() > 6);
        let ticks = if is_long { decades } else { steps };
        Scale::new(Kind::Log, first, end, ticks)
    }

    /// With ticks at the values themselves: there are few, and they were
    /// chosen by somebody.
    pub(in super::super) fn log_at(mut ticks: Vec<f64>) -> Scale {
        ticks.retain(|v| v.is_finite() && *v > 0.0);
        ticks.sort_by(f64::total_cmp);
        ticks.dedup();
        let (low, high) = span(ticks.iter().copied()).unwrap_or((1.0, 10.0));
        let (low, high) =
            if high > low { (low, high) } else { (low / 2.0, high * 2.0) };
        Scale::new(Kind::Log, low, high, ticks)
    }

    /// About one, and as far below as above: so much more is as far from one
    /// as so much less.
    pub(in super::super) fn ratio(values: impl Iterator<Item = f64>) -> Scale {
        let far = values.filter(|v| *v > 0.0).map(|v| v.ln().abs());
        let far = span(far).map_or(0.05, |(_, far)| far.max(0.02) * 1.08);
        let steps: &[f64] = match far.exp() {
            v if v < 1.055 => &[1.02, 1.04],
            v if v < 1.11 => &[1.05, 1.1],
            v if v < 1.25 => &[1.1, 1.2],
            v if v < 2.2 => &[1.25, 1.5, 2.0],
            v if v < 12.0 => &[2.0, 5.0, 10.0],
            v if v < 120.0 => &[10.0, 100.0],
            _ => &[100.0, 10_000.0],
        };
        let high = far.exp();
        let inside = steps.iter().copied().filter(|v| *v <= high);
        let mut ticks: Vec<f64> =
            inside.flat_map(|v| [1.0 / v, v]).chain([1.0]).collect();
        ticks.sort_by(f64::total_cmp);
        Scale::new(Kind::Log, 1.0 / high, high, ticks)
    }

    /// From 0 to the last percentile that was measured.
    pub(in super::super) fn nines(values: impl Iterator<Item = f64>) -> Scale {
        let seen = values.filter(|v| *v < 100.0);
        let high = span(seen).map_or(99.0, |(_, high)| high);
        let high = high.clamp(99.0, 99.9999);
        let all = [0.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999];
        let ticks = all.into_iter().filter(|v| *v <= high).collect();
        Scale::new(Kind::Nines, 0.0, high, ticks)
    }

    fn new(kind: Kind, low: f64, high: f64, ticks: Vec<f64>) -> Scale {
        Scale { kind, low, high, start: 0.0, end: 1.0, ticks }
    }

    /// The same, each so many times as much: round numbers of KiB are no
    /// round numbers of bytes.
    pub(in super::super) fn times(mut self, factor: f64) -> Scale {
        self.low *= factor;
        self.high *= factor;
        for tick in &mut self.ticks {
            *tick *= factor;
        }
        self
    }

    /// The same values at other places of the drawing.
    pub(in super::super) fn over(&self, start: f64, end: f64) -> Scale {
        Scale { start, end, ..self.clone() }
    }

    /// Where a value is drawn; what is off the axis, at its end.
    pub(in super::super) fn place(&self, value: f64) -> f64 {
        let bent = |value: f64| match self.kind {
            Kind::Linear => value,
            Kind::Log => value.max(f64::MIN_POSITIVE).ln(),
            Kind::Nines => -(1.0 - value.clamp(0.0, 99.9999) / 100.0).log10(),
        };
        let (low, high) = (bent(self.low), bent(self.high));
        let share = (bent(value) - low) / (high - low);
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self.start + share * (self.end - self.start)
    }

    pub(in super::super) fn ticks(&self) -> &[f64] {
        &self.ticks
    }

    pub(in super::super) fn ends(&self) -> [f64; 2] {
        [self.start, self.end]
    }

    /// Whether a value is on the axis.
    pub(in super::super) fn holds(&self, value: f64) -> bool {
        value >= self.low && value <= self.high
    }
}

/// The least and the greatest of the finite ones.
fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|v| v.is_finite()).fold(None, |span, v| match span {
        None => Some((v, v)),
        Some((low, high)) => Some((v.min(low), v.max(high))),
    })
}

/// 1, 2 or 5 and zeros, at least so much.
fn round_step(least: f64) -> f64 {
    let decade = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|m| m * decade);
    steps.into_iter().find(|s| *s >= least * 0.999).unwrap_or(steps[3])
}

/// 1, 2, 5, 10, … from below `low` to above `high`, at least three.
fn round_values(low: f64, high: f64) -> Vec<f64> {
    let mut decade = 10_f64.powf(low.log10().floor());
    let mut all = Vec::new();
    while all.last().is_none_or(|v| *v < high) || all.len() < 3 {
        all.extend([1.0, 2.0, 5.0].map(|m| m * decade));
        decade *= 10.0;
    }
    all.extend([decade, 2.0 * decade]);
    let first = all.iter().rposition(|v| *v <= low * 1.0001).unwrap_or(0);
    let last = all.iter().position(|v| *v >= high * 0.9999);
    let last = last.unwrap_or(all.len() - 1).max(first + 2);
    all[first..=last.min(all.len() - 1)].to_vec()
}

fn is_decade(value: f64) -> bool {
    let power = value.log10();
    (power - power.round()).abs() < 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: &[f64], b: &[f64]) {
        assert_eq!(a.len(), b.len(), "{a:?} {b:?}");
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} {b}");
        }
    }

    #[test]
    fn linear_ticks_are_round_and_start_at_zero() {
        let scale = Scale::linear([12.0, 83_149.0].into_iter(), 4.0);
        near(scale.ticks(), &[0.0, 5e4, 1e5]);
        let scale = Scale::linear([2.0, 7.3].into_iter(), 4.0);
        near(scale.ticks(), &[0.0, 2.0, 4.0, 6.0, 8.0]);
        let scale = Scale::linear([-3.0, 7.0].into_iter(), 4.0);
        near(scale.ticks(), &[-5.0, 0.0, 5.0, 10.0]);
    }

    #[test]
    fn marks_far_from_zero_need_not_start_there() {
        let scale = Scale::around([9.1, 9.9].into_iter(), 4.0);
        near(scale.ticks(), &[9.0, 9.2, 9.4, 9.6, 9.8, 10.0]);
        let scale = Scale::around([3.0, 9.9].into_iter(), 4.0);
        near(scale.ticks(), &[0.0, 5.0, 10.0]);
        let scale = Scale::linear([99.0].into_iter(), 4.0).times(1024.0);
        near(scale.ticks(), &[0.0, 51_200.0, 102_400.0]);
    }

    #[test]
    fn log_ticks_are_decades_or_one_two_five() {
        near(
            Scale::log([3.0, 4_000.0].into_iter()).ticks(),
            &[10.0, 100.0, 1000.0],
        );
        near(
            Scale::log([30.0, 70.0].into_iter()).ticks(),
            &[20.0, 50.0, 100.0],
        );
        let same = Scale::log([50.0, 50.0].into_iter());
        near(same.ticks(), &[50.0, 100.0, 200.0]);
    }

    #[test]
    fn each_nine_has_the_same_room() {
        let scale = Scale::nines([50.0, 99.9, 100.0].into_iter());
        let scale = scale.over(0.0, 300.0);
        near(scale.ticks(), &[0.0, 90.0, 99.0, 99.9]);
        let at: Vec<f64> =
            scale.ticks().iter().map(|v| scale.place(*v)).collect();
        near(&at, &[0.0, 100.0, 200.0, 300.0]);
    }

    #[test]
    fn a_ratio_is_as_far_from_one_on_either_side() {
        let scale = Scale::ratio([0.9, 1.02].into_iter()).over(0.0, 200.0);
        near(&[scale.place(1.0)], &[100.0]);
        assert!(scale.ticks().len() >= 3);
        let off = scale.place(0.9) + scale.place(1.0 / 0.9);
        near(&[off], &[200.0]);
    }

    #[test]
    fn nothing_at_all_still_has_an_axis() {
        let nothing = || [f64::NAN, f64::INFINITY].into_iter();
        for scale in [
            Scale::linear(nothing(), 4.0),
            Scale::log(nothing()),
            Scale::ratio(nothing()),
            Scale::nines(nothing()),
            Scale::log_at(nothing().collect()),
            Scale::log_at(vec![8.0]),
            Scale::linear([0.0].into_iter(), 4.0),
        ] {
            let scale = scale.over(10.0, 20.0);
            for value in [f64::NAN, 0.0, 5.0, f64::INFINITY] {
                let at = scale.place(value);
                assert!((10.0..=20.0).contains(&at), "{scale:?} {value}");
            }
        }
    }
}
