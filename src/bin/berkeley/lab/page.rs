//! An experiment on paper.

use std::io;

use anyhow::Result;

use super::ask::{Prediction, letter};
use super::experiments::Experiment;
use super::outcome::{Row, Snapshot};
use super::report::Report;
use crate::screen::{
    BAD, GOOD, HEADING, NAME, PLAIN, QUIET, Screen, pad, paint,
};

pub(super) struct Page<'a> {
    screen: &'a mut Screen,
}

impl<'a> Page<'a> {
    pub(super) fn new(screen: &'a mut Screen) -> Page<'a> {
        Page { screen }
    }

    /// What is asked, and what might be so.
    pub(super) fn question(&mut self, of: &Experiment) -> io::Result<()> {
        let used = of.name.len() + of.title.len() + 6;
        let rule = "─".repeat(self.screen.width.saturating_sub(used));
        let name = paint(HEADING, of.name);
        let (start, rule) = (paint(QUIET, "──"), paint(QUIET, &rule));
        self.screen.line(&format!("{start} {name}: {} {rule}", of.title))?;
        self.screen.prose(0, PLAIN, of.question)?;
        self.screen.blank()?;
        for (place, choice) in of.choices.iter().enumerate() {
            let letter = letter(place);
            self.hanging(2, &paint(NAME, &letter), 1, choice)?;
        }
        self.screen.blank()?;
        self.screen.flush()
    }

    /// A name, and beside it prose.
    fn hanging(
        &mut self,
        indent: usize,
        name: &str,
        width: usize,
        text: &str,
    ) -> io::Result<()> {
        let room = self.screen.width - indent - width - 2;
        for (row, line) in textwrap::wrap(text, room).iter().enumerate() {
            let name = if row == 0 { name } else { "" };
            let name = pad(name, width);
            self.screen.line(&format!("{:indent$}{name}  {line}", ""))?;
        }
        Ok(())
    }

    pub(super) fn answer(
        &mut self,
        of: &Experiment,
        said: Prediction,
        report: &Report,
    ) -> Result<()> {
        self.calls(report)?;
        self.heading("What happened")?;
        for line in &report.ladder {
            self.screen.line(&format!("  {line}"))?;
        }
        self.heading("What the kernel had")?;
        for snapshot in &report.snapshots {
            self.snapshot(snapshot)?;
        }
        for (what, value) in &report.figures {
            self.screen.line(&format!("  {what}: {value}"))?;
        }
        self.observed(report)?;
        self.right(of, said)?;
        self.heading("Why")?;
        for paragraph in of.why {
            self.screen.prose(2, PLAIN, paragraph)?;
            self.screen.blank()?;
        }
        let man = of.man.join(", ");
        self.screen.prose(2, QUIET, &format!("Read: {man}"))?;
        self.heading("Change this and look again")?;
        for change in &report.changes {
            let command = paint(NAME, &change.command);
            self.screen.line(&format!("  {command}"))?;
            self.screen.prose(6, QUIET, change.look)?;
        }
        self.screen.blank()?;
        self.screen.flush()?;
        Ok(())
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        self.screen.blank()?;
        self.screen.heading(text)
    }

    /// C on the left, Rust on the right.
    fn calls(&mut self, report: &Report) -> io::Result<()> {
        self.heading("The calls, in the order in which they began")?;
        let names = report.calls.iter().map(|line| line.who.len());
        let who = names.max().unwrap_or(0).max(3);
        let pane = (self.screen.width - 2 - who - 2 - 2) / 2;
        let head = format!(
            "  {:who$}  {:pane$}  {}",
            "who", "in C", "in Rust, with nix"
        );
        self.screen.line(&paint(QUIET, &head))?;
        let mut last = "";
        for line in &report.calls {
            let left = textwrap::wrap(&line.c, pane);
            let right = textwrap::wrap(&line.rust, pane);
            for row in 0..left.len().max(right.len()) {
                let name = if row == 0 && line.who != last {
                    paint(NAME, &line.who)
                } else {
                    String::new()
                };
                let cell = |side: &[std::borrow::Cow<'_, str>]| {
                    side.get(row).map_or(String::new(), ToString::to_string)
                };
                let name = pad(&name, who);
                let left = pad(&cell(&left), pane);
                let right = cell(&right);
                self.screen.line(&format!("  {name}  {left}  {right}"))?;
            }
            last = &line.who;
        }
        Ok(())
    }

    fn snapshot(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        self.screen.line(&format!("  {}", snapshot.when))?;
        let head = format!(
            "    {:<12}{:>7}{:>7}  {:<16}{:<16}held by",
            "state", "unread", "unsent", "local", "peer"
        );
        self.screen.line(&paint(QUIET, &head))?;
        for row in &snapshot.rows {
            self.screen.line(&format!("    {}", told(row)))?;
        }
        if snapshot.rows.is_empty() {
            self.screen.line("    no socket at all")?;
        }
        self.screen.blank()
    }

    fn observed(&mut self, report: &Report) -> io::Result<()> {
        self.heading("Observed, and checked")?;
        for one in &report.observed {
            let got = one.got.trim_end();
            if one.ok {
                let mark = paint(GOOD, "✓");
                self.hanging(2, &mark, 1, &format!("{}: {got}", one.what))?;
            } else {
                let mark = paint(BAD, "✗");
                let text = format!(
                    "{}: the kernel says {got}, not {}",
                    one.what,
                    one.expected.trim_end()
                );
                self.hanging(2, &mark, 1, &text)?;
            }
        }
        if let Some(trouble) = &report.trouble {
            let text = format!("it came to no end: {trouble}");
            self.hanging(2, &paint(BAD, "✗"), 1, &text)?;
        }
        for what in &report.differs {
            let text = format!("different here: {what}");
            self.hanging(2, &paint(NAME, "≠"), 1, &text)?;
        }
        for note in &report.notes {
            self.screen.prose(2, QUIET, note)?;
        }
        Ok(())
    }

    fn right(&mut self, of: &Experiment, said: Prediction) -> io::Result<()> {
        let (right, what) = (letter(of.answer), of.choices[of.answer]);
        self.screen.blank()?;
        match said {
            Prediction::Skipped => {
                let text = format!("It is {right}: {what}");
                self.screen.prose(0, HEADING, &text)
            }
            Prediction::Said(place) if place == of.answer => {
                let text = format!("As you said: {right}: {what}");
                self.screen.prose(0, GOOD, &text)
            }
            Prediction::Said(place) => {
                let place = letter(place);
                let text = format!("Not {place}, but {right}: {what}");
                self.screen.prose(0, HEADING, &text)
            }
        }
    }
}

fn told(row: &Row) -> String {
    let Row { state, unread, unsent, local, .. } = row;
    let peer = row.peer.as_deref().unwrap_or("–");
    let holders = match &row.holders[..] {
        [] => "nobody".to_owned(),
        some => some.join("; "),
    };
    format!(
        "{state:<12}{unread:>7}{unsent:>7}  {local:<16}{peer:<16}{holders}"
    )
}
