//! Floats as Python shows them: the fewest digits that give the float back.
//!
//! Twin: `c_compare/protocols/pickle/float.c`, where they have to be searched.

/// An exponent where there would be more than 16 digits before the point or
/// 4 zeros after it.
pub(super) fn text_of(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string().to_lowercase();
    }
    let scientific = shortest(value);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or_default();
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let digits: String =
        mantissa.chars().filter(char::is_ascii_digit).collect();
    let (first, others) = digits.split_at(1);
    let point = usize::try_from(exponent + 1).unwrap_or_default();
    match exponent {
        -4..0 => {
            let zeros = "0".repeat((-exponent - 1).unsigned_abs() as usize);
            format!("{sign}0.{zeros}{digits}")
        }
        0..16 if digits.len() > point => {
            let (whole, part) = digits.split_at(point);
            format!("{sign}{whole}.{part}")
        }
        0..16 => format!("{sign}{digits:0<point$}.0"),
        _ if others.is_empty() => format!("{sign}{first}e{exponent:+03}"),
        _ => format!("{sign}{first}.{others}e{exponent:+03}"),
    }
}

/// Of two decimals as short and as near, Rust takes the upper and Python the
/// even one: 1741912098295585.25 ends in .2.
fn shortest(value: f64) -> String {
    let upper = format!("{value:e}");
    let digits = upper.bytes().take_while(|&b| b != b'e');
    let count = digits.filter(u8::is_ascii_digit).count();
    let even = format!("{value:.*e}", count - 1);
    if even.parse() == Ok(value) { even } else { upper }
}

/// The digits of a float that is whole; nothing for any other.
pub(super) fn whole_digits(real: f64) -> String {
    if real.fract() == 0.0 {
        format!("{:.0}", real + 0.0)
    } else {
        String::new()
    }
}
