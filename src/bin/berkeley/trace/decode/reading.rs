//! What stands in the memory of a traced program: numbers, arrays, strings.
//!
//! Any address may be bad and any count absurd; `None` then leads to the bare
//! pointer, as strace shows it.

use std::mem;

use super::text::{escapes, quoted};
use super::words::pointer;
use super::{Call, Payload};

/// How many members of an array are shown.
pub(super) const SHOWN: usize = 32;

/// The members of an array that can be shown.
pub(super) struct Members {
    pub(super) bytes: Vec<u8>,
    /// What stands for those after them.
    rest: Option<String>,
    /// What stands for all of it: there is nothing to show.
    instead: Option<String>,
}

impl Members {
    pub(super) fn listed(self, mut words: Vec<String>) -> String {
        if let Some(instead) = self.instead {
            return instead;
        }
        words.extend(self.rest);
        format!("[{}]", words.join(", "))
    }
}

impl Call<'_> {
    /// All of them, or none.
    pub(super) fn bytes(&self, at: u64, length: usize) -> Option<Vec<u8>> {
        let bytes = self.some_bytes(at, length)?;
        (bytes.len() == length).then_some(bytes)
    }

    /// As many of them as there are.
    pub(super) fn some_bytes(
        &self,
        at: u64,
        length: usize,
    ) -> Option<Vec<u8>> {
        if at == 0 {
            return None;
        }
        if length == 0 {
            return Some(Vec::new());
        }
        let mut bytes = self.memory.read(at, length).ok()?;
        bytes.truncate(length);
        Some(bytes)
    }

    pub(super) fn int_at(&self, at: u64) -> Option<i32> {
        let bytes = self.bytes(at, 4)?;
        Some(i32::from_ne_bytes(*bytes.first_chunk()?))
    }

    pub(super) fn long_at(&self, at: u64) -> Option<u64> {
        let bytes = self.bytes(at, 8)?;
        Some(u64::from_ne_bytes(*bytes.first_chunk()?))
    }

    /// `[1]`
    pub(super) fn boxed_int(&self, at: u64) -> String {
        match self.int_at(at) {
            Some(value) => format!("[{value}]"),
            None => pointer(at),
        }
    }

    /// `"Knock, knock\n"`: text of a known length, of which one byte more
    /// than is shown tells that there is more.
    pub(super) fn text(&self, at: u64, length: u64) -> String {
        if at != 0 && length == 0 {
            return "\"\"".to_string();
        }
        let asked = usize::try_from(length).unwrap_or(usize::MAX);
        let shown = asked.min(self.longest.saturating_add(1));
        match self.bytes(at, shown) {
            Some(bytes) => quoted(&bytes, self.longest),
            None => pointer(at),
        }
    }

    /// The same of a payload, whose first bytes are kept until it is known
    /// how many went through.
    pub(super) fn sample(&mut self, at: u64, length: u64) -> String {
        if at == 0 || length == 0 {
            return self.text(at, length);
        }
        let asked = usize::try_from(length).unwrap_or(usize::MAX);
        let shown = asked.min(self.longest.saturating_add(1));
        let Some(bytes) = self.bytes(at, shown) else {
            return pointer(at);
        };
        let room = self.longest.saturating_sub(self.decoded.first.len());
        let first = &bytes[..bytes.len().min(room)];
        self.decoded.first.extend_from_slice(first);
        quoted(&bytes, self.longest)
    }

    /// So many bytes of what was kept have gone through.
    pub(super) fn went_through(&mut self, length: i64) {
        let mut first = mem::take(&mut self.decoded.first);
        let Ok(length @ 1..) = u64::try_from(length) else { return };
        first.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        self.decoded.data = Some(Payload {
            text: escapes(&first),
            length,
            cut: (first.len() as u64) < length,
        });
    }

    /// Of so many bytes that were to be sent, only the first have been taken.
    pub(super) fn leaves(&mut self, at: u64, length: u64, taken: i64) {
        let Ok(taken) = u64::try_from(taken) else { return };
        let Some(rest @ 1..) = length.checked_sub(taken) else { return };
        let kept = usize::try_from(rest).unwrap_or(usize::MAX);
        let kept = kept.min(self.longest);
        if let Some(bytes) = self.some_bytes(at.wrapping_add(taken), kept) {
            let cut = (bytes.len() as u64) < rest;
            let text = escapes(&bytes);
            self.decoded.unsent = Some(Payload { text, length: rest, cut });
        }
    }

    /// A string that ends with a NUL, such as a path.
    pub(super) fn string(&self, at: u64, longest: usize) -> String {
        let Some(bytes) = self.some_bytes(at, longest + 1) else {
            return pointer(at);
        };
        match bytes.iter().position(|byte| *byte == 0) {
            Some(end) => quoted(&bytes[..end], longest),
            None => quoted(&bytes, longest),
        }
    }

    pub(super) fn path(&self, at: u64) -> String {
        self.string(at, 4095)
    }

    /// Members of an array, each by `word`; `...` stands for the rest, and
    /// the address for what cannot be read.
    pub(super) fn array(
        &self,
        at: u64,
        count: u64,
        size: usize,
        word: impl FnMut(&[u8]) -> String,
    ) -> String {
        let members = self.members(at, count, size);
        let words = members.bytes.chunks_exact(size).map(word).collect();
        members.listed(words)
    }

    /// The first of so many members of this size.
    pub(super) fn members(&self, at: u64, count: u64, size: usize) -> Members {
        let none = |instead: String| Members {
            bytes: Vec::new(),
            rest: None,
            instead: Some(instead),
        };
        if at != 0 && count == 0 {
            return none("[]".to_string());
        }
        let is_absurd = count.checked_mul(size as u64).is_none();
        let shown = usize::try_from(count).unwrap_or(usize::MAX).min(SHOWN);
        let mut bytes = self.some_bytes(at, shown * size).unwrap_or_default();
        let whole = bytes.len() / size;
        bytes.truncate(whole * size);
        if is_absurd || bytes.is_empty() {
            return none(pointer(at));
        }
        let rest = if whole < shown {
            let end = at.wrapping_add(bytes.len() as u64);
            Some(format!("... /* {} */", pointer(end)))
        } else {
            ((shown as u64) < count).then(|| "...".to_string())
        };
        Members { bytes, rest, instead: None }
    }

    /// `{tv_sec=0, tv_usec=500}` or `tv_nsec`: two longs.
    pub(super) fn time(&self, at: u64, fraction: &str) -> String {
        match self.bytes(at, 16) {
            Some(bytes) => time(&bytes, fraction),
            None => pointer(at),
        }
    }
}

/// `{tv_sec=0, tv_nsec=500}` of at least sixteen bytes.
pub(super) fn time(bytes: &[u8], fraction: &str) -> String {
    let seconds = long(bytes, 0).cast_signed();
    let part = long(bytes, 8);
    format!("{{tv_sec={seconds}, {fraction}={part}}}")
}

/// Numbers at a place of a struct; zero where it ends too soon.
pub(super) fn long(bytes: &[u8], at: usize) -> u64 {
    let chunk = bytes.get(at..).and_then(<[u8]>::first_chunk);
    chunk.map_or(0, |chunk| u64::from_ne_bytes(*chunk))
}

pub(super) fn word(bytes: &[u8], at: usize) -> u32 {
    let chunk = bytes.get(at..).and_then(<[u8]>::first_chunk);
    chunk.map_or(0, |chunk| u32::from_ne_bytes(*chunk))
}

pub(super) fn half(bytes: &[u8], at: usize) -> u16 {
    let chunk = bytes.get(at..).and_then(<[u8]>::first_chunk);
    chunk.map_or(0, |chunk| u16::from_ne_bytes(*chunk))
}
