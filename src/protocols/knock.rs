//! Knock, knock: a joke in three lines each way.
//!
//! Twin: `c_compare/protocols/knock.c`. Try it: `knock -p 5000`, then
//! `nc -C 127.0.0.1 5000`.

use clap::ValueEnum;

use crate::sockets::{Lines, TooLong};

use super::Session;

/// The longest line, its end not counted; also what one `recv` asks for.
pub const LONGEST: usize = 280;

const LOST: &[u8] = b"I don't understand\n";

/// Where one message ends and the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Framing {
    /// At LF or CR LF, however the bytes were cut.
    Line,
    /// The handout's simple reading: one `recv` is one message. It breaks as
    /// soon as a segment holds half a line or two of them.
    Recv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Knock,
    Word,
    Punchline,
    Nothing,
}

/// The server's side of one joke.
#[derive(Debug)]
pub struct Knock {
    framing: Framing,
    expect: Expect,
    lines: Lines,
    reply: Vec<u8>,
}

impl Knock {
    /// A joke that has not begun.
    #[must_use]
    pub fn new(framing: Framing) -> Knock {
        Knock {
            framing,
            expect: Expect::Knock,
            lines: Lines::up_to(LONGEST),
            reply: Vec::new(),
        }
    }
}

impl Session for Knock {
    fn answer<'a>(&'a mut self, mut input: &'a [u8]) -> &'a [u8] {
        let Knock { framing, expect, lines, reply } = self;
        reply.clear();
        if *framing == Framing::Recv {
            hear(expect, without_end(input), reply);
            return reply;
        }
        while *expect != Expect::Nothing {
            match lines.next(&mut input, |line| hear(expect, line, reply)) {
                Ok(Some(())) => {}
                Ok(None) => break,
                Err(TooLong) => lost(expect, reply),
            }
        }
        reply
    }

    fn is_over(&self) -> bool {
        self.expect == Expect::Nothing
    }
}

/// One message of the joke, and what is said to it.
fn hear(expect: &mut Expect, line: &[u8], reply: &mut Vec<u8>) {
    match expect {
        Expect::Knock if is_knock(line) => {
            reply.extend_from_slice(b"Who's there?\n");
            *expect = Expect::Word;
        }
        Expect::Word => {
            reply.extend_from_slice(line);
            reply.extend_from_slice(b" who?\n");
            *expect = Expect::Punchline;
        }
        Expect::Punchline => {
            reply.extend_from_slice(b"Ha, ha, ha!\n");
            *expect = Expect::Nothing;
        }
        Expect::Knock | Expect::Nothing => lost(expect, reply),
    }
}

fn lost(expect: &mut Expect, reply: &mut Vec<u8>) {
    reply.extend_from_slice(LOST);
    *expect = Expect::Nothing;
}

/// The handout spells it both ways.
fn is_knock(line: &[u8]) -> bool {
    line == b"Knock, knock" || line == b"Knock, Knock"
}

fn without_end(message: &[u8]) -> &[u8] {
    let message = message.strip_suffix(b"\n").unwrap_or(message);
    message.strip_suffix(b"\r").unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::{Framing, Knock, LONGEST, Session};

    /// What is said to these pieces, and whether it ended there.
    fn told(framing: Framing, pieces: &[&[u8]]) -> (String, bool) {
        let mut knock = Knock::new(framing);
        let mut said = Vec::new();
        for piece in pieces {
            if knock.is_over() {
                break;
            }
            said.extend_from_slice(knock.answer(piece));
        }
        (String::from_utf8_lossy(&said).into(), knock.is_over())
    }

    fn lines(pieces: &[&[u8]]) -> (String, bool) {
        told(Framing::Line, pieces)
    }

    #[test]
    fn a_joke_is_the_same_however_it_is_cut() {
        let joke = b"Knock, knock\r\nSpell\nOkay, S-P-E-L-L\r\nrest";
        let laugh = "Who's there?\nSpell who?\nHa, ha, ha!\n";
        for first in 0..joke.len() {
            for second in first..joke.len() {
                let (one, rest) = joke.split_at(first);
                let (two, three) = rest.split_at(second - first);
                let pieces = [one, two, three];
                assert_eq!(lines(&pieces), (laugh.into(), true));
            }
        }
    }

    #[test]
    fn every_wrong_first_line_ends_it() {
        let wrong = ["", "knock, knock", "Knock, knock ", "Knock,knock"];
        for line in wrong {
            let line = format!("{line}\nWord\n");
            let said = ("I don't understand\n".into(), true);
            assert_eq!(lines(&[line.as_bytes()]), said);
        }
    }

    #[test]
    fn word_and_punchline_are_any_bytes() {
        let said = lines(&[b"Knock, Knock\n\nKnock, knock\n"]);
        assert_eq!(said.0, "Who's there?\n who?\nHa, ha, ha!\n");
        let mut knock = Knock::new(Framing::Line);
        let said = knock.answer(b"Knock, knock\n\x00\xff\n");
        assert_eq!(said, b"Who's there?\n\x00\xff who?\n");
    }

    #[test]
    fn byte_281_of_a_line_ends_it_and_byte_280_does_not() {
        let long = vec![b'x'; LONGEST + 1];
        let start = &b"Knock, knock\n"[..];
        let (said, over) = lines(&[start, &long[1..]]);
        assert_eq!((said.as_str(), over), ("Who's there?\n", false));
        let (said, over) = lines(&[start, &long[1..], b"\r", b"\n"]);
        assert!(said.ends_with("x who?\n") && !over);
        let (said, over) = lines(&[start, &long]);
        assert_eq!(said, "Who's there?\nI don't understand\n");
        assert!(over);
    }

    #[test]
    fn framing_by_recv_takes_a_piece_for_a_message() {
        let by_recv = |pieces: &[&[u8]]| told(Framing::Recv, pieces);
        let (said, over) = by_recv(&[b"Knock, knock", b"Spell\n", b"x\r\n"]);
        assert_eq!(said, "Who's there?\nSpell who?\nHa, ha, ha!\n");
        assert!(over);
        let (said, _) = by_recv(&[b"Knock, knock\nSpell\nHa\n"]);
        assert_eq!(said, "I don't understand\n");
    }
}
