//! The two ways protocol 0 writes text on one line of ASCII.
//!
//! Twin: `c_compare/protocols/pickle/escapes.c`.

use super::Refused;

/// STRING: Python 2's `repr` of a str, ASCII once the escapes are gone.
pub(super) fn quoted(text: &[u8]) -> Result<String, Refused> {
    let ([b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"']) = text else {
        return Err(Refused::Text);
    };
    let mut plain = String::new();
    let mut rest = inner;
    while let [first, after @ ..] = rest {
        let code;
        (code, rest) = match (first, after) {
            (b'\\', [b'x', after @ ..]) => hex(after, 2)?,
            (b'\\', [b'0'..=b'7', ..]) => octal(after),
            (b'\\', [letter, after @ ..]) => match named(*letter) {
                Some(code) => (u32::from(code), after),
                None => (u32::from(b'\\'), &rest[1..]),
            },
            (b'\\', []) => return Err(Refused::Text),
            _ => (u32::from(*first), after),
        };
        if code > 0x7f {
            return Err(Refused::Text);
        }
        plain.extend(char::from_u32(code));
    }
    Ok(plain)
}

fn named(letter: u8) -> Option<u8> {
    Some(match letter {
        b'\\' | b'\'' | b'"' => letter,
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        _ => return None,
    })
}

fn octal(text: &[u8]) -> (u32, &[u8]) {
    let digits = text.iter().take(3).take_while(|d| matches!(d, b'0'..=b'7'));
    let (mut code, mut length) = (0, 0);
    for digit in digits {
        code = code * 8 + u32::from(digit - b'0');
        length += 1;
    }
    (code, &text[length..])
}

fn hex(text: &[u8], length: usize) -> Result<(u32, &[u8]), Refused> {
    let digits = text.get(..length).ok_or(Refused::Text)?;
    let mut code = 0;
    for &digit in digits {
        let value = char::from(digit).to_digit(16).ok_or(Refused::Text)?;
        code = code << 4 | value;
    }
    Ok((code, &text[length..]))
}

/// UNICODE: Latin-1, with `\u` and `\U` for what is beyond it. A backslash
/// before anything else takes that along unread.
pub(super) fn raw_unicode(text: &[u8]) -> Result<String, Refused> {
    let mut plain = String::new();
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let code;
        (code, rest) = match (first, after) {
            (b'\\', [b'u', after @ ..]) => hex(after, 4)?,
            (b'\\', [b'U', after @ ..]) => hex(after, 8)?,
            (b'\\', [second, after @ ..]) => {
                plain.push('\\');
                (u32::from(*second), after)
            }
            _ => (u32::from(*first), after),
        };
        plain.push(char::from_u32(code).ok_or(Refused::Text)?);
    }
    Ok(plain)
}
