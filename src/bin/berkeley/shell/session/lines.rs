//! A line: whom it is for, what it means, and what is done about it.

use anyhow::Result;

use super::opens::Open;
use super::wait::Wish;
use super::{FIRST, Session, Step, Typed};
use crate::shell::parse;
use crate::shell::words::{Word, cut, is_comment};
use crate::shell::{constants, help};

/// Nobody types more.
const LONGEST: usize = 32 << 10;

impl Session {
    /// Does what a line says.
    pub(in crate::shell) fn line(&mut self, line: &str) -> Result<Step> {
        let line = line.trim();
        if is_comment(line) {
            return Ok(Step::Next);
        }
        if line.len() > LONGEST {
            return Ok(Step::Wrong(format!("more than {LONGEST} bytes")));
        }
        let before = self.log.len();
        let done = self.addressed(line)?;
        let is_record = command(line).as_deref() == Some("record");
        if matches!(done, Step::Next) && !is_record {
            let calls = before..self.log.len();
            self.typed.push(Typed { line: line.into(), calls });
            self.write_record()?;
        }
        if self.place(FIRST).is_none() {
            return Ok(Step::Quit);
        }
        Ok(done)
    }

    fn addressed(&mut self, line: &str) -> Result<Step> {
        let (Some(name), words) = addressee(line) else {
            let current = self.current.clone();
            return self.of(&current, line, false);
        };
        if !is_name(name) {
            return Ok(Step::Wrong(format!("@{name}: an actor is @NAME")));
        }
        let is_there = self.place(name).is_some();
        if !is_there && !words.starts_with("expect ") {
            self.enter(name)?;
        }
        if words.is_empty() {
            self.current = name.into();
            return Ok(Step::Next);
        }
        self.of(name, words, true)
    }

    /// These words are for this actor.
    fn of(
        &mut self,
        actor: &str,
        words: &str,
        is_addressed: bool,
    ) -> Result<Step> {
        if let Some(pattern) = words.strip_prefix("expect ") {
            return self.expect(actor, pattern.trim());
        }
        let (words, references) = match self.replaced(actor, words) {
            Ok(done) => done,
            Err(why) => return Ok(Step::Wrong(why)),
        };
        let mut words = match cut(&words) {
            Ok(words) => words,
            Err(why) => return Ok(Step::Wrong(why)),
        };
        let in_background =
            words.pop_if(|last| *last == Word::Plain("&".into())).is_some();
        let (wanted, words) = match names_before(&words) {
            Ok(parted) => parted,
            Err(why) => return Ok(Step::Wrong(why)),
        };
        if wanted.is_empty()
            && let Some(done) = self.own(actor, words)?
        {
            return Ok(done);
        }
        if let ([wanted], [Word::Plain(fd)]) = (&wanted[..], words)
            && let Some(done) = self.name(actor, wanted, fd)
        {
            return Ok(done);
        }
        if let Some((first, rest)) = words.split_first()
            && let Some(how) = Open::named(first)
        {
            return self.open_as(actor, how, &wanted, rest, &references);
        }
        let Some(place) = self.place(actor) else { return Ok(Step::Next) };
        let call = match parse::call(words, &self.actors[place].names) {
            Ok(call) => call,
            Err(why) => return Ok(Step::Wrong(why)),
        };
        if let Some(why) = self.refused(&call) {
            return Ok(Step::Wrong(why));
        }
        let wish = Wish { call, wanted, references };
        self.begin(actor, wish, is_addressed || in_background)?;
        Ok(Step::Next)
    }

    /// A child's name that somebody else has.
    fn refused(&self, call: &crate::shell::call::Call) -> Option<String> {
        let Some(crate::shell::call::Arg::Word(name)) = call.args.first()
        else {
            return None;
        };
        if call.name != "fork" {
            return None;
        }
        let name = name.trim_start_matches('@');
        if !is_name(name) {
            return Some(format!("@{name}: an actor is @NAME"));
        }
        self.place(name).map(|_| format!("there is an actor @{name}"))
    }

    /// `NAME = FD`: a name for what has none.
    fn name(&mut self, actor: &str, wanted: &str, fd: &str) -> Option<Step> {
        let place = self.place(actor)?;
        let names = &mut self.actors[place].names;
        let known = names.get(fd).copied();
        let fd = known.or_else(|| fd.parse().ok())?;
        names.insert(wanted.to_owned(), fd);
        Some(Step::Next)
    }

    /// The shell's own commands.
    fn own(&mut self, actor: &str, words: &[Word]) -> Result<Option<Step>> {
        let words: Vec<String> = words.iter().map(plain).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let said = match words[..] {
            ["help" | "?"] => help::all(),
            ["help" | "?", about] => match help::about(about) {
                Ok(lines) => lines,
                Err(why) => return Ok(Some(Step::Wrong(why))),
            },
            ["constants"] => constants::beginning_with(""),
            ["constants", prefix] => constants::beginning_with(prefix),
            ["status" | "="] => self.status(None),
            ["status" | "=", about] => self.status(Some(about)),
            ["names"] => self.names_of(actor),
            ["actors"] => self.on_stage(),
            ["record", file] => return Ok(Some(self.record(file))),
            ["quit"] => return Ok(Some(Step::Quit)),
            ["expect"] => {
                let why = "expect what? a pattern, or blocked";
                return Ok(Some(Step::Wrong(why.into())));
            }
            _ => return Ok(None),
        };
        for line in said {
            self.say(&line)?;
        }
        Ok(Some(Step::Next))
    }

    fn names_of(&self, actor: &str) -> Vec<String> {
        let place = self.place(actor);
        let names = place.into_iter().flat_map(|it| &self.actors[it].names);
        names.map(|(name, fd)| format!("{name} = {fd}")).collect()
    }

    fn on_stage(&self) -> Vec<String> {
        let line = |actor: &super::Actor| {
            let does = match &actor.pending {
                Some(pending) => format!(
                    "blocked in {} for {:.1} s",
                    pending.call,
                    pending.since.elapsed().as_secs_f32()
                ),
                None => "waits to be told".into(),
            };
            let name = format!("@{}", actor.name);
            format!("{name:<12} pid {}, {does}", actor.pid)
        };
        self.actors.iter().map(line).collect()
    }
}

/// The command of a line: its first word, behind `@ACTOR`. What follows may
/// be data. `None` where names are given: only a call gives some.
pub(in crate::shell) fn command(line: &str) -> Option<String> {
    let (_, words) = addressee(line.trim());
    if words.starts_with("expect ") {
        return Some("expect".into());
    }
    let words = cut(words).ok()?;
    let (wanted, words) = names_before(&words).ok()?;
    words.first().filter(|_| wanted.is_empty()).map(plain)
}

/// Whom a line names, and what is said to them.
fn addressee(line: &str) -> (Option<&str>, &str) {
    let Some(rest) = line.strip_prefix('@') else { return (None, line) };
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (name, words) = rest.split_at(end);
    (Some(name), words.trim())
}

fn plain(word: &Word) -> String {
    match word {
        Word::Plain(word) => word.clone(),
        Word::Bytes(bytes) => crate::shell::commands::text(bytes),
    }
}

/// `left right = …`
pub(super) fn names_before(
    words: &[Word],
) -> Result<(Vec<String>, &[Word]), String> {
    let sign = Word::Plain("=".into());
    let Some(place) = words.iter().position(|word| *word == sign) else {
        return Ok((Vec::new(), words));
    };
    if place == 0 {
        return Ok((Vec::new(), words));
    }
    let mut names = Vec::new();
    for word in &words[..place] {
        match word {
            Word::Plain(name) if is_name(name) => names.push(name.clone()),
            other => {
                return Err(format!(
                    "{} is no NAME: letters, digits, _ and -, a letter first",
                    other.shown()
                ));
            }
        }
    }
    Ok((names, &words[place + 1..]))
}

/// Letters, digits, `_` and `-`, a letter first.
fn is_name(name: &str) -> bool {
    let is_part =
        |one: char| one.is_ascii_alphanumeric() || "_-".contains(one);
    name.starts_with(|one: char| one.is_ascii_alphabetic())
        && name.chars().all(is_part)
        && name.len() <= 64
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn a_command_is_what_a_line_begins_with() {
        let is = |line: &str| command(line).unwrap_or_default();
        assert_eq!(is("  record it.bk"), "record");
        assert_eq!(is("@a  record(it.bk);"), "record");
        assert_eq!(is("@a expect accept(3) = 4"), "expect");
        assert_eq!(is("expect \"half"), "expect");
        assert_eq!(is("send a \"off the record please\""), "send");
        assert_eq!(is("@a send a \"what I expect now\" &"), "send");
        assert_eq!(is("recv a # expect nothing, record it"), "recv");
        for none in ["", "@a", "# expect 4", "send a \"half expect "] {
            assert_eq!(command(none), None, "{none}");
        }
        for named in ["record = socket AF_INET SOCK_STREAM", "x = record"] {
            assert_eq!(command(named), None, "{named}");
        }
    }
}
