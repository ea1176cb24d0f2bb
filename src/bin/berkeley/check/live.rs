//! A check as it goes on, on standard output: a line for each case when it
//! is over, and at the end what is to be said of those that failed.

use std::io::{self, Write};

use anyhow::Result;

use super::forms::{Look, counted, text};
use super::report::Report;
use crate::screen::Progress;

pub(crate) struct Live<'a> {
    look: &'a Look,
    is_opened: bool,
    told: usize,
    progress: Progress,
}

impl Live<'_> {
    pub(crate) fn open(look: &Look) -> Live<'_> {
        Live { look, is_opened: false, told: 0, progress: Progress::new() }
    }

    /// Tells what is new in it.
    pub(crate) fn hear(&mut self, report: &Report) -> Result<()> {
        self.progress.clear();
        print(&self.news(report))?;
        let cases = counted(self.told as u64, "case");
        let are = if self.told == 1 { "is" } else { "are" };
        self.progress.show(&format!("{cases} {are} done"));
        Ok(())
    }

    /// A case may be over and still have to wait for its turn: then there is
    /// none.
    fn news(&mut self, report: &Report) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.is_opened {
            self.is_opened = true;
            lines = text::opening(report, self.look);
            lines.push(String::new());
        }
        lines.extend(text::lines(report, self.told, self.look));
        self.told = report.outcomes.len();
        lines
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

#[cfg(test)]
mod tests {
    use super::super::report::Outcome;
    use super::*;

    #[test]
    fn the_opening_is_told_once_however_late_the_first_case_is() {
        let words = vec!["berkeley".to_owned()];
        let look = Look { width: 80, hints: 1, words };
        let mut live = Live::open(&look);
        let mut report = Report::default();
        "knock".clone_into(&mut report.lab);
        assert_eq!(live.news(&report).len(), 2);
        assert_eq!(live.news(&report), [""; 0]);
        report.outcomes.push(Outcome::default());
        assert_eq!(live.news(&report).len(), 1);
        assert_eq!(live.news(&report), [""; 0]);
    }
}
