//! The head of a response: its status, and how its body will end.
//!
//! Twin: `c_compare/protocols/http/head.c`. Read first: RFC 9112, sections 4
//! to 6.

use super::Wrong;

/// What is kept of a head.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// In bytes, line ends counted.
    pub(super) size: usize,
    /// Empty until it is there.
    pub(super) status_line: Vec<u8>,
    pub(super) status: u16,
    pub(super) length: Option<u64>,
    pub(super) is_chunked: bool,
    /// The last header line: a line that begins with a blank continues it.
    field: Vec<u8>,
}

impl Head {
    /// The next line; true when it was the empty one at the end.
    pub(super) fn hear(&mut self, line: &[u8]) -> Result<bool, Wrong> {
        if self.status_line.is_empty() {
            self.status = status(line)?;
            self.status_line = line.to_vec();
            return Ok(false);
        }
        if let [b' ' | b'\t', ..] = line {
            if self.field.is_empty() {
                return Err(Wrong::Field);
            }
            self.field.extend_from_slice(line);
            return Ok(false);
        }
        let field = std::mem::replace(&mut self.field, line.to_vec());
        if !field.is_empty() {
            self.understand(&field)?;
        }
        Ok(line.is_empty())
    }

    /// Two fields say where the body ends; the others are not our business.
    fn understand(&mut self, field: &[u8]) -> Result<(), Wrong> {
        let colon = field.iter().position(|&byte| byte == b':');
        let (name, value) = field.split_at(colon.ok_or(Wrong::Field)?);
        let name = name.trim_ascii_end();
        if name.is_empty() {
            return Err(Wrong::Field);
        }
        for part in value[1..].split(|&byte| byte == b',') {
            if name.eq_ignore_ascii_case(b"Content-Length") {
                self.has_length(part.trim_ascii())?;
            } else if name.eq_ignore_ascii_case(b"Transfer-Encoding") {
                self.has_coding(part.trim_ascii())?;
            }
        }
        Ok(())
    }

    /// Said twice it is one length, or a lie.
    fn has_length(&mut self, value: &[u8]) -> Result<(), Wrong> {
        let length = number(value, 10).ok_or(Wrong::Length)?;
        if self.length.is_some_and(|other| other != length) {
            return Err(Wrong::Length);
        }
        self.length = Some(length);
        Ok(())
    }

    fn has_coding(&mut self, name: &[u8]) -> Result<(), Wrong> {
        if self.is_chunked || !name.eq_ignore_ascii_case(b"chunked") {
            return Err(Wrong::Coding);
        }
        self.is_chunked = true;
        Ok(())
    }
}

/// 200 out of `HTTP/1.1 200 OK`; the words at the end may be missing.
fn status(line: &[u8]) -> Result<u16, Wrong> {
    let rest = line.strip_prefix(b"HTTP/1.").ok_or(Wrong::Status)?;
    let [b'0'..=b'9', b' ', code @ ..] = rest else {
        return Err(Wrong::Status);
    };
    let (code, words) = code.split_at_checked(3).ok_or(Wrong::Status)?;
    let code = number(code, 10).and_then(|code| u16::try_from(code).ok());
    match (code, words) {
        (Some(code @ 100..), [] | [b' ', ..]) => Ok(code),
        _ => Err(Wrong::Status),
    }
}

/// Digits and nothing else, not even a sign.
pub(super) fn number(digits: &[u8], base: u32) -> Option<u64> {
    char::from(*digits.first()?).to_digit(base)?;
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, base).ok()
}
