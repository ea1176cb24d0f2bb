//! A real terminal: the line is edited, completed and explained while it is
//! typed, and what a blocked actor has to tell comes above it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Result;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::{Hint, Hinter};
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{
    CompletionType, Config, Context, Editor, ExternalPrinter, Helper,
};

use super::session::{FIRST, Session, Step};
use super::{commands, constants, help, sets};
use crate::exit::Verdict;

/// How long it may take until an actor's news are told.
const SOON: u16 = 20;

const GREETING: &str = "\
One call a line; help tells which. Tab completes, Ctrl-C interrupts a call
that blocks, Ctrl-D leaves.";

pub(super) fn talk(session: &mut Session) -> Result<Verdict> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .auto_add_history(true)
        .build();
    let mut editor: Editor<Words, MemHistory> =
        Editor::with_history(config, MemHistory::new())?;
    session.say(GREETING)?;
    loop {
        editor.set_helper(Some(Words { names: session.names() }));
        let prompt = match session.current() {
            FIRST => "berkeley> ".to_owned(),
            other => format!("{other}> "),
        };
        let line = match edited(&mut editor, session, &prompt) {
            Ok(line) => line,
            // The line is thrown away, and a new one begins.
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error.into()),
        };
        match session.line(&line)? {
            Step::Next => {}
            Step::Quit => break,
            Step::Wrong(why) | Step::Failed(why) => session.say(&why)?,
        }
    }
    session.close()?;
    Ok(Verdict::Good)
}

/// A line; the news are told above it meanwhile. When actors are started,
/// this second thread is no more.
fn edited(
    editor: &mut Editor<Words, MemHistory>,
    session: &mut Session,
    prompt: &str,
) -> Result<String, ReadlineError> {
    if !session.expects_news() {
        return editor.readline(prompt);
    }
    let mut printer = editor.create_external_printer()?;
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                session.hush();
                let _ = session.news(SOON);
                for line in session.speak() {
                    let _ = printer.print(line);
                }
                // Nobody is left who could have any.
                if !session.expects_news() {
                    break;
                }
            }
        });
        let line = editor.readline(prompt);
        is_done.store(true, Ordering::Relaxed);
        line
    })
}

/// What is known of the words of a line.
struct Words {
    names: Vec<String>,
}

impl Words {
    /// All that a word may be completed to: a command at the beginning of a
    /// line, behind `@NAME` or behind `=`.
    fn all(&self, before: &str) -> Vec<String> {
        let last = before.split_whitespace().next_back();
        let is_start =
            last.is_none_or(|last| last == "=" || last.starts_with('@'));
        let mut all = self.names.clone();
        if is_start || before.trim() == "help" {
            all.extend(commands::all().map(|it| it.name.to_owned()));
            let own = help::OWN.iter().map(|(usage, _)| *usage);
            let own = own.filter_map(|usage| usage.split(' ').next());
            all.extend(own.map(str::to_owned));
        } else {
            all.extend(constants::names().map(str::to_owned));
            if before.contains("select") {
                all.extend(sets::NAMES.map(str::to_owned));
            }
        }
        all.sort();
        all.dedup();
        all
    }
}

impl Completer for Words {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..at).unwrap_or(line);
        let parts = |one: char| one.is_whitespace() || "(,|:".contains(one);
        let start = before
            .char_indices()
            .rfind(|(_, one)| parts(*one))
            .map_or(0, |(place, one)| place + one.len_utf8());
        let (before, word) = before.split_at(start);
        let mut found = self.all(before.trim_end_matches(['|', ':']));
        found.retain(|known| known.starts_with(word));
        Ok((start, found))
    }
}

/// What a call still takes; nothing that can be put into the line.
struct Usage(String);

impl Hint for Usage {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Words {
    type Hint = Usage;

    /// Behind a command that nothing follows yet.
    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<Usage> {
        let call = line.rsplit_once("= ").map_or(line, |(_, call)| call);
        let call = match call.strip_prefix('@') {
            Some(addressed) => addressed.split_once(' ')?.1,
            None => call,
        };
        let (name, rest) = call.split_once(' ').unwrap_or((call, ""));
        let is_alone = at == line.len() && rest.is_empty();
        help::hint(name).filter(|_| is_alone).map(|usage| {
            let given = call.len() - name.len();
            Usage(usage.get(given..).unwrap_or_default().to_owned())
        })
    }
}

impl Highlighter for Words {
    fn highlight_hint<'h>(&self, hint: &'h str) -> std::borrow::Cow<'h, str> {
        if std::env::var_os("NO_COLOR").is_some() {
            return hint.into();
        }
        crate::screen::paint(crate::screen::QUIET, hint).into()
    }
}

impl Validator for Words {}

impl Helper for Words {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_completed_by_where_it_stands() {
        let words = Words { names: vec!["server".into(), "@other".into()] };
        let has = |before: &str, word: &str| {
            words.all(before).iter().any(|known| known == word)
        };
        assert!(has("", "socket") && has("", "status") && has("", "@other"));
        assert!(has("@other ", "bind") && has("x = ", "accept"));
        assert!(has("help ", "accept"));
        assert!(has("socket ", "AF_INET") && !has("socket ", "socket"));
        assert!(has("bind ", "server"));
        assert!(has("select read ", "write") && has("select ", "server"));
        assert!(has("setsockopt server ", "SO_REUSEADDR"));
    }
}
