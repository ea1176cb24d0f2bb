//! Numbers as a person reads them, and the few casts between them.

#[expect(
    clippy::cast_precision_loss,
    reason = "counts here are far below 2^53"
)]
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of requests beyond 2^53 would take a thousand years"
)]
pub(crate) fn long(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and a place in a slice is what is wanted"
)]
pub(crate) fn whole(number: f64) -> usize {
    number.floor() as usize
}

/// A number below `count` out of 64 random bits, without the bias of `%`.
pub(crate) fn at_random(bits: u64, count: usize) -> usize {
    let product = u128::from(bits) * count as u128;
    usize::try_from(product >> 64).unwrap_or(0)
}

/// Three significant digits, four from a thousand on, thousands separated:
/// `0.0123`, `4.56`, `312`, `48,210`.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return NONE.into();
    }
    let size = value.abs();
    if size < 0.0005 {
        return "0".into();
    }
    if size < 999.5 {
        let digits = if size < 0.0995 {
            4
        } else if size < 0.9995 {
            3
        } else if size < 9.995 {
            2
        } else {
            usize::from(size < 99.95)
        };
        return format!("{value:.digits$}");
    }
    let step = 10f64.powf((size.log10().floor() - 3.0).max(0.0));
    let sign = if value < 0.0 { "-" } else { "" };
    format!(
        "{sign}{}",
        thousands(&format!("{:.0}", (size / step).round() * step))
    )
}

/// Every digit of it.
pub(crate) fn count(count: u64) -> String {
    thousands(&count.to_string())
}

/// What was not measured.
pub(crate) const NONE: &str = "–";

pub(crate) fn number_or_none(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.into(), number)
}

/// `1.03 1.01–1.05`: a ratio and its interval.
pub(crate) fn ratio(value: f64, [low, high]: [f64; 2]) -> String {
    let digits = if value < 9.995 { 2 } else { 1 };
    format!("{value:.digits$} {low:.digits$}–{high:.digits$}")
}

fn thousands(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_or_four_digits() {
        let cases = [
            (0.0, "0"),
            (0.012_34, "0.0123"),
            (0.4567, "0.457"),
            (0.9996, "1.00"),
            (4.564, "4.56"),
            (45.64, "45.6"),
            (99.96, "100"),
            (312.4, "312"),
            (999.7, "1,000"),
            (1234.0, "1,234"),
            (48_213.0, "48,210"),
            (123_456.0, "123,500"),
            (1_234_567.0, "1,235,000"),
            (-1234.0, "-1,234"),
            (f64::NAN, "–"),
            (f64::INFINITY, "–"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(ratio(1.034, [1.006, 1.05]), "1.03 1.01–1.05");
    }
}
