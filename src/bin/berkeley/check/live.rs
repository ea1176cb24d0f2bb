//! A check as it goes on, on standard output: a line for each case when it
//! is over, and at the end what is to be said of those that failed.

use std::io::{self, Write};

use anyhow::Result;

use super::forms::{Look, text};
use super::report::Report;
use crate::screen::Progress;

pub(crate) struct Live<'a> {
    look: &'a Look,
    told: usize,
    progress: Progress,
}

impl Live<'_> {
    pub(crate) fn open(look: &Look) -> Live<'_> {
        Live { look, told: 0, progress: Progress::new() }
    }

    /// Tells what is new in it.
    pub(crate) fn hear(&mut self, report: &Report) -> Result<()> {
        self.progress.clear();
        if self.told == 0 {
            print(&text::opening(report, self.look))?;
            print(&[String::new()])?;
        }
        for outcome in &report.outcomes[self.told..] {
            print(&text::line(outcome, self.look))?;
        }
        self.told = report.outcomes.len();
        self.progress.show(&format!("{} cases are done", self.told));
        Ok(())
    }

    pub(crate) fn finish(self, report: &Report) -> Result<()> {
        self.progress.clear();
        print(&text::rest(report, self.look))
    }
}

/// `| head`: the reader has seen enough; the reports and the exit code are
/// wanted all the same.
fn print(lines: &[String]) -> Result<()> {
    let mut out = anstream::stdout().lock();
    let mut lines = lines.iter();
    let written = lines.try_for_each(|line| writeln!(out, "{line}"));
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
