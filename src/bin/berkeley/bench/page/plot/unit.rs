//! How numbers are said: what an axis counts, on its ticks and in a sentence.

/// What an axis counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Unit {
    PerSecond,
    Microseconds,
    Bytes,
    BytesPerSecond,
    /// A number of things; the axis says which.
    Count,
    Ratio,
    Percentile,
}

impl Unit {
    /// Short, as it stands at a tick: `20 k`, `1 ms`, `4 KiB`.
    pub(in super::super) fn tick(self, value: f64) -> String {
        match self {
            Unit::PerSecond | Unit::Count => thousands(value),
            Unit::Microseconds => time(value),
            Unit::Bytes => bytes(value),
            Unit::BytesPerSecond => trimmed(value / 1e6, ""),
            Unit::Ratio => trimmed(value, ""),
            Unit::Percentile => value.to_string(),
        }
    }

    /// With its unit, as it stands in a sentence.
    pub(in super::super) fn said(self, value: f64) -> String {
        match self {
            Unit::PerSecond => format!("{}/s", thousands(value)),
            Unit::BytesPerSecond => trimmed(value / 1e6, " MB/s"),
            Unit::Ratio => format!("{value:.3}"),
            _ => self.tick(value),
        }
    }
}

fn thousands(value: f64) -> String {
    match value.abs() {
        v if v >= 999_500.0 => trimmed(value / 1e6, " M"),
        v if v >= 999.5 => trimmed(value / 1e3, " k"),
        _ => trimmed(value, ""),
    }
}

fn time(value: f64) -> String {
    match value.abs() {
        v if v >= 999_500.0 => trimmed(value / 1e6, " s"),
        v if v >= 999.5 => trimmed(value / 1e3, " ms"),
        _ => trimmed(value, " µs"),
    }
}

fn bytes(value: f64) -> String {
    match value.abs() {
        v if v >= 1_073_741_824.0 => trimmed(value / 1_073_741_824.0, " GiB"),
        v if v >= 1_048_576.0 => trimmed(value / 1_048_576.0, " MiB"),
        v if v >= 1024.0 => trimmed(value / 1024.0, " KiB"),
        _ => trimmed(value, " B"),
    }
}

/// Three significant figures, and no zeros that say nothing.
fn trimmed(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        v if !(1e-9..0.1).contains(&v) => 2,
        _ => 3,
    };
    let mut text = format!("{value:.digits$}");
    if text.contains('.') {
        let kept = text.trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(kept);
    }
    if text == "-0" {
        text.remove(0);
    }
    let sign = text.strip_prefix('-').map(|rest| format!("−{rest}"));
    format!("{}{unit}", sign.unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_figures_and_a_unit() {
        assert_eq!(Unit::PerSecond.said(83_149.0), "83.1 k/s");
        assert_eq!(Unit::PerSecond.said(999.6), "1 k/s");
        assert_eq!(Unit::Microseconds.said(1_530.0), "1.53 ms");
        assert_eq!(Unit::Microseconds.said(-2.5), "−2.5 µs");
        assert_eq!(Unit::Bytes.tick(65_536.0), "64 KiB");
        assert_eq!(Unit::BytesPerSecond.said(2.5e9), "2500 MB/s");
        assert_eq!(Unit::Ratio.said(1.0), "1.000");
        assert_eq!(Unit::Percentile.tick(99.9), "99.9");
        assert_eq!(Unit::Count.tick(0.0), "0");
        assert_eq!(Unit::Count.tick(2.07), "2.07");
    }
}
