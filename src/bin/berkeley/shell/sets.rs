//! What select(2) watches: three sets of descriptors, and how far they are
//! to be looked at.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::words::{Word, number};

/// A set has a bit for each descriptor below this, and memory of others
/// behind it. The kernel writes as many bits as it is told to.
const FD_SETSIZE: i32 = 1024;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sets {
    /// As it was typed.
    pub(super) nfds: Option<i32>,
    /// In the order of the call.
    pub(super) fds: [Vec<i32>; 3],
}

/// The words that begin a set.
pub(super) const NAMES: [&str; 3] = ["read", "write", "except"];

impl Sets {
    /// The first argument: by itself one more than the highest descriptor.
    pub(super) fn nfds(&self) -> i32 {
        let highest = self.fds.iter().flatten().max();
        let usual = highest.map_or(0, |fd| fd + 1);
        self.nfds.unwrap_or(usual)
    }

    /// Of a set that was begun: it has something in it.
    fn is_whole(&self, place: Option<usize>) -> Result<(), String> {
        match place.filter(|place| self.fds[*place].is_empty()) {
            Some(place) => Err(format!("{}: which ones?", NAMES[place])),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Sets {
    /// `5, {3, 4}, NULL, NULL`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.nfds())?;
        for set in &self.fds {
            let fds: Vec<String> = set.iter().map(i32::to_string).collect();
            match fds[..] {
                [] => out.write_str(", NULL")?,
                _ => write!(out, ", {{{}}}", fds.join(", "))?,
            }
        }
        Ok(())
    }
}

/// `5 read 3 4 write 4`, up to what is a time behind them.
pub(super) fn parse(
    words: &[Word],
    fd_of: impl Fn(&str) -> Result<i32, String>,
) -> Result<(Sets, &[Word]), String> {
    let mut sets = Sets::default();
    let mut rest = words;
    if let [Word::Plain(first), behind @ ..] = rest
        && let Some(nfds) = number(first)
    {
        let most = i64::from(FD_SETSIZE);
        let nfds = i32::try_from(nfds).ok().filter(|_| nfds <= most);
        sets.nfds = Some(nfds.ok_or(format!("NFDS is at most {most}"))?);
        rest = behind;
    }
    let mut place = None;
    while let [Word::Plain(word), behind @ ..] = rest {
        if let Some(next) = NAMES.iter().position(|name| name == word) {
            sets.is_whole(place)?;
            place = Some(next);
            rest = behind;
            continue;
        }
        let Some(place) = place else { break };
        // What is last and a number is the time.
        let is_time = behind.is_empty() && is_seconds(word);
        if word == "NULL" || is_time && !sets.fds[place].is_empty() {
            break;
        }
        let fd = fd_of(word)?;
        if !(0..FD_SETSIZE).contains(&fd) {
            return Err(format!("{fd} is not from 0 to {}", FD_SETSIZE - 1));
        }
        sets.fds[place].push(fd);
        rest = behind;
    }
    if place.is_none() {
        return Err("read, write or except FD...?".into());
    }
    sets.is_whole(place)?;
    Ok((sets, rest))
}

fn is_seconds(word: &str) -> bool {
    word.bytes().all(|one| one.is_ascii_digit() || one == b'.')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::words::cut;
    use super::*;

    fn parsed(line: &str) -> Result<(String, usize), String> {
        let words = cut(line).unwrap();
        let fd_of = |word: &str| match word {
            "left" => Ok(3),
            _ => word.parse().map_err(|_| format!("what is `{word}`?")),
        };
        let (sets, rest) = parse(&words, fd_of)?;
        Ok((sets.to_string(), rest.len()))
    }

    #[test]
    fn each_set_is_named_and_the_last_number_is_the_time() {
        let good = |line: &str, shown: &str, left: usize| {
            assert_eq!(parsed(line), Ok((shown.into(), left)), "{line}");
        };
        good("read left 4 0.5", "5, {3, 4}, NULL, NULL", 1);
        good("9, read left, write left 7", "9, {3}, {3}, NULL", 1);
        good("except 4", "5, NULL, NULL, {4}", 0);
        good("read left NULL", "4, {3}, NULL, NULL", 1);
        good("-1 read left", "-1, {3}, NULL, NULL", 0);
        assert!(parsed("left 4").is_err());
        assert!(parsed("read write left").is_err());
        assert!(parsed("1025 read left").is_err());
        assert!(parsed("read 1024 0").is_err());
        assert!(parsed("read right").is_err());
    }
}
