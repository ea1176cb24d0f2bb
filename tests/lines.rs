//! The line readers of both languages find the same lines in the same random
//! pieces, and find them however a stream is cut.

#![allow(clippy::unwrap_used)]

mod common;

use std::fmt::Write;
use std::process::Command;

use berkeley::sockets::Lines;

/// xorshift: the same streams in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

fn cut(dice: &mut Dice, stream: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(1 + dice.below(rest.len()));
        pieces.push(piece.to_vec());
        rest = more;
    }
    pieces
}

fn read(pieces: &[Vec<u8>]) -> String {
    let (mut lines, mut found) = (Lines::up_to(5), String::new());
    for piece in pieces {
        let mut input = &piece[..];
        loop {
            match lines.next(&mut input, <[u8]>::to_vec) {
                Ok(None) => break,
                Err(_) => return found + "too long\n",
                Ok(Some(line)) => {
                    found.push('=');
                    for byte in line {
                        write!(found, "{byte:02x}").unwrap();
                    }
                    found.push('\n');
                }
            }
        }
    }
    found
}

#[test]
fn both_readers_find_the_same_lines_however_they_are_cut() {
    let mut dice = Dice(0x5eed);
    let (mut asked, mut expected) = (Vec::new(), String::new());
    for _ in 0..20_000 {
        let length = 1 + dice.below(24);
        let stream: Vec<u8> =
            (0..length).map(|_| b"ab\0\xff\r\r\n\n"[dice.below(8)]).collect();
        let pieces = cut(&mut dice, &stream);
        let found = read(&pieces);
        assert_eq!(found, read(std::slice::from_ref(&stream)), "{pieces:?}");
        for piece in &pieces {
            asked.push(u8::try_from(piece.len()).unwrap());
            asked.extend(piece);
        }
        asked.push(0);
        expected += &found;
        expected += "-\n";
    }
    let mut twin = Command::new(common::twins::asan("lines_driver"));
    let done = common::run(&mut twin, &asked);
    assert_eq!(done.code, 0, "{}", done.err());
    assert!(done.out() == expected, "the twin reads other lines");
}
