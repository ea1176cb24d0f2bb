//! The conversations as lists of what is said and what must be heard. No
//! socket here: what has come is checked as it comes, cut anywhere.

use super::orders::Protocol;

/// A conversation, from the client's side.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) turns: Vec<Turn>,
    /// The first turn is the server's greeting: nobody asked for it.
    pub(crate) greets: bool,
    /// After the last turn it goes on with the first that asks. Else the
    /// conversation is over.
    pub(crate) repeats: bool,
}

/// Something said, and the only right answer.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) say: Line,
    pub(crate) hear: Line,
}

/// Bytes, a few of which are different each time.
#[derive(Debug)]
pub(crate) struct Line {
    bytes: Vec<u8>,
    mark: Mark,
}

/// Which bytes of a line are different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    None,
    /// The first eight: whose request it is, and which.
    Stamp,
    /// Two at this place: the client's port.
    Port(usize),
}

/// What marks a line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    pub(crate) connection: u32,
    pub(crate) sequence: u32,
    pub(crate) port: u16,
}

/// What a piece of an answer has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Right so far.
    Part,
    /// The answer, to its last byte.
    Whole,
    /// Not the answer.
    Wrong,
    /// The answer, and then more than that.
    Surplus,
}

/// `{'clientid': PORT}` as CPython 3.11 pickles it; ports below 256, which
/// would be a byte shorter, are not for clients.
const GREETING: [u8; 29] =
    *b"\x80\x04\x95\x12\0\0\0\0\0\0\0}\x94\x8c\x08clientid\x94M\0\0s.";

const STUDENT: &[u8] = b"\x80\x04\x95\x44\0\0\0\0\0\0\0}\x94(\
    \x8c\x0cstudent_name\x94\x8c\x0cAda Lovelace\x94\
    \x8c\x0fgithub_username\x94\x8c\x03ada\x94\
    \x8c\x03sid\x94M\x17\x07u.";

/// The integer 1, pickled.
const ACKNOWLEDGEMENT: &[u8] = b"\x80\x04K\x01.";

const JOKE: [(&str, &str); 3] = [
    ("Knock, knock\n", "Who's there?\n"),
    ("Spell\n", "Spell who?\n"),
    ("Okay\n", "Ha, ha, ha!\n"),
];

impl Script {
    /// The conversation in this protocol, with messages of `size` bytes.
    pub(crate) fn new(protocol: Protocol, size: usize) -> Script {
        match protocol {
            Protocol::Echo => {
                let payload = || Line::stamped(pattern(size));
                Script::of(vec![Turn { say: payload(), hear: payload() }])
            }
            Protocol::Knock => {
                let turn = |(say, hear): &(&str, &str)| Turn {
                    say: Line::plain(say.as_bytes()),
                    hear: Line::plain(hear.as_bytes()),
                };
                let turns = JOKE.iter().map(turn).collect();
                Script { repeats: false, ..Script::of(turns) }
            }
            Protocol::Roster => {
                let greeting = Line {
                    bytes: GREETING.to_vec(),
                    mark: Mark::Port(GREETING.len() - 4),
                };
                let turns = vec![
                    Turn { say: Line::plain(b""), hear: greeting },
                    Turn {
                        say: Line::plain(STUDENT),
                        hear: Line::plain(ACKNOWLEDGEMENT),
                    },
                ];
                Script { greets: true, ..Script::of(turns) }
            }
            Protocol::Supply => {
                let order = format!("{size}\n");
                Script::of(vec![Turn {
                    say: Line::plain(order.as_bytes()),
                    hear: Line::plain(&supply(size)),
                }])
            }
        }
    }

    fn of(turns: Vec<Turn>) -> Script {
        Script { turns, greets: false, repeats: true }
    }

    /// The first turn in which this side speaks first.
    pub(crate) fn first(&self) -> usize {
        usize::from(self.greets)
    }

    /// Of the longest answer.
    pub(crate) fn longest(&self) -> usize {
        let lengths = self.turns.iter().map(|turn| turn.hear.len());
        lengths.max().unwrap_or(0)
    }
}

impl Line {
    fn plain(bytes: &[u8]) -> Line {
        Line { bytes: bytes.to_vec(), mark: Mark::None }
    }

    fn stamped(bytes: Vec<u8>) -> Line {
        Line { bytes, mark: Mark::Stamp }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The line as it is this time. All connections share one copy: with a
    /// copy for each, thousands of them would not fit into the CPU's cache.
    #[inline]
    pub(crate) fn marked(&mut self, marks: Marks) -> &[u8] {
        match self.mark {
            Mark::None => {}
            Mark::Stamp => {
                let stamp = stamp(marks);
                if let Some(start) = self.bytes.first_chunk_mut::<8>() {
                    *start = stamp;
                } else {
                    let room = self.bytes.len();
                    self.bytes.copy_from_slice(&stamp[..room]);
                }
            }
            Mark::Port(at) => {
                let port = marks.port.to_le_bytes();
                self.bytes[at..at + 2].copy_from_slice(&port);
            }
        }
        &self.bytes
    }

    /// What `input` is, when the first `heard` bytes of the line have come
    /// before it.
    #[inline]
    pub(crate) fn check(
        &mut self,
        marks: Marks,
        heard: usize,
        input: &[u8],
    ) -> Heard {
        let rest = &self.marked(marks)[heard..];
        match rest.split_at_checked(input.len()) {
            Some((due, left)) if due == input => {
                if left.is_empty() {
                    Heard::Whole
                } else {
                    Heard::Part
                }
            }
            None if input.starts_with(rest) => Heard::Surplus,
            _ => Heard::Wrong,
        }
    }
}

/// A message that is cut to fewer than eight bytes still begins with both
/// numbers mixed.
#[inline]
fn stamp(marks: Marks) -> [u8; 8] {
    let spread = marks.connection.wrapping_mul(0x9e37_79b1);
    let low = marks.sequence.wrapping_add(spread);
    (u64::from(marks.connection) << 32 | u64::from(low)).to_le_bytes()
}

/// Bytes without a short period, so that a shifted answer is a wrong one.
pub(crate) fn pattern(size: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(size).collect()
}

/// What a supply server sends when it is asked for so many bytes.
fn supply(size: usize) -> Vec<u8> {
    let letters = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9');
    letters.chain(*b"+/").cycle().take(size).collect()
}

#[cfg(test)]
mod tests {
    use super::{Heard, Marks, Script};
    use crate::generator::orders::Protocol;

    const ALL: [Protocol; 4] =
        [Protocol::Echo, Protocol::Knock, Protocol::Roster, Protocol::Supply];
    const MARKS: Marks = Marks { connection: 7, sequence: 3, port: 0xbeef };

    /// Each turn of each protocol, with its right answer.
    fn each_answer(test: impl Fn(&mut super::Line, &[u8])) {
        for protocol in ALL {
            for size in [1, 3, 8, 64] {
                for turn in &mut Script::new(protocol, size).turns {
                    let right = turn.hear.marked(MARKS).to_vec();
                    test(&mut turn.hear, &right);
                }
            }
        }
    }

    #[test]
    fn an_answer_may_be_cut_at_every_byte() {
        each_answer(|hear, right| {
            for cut in 1..right.len() {
                let (one, two) = right.split_at(cut);
                assert_eq!(hear.check(MARKS, 0, one), Heard::Part);
                assert_eq!(hear.check(MARKS, cut, two), Heard::Whole);
            }
            for at in 0..right.len() - 1 {
                let byte = &right[at..=at];
                assert_eq!(hear.check(MARKS, at, byte), Heard::Part);
            }
        });
    }

    #[test]
    fn one_wrong_bit_anywhere_is_noticed() {
        each_answer(|hear, right| {
            for at in 0..right.len() {
                let mut wrong = right.to_vec();
                wrong[at] ^= 1;
                assert_eq!(hear.check(MARKS, 0, &wrong), Heard::Wrong);
                let rest = &wrong[at..];
                assert_eq!(hear.check(MARKS, at, rest), Heard::Wrong);
            }
        });
    }

    #[test]
    fn a_byte_too_many_is_noticed_however_much_came_before() {
        each_answer(|hear, right| {
            let mut more = right.to_vec();
            more.push(b'!');
            for at in 0..=right.len() {
                let rest = &more[at..];
                assert_eq!(hear.check(MARKS, at, rest), Heard::Surplus);
            }
        });
    }

    #[test]
    fn another_request_s_answer_is_wrong_even_if_it_is_one_byte() {
        for size in [1, 2, 7, 8, 64] {
            let mut script = Script::new(Protocol::Echo, size);
            let hear = &mut script.turns[0].hear;
            let right = hear.marked(MARKS).to_vec();
            let next = Marks { sequence: MARKS.sequence + 1, ..MARKS };
            let other = Marks { connection: MARKS.connection + 1, ..MARKS };
            assert_eq!(hear.check(next, 0, &right), Heard::Wrong);
            assert_eq!(hear.check(other, 0, &right), Heard::Wrong);
        }
    }

    #[test]
    fn the_library_understands_every_line_and_answers_so() {
        use berkeley::protocols::Session;
        use berkeley::protocols::knock::{Framing, Knock};
        use berkeley::protocols::roster::Roster;
        let mut roster = Roster::new(i64::from(MARKS.port));
        let mut script = Script::new(Protocol::Roster, 0);
        let greeting = roster.greeting().to_vec();
        let turns = &mut script.turns;
        assert_eq!(turns[0].hear.check(MARKS, 0, &greeting), Heard::Whole);
        let answer = roster.answer(turns[1].say.marked(MARKS)).to_vec();
        assert_eq!(turns[1].hear.check(MARKS, 0, &answer), Heard::Whole);
        let mut knock = Knock::new(Framing::Line);
        for turn in &mut Script::new(Protocol::Knock, 0).turns {
            let answer = knock.answer(turn.say.marked(MARKS)).to_vec();
            assert_eq!(turn.hear.check(MARKS, 0, &answer), Heard::Whole);
        }
        assert!(knock.is_over());
    }
}
