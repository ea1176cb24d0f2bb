//! Words into a call, by the table of what each call takes.

use std::collections::BTreeMap;

use super::addresses;
use super::call::{Arg, Call};
use super::commands::{self, Command, Kind, Take};
use super::sets;
use super::values;
use super::words::{MOST, Word, number};
use crate::trace::symbols::{self, Symbols};

/// Descriptors from here on are the shell's own.
pub(super) const OWN: i32 = 900;

/// The names of an actor's descriptors.
pub(super) type Names = BTreeMap<String, i32>;

/// The call that these words are, or what is wrong with them.
pub(super) fn call(words: &[Word], names: &Names) -> Result<Call, String> {
    let Some((Word::Plain(name), mut rest)) = words.split_first() else {
        return Err("a line begins with a command; see help".into());
    };
    let command = commands::find(name).ok_or_else(|| unknown(name))?;
    let mut args: Vec<Arg> = Vec::new();
    let mut refused = None;
    for take in command.takes {
        let parser = Parser { names, args: &args };
        match parser.one(take, rest) {
            Ok((arg, behind)) => {
                args.push(arg);
                rest = behind;
            }
            Err(why) => {
                // A number that will not do is not for what comes behind it.
                let is_number = matches!(rest.first(), Some(Word::Plain(word))
                    if number(word).is_some());
                let Some(otherwise) = take.otherwise.filter(|_| !is_number)
                else {
                    return Err(format!("{why}\n  {}", command.usage()));
                };
                args.push(parser.default(take, otherwise)?);
                refused = refused.or((!rest.is_empty()).then_some(why));
            }
        }
    }
    if let Some(word) = rest.first() {
        let why = refused.unwrap_or(format!("what is {}?", word.shown()));
        return Err(format!("{why}\n  {}", command.usage()));
    }
    Ok(Call { name: command.name.into(), args })
}

/// `connct: no such command; connect?`
fn unknown(name: &str) -> String {
    let near = commands::all()
        .map(|command| (distance(name, command.name), command.name))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    match near {
        Some((_, near)) => format!("{name}: no such command; {near}?"),
        None => format!("{name}: no such command; see help"),
    }
}

/// How many letters have to be put in, taken out or changed.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.bytes().enumerate().take(64) {
        let mut above = row[0];
        row[0] = place + 1;
        for (column, with) in other.bytes().enumerate() {
            let change = above + usize::from(letter != with);
            above = row[column + 1];
            row[column + 1] = change.min(above + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

struct Parser<'a> {
    names: &'a Names,
    /// What came before.
    args: &'a [Arg],
}

type Parsed<'a> = Result<(Arg, &'a [Word]), String>;

impl Parser<'_> {
    fn one<'w>(&self, take: &Take, words: &'w [Word]) -> Parsed<'w> {
        let Some((first, rest)) = words.split_first() else {
            return Err(format!("{} is missing", take.name));
        };
        let plain = match first {
            Word::Plain(word) => Some(word.as_str()),
            Word::Bytes(_) => None,
        };
        let no = || format!("{} is no {}", first.shown(), take.name);
        let arg = match take.kind {
            Kind::Fd => Arg::Fd(self.fd(plain.ok_or_else(no)?)?),
            Kind::Domain => symbol(plain, Symbols::Domain).ok_or_else(no)?,
            Kind::Type => symbol(plain, Symbols::Type).ok_or_else(no)?,
            Kind::Protocol => {
                symbol(plain, Symbols::Protocol).ok_or_else(no)?
            }
            Kind::Flags => symbol(plain, Symbols::Message).ok_or_else(no)?,
            Kind::How => symbol(plain, Symbols::How).ok_or_else(no)?,
            Kind::Number => {
                Arg::Number(plain.and_then(number).ok_or_else(no)?)
            }
            Kind::Seconds => {
                let word = plain.ok_or_else(no)?;
                let micros = match word {
                    "NULL" => -1,
                    word => values::micros(word)?,
                };
                Arg::Symbol(micros, word.into())
            }
            Kind::Room => {
                let size = plain.and_then(number).ok_or_else(no)?;
                let fits = usize::try_from(size).is_ok_and(|it| it <= MOST);
                let fits = fits.then_some(size);
                Arg::Number(fits.ok_or(format!("SIZE is 0 to {MOST}"))?)
            }
            Kind::Symbol(known) => {
                among(plain.ok_or_else(no)?, known).ok_or_else(no)?
            }
            Kind::Word => Arg::Word(match first {
                Word::Plain(word) => word.clone(),
                Word::Bytes(bytes) => commands::text(bytes),
            }),
            Kind::Bytes => match first {
                Word::Bytes(bytes) => Arg::Bytes(bytes.clone()),
                Word::Plain(word) => {
                    return Err(format!(
                        "`{word}` is no BYTES: \"text\\n\", or #5000"
                    ));
                }
            },
            Kind::Address => return Self::address(take, words),
            Kind::Option => return option(words),
            Kind::Value => return self.value(words),
            Kind::Events => return self.events(words),
            Kind::Sets => {
                let (sets, rest) = sets::parse(words, |word| self.fd(word))?;
                return Ok((Arg::Sets(sets), rest));
            }
            Kind::Fds => return self.fds(words),
        };
        Ok((arg, rest))
    }

    /// What an argument is when it is left out.
    fn default(&self, take: &Take, otherwise: &str) -> Result<Arg, String> {
        if otherwise.is_empty() {
            return Ok(Arg::Nothing);
        }
        let words = [Word::Plain(otherwise.into())];
        self.one(take, &words).map(|(arg, _)| arg)
    }

    fn fd(&self, word: &str) -> Result<i32, String> {
        if let Some(fd) = self.names.get(word) {
            return Ok(*fd);
        }
        match number(word).map(i32::try_from) {
            Some(Ok(fd)) if fd >= OWN => Err(format!(
                "{fd}: descriptors from {OWN} on are the shell's own"
            )),
            Some(Ok(fd)) => Ok(fd),
            Some(Err(_)) => Err(format!("{word} is no int")),
            None => Err(format!("no descriptor is called `{word}`")),
        }
    }

    /// Of sendmsg it stands behind `to`.
    fn address<'w>(take: &Take, words: &'w [Word]) -> Parsed<'w> {
        let mut words = words;
        if take.name.starts_with("to ") {
            match words {
                [Word::Plain(to), rest @ ..] if to == "to" => words = rest,
                _ => return Err("to ADDRESS?".into()),
            }
        }
        let (address, rest) = addresses::parse(words)?;
        Ok((Arg::Address(address), rest))
    }

    fn value<'w>(&self, words: &'w [Word]) -> Parsed<'w> {
        let Some(Arg::Option(level, option)) = self.args.last() else {
            return Err("a value of what?".into());
        };
        let (value, rest) = values::parse(*level, *option, words)?;
        Ok((Arg::Value(value), rest))
    }

    /// `3 4:POLLOUT`, up to what is a number behind them.
    fn events<'w>(&self, words: &'w [Word]) -> Parsed<'w> {
        let mut asked = Vec::new();
        let mut rest = words;
        while let [Word::Plain(word), behind @ ..] = rest {
            // The last number is the time.
            let is_time = behind.is_empty() && number(word).is_some();
            if is_time && !asked.is_empty() {
                break;
            }
            let (fd, events) =
                word.split_once(':').unwrap_or((word, "POLLIN"));
            let value = symbol(Some(events), Symbols::Poll);
            let value = match value {
                Some(Arg::Symbol(value, _)) => i16::try_from(value).ok(),
                _ => None,
            };
            let value = value.ok_or(format!("`{events}`: which POLL…?"))?;
            asked.push((self.fd(fd)?, value));
            rest = behind;
        }
        if asked.is_empty() {
            return Err("FD[:EVENTS]... is missing".into());
        }
        Ok((Arg::Events(asked), rest))
    }

    /// `fds 3 4`
    fn fds<'w>(&self, words: &'w [Word]) -> Parsed<'w> {
        let [Word::Plain(first), rest @ ..] = words else {
            return Err("fds FD...?".into());
        };
        if first != "fds" {
            return Err(format!("what is `{first}`?"));
        }
        let mut fds = Vec::new();
        let mut rest = rest;
        while let [Word::Plain(word), behind @ ..] = rest
            && let Ok(fd) = self.fd(word)
        {
            fds.push(fd);
            rest = behind;
        }
        if fds.is_empty() {
            return Err("fds: which ones?".into());
        }
        Ok((Arg::Fds(fds), rest))
    }
}

/// `AF_INET`, `MSG_PEEK|MSG_DONTWAIT`, or a number.
fn symbol(word: Option<&str>, of: Symbols) -> Option<Arg> {
    let word = word?;
    let mut all: i64 = 0;
    for part in word.split('|') {
        let known = of.value(part).map(i64::from);
        all |= known.or_else(|| {
            let value = number(part)?;
            i32::try_from(value).ok().map(i64::from)
        })?;
    }
    Some(Arg::Symbol(all, word.into()))
}

/// The same, of a few.
fn among(word: &str, known: &[(&str, i64)]) -> Option<Arg> {
    let mut all = 0;
    for part in word.split('|') {
        let (_, value) = known.iter().find(|(name, _)| *name == part)?;
        all |= value;
    }
    Some(Arg::Symbol(all, word.into()))
}

/// `SO_REUSEADDR`, `SOL_SOCKET SO_REUSEADDR`, `1 2`
fn option(words: &[Word]) -> Parsed<'_> {
    let plain = |word: &Word| match word {
        Word::Plain(word) => Some(word.clone()),
        Word::Bytes(_) => None,
    };
    let first = words.first().and_then(plain).unwrap_or_default();
    if let Some((level, option)) = symbols::option(&first) {
        return Ok((Arg::Option(level, option), &words[1..]));
    }
    let int = |word: &str| number(word).and_then(|it| i32::try_from(it).ok());
    let Some(level) = symbols::level(&first).or_else(|| int(&first)) else {
        return Err(format!("`{first}`: which option? see constants SO_"));
    };
    let second = words.get(1).and_then(plain).unwrap_or_default();
    let named = symbols::options()
        .find(|(of, _, name)| *of == level && *name == second)
        .map(|(_, option, _)| option);
    match named.or_else(|| int(&second)) {
        Some(option) => Ok((Arg::Option(level, option), &words[2..])),
        None => Err(format!("{first} has no option `{second}`")),
    }
}

/// The command itself, for its help.
pub(super) fn usage(name: &str) -> Result<&'static Command, String> {
    commands::find(name).ok_or_else(|| unknown(name))
}
