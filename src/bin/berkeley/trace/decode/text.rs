//! Bytes as text: escaped as in a C string.

use crate::trace::record::Payload;

/// The first `longest` of them, and whether there are more.
pub(crate) fn escaped(bytes: &[u8], longest: usize) -> Payload {
    let shown = &bytes[..bytes.len().min(longest)];
    Payload {
        text: escapes(shown),
        length: bytes.len() as u64,
        cut: shown.len() < bytes.len(),
    }
}

/// In quotes, as an argument: `"Knock, knock\n"`, `"xxxx"...`.
pub(super) fn quoted(bytes: &[u8], longest: usize) -> String {
    let payload = escaped(bytes, longest);
    let more = if payload.cut { "..." } else { "" };
    format!("\"{}\"{more}", payload.text)
}

/// Octal has as few digits as possible, but three where a digit follows that
/// would be read as part of it.
pub(super) fn escapes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for (place, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            0x0b => text.push_str("\\v"),
            0x0c => text.push_str("\\f"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => {
                let next = bytes.get(place + 1);
                let wide = next.is_some_and(|b| (b'0'..=b'7').contains(b));
                push_octal(&mut text, *byte, wide);
            }
        }
    }
    text
}

/// By hand: payloads of zeros are common, and to format each of them would
/// take longer than all else that is done about a call.
fn push_octal(text: &mut String, byte: u8, wide: bool) {
    text.push('\\');
    for shift in [6, 3, 0] {
        if wide || shift == 0 || byte >> shift > 0 {
            text.push(char::from(b'0' + (byte >> shift & 7)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_is_short_unless_a_digit_follows() {
        assert_eq!(
            quoted(b"abc\x001\x012x\"\\\t\r\x1b?\0", 64),
            r#""abc\0001\0012x\"\\\t\r\33?\0""#
        );
        assert_eq!(quoted(b"\x018", 64), r#""\18""#);
        assert_eq!(quoted(b"\x7f\xff\n\x0b\x0c", 64), r#""\177\377\n\v\f""#);
    }

    #[test]
    fn what_is_too_long_is_cut() {
        assert_eq!(quoted(b"12345", 5), r#""12345""#);
        assert_eq!(quoted(b"123456", 5), r#""12345"..."#);
        assert_eq!(
            escaped(b"123456", 5),
            Payload { text: "12345".to_string(), length: 6, cut: true }
        );
        // The digit that is not shown cannot be misread.
        assert_eq!(quoted(b"1234\x017", 5), r#""1234\1"..."#);
    }
}
