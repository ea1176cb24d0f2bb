//! What is sent and expected, written down: `"Knock, knock\n"`,
//! `"x" * 281 + "\n"`, `8 MiB`, `pickle {"sid": 1}`.
//!
//! A number of bytes stands for so many that are drawn by lot, the same ones
//! each time with the same seed. `{port}`, `{host}`, `{A.port}` and the names
//! that the lab sets are replaced in strings when the step is made; `"{" +
//! "port}"` is not.

use serde_json::Value;

/// Some bytes, in parts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// So often.
    Bytes(Vec<u8>, usize),
    Drawn(usize),
    Pickle(Value),
}

/// More than that is not sent in one case.
const MOST: usize = 64 << 20;

impl Text {
    /// All of it, or what is wrong with it.
    pub(super) fn parse(written: &str) -> Result<Text, String> {
        let (text, rest) = Text::parse_start(written)?;
        match rest.trim() {
            "" => Ok(text),
            rest => Err(format!("what is `{rest}`?")),
        }
    }

    /// As much of it as is text, and what follows.
    pub(super) fn parse_start(written: &str) -> Result<(Text, &str), String> {
        let mut parts = Vec::new();
        let mut rest = written;
        loop {
            let (part, behind) = part(rest.trim_start())?;
            parts.push(part);
            match behind.trim_start().strip_prefix('+') {
                Some(more) => rest = more,
                None => return Ok((Text(parts), behind)),
            }
        }
    }

    /// The names in braces in its strings.
    pub(super) fn places(&self) -> Vec<String> {
        let strings = self.0.iter().filter_map(|part| match part {
            Part::Bytes(once, _) => Some(String::from_utf8_lossy(once)),
            Part::Drawn(_) | Part::Pickle(_) => None,
        });
        strings.flat_map(|string| places(&string)).collect()
    }

    /// The bytes themselves.
    pub(crate) fn bytes(
        &self,
        seed: u64,
        value_of: &dyn Fn(&str) -> Option<Vec<u8>>,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in &self.0 {
            match part {
                Part::Bytes(once, times) => {
                    bytes.extend(replaced(once, value_of).repeat(*times));
                }
                Part::Drawn(length) => bytes.extend(drawn(seed, *length)),
                Part::Pickle(value) => bytes.extend(pickle(value)),
            }
        }
        bytes
    }
}

fn part(written: &str) -> Result<(Part, &str), String> {
    if written.starts_with('"') {
        let (bytes, rest) = string(written)?;
        let Some(times) = rest.trim_start().strip_prefix('*') else {
            return Ok((Part::Bytes(bytes, 1), rest));
        };
        let (times, rest) = number(times.trim_start())?;
        if bytes.len().saturating_mul(times) > MOST {
            return Err("more than 64 MiB".into());
        }
        return Ok((Part::Bytes(bytes, times), rest));
    }
    if let Some(json) = written.strip_prefix("pickle ") {
        let mut values =
            serde_json::Deserializer::from_str(json).into_iter::<Value>();
        let value = values.next().unwrap_or(Ok(Value::Null));
        let value = value.map_err(|error| format!("pickle: {error}"))?;
        return Ok((Part::Pickle(value), &json[values.byte_offset()..]));
    }
    let (count, rest) = number(written)?;
    let rest = rest.trim_start();
    let units =
        [("bytes", 1), ("byte", 1), ("KiB", 1 << 10), ("MiB", 1 << 20)];
    let unit = units.iter().find_map(|(unit, size)| {
        Some((rest.strip_prefix(unit)?, count.saturating_mul(*size)))
    });
    match unit {
        Some((_, length)) if length > MOST => Err("more than 64 MiB".into()),
        Some((rest, length)) => Ok((Part::Drawn(length), rest)),
        None => Err(format!("{count} of what? bytes, KiB or MiB")),
    }
}

fn number(written: &str) -> Result<(usize, &str), String> {
    let digits = written.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = written.split_at(digits);
    let number = number.parse().map_err(|_| {
        format!(
            "`{written}` is no text: \"…\", a number of bytes, pickle {{…}}"
        )
    })?;
    Ok((number, rest))
}

/// `"…"`, with the escapes of C; the rest behind it.
pub(crate) fn string(written: &str) -> Result<(Vec<u8>, &str), String> {
    let mut bytes = Vec::new();
    let mut chars = written.char_indices().skip(1).peekable();
    while let Some((place, one)) = chars.next() {
        match one {
            '"' => return Ok((bytes, &written[place + 1..])),
            '\\' => {
                let (_, kind) =
                    chars.next().ok_or("a string ends with a backslash")?;
                bytes.push(match kind {
                    'n' => b'\n',
                    'r' => b'\r',
                    't' => b'\t',
                    '0' => 0,
                    '\\' => b'\\',
                    '"' => b'"',
                    'x' => {
                        let digits: String = [chars.next(), chars.next()]
                            .iter()
                            .flatten()
                            .map(|(_, digit)| digit)
                            .collect();
                        u8::from_str_radix(&digits, 16)
                            .map_err(|_| format!("\\x{digits} is no byte"))?
                    }
                    other => return Err(format!("what is \\{other}?")),
                });
            }
            other => {
                bytes.extend(other.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    Err("a string without its end".into())
}

/// The names in braces that stand for something.
pub(super) fn places(text: &str) -> Vec<String> {
    let mut places = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('{') {
        if let Some((name, _)) = behind.split_once('}')
            && is_name(name)
        {
            places.push(name.to_owned());
        }
        rest = behind;
    }
    places
}

fn is_name(text: &str) -> bool {
    let is_part =
        |one: char| one.is_ascii_alphanumeric() || "_.".contains(one);
    !text.is_empty() && text.chars().all(is_part)
}

/// The text with what its `{names}` stand for; braces around anything else
/// are braces.
pub(crate) fn replaced(
    text: &[u8],
    value_of: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Vec<u8> {
    let mut done = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.iter().position(|&byte| byte == b'{') {
        done.extend(&rest[..open]);
        let inside = &rest[open + 1..];
        let close = inside.iter().position(|&byte| byte == b'}');
        let value = close.and_then(|close| {
            let name = std::str::from_utf8(&inside[..close]).ok()?;
            Some((value_of(name)?, close))
        });
        if let Some((value, close)) = value {
            done.extend(value);
            rest = &inside[close + 1..];
        } else {
            done.push(b'{');
            rest = inside;
        }
    }
    done.extend(rest);
    done
}

/// Marsaglia's xorshift: all that is asked of it is that bytes which are
/// lost, doubled or out of order are not to be mistaken for others.
fn drawn(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// As CPython's protocol 4 has it, without the memo, which is only for what
/// is named again.
fn pickle(value: &Value) -> Vec<u8> {
    let mut frame = Vec::new();
    put(value, &mut frame);
    frame.push(b'.');
    let mut whole = vec![0x80, 4, 0x95];
    whole.extend((frame.len() as u64).to_le_bytes());
    whole.extend(frame);
    whole
}

fn put(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Null => into.push(b'N'),
        Value::Bool(true) => into.push(0x88),
        Value::Bool(false) => into.push(0x89),
        Value::Number(number) => {
            if let Some(whole) = number.as_i64() {
                into.extend([0x8a, 8]);
                into.extend(whole.to_le_bytes());
            } else {
                into.push(b'G');
                let float = number.as_f64().unwrap_or_default();
                into.extend(float.to_be_bytes());
            }
        }
        Value::String(text) => {
            // BINUNICODE8: a length of eight bytes.
            into.push(0x8d);
            into.extend((text.len() as u64).to_le_bytes());
            into.extend(text.as_bytes());
        }
        Value::Array(items) => {
            into.extend(b"](");
            for item in items {
                put(item, into);
            }
            into.push(b'e');
        }
        Value::Object(items) => {
            into.extend(b"}(");
            for (key, item) in items {
                put(&Value::String(key.clone()), into);
                put(item, into);
            }
            into.push(b'u');
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use berkeley::protocols::pickle as pickles;

    use super::*;

    fn bytes(written: &str) -> Vec<u8> {
        let port = |name: &str| (name == "port").then(|| b"5000".to_vec());
        Text::parse(written).unwrap().bytes(1, &port)
    }

    #[test]
    fn strings_are_as_in_c() {
        let all = bytes(r#""a\n\r\t\0\\\"\xff" + "{port} {A}" * 2"#);
        assert_eq!(all, b"a\n\r\t\0\\\"\xff5000 {A}5000 {A}");
    }

    #[test]
    fn drawn_bytes_are_the_same_each_time() {
        let all = bytes("3 MiB");
        assert_eq!(all.len(), 3 << 20);
        assert_eq!(all, bytes("3 MiB"));
        let half = all.len() / 2;
        assert_ne!(all[..half], all[half..]);
    }

    #[test]
    fn a_pickle_is_one() {
        let written =
            r#"pickle {"name": "Zoë", "sid": -7, "is": [true, null, 0.5]}"#;
        let read = pickles::decode(&bytes(written)).unwrap();
        let text = read.repr(read.root()).unwrap();
        assert!(text.contains("'name': 'Zoë'"), "{text}");
        assert!(text.contains("'sid': -7"), "{text}");
        assert!(text.contains("'is': [True, None, 0.5]"), "{text}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |written| Text::parse(written).unwrap_err();
        assert_eq!(wrong(r#""\q""#), r"what is \q?");
        assert_eq!(wrong(r#""a" b"#), "what is `b`?");
        assert_eq!(wrong("\"a"), "a string without its end");
        assert_eq!(wrong("8 apples"), "8 of what? bytes, KiB or MiB");
        assert_eq!(wrong("100000 MiB"), "more than 64 MiB");
    }

    #[test]
    fn places_are_names_in_braces() {
        assert_eq!(places("-p {port} {'a': {b}} {}"), ["port", "b"]);
    }
}
