//! A session: the actors, the lines that were typed, and what came of them.

mod expect;
mod lines;
mod log;
mod opens;
mod replace;
mod stage;
mod status;
mod wait;

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstream::AutoStream;
use anyhow::Result;

pub(super) use lines::command;
pub(super) use log::{Entry, Reference, Typed};
use stage::Actor;

use super::record::Recorder;
use crate::trace::sockets::Eye;

/// What is to be done when a line is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Next,
    /// It was no command; why not.
    Wrong(String),
    /// What was expected did not come.
    Failed(String),
    Quit,
}

pub(super) struct Session {
    actors: Vec<Actor>,
    /// Whom a line is for that names nobody.
    current: String,
    /// The last result of each, also of those that are no more.
    last: BTreeMap<String, String>,
    log: Vec<Entry>,
    typed: Vec<Typed>,
    recorder: Option<Recorder>,
    eye: Eye,
    out: AutoStream<io::Stdout>,
    /// Lines for somebody else to show, while a line is being edited.
    aside: Option<Vec<String>>,
}

/// The actor that there always is.
pub(super) const FIRST: &str = "main";

impl Session {
    pub(super) fn open() -> Result<Session> {
        let mut session = Session {
            actors: Vec::new(),
            current: FIRST.into(),
            last: BTreeMap::new(),
            log: Vec::new(),
            typed: Vec::new(),
            recorder: None,
            eye: Eye::new(),
            out: AutoStream::auto(io::stdout()),
            aside: None,
        };
        session.enter(FIRST)?;
        Ok(session)
    }

    /// Whom the next line is for.
    pub(super) fn current(&self) -> &str {
        &self.current
    }

    pub(super) fn say(&mut self, line: &str) -> io::Result<()> {
        if let Some(aside) = &mut self.aside {
            aside.push(line.to_owned());
            return Ok(());
        }
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    /// Keeps what is said from now on, for somebody else to show.
    pub(super) fn hush(&mut self) {
        self.aside = Some(Vec::new());
    }

    /// What was said meanwhile.
    pub(super) fn speak(&mut self) -> Vec<String> {
        self.aside.take().unwrap_or_default()
    }

    /// From now on, and all that was done so far.
    pub(super) fn record(&mut self, path: &str) -> Step {
        self.recorder = Some(Recorder::to(path));
        match self.write_record() {
            Ok(()) => Step::Next,
            Err(why) => {
                self.recorder = None;
                Step::Wrong(crate::exit::words(&why))
            }
        }
    }

    /// After each line, so that the file is always whole.
    fn write_record(&self) -> Result<()> {
        match &self.recorder {
            Some(recorder) => recorder.write(&self.typed, &self.log),
            None => Ok(()),
        }
    }

    /// The names of all descriptors of the actor that is addressed, and of
    /// all actors.
    pub(super) fn names(&self) -> Vec<String> {
        let actors = self.actors.iter().map(|it| format!("@{}", it.name));
        let of = self.actors.iter().find(|it| it.name == self.current);
        let names = of.into_iter().flat_map(|it| it.names.keys().cloned());
        actors.chain(names).collect()
    }
}
