//! Bytes from the network as text that a terminal can show.
//!
//! Twin: `c_compare/sockets/text.c`.

use std::fmt::Write;

/// UTF-8 as it is; control characters and everything that is no text as
/// `\n`, `\x00`, `\xff`.
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\u{80}'..='\u{9f}' => {
                    let _ = write!(shown, "\\u{:04x}", letter as u32);
                }
                '\0'..='\x1f' | '\x7f' => escape(letter as u8, &mut shown),
                _ => shown.push(letter),
            }
        }
        chunk.invalid().iter().for_each(|byte| escape(*byte, &mut shown));
    }
    shown
}

/// As Python's `repr(bytes)`: `b'hello\n'`, in double quotes where the text
/// has a single quote and no double one.
#[must_use]
pub fn repr(bytes: &[u8]) -> String {
    let quote = match (bytes.contains(&b'\''), bytes.contains(&b'"')) {
        (true, false) => '"',
        _ => '\'',
    };
    let mut shown = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\\' => shown.push_str("\\\\"),
            b' '..=b'~' if char::from(byte) != quote => {
                shown.push(char::from(byte));
            }
            b' '..=b'~' => {
                shown.push('\\');
                shown.push(quote);
            }
            _ => escape(byte, &mut shown),
        }
    }
    shown.push(quote);
    shown
}

fn escape(byte: u8, shown: &mut String) {
    match byte {
        b'\t' => shown.push_str("\\t"),
        b'\n' => shown.push_str("\\n"),
        b'\r' => shown.push_str("\\r"),
        _ => {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{repr, shown};

    #[test]
    fn text_is_shown_as_it_is_and_the_rest_escaped() {
        assert_eq!(shown("héllo \"x\"".as_bytes()), "héllo \"x\"");
        assert_eq!(shown(b"a\nb\r\t\0\x7f"), "a\\nb\\r\\t\\x00\\x7f");
        assert_eq!(shown(b"\xc3"), "\\xc3");
        assert_eq!(shown(b"\xa9!"), "\\xa9!");
        assert_eq!(shown("\u{9b}".as_bytes()), "\\u009b");
    }

    #[test]
    fn repr_is_pythons() {
        assert_eq!(repr(b"hello"), "b'hello'");
        assert_eq!(repr(b"it's"), "b\"it's\"");
        assert_eq!(repr(b"it's \"x\""), "b'it\\'s \"x\"'");
        assert_eq!(repr(b"\\\n\x00\xff"), "b'\\\\\\n\\x00\\xff'");
    }
}
