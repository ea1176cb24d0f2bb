//! Text and bytes as Python quotes them.
//!
//! Twin: `c_compare/protocols/pickle/quote.c`.

use std::fmt::Write;

/// Characters, beyond Latin-1, that Python's `repr` escapes because they are
/// invisible: spaces, marks of direction, private use. (Python also escapes
/// what its own Unicode version has no name for yet.)
const INVISIBLE: [(u32, u32); 19] = [
    (0x0600, 0x0605),
    (0x061c, 0x061c),
    (0x06dd, 0x06dd),
    (0x070f, 0x070f),
    (0x1680, 0x1680),
    (0x180e, 0x180e),
    (0x2000, 0x200f),
    (0x2028, 0x202f),
    (0x205f, 0x206f),
    (0x3000, 0x3000),
    (0xe000, 0xf8ff),
    (0xfeff, 0xfeff),
    (0xfff0, 0xfffb),
    (0xfffe, 0xffff),
    (0x1_bca0, 0x1_bca3),
    (0x1_d173, 0x1_d17a),
    (0x1_fffe, 0x1_ffff),
    (0xe_0000, 0xe_00ff),
    (0xe_01f0, 0x10_ffff),
];

/// Python prefers `'` unless that alone would need a backslash.
pub(super) fn quote(out: &mut String, text: &str) {
    let plain = text.contains('\'') && !text.contains('"');
    let quote = if plain { '"' } else { '\'' };
    out.push(quote);
    for letter in text.chars() {
        if letter == quote || letter == '\\' {
            out.push('\\');
            out.push(letter);
        } else if is_printable(letter) {
            out.push(letter);
        } else {
            escape(out, letter);
        }
    }
    out.push(quote);
}

fn is_printable(letter: char) -> bool {
    let code = u32::from(letter);
    let hidden = |range: &(u32, u32)| range.0 <= code && code <= range.1;
    !(letter.is_control()
        || matches!(letter, '\u{a0}' | '\u{ad}')
        || INVISIBLE.iter().any(hidden))
}

fn escape(out: &mut String, letter: char) {
    let code = u32::from(letter);
    // Writing to a String cannot fail.
    let _ = match letter {
        '\t' => write!(out, "\\t"),
        '\n' => write!(out, "\\n"),
        '\r' => write!(out, "\\r"),
        _ if code <= 0xff => write!(out, "\\x{code:02x}"),
        _ if code <= 0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

pub(super) fn quote_bytes(out: &mut String, bytes: &[u8]) {
    let plain = bytes.contains(&b'\'') && !bytes.contains(&b'"');
    let quote = if plain { '"' } else { '\'' };
    out.push('b');
    out.push(quote);
    for &byte in bytes {
        let letter = char::from(byte);
        if letter == quote || letter == '\\' {
            out.push('\\');
            out.push(letter);
        } else if matches!(letter, ' '..='~') {
            out.push(letter);
        } else {
            escape(out, letter);
        }
    }
    out.push(quote);
}

/// `text` on one line: control characters escaped, all else as it is.
pub(in crate::protocols) fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    for letter in text.chars() {
        if letter.is_control() {
            escape(&mut line, letter);
        } else {
            line.push(letter);
        }
    }
    line
}
