//! How bytes are written down: as text for the eye, as hex to be sure.

use serde::{Deserialize, Serialize};

use super::report::Excerpt;

/// An excerpt in JSON. Only the hex is read again; an array of numbers would
/// be a line for each of them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Written {
    /// `knock\n`
    #[serde(default)]
    text: String,
    /// `6b 6e 6f 63 6b 0a`
    hex: String,
    from: u64,
    length: u64,
}

impl From<Excerpt> for Written {
    fn from(excerpt: Excerpt) -> Written {
        let Excerpt { bytes, from, length } = excerpt;
        let text = bytes.iter().map(|&byte| escaped(byte)).collect();
        Written { text, hex: hex(&bytes), from, length }
    }
}

impl TryFrom<Written> for Excerpt {
    type Error = std::num::ParseIntError;

    fn try_from(written: Written) -> Result<Excerpt, Self::Error> {
        let Written { hex, from, length, .. } = written;
        let pairs = hex.split_whitespace();
        let bytes = pairs.map(|pair| u8::from_str_radix(pair, 16));
        Ok(Excerpt { bytes: bytes.collect::<Result<_, _>>()?, from, length })
    }
}

/// A byte as it would be typed between double quotes in C, Rust or Python.
pub(crate) fn escaped(byte: u8) -> String {
    match byte {
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> =
        bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::report::Comparison;
    use super::*;

    #[test]
    fn every_byte_comes_back_from_json() {
        let all: Vec<u8> = (0..64).chain(192..=255).collect();
        let both = Comparison::of(&all, &all[..40]);
        let json = serde_json::to_string(&both).unwrap();
        assert_eq!(serde_json::from_str::<Comparison>(&json).unwrap(), both);
        let no_hex = json.replace("1f 20", "1f zz");
        assert!(serde_json::from_str::<Comparison>(&no_hex).is_err());
    }

    #[test]
    fn bytes_are_escaped_as_in_a_program() {
        let text: String = b"a'\"\\\r\n\t\0\x1b\x7f\xff".map(escaped).concat();
        assert_eq!(text, r#"a'\"\\\r\n\t\x00\x1b\x7f\xff"#);
    }
}
