//! Ints of any size, between two's complement and decimal, and floats. Work
//! is bounded the way Python bounds it: beyond 4300 digits there is none.
//!
//! Twin: `c_compare/protocols/pickle/number.c`.

use super::{MOST_DIGITS, Node, Refused};

/// No int of `MOST_DIGITS` digits has more bytes: 4300 × log₂10 bits.
const MOST_INT_BYTES: usize = 1786;
const CHUNK: u64 = 1_000_000_000;
const CHUNK_DIGITS: usize = 9;

/// The int that `bytes` are in two's complement, little end first.
pub(super) fn of_bytes(bytes: &[u8]) -> Node {
    let bytes = shortest(bytes);
    let negative = bytes.last().is_some_and(|&top| top >= 0x80);
    if bytes.len() <= 8 {
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        return Node::Int(i64::from_le_bytes(wide));
    }
    if bytes.len() > MOST_INT_BYTES {
        return Node::Huge;
    }
    let digits = decimal(limbs_of(bytes, negative));
    if digits.len() > MOST_DIGITS {
        return Node::Huge;
    }
    Node::Long(if negative { format!("-{digits}") } else { digits })
}

/// `bytes` without those that only repeat the sign.
fn shortest(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [rest @ .., next, top] = bytes {
        let repeats =
            (*top == 0 && *next < 0x80) || (*top == 0xff && *next >= 0x80);
        if !repeats {
            break;
        }
        bytes = &bytes[..=rest.len()];
    }
    bytes
}

/// How far from zero `bytes` are, in 32-bit limbs, little end first.
fn limbs_of(bytes: &[u8], negative: bool) -> Vec<u32> {
    let flip = if negative { 0xff } else { 0 };
    let mut carry = u32::from(negative);
    let mut limbs = vec![0; bytes.len().div_ceil(4)];
    for (at, byte) in bytes.iter().enumerate() {
        carry += u32::from(byte ^ flip);
        limbs[at / 4] |= (carry & 0xff) << (8 * (at % 4));
        carry >>= 8;
    }
    limbs
}

fn decimal(mut limbs: Vec<u32>) -> String {
    let mut chunks = Vec::new();
    while !limbs.is_empty() {
        let mut rest = 0;
        for limb in limbs.iter_mut().rev() {
            let wide = rest << 32 | u64::from(*limb);
            *limb = low(wide / CHUNK);
            rest = wide % CHUNK;
        }
        chunks.push(rest);
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
    }
    let padded: Vec<String> =
        chunks.iter().rev().map(|c| format!("{c:0CHUNK_DIGITS$}")).collect();
    padded.concat().trim_start_matches('0').to_owned()
}

fn low(wide: u64) -> u32 {
    u32::try_from(wide & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

/// Is `text` an int just as Python's `str` shows one?
#[must_use]
pub(super) fn is_int(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    digits.len() <= MOST_DIGITS
        && digits.iter().all(u8::is_ascii_digit)
        && (text == b"0" || digits.first().is_some_and(|&d| d != b'0'))
}

/// The int that `text` shows. Python would read more (`0x10`, `1_000`), but
/// no pickler writes it.
pub(super) fn of_text(text: &[u8]) -> Result<Node, Refused> {
    match std::str::from_utf8(text) {
        Ok(text) if is_int(text.as_bytes()) => Ok(match text.parse() {
            Ok(value) => Node::Int(value),
            Err(_) => Node::Long(text.to_owned()),
        }),
        _ => Err(Refused::Number),
    }
}

/// The shortest two's complement, little end first, of an int in decimal.
pub(super) fn bytes_of(text: &str) -> Vec<u8> {
    let negative = text.starts_with('-');
    let mut bytes: Vec<u8> = Vec::new();
    for digit in text.bytes().filter(u8::is_ascii_digit) {
        let mut carry = u32::from(digit - b'0');
        for byte in &mut bytes {
            carry += u32::from(*byte) * 10;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(carry.to_le_bytes()[0]);
        }
    }
    bytes.push(0);
    if negative {
        let mut carry = true;
        for byte in &mut bytes {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    shortest(&bytes).to_vec()
}

/// The float that `text` shows, `repr` of one being all that is read.
pub(super) fn float_of_text(text: &[u8]) -> Result<Node, Refused> {
    let text = std::str::from_utf8(text).map_err(|_| Refused::Number)?;
    match text {
        "nan" => return Ok(Node::Float(f64::NAN)),
        "inf" => return Ok(Node::Float(f64::INFINITY)),
        "-inf" => return Ok(Node::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    let plain = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = plain.split_once('e').unwrap_or((plain, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    for digits in [whole, part, exponent] {
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Refused::Number);
        }
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Node::Float(value)),
        _ => Err(Refused::Number),
    }
}
