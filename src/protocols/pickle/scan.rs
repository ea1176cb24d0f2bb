//! Where does a pickle end? It has no length in front: one has to walk from
//! opcode to opcode until STOP. The walk also turns away, at the first byte
//! that shows it, what nobody should wait for the end of.
//!
//! Twin: `c_compare/protocols/pickle/scan.c`. Read `opcodes` before it.

use super::opcodes::{self, Argument, FRAME, PROTO, STOP};
use super::{MOST_BYTES, Refused};

/// A walk over one pickle that goes on where it stopped for want of bytes.
#[derive(Clone, Debug, Default)]
pub struct Scanner {
    /// The opcode that was not whole yet.
    at: usize,
    /// No newline before this byte ends its argument, so that a line that
    /// comes byte by byte is not searched again and again.
    pub(super) searched: usize,
    /// Where the frame around `at` ends.
    frame_end: Option<usize>,
}

impl Scanner {
    /// The length of the pickle that `bytes` begin with, its STOP included,
    /// or none as long as STOP is not there. `bytes` are what the last call
    /// saw and what came since.
    ///
    /// # Errors
    ///
    /// What cannot become a pickle that `decode` runs, whatever follows.
    pub fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, Refused> {
        loop {
            if self.frame_end == Some(self.at) {
                self.frame_end = None;
            }
            self.fits(self.at + 1)?;
            let Some(&opcode) = bytes.get(self.at) else { return Ok(None) };
            let Some(end) = self.end_of(opcode, bytes)? else {
                return Ok(None);
            };
            if opcode == STOP {
                return match self.frame_end {
                    Some(frame_end) if frame_end != end => Err(Refused::Frame),
                    _ => Ok(Some(end)),
                };
            }
            self.at = end;
        }
    }

    /// Where the argument of the opcode at `at` ends, once it is there.
    fn end_of(
        &mut self,
        opcode: u8,
        bytes: &[u8],
    ) -> Result<Option<usize>, Refused> {
        let start = self.at + 1;
        let end = match opcodes::argument_of(opcode)? {
            Argument::Fixed(length) => start + length,
            Argument::Counted(width) => {
                self.fits(start + width)?;
                let Some(count) = bytes.get(start..start + width) else {
                    return Ok(None);
                };
                let count = usize::try_from(opcodes::unsigned(count));
                let count = count.unwrap_or(usize::MAX);
                (start + width).saturating_add(count)
            }
            Argument::Line => {
                let from = self.searched.max(start);
                let newline = bytes[from..].iter().position(|&b| b == b'\n');
                let Some(newline) = newline else {
                    self.searched = bytes.len();
                    self.fits(bytes.len() + 1)?;
                    return Ok(None);
                };
                from + newline + 1
            }
        };
        if opcode == FRAME && self.frame_end.is_some() {
            return Err(Refused::Frame);
        }
        self.fits(end)?;
        if bytes.len() < end {
            return Ok(None);
        }
        if opcode == PROTO && bytes[start] > 5 {
            return Err(Refused::Version);
        }
        if opcode == FRAME {
            let length =
                usize::try_from(opcodes::unsigned(&bytes[start..end]))
                    .unwrap_or(usize::MAX);
            let frame_end = end.saturating_add(length);
            self.fits(frame_end)?;
            self.frame_end = Some(frame_end);
        }
        Ok(Some(end))
    }

    /// A frame is cut between opcodes, and a pickle is not endless.
    fn fits(&self, end: usize) -> Result<(), Refused> {
        match self.frame_end {
            Some(frame_end) if end > frame_end => Err(Refused::Frame),
            _ if end > MOST_BYTES => Err(Refused::TooLong),
            _ => Ok(()),
        }
    }
}
