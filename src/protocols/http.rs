//! An HTTP/1.x response, taken apart as it comes.
//!
//! A response says by itself where it ends, in one of four ways: it has no
//! body, it counts its bytes, it comes in chunks, or it ends with the
//! connection. TCP may cut all of that anywhere. Twin:
//! `c_compare/protocols/http.c`. Read first: RFC 9112, sections 6 to 8. Try
//! it: `http_get 127.0.0.1 8000`.

mod head;
#[cfg(test)]
mod tests;

use std::fmt::{self, Display};

use crate::sockets::{Lines, TooLong};

use head::{Head, number};

/// How much may come that is no body: heads, a chunk's line, a trailer.
pub const LONGEST_HEAD: usize = 64 * 1024;

/// What `next` has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Nothing: the input is used up.
    More,
    /// The head is complete; an interim one (100 Continue) does not count.
    Head,
    /// A piece of the body, still in the input.
    Body(&'a [u8]),
    /// The response is complete. What follows does not belong to it.
    Over,
}

/// What a peer can do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The first line is no status line.
    Status,
    /// A header line has no name.
    Field,
    /// More than `LONGEST_HEAD` came that is no body.
    Long,
    /// Content-Length is no number, or two different ones.
    Length,
    /// Something else than chunked as Transfer-Encoding.
    Coding,
    /// A chunk does not begin or end as one.
    Chunk,
    /// The connection ended before the first byte.
    Silent,
    /// The connection ended within the head.
    CutHead,
    /// The connection ended before the announced length was there.
    CutBody {
        /// What came of it.
        got: u64,
        /// What Content-Length promised.
        of: u64,
    },
    /// The connection ended before the last chunk.
    CutChunks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Head,
    Interim,
    Counted,
    UntilEnd,
    ChunkSize,
    ChunkData,
    ChunkEnd,
    Trailer,
    Nothing,
}

/// One response, from its first byte to its last.
#[derive(Debug)]
pub struct Response {
    expect: Expect,
    lines: Lines,
    head: Head,
    body_size: u64,
    /// Bytes to come, of the body or of this chunk.
    left: u64,
    /// Bytes that were no body, since the last one that was.
    framing: usize,
}

impl Response {
    /// A response of which nothing has come yet.
    #[must_use]
    pub fn begin() -> Response {
        Response {
            expect: Expect::Head,
            lines: Lines::up_to(LONGEST_HEAD),
            head: Head::default(),
            body_size: 0,
            left: 0,
            framing: 0,
        }
    }

    /// Takes the next thing from the front of `input`.
    ///
    /// # Errors
    /// What the peer did wrong; nothing can be read after that.
    pub fn next<'a>(
        &mut self,
        input: &mut &'a [u8],
    ) -> Result<Step<'a>, Wrong> {
        loop {
            match self.expect {
                Expect::Nothing => return Ok(Step::Over),
                _ if input.is_empty() => return Ok(Step::More),
                Expect::Counted | Expect::UntilEnd | Expect::ChunkData => {
                    return Ok(Step::Body(self.take(input)));
                }
                Expect::Interim => {
                    self.head = Head::default();
                    self.expect = Expect::Head;
                }
                Expect::Head => {
                    self.line(input)?;
                    if self.has_head() {
                        return Ok(Step::Head);
                    }
                }
                _ => self.line(input)?,
            }
        }
    }

    /// The connection ended: whether the response was complete.
    ///
    /// # Errors
    /// Where it was cut.
    pub fn end(&self) -> Result<(), Wrong> {
        let got = self.body_size;
        match self.expect {
            Expect::Nothing | Expect::UntilEnd => Ok(()),
            Expect::Head if self.framing == 0 => Err(Wrong::Silent),
            Expect::Head | Expect::Interim => Err(Wrong::CutHead),
            Expect::Counted => {
                Err(Wrong::CutBody { got, of: got + self.left })
            }
            _ => Err(Wrong::CutChunks),
        }
    }

    /// Whether the head is complete.
    #[must_use]
    pub fn has_head(&self) -> bool {
        !matches!(self.expect, Expect::Head | Expect::Interim)
    }

    /// The status line without its end: `HTTP/1.0 200 OK`.
    #[must_use]
    pub fn status_line(&self) -> &[u8] {
        &self.head.status_line
    }

    /// The status: 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// Bytes of the head, from the status line to the empty line.
    #[must_use]
    pub fn head_size(&self) -> usize {
        self.head.size
    }

    /// Bytes of the body so far, without what frames its chunks.
    #[must_use]
    pub fn body_size(&self) -> u64 {
        self.body_size
    }

    /// Reads to the end of a line, or what there is of it.
    fn line(&mut self, input: &mut &[u8]) -> Result<(), Wrong> {
        let Response { expect, lines, head, left, framing, .. } = self;
        let (length, is_head) = (input.len(), *expect == Expect::Head);
        let heard = lines.next(input, |line| hear(expect, head, left, line));
        let used = length - input.len();
        *framing += used;
        if is_head {
            head.size += used;
        }
        match heard {
            Err(TooLong) => Err(Wrong::Long),
            _ if *framing > LONGEST_HEAD => Err(Wrong::Long),
            Ok(heard) => heard.unwrap_or(Ok(())),
        }
    }

    /// As much of the body as there is.
    fn take<'a>(&mut self, input: &mut &'a [u8]) -> &'a [u8] {
        let mut length = input.len();
        if self.expect != Expect::UntilEnd {
            length = usize::try_from(self.left).unwrap_or(length).min(length);
            self.left -= length as u64;
        }
        let (piece, rest) = input.split_at(length);
        *input = rest;
        self.framing = 0;
        self.body_size += length as u64;
        self.expect = match (self.expect, self.left) {
            (Expect::Counted, 0) => Expect::Nothing,
            (Expect::ChunkData, 0) => Expect::ChunkEnd,
            (same, _) => same,
        };
        piece
    }
}

/// A line that is no body, and what it means for what follows.
fn hear(
    expect: &mut Expect,
    head: &mut Head,
    left: &mut u64,
    line: &[u8],
) -> Result<(), Wrong> {
    match *expect {
        Expect::Head => {
            if head.hear(line)? {
                *left = head.length.unwrap_or(0);
                *expect = body_of(head);
            }
        }
        Expect::ChunkSize => {
            *left = chunk_size(line).ok_or(Wrong::Chunk)?;
            *expect = match *left {
                0 => Expect::Trailer,
                _ => Expect::ChunkData,
            };
        }
        Expect::ChunkEnd if line.is_empty() => *expect = Expect::ChunkSize,
        Expect::Trailer if line.is_empty() => *expect = Expect::Nothing,
        Expect::Trailer => {}
        _ => return Err(Wrong::Chunk),
    }
    Ok(())
}

/// What follows a complete head. Chunks count more than a length: whoever
/// cut the body into chunks has seen the length, and not the other way.
fn body_of(head: &Head) -> Expect {
    match (head.status, head.length) {
        (100..=199, _) => Expect::Interim,
        (204 | 304, _) => Expect::Nothing,
        _ if head.is_chunked => Expect::ChunkSize,
        (_, Some(0)) => Expect::Nothing,
        (_, Some(_)) => Expect::Counted,
        (_, None) => Expect::UntilEnd,
    }
}

/// `1a2b`, or `1a2b;name=value`.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let end = line.iter().position(|&byte| byte == b';');
    number(line[..end.unwrap_or(line.len())].trim_ascii_end(), 16)
}

impl Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Wrong::Status => "no status line of HTTP/1",
            Wrong::Field => "a header line without a name",
            Wrong::Long => "a head of more than 65536 bytes",
            Wrong::Length => "a bad Content-Length",
            Wrong::Coding => "a Transfer-Encoding that is not chunked",
            Wrong::Chunk => "a bad chunk",
            Wrong::Silent => "the connection ended without an answer",
            Wrong::CutHead => "the connection ended in the head",
            Wrong::CutBody { got, of } => {
                let cut = "the connection ended after";
                return write!(out, "{cut} {got} of {of} bytes");
            }
            Wrong::CutChunks => "the connection ended before the last chunk",
        })
    }
}
