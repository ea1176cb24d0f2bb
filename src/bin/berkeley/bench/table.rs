//! A run on a terminal.

use std::io;

use super::record::Record;
use super::sheets::{Block, Head, Sheet, blocks};
use crate::screen::{BAD, GOOD, HEADING, PLAIN, QUIET, Screen, paint};

/// Less room than this, and words are not wrapped but run over.
const NARROW: usize = 8;

pub(crate) fn show(screen: &mut Screen, record: &Record) -> io::Result<()> {
    for line in lines(record, screen.width) {
        screen.line(&line)?;
    }
    Ok(())
}

/// All of it, in lines of at most this width.
pub(crate) fn lines(record: &Record, width: usize) -> Vec<String> {
    let mut page = Page { lines: Vec::new(), width };
    page.prose(0, &format!("{}.", opening(record)));
    for block in blocks(record) {
        page.block(&block);
    }
    let mut notes = record.notes.clone();
    if record.interrupted {
        notes.insert(0, "Interrupted: this is what there was.".into());
    }
    if !notes.is_empty() {
        page.blank();
        page.heading("notes");
        for note in &notes {
            page.prose(2, note);
        }
    }
    page.lines
}

/// `Linux … , servers and generator on CPU 0, 118 s`
pub(crate) fn opening(record: &Record) -> String {
    let machine = &record.machine;
    let cpus = if machine.cpus == 1 { "CPU" } else { "CPUs" };
    format!(
        "{}, {} {cpus} ({}); {}; {:.0} s",
        machine.kernel, machine.cpus, machine.cpu, record.cpus, record.seconds
    )
}

struct Page {
    lines: Vec<String>,
    width: usize,
}

impl Page {
    fn blank(&mut self) {
        self.lines.push(String::new());
    }

    fn heading(&mut self, text: &str) {
        self.lines.push(paint(HEADING, text));
    }

    fn prose(&mut self, indent: usize, text: &str) {
        for line in textwrap::wrap(text, self.width - indent) {
            self.lines.push(format!("{:indent$}{line}", ""));
        }
    }

    /// A word, and what is to be said of it under its end.
    fn hanging(&mut self, text: &str, painted: usize, style: anstyle::Style) {
        let options = unbroken(self.width - 2).subsequent_indent("  ");
        for (at, line) in textwrap::wrap(text, options).iter().enumerate() {
            let line = match line.split_at_checked(painted) {
                Some((word, rest)) if at == 0 => {
                    format!("{}{rest}", paint(style, word))
                }
                _ => line.to_string(),
            };
            self.lines.push(format!("  {line}"));
        }
    }

    fn block(&mut self, block: &Block) {
        self.blank();
        for line in textwrap::wrap(&block.title, self.width) {
            self.heading(&line);
        }
        self.prose(0, block.how);
        for sheet in &block.sheets {
            self.blank();
            self.sheet(sheet);
        }
        if let Some(alike) = &block.alike {
            self.prose(0, alike);
        }
        if !block.findings.is_empty() {
            self.blank();
            self.heading("what to know before believing it");
            for found in &block.findings {
                let text =
                    format!("{} ({}): {}", found.kind, found.who, found.why);
                self.hanging(&text, found.kind.len(), HEADING);
            }
        }
        if !block.says.is_empty() {
            self.blank();
            self.heading("what it says");
            for sentence in &block.says {
                self.hanging(sentence, 0, PLAIN);
            }
        }
    }

    fn sheet(&mut self, sheet: &Sheet) {
        let widths = widths(sheet);
        let gaps = gaps(&sheet.heads);
        let over = overs(&sheet.heads, &widths, &gaps);
        if !over.trim().is_empty() {
            self.lines.push(paint(QUIET, over.trim_end()));
        }
        let names = sheet.heads.iter().map(|head| head.name.clone());
        let names: Vec<String> = names.collect();
        let line = self.row(&sheet.heads, &widths, &gaps, &names);
        self.lines.extend(line.iter().map(|line| paint(QUIET, line)));
        for row in &sheet.rows {
            let lines = self.row(&sheet.heads, &widths, &gaps, row);
            self.lines.extend(lines);
        }
    }

    /// One row; the words of the last column go on below where they are long.
    fn row(
        &self,
        heads: &[Head],
        widths: &[usize],
        gaps: &[usize],
        row: &[String],
    ) -> Vec<String> {
        let mut line = String::new();
        let mut used = 0;
        let last = heads.len() - 1;
        for at in 0..=last {
            line += &" ".repeat(gaps[at]);
            used += gaps[at];
            if at == last && heads[at].is_words {
                return self.verdict(&line, used, &row[at]);
            }
            line += &place(&row[at], widths[at], heads[at].is_words);
            used += widths[at];
        }
        vec![line.trim_end().into()]
    }

    fn verdict(&self, line: &str, used: usize, text: &str) -> Vec<String> {
        let room = self.width.saturating_sub(used).max(NARROW);
        let mut lines: Vec<String> = Vec::new();
        for (at, part) in textwrap::wrap(text, room).iter().enumerate() {
            let before =
                if at == 0 { line.to_string() } else { " ".repeat(used) };
            lines.push(before + &paint(style(text), part));
        }
        match text {
            "" => vec![line.trim_end().into()],
            _ => lines,
        }
    }
}

/// `client-bound` and `prefork-mutex` are read in one piece.
fn unbroken(width: usize) -> textwrap::Options<'static> {
    textwrap::Options::new(width)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
}

/// A word says the same as its colour.
fn style(verdict: &str) -> anstyle::Style {
    let bad = ["failed", "starved", "errors", "dropped"];
    match verdict {
        "ok" => GOOD,
        verdict if bad.iter().any(|word| verdict.contains(word)) => BAD,
        _ => PLAIN,
    }
}

fn place(text: &str, width: usize, is_words: bool) -> String {
    if is_words { format!("{text:width$}") } else { format!("{text:>width$}") }
}

/// Columns under one heading stand closer.
fn gaps(heads: &[Head]) -> Vec<usize> {
    let gap = |at: usize| match at {
        0 => 0,
        _ if is_under_one(heads, at) => 1,
        _ => 2,
    };
    (0..heads.len()).map(gap).collect()
}

/// Whether this column shares its heading with the one before.
fn is_under_one(heads: &[Head], at: usize) -> bool {
    at > 0
        && !heads[at].over.is_empty()
        && heads[at].over == heads[at - 1].over
}

/// As wide as what stands in it, and as the heading over it needs.
fn widths(sheet: &Sheet) -> Vec<usize> {
    // Dashes and arrows are as narrow as letters on a terminal, which
    // `textwrap` knows only with tables of its own.
    let width = |text: &str| text.chars().count();
    let mut widths: Vec<usize> = (0..sheet.heads.len())
        .map(|at| {
            let rows = sheet.rows.iter().map(|row| width(&row[at]));
            rows.chain([width(&sheet.heads[at].name)]).max().unwrap_or(0)
        })
        .collect();
    for (first, last) in groups(&sheet.heads) {
        let span = widths[first..=last].iter().sum::<usize>() + last - first;
        let wanted = width(&sheet.heads[first].over);
        widths[first] += wanted.saturating_sub(span);
    }
    widths
}

/// The first and the last column of each heading.
fn groups(heads: &[Head]) -> Vec<(usize, usize)> {
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for at in 0..heads.len() {
        match groups.last_mut() {
            Some(group) if is_under_one(heads, at) => group.1 = at,
            _ => groups.push((at, at)),
        }
    }
    groups
}

fn overs(heads: &[Head], widths: &[usize], gaps: &[usize]) -> String {
    let mut line = String::new();
    for (first, last) in groups(heads) {
        let span = widths[first..=last].iter().sum::<usize>() + last - first;
        line += &" ".repeat(gaps[first]);
        line += &place(&heads[first].over, span, heads[first].is_words);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::fixture::record;
    use super::super::record::{Mode, Record};
    use super::*;

    const MODES: [Mode; 6] = [
        Mode::Pingpong,
        Mode::Connect,
        Mode::Open,
        Mode::Idle,
        Mode::Stream,
        Mode::Unp,
    ];

    fn plain(record: &Record, width: usize) -> Vec<String> {
        let lines = lines(record, width).into_iter();
        lines
            .map(|line| anstream::adapter::strip_str(&line).to_string())
            .collect()
    }

    #[test]
    fn every_mode_fits_a_narrow_screen() {
        for mode in MODES {
            let record = record(mode);
            for width in [72, 80, 100] {
                let lines = plain(&record, width);
                println!("{}", lines.join("\n"));
                for line in lines {
                    let used = line.chars().count();
                    assert!(used <= width, "{used} of {width}: {line}");
                }
            }
        }
    }

    #[test]
    fn who_starves_is_named_and_never_the_fastest() {
        let text = plain(&record(Mode::Pingpong), 100).join("\n");
        assert!(text.contains("starved 42"), "{text}");
        let says = text.split("what it says").nth(1).unwrap();
        let first = says.split('.').next().unwrap();
        assert!(!first.contains("pool"), "{first}");
        assert!(says.contains("pool 42."), "{says}");
    }

    #[test]
    fn a_run_in_which_all_failed_still_has_a_table() {
        let mut record = record(Mode::Connect);
        for cell in &mut record.cells {
            cell.rounds.clear();
            cell.latency_us = None;
            cell.memory = None;
            cell.syscalls_per_request = None;
        }
        let record = super::super::fixture::concluded(record.cells);
        assert!(record.ratios.is_empty());
        let text = plain(&record, 80).join("\n");
        assert!(text.contains("failed"), "{text}");
        assert!(text.contains("Nothing here can be ranked."), "{text}");
        let empty = super::super::fixture::concluded(Vec::new());
        assert!(!plain(&empty, 80).is_empty());
    }
}
