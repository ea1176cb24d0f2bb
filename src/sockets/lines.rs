//! Lines out of a stream, however it was cut into segments.
//!
//! TCP keeps no boundaries: one `recv` may bring half a line or three. Twin:
//! `c_compare/sockets/lines.c`.

/// Gathers bytes into lines of at most a given length.
#[derive(Debug)]
pub struct Lines {
    /// The beginning of a line whose end has not come yet. Empty, and not
    /// even allocated, as long as lines come whole.
    begun: Vec<u8>,
    longest: usize,
}

/// A line that is longer than it may be; its end need not have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl Lines {
    /// Lines of up to `longest` bytes, LF or CR LF not counted.
    #[must_use]
    pub fn up_to(longest: usize) -> Lines {
        Lines { begun: Vec::new(), longest }
    }

    /// Takes the next line from the front of `input`, without its end, and
    /// gives it to `each`; `None` when no whole line is there yet.
    ///
    /// # Errors
    /// `TooLong` as soon as one byte too many is there.
    pub fn next<T>(
        &mut self,
        input: &mut &[u8],
        each: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, TooLong> {
        let Some(end) = input.iter().position(|&byte| byte == b'\n') else {
            self.keep(input)?;
            *input = &[];
            return Ok(None);
        };
        let (head, rest) = input.split_at(end);
        *input = &rest[1..];
        if self.begun.is_empty() {
            return self.check(head).map(|line| Some(each(line)));
        }
        self.keep(head)?;
        let line = std::mem::take(&mut self.begun);
        self.check(&line).map(|line| Some(each(line)))
    }

    /// Keeps the beginning of a line. A last CR may belong to the end of the
    /// line, so it does not count before the next byte is there.
    fn keep(&mut self, head: &[u8]) -> Result<(), TooLong> {
        let cr = head.last().or(self.begun.last()) == Some(&b'\r');
        if self.begun.len() + head.len() > self.longest + usize::from(cr) {
            return Err(TooLong);
        }
        self.begun.extend_from_slice(head);
        Ok(())
    }

    fn check<'a>(&self, line: &'a [u8]) -> Result<&'a [u8], TooLong> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > self.longest { Err(TooLong) } else { Ok(line) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, TooLong};

    fn split(pieces: &[&[u8]]) -> Result<Vec<Vec<u8>>, TooLong> {
        let mut lines = Lines::up_to(5);
        let mut found = Vec::new();
        for piece in pieces {
            let mut input = *piece;
            while let Some(line) = lines.next(&mut input, <[u8]>::to_vec)? {
                found.push(line);
            }
        }
        Ok(found)
    }

    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        let stream = b"one\r\n\n\r\ntw\ro\n12345\r\n";
        let whole = split(&[stream]).unwrap();
        assert_eq!(whole, [&b"one"[..], b"", b"", b"tw\ro", b"12345"]);
        for first in 0..stream.len() {
            for second in first..stream.len() {
                let (one, rest) = stream.split_at(first);
                let (two, three) = rest.split_at(second - first);
                assert_eq!(split(&[one, two, three]).unwrap(), whole);
            }
        }
    }

    #[test]
    fn a_line_is_too_long_as_soon_as_the_byte_is_there() {
        assert_eq!(split(&[b"123456"]), Err(TooLong));
        assert_eq!(split(&[b"12345", b"6"]), Err(TooLong));
        assert_eq!(split(&[b"12345\r6"]), Err(TooLong));
        assert_eq!(split(&[b"12345\r", b"\r"]), Err(TooLong));
        assert_eq!(split(&[b"123456\n"]), Err(TooLong));
        assert_eq!(split(&[b"12345\r", b"\n"]).unwrap(), [b"12345"]);
    }
}
