//! Supply: a line with a number asks for that many bytes.
//!
//! The conversation of the clients in chapter 30 of *UNIX Network
//! Programming*. Byte i of every answer is byte i % 64 of the alphabet of
//! base64, `A-Za-z0-9+/`, so that a client can check it without a memory. A
//! line that asks for nothing, or for too much, ends the conversation. Twin:
//! `c_compare/protocols/supply.c`. Try it: `supply_server`, then `nc
//! 127.0.0.1 10030` and type 70. Read `knock` first.

use crate::sockets::text::shown;
use crate::sockets::{Lines, TooLong};

use super::{Notice, Session};

/// The most that one line may ask for.
pub const MOST: usize = 16_384;

/// The digits of that.
const LONGEST: usize = 5;

/// What one `recv` asks for: one whole line, its end counted. Whoever sends a
/// thousand requests at once has them wait in the kernel's buffer, where they
/// count against his window, and not here as 16 MB of answers. (To answer
/// part of an input and be asked again would need a second call for every
/// piece of every protocol.)
pub const PIECE: usize = LONGEST + 2;

const ALPHABET: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Every answer is the beginning of this.
pub static STOCK: [u8; MOST] = {
    let mut stock = [0; MOST];
    let mut at = 0;
    while at < MOST {
        stock[at] = ALPHABET[at % ALPHABET.len()];
        at += 1;
    }
    stock
};

/// The server's side.
#[derive(Debug)]
pub struct Supply {
    lines: Lines,
    /// The answers to a piece that held the ends of several lines: two at
    /// most, as `PIECE` has no room for more, unless they are short.
    joined: Vec<u8>,
    wrong: Option<Notice>,
    over: bool,
}

impl Supply {
    /// A conversation that has not begun.
    #[must_use]
    pub fn new() -> Supply {
        Supply {
            lines: Lines::up_to(LONGEST),
            joined: Vec::new(),
            wrong: None,
            over: false,
        }
    }

    /// The peer's next line may be anything: nothing more is read.
    fn finish(&mut self, why: String) {
        self.wrong = Some(Notice::Wrong(why));
        self.over = true;
    }
}

impl Default for Supply {
    fn default() -> Supply {
        Supply::new()
    }
}

impl Session for Supply {
    /// Out of the stock, where it is: one answer is not copied.
    fn answer<'a>(&'a mut self, mut input: &'a [u8]) -> &'a [u8] {
        let mut answer = &STOCK[..0];
        self.joined.clear();
        while !self.over {
            match self.lines.next(&mut input, asked) {
                Ok(Some(Ok(count))) => {
                    self.joined.extend_from_slice(answer);
                    answer = &STOCK[..count];
                }
                Ok(None) => break,
                Ok(Some(Err(wrong))) => self.finish(wrong),
                Err(TooLong) => self.finish(too_long()),
            }
        }
        if self.joined.is_empty() {
            return answer;
        }
        self.joined.extend_from_slice(answer);
        &self.joined
    }

    fn is_over(&self) -> bool {
        self.over
    }

    fn notice(&mut self) -> Option<Notice> {
        self.wrong.take()
    }
}

/// How many bytes a line asks for, or what is wrong with it.
fn asked(line: &[u8]) -> Result<usize, String> {
    let digits = line.iter().all(u8::is_ascii_digit);
    let count = line.iter().fold(0, |count, digit| {
        count * 10 + usize::from(digit.wrapping_sub(b'0'))
    });
    if digits && (1..=MOST).contains(&count) {
        Ok(count)
    } else {
        Err(format!("no number from 1 to {MOST}: \"{}\"", shown(line)))
    }
}

fn too_long() -> String {
    format!("no number from 1 to {MOST}: a line of more than {LONGEST} bytes")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{ALPHABET, MOST, Notice, PIECE, STOCK, Session, Supply};

    /// What is said to these pieces, and whether it ended there.
    fn told(pieces: &[&[u8]]) -> (Vec<u8>, bool) {
        let mut supply = Supply::new();
        let mut said = Vec::new();
        for piece in pieces {
            if supply.is_over() {
                break;
            }
            said.extend_from_slice(supply.answer(piece));
        }
        (said, supply.is_over())
    }

    /// The answers to these numbers, one after the other.
    fn answers(counts: &[usize]) -> Vec<u8> {
        let letters = |count: &usize| ALPHABET.iter().cycle().take(*count);
        counts.iter().flat_map(letters).copied().collect()
    }

    #[test]
    fn the_answer_to_a_line_is_the_stock_itself() {
        let mut supply = Supply::new();
        let answer = supply.answer(b"4000\n");
        assert_eq!(answer.as_ptr(), STOCK.as_ptr());
        assert_eq!(answer, answers(&[4000]));
        let all = supply.answer(b"16384\r\n");
        assert_eq!(all, answers(&[MOST]));
        assert_eq!(supply.joined.capacity(), 0);
    }

    #[test]
    fn requests_are_the_same_however_they_are_cut() {
        let stream = b"1\r\n64\n007\n65\n16384\r\n300\n2\n1";
        let said = answers(&[1, 64, 7, 65, MOST, 300, 2]);
        for first in 0..stream.len() {
            for second in first..stream.len() {
                let (one, rest) = stream.split_at(first);
                let (two, three) = rest.split_at(second - first);
                let pieces = [one, two, three];
                assert_eq!(told(&pieces), (said.clone(), false));
            }
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(told(&bytes), (said, false));
    }

    #[test]
    fn a_thousand_requests_at_once_are_answered_a_few_at_a_time() {
        for (line, count) in
            [("16384\r\n", MOST), ("16384\n", MOST), ("4000\n", 4000)]
        {
            let stream = line.repeat(1000);
            let mut supply = Supply::new();
            let mut length = 0;
            for piece in stream.as_bytes().chunks(PIECE) {
                let answer = supply.answer(piece);
                assert!(answer.len() <= 2 * MOST, "{}", answer.len());
                let each = answer.chunks(count);
                assert!(each.into_iter().all(|one| one == &STOCK[..count]));
                length += answer.len();
            }
            assert_eq!(length, 1000 * count);
            assert!(supply.joined.capacity() <= 4 * MOST);
        }
    }

    #[test]
    fn every_line_that_is_no_request_ends_it() {
        let wrong = [
            "", "0", "00000", "16385", "99999", "-1", "+1", " 1", "1 ", "1.5",
            "0x10", "ten", "1e3", "1\0", "\u{661}",
        ];
        for line in wrong {
            for end in ["\n", "\r\n"] {
                let said = format!("5\n{line}{end}5\n");
                assert_eq!(
                    told(&[said.as_bytes()]),
                    (b"ABCDE".into(), true),
                    "{line:?}"
                );
            }
        }
    }

    #[test]
    fn byte_6_of_a_line_ends_it_and_its_end_is_not_waited_for() {
        assert_eq!(told(&[b"00016"]), (b"".into(), false));
        assert_eq!(told(&[b"00016\r", b"\n"]), (answers(&[16]), false));
        assert_eq!(told(&[b"000016"]), (b"".into(), true));
        assert_eq!(told(&[b"00016", b"0"]), (b"".into(), true));
        assert_eq!(told(&[b"00016\r", b"\r"]), (b"".into(), true));
    }

    #[test]
    fn the_console_hears_once_what_was_wrong() {
        let mut supply = Supply::new();
        assert_eq!(supply.answer(b"1\nab\x7f\n!\n"), b"A");
        let line = "no number from 1 to 16384: \"ab\\x7f\"";
        assert_eq!(supply.notice(), Some(Notice::Wrong(line.into())));
        assert_eq!(supply.notice(), None);
        let mut supply = Supply::new();
        supply.answer(b"000001\n");
        let line = "no number from 1 to 16384: a line of more than 5 bytes";
        assert_eq!(supply.notice(), Some(Notice::Wrong(line.into())));
    }
}
