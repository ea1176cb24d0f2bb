//! Where a trace goes, and as what.
//!
//! Beside a program that has the terminal, it goes to standard error, as
//! strace's does: standard output is the program's.

use std::borrow::Borrow;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use anstream::{AutoStream, adapter};
use anyhow::{Context, Result};
use nix::sys::stat::{fstat, makedev};

use super::draw::{Calls, Look, ladder, page, summary};
use super::lint;
use super::options::{Format, Options};
use super::read::write_json;
use super::record::{Event, Trace};
use super::story::Story;
use crate::screen;

/// As wide as a drawing for a terminal is at most, unless asked otherwise.
const WIDEST: usize = 140;
/// And where there is none.
const USUAL: usize = 100;

pub(crate) struct Output {
    to: Paper,
    pub(crate) is_terminal: bool,
    width: usize,
}

/// What is written on: in colour perhaps, or in a file, plain.
enum Paper {
    Screen(Box<dyn Write>),
    File(BufWriter<File>),
    /// `/dev/null`: nothing is drawn.
    None,
}

impl Output {
    /// Opened before anything runs: a name that cannot be written to is
    /// known at once.
    pub(crate) fn open(options: &Options, beside: bool) -> Result<Output> {
        let (to, is_terminal, columns) = match options.output.as_deref() {
            Some(path) if path != Path::new("-") => {
                let file = File::create(path).with_context(|| {
                    format!("cannot write {}", path.display())
                })?;
                (Paper::of(file), false, None)
            }
            None if beside => {
                let err = io::stderr();
                let columns = screen::columns(&err);
                let is_terminal = err.is_terminal();
                let err = Box::new(AutoStream::auto(err));
                (Paper::Screen(err), is_terminal, columns)
            }
            _ => {
                let out = io::stdout();
                let columns = screen::columns(&out);
                let is_terminal = out.is_terminal();
                let out = Box::new(AutoStream::auto(out));
                (Paper::Screen(out), is_terminal, columns)
            }
        };
        let width = match (options.width, columns) {
            (Some(width), _) => usize::from(width),
            (None, Some(columns)) => columns.clamp(60, WIDEST),
            (None, None) => USUAL,
        };
        Ok(Output { to, is_terminal, width })
    }

    /// It is /dev/null.
    pub(crate) fn is_for_nobody(&self) -> bool {
        matches!(self.to, Paper::None)
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn look(&self, options: &Options) -> Look {
        Look { width: self.width, ascii: options.ascii }
    }

    /// All of a trace, as it was asked for.
    pub(crate) fn draw(
        &mut self,
        options: &Options,
        trace: &Trace,
        was_live: bool,
    ) -> Result<()> {
        if self.is_for_nobody() {
            return Ok(());
        }
        let format = options.format();
        let look = self.look(options);
        if options.summary && options.json {
            let summary = summary::of(trace, &Story::tell(trace));
            return self.lines([serde_json::to_string_pretty(&summary)?]);
        }
        if options.lint && format == Format::Json {
            let findings = lint::findings(trace);
            return self.lines([lint::json(trace, &findings)?]);
        }
        if !was_live && !options.draws_nothing() {
            match format {
                Format::Json => self.json(trace, trace.events.iter())?,
                Format::Calls => {
                    let calls = Calls { ascii: options.ascii };
                    self.lines([calls.heading(trace)])?;
                    self.lines(calls.all(trace))?;
                }
                Format::Ladder => {
                    let story = Story::tell(trace);
                    self.lines(ladder::draw(trace, &story, &look))?;
                }
                Format::Svg => {
                    self.lines([page::svg(trace, &Story::tell(trace))])?;
                }
                Format::Html => {
                    self.lines([page::html(trace, &Story::tell(trace))])?;
                }
            }
        }
        if options.summary {
            let story = Story::tell(trace);
            self.lines(summary::text(trace, &story, &look))?;
        }
        if options.lint {
            if options.summary || !options.draws_nothing() {
                self.lines([String::new()])?;
            }
            let findings = lint::findings(trace);
            self.lines(lint::text(trace, &findings, &look))?;
        }
        self.flush()
    }

    /// The record itself, its events one by one.
    pub(crate) fn json(
        &mut self,
        trace: &Trace,
        events: impl Iterator<Item = impl Borrow<Event>>,
    ) -> Result<()> {
        match &mut self.to {
            Paper::Screen(screen) => write_json(trace, events, screen)?,
            Paper::File(file) => write_json(trace, events, file)?,
            Paper::None => {}
        }
        self.flush()
    }

    pub(crate) fn lines(
        &mut self,
        lines: impl IntoIterator<Item = String>,
    ) -> Result<()> {
        for line in lines {
            let line = line.trim_end();
            match &mut self.to {
                Paper::Screen(screen) => writeln!(screen, "{line}")?,
                Paper::File(file) => {
                    writeln!(file, "{}", adapter::strip_str(line))?;
                }
                Paper::None => {}
            }
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<()> {
        match &mut self.to {
            Paper::Screen(screen) => screen.flush()?,
            Paper::File(file) => file.flush()?,
            Paper::None => {}
        }
        Ok(())
    }
}

impl Paper {
    fn of(file: File) -> Paper {
        let is_null = fstat(&file)
            .is_ok_and(|stat| stat.st_rdev == makedev(MEMORY, NULL));
        if is_null { Paper::None } else { Paper::File(BufWriter::new(file)) }
    }
}

/// `/dev/null` by its numbers: null(4).
const MEMORY: u64 = 1;
const NULL: u64 = 3;
