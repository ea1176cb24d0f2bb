//! A line cut into words.
//!
//! Blanks, commas and parentheses part words, so that `bind 3 *:80` and
//! `bind(3, *:80);` are the same line. `"…"` is a string with the escapes
//! of C, `#5000` so many bytes; any other `#` at the beginning of a word
//! begins a comment.

use super::call::Bytes;
use crate::check::string;

/// More than that is not sent or received at once.
pub(super) const MOST: usize = 64 << 20;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Plain(String),
    Bytes(Bytes),
}

impl Word {
    /// As it can be named in an error.
    pub(super) fn shown(&self) -> String {
        match self {
            Word::Plain(word) => format!("`{word}`"),
            Word::Bytes(Bytes::Count(count)) => format!("`#{count}`"),
            Word::Bytes(Bytes::Text(_)) => "a string".into(),
        }
    }
}

/// All words of a line, or what is wrong with it.
pub(super) fn cut(line: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        let parts = |one: char| one.is_whitespace() || "(),;".contains(one);
        rest = rest.trim_start_matches(parts);
        if rest.is_empty() {
            return Ok(words);
        }
        if rest.starts_with('"') {
            let (text, behind) = string(rest)?;
            words.push(Word::Bytes(Bytes::Text(text)));
            rest = behind;
            continue;
        }
        let end = rest.find(parts).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        rest = behind;
        match word.strip_prefix('#') {
            None => words.push(Word::Plain(word.into())),
            Some(count) if is_count(count) && !words.is_empty() => {
                let count = count.parse().ok().filter(|it| *it <= MOST);
                let count = count.ok_or(format!("{word}: at most {MOST}"))?;
                words.push(Word::Bytes(Bytes::Count(count)));
            }
            Some(_) => return Ok(words),
        }
    }
}

fn is_count(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A line without its comment, for what is not cut into words.
pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// Decimal, `0x…` or negative.
pub(super) fn number(word: &str) -> Option<i64> {
    match word.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn plain(words: &[&str]) -> Vec<Word> {
        words.iter().map(|word| Word::Plain((*word).into())).collect()
    }

    #[test]
    fn a_call_may_be_typed_as_in_c() {
        let bare = cut("bind 3 127.0.0.1:80 # a comment").unwrap();
        assert_eq!(bare, plain(&["bind", "3", "127.0.0.1:80"]));
        assert_eq!(cut("bind(3, 127.0.0.1:80);").unwrap(), bare);
    }

    #[test]
    fn strings_and_counts_are_bytes() {
        let words = cut("send 3 \"a # b\\n\"").unwrap();
        let text = Word::Bytes(Bytes::Text(b"a # b\n".to_vec()));
        assert_eq!(words[2], text);
        let words = cut("send 3 #5000").unwrap();
        assert_eq!(words[2], Word::Bytes(Bytes::Count(5000)));
        assert_eq!(cut("#5000").unwrap(), []);
        assert_eq!(cut("send \"a").unwrap_err(), "a string without its end");
        assert!(cut("send 3 #99999999999999999999").is_err());
    }
}
