//! `passive` and `active`: the calls that open a server's and a client's
//! TCP socket, one after the other, each shown as it is made.

use anyhow::Result;

use super::lines::names_before;
use super::wait::Wish;
use super::{Reference, Session, Step};
use crate::shell::addresses;
use crate::shell::call::Address;
use crate::shell::parse;
use crate::shell::words::{Word, cut};

/// One word for several calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Passive,
    Active,
}

impl Open {
    pub(super) fn named(word: &Word) -> Option<Open> {
        match word {
            Word::Plain(word) if word == "passive" => Some(Open::Passive),
            Word::Plain(word) if word == "active" => Some(Open::Active),
            _ => None,
        }
    }
}

impl Session {
    pub(super) fn open_as(
        &mut self,
        actor: &str,
        how: Open,
        wanted: &[String],
        words: &[Word],
        references: &[Reference],
    ) -> Result<Step> {
        let port_0 = [Word::Plain("*:0".into())];
        let words = match how {
            Open::Passive if words.is_empty() => &port_0,
            _ => words,
        };
        let (address, rest) = match addresses::parse(words) {
            Ok(parsed) => parsed,
            Err(why) => return Ok(Step::Wrong(why)),
        };
        let backlog = match rest {
            [] => String::new(),
            [Word::Plain(number)] if how == Open::Passive => number.clone(),
            [other, ..] => {
                let why = format!("what is {}?", other.shown());
                return Ok(Step::Wrong(why));
            }
        };
        let domain = match address {
            Address::V6(_) => "AF_INET6",
            Address::Path(_) | Address::Abstract(_) => "AF_UNIX",
            Address::V4(_) | Address::Unspecified => "AF_INET",
        };
        let name = match wanted {
            [] => String::new(),
            names => format!("{} = ", names.join(" ")),
        };
        let socket = format!("{name}socket {domain} SOCK_STREAM");
        if let Some(done) = self.one(actor, &socket, &[])? {
            return Ok(done);
        }
        let answer = self.log.last().and_then(|entry| entry.answer.as_ref());
        let made = answer.and_then(|answer| answer.made.first());
        let Some(fd) = made.copied() else { return Ok(Step::Next) };
        let address = match address {
            Address::Path(path) => format!("unix:{path}"),
            other => other.to_string(),
        };
        let mut lines = vec![];
        match how {
            Open::Active => lines.push(format!("connect {fd} {address}")),
            Open::Passive => {
                if domain != "AF_UNIX" {
                    lines.push(format!("setsockopt {fd} SO_REUSEADDR on"));
                }
                lines.push(format!("bind {fd} {address}"));
                lines.push(format!("listen {fd} {backlog}"));
            }
        }
        for line in lines {
            if let Some(done) = self.one(actor, &line, references)? {
                return Ok(done);
            }
        }
        Ok(Step::Next)
    }

    /// One of the calls; anything but `None` is the end of it.
    fn one(
        &mut self,
        actor: &str,
        line: &str,
        references: &[Reference],
    ) -> Result<Option<Step>> {
        let before = self.log.len();
        let Some(place) = self.place(actor) else {
            return Ok(Some(Step::Next));
        };
        let names = &self.actors[place].names;
        let meant = cut(line).and_then(|words| {
            let (wanted, words) = names_before(&words)?;
            Ok((wanted, parse::call(words, names)?))
        });
        let (wanted, call) = match meant {
            Ok(meant) => meant,
            Err(why) => return Ok(Some(Step::Wrong(why))),
        };
        let references = references.to_vec();
        self.begin(actor, Wish { call, wanted, references }, false)?;
        let entry = self.log.get(before);
        let answer = entry.and_then(|entry| entry.answer.as_ref());
        let is_good = answer.is_some_and(|answer| answer.value >= 0);
        Ok((!is_good).then_some(Step::Next))
    }
}
