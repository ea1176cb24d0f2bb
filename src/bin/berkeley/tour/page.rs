//! A tour on paper: each lab's conversation, what came of it, what to try.

use std::io;

use anyhow::Result;

use super::ladder::{self, Ladder};
use super::panes::{self, mark};
use super::record::{Act, Cost, Found, Tour};
use super::scenes::Scene;
use crate::catalogue::Language;
use crate::house::{Built, House};
use crate::screen::{
    BAD, GOOD, HEADING, NAME, PLAIN, QUIET, Screen, pad, paint,
};
use crate::stage::Stream;

pub(crate) struct Page<'a> {
    screen: &'a mut Screen,
    house: &'a House,
    full: bool,
}

impl<'a> Page<'a> {
    pub(crate) fn new(
        screen: &'a mut Screen,
        house: &'a House,
        full: bool,
    ) -> Page<'a> {
        Page { screen, house, full }
    }

    /// How to read what follows, and what could not be built.
    pub(crate) fn opening(&mut self, tour: &Tour) -> Result<()> {
        self.screen.prose(
            0,
            PLAIN,
            "A tour of the labs: each server is started on a port that the \
             kernel chooses, a client talks to it, and what both print is \
             checked line by line and shown in the order in which it came.",
        )?;
        let marks = [
            (Stream::Out, "standard output"),
            (Stream::Err, "standard error"),
            (Stream::Typed, "typed"),
        ];
        let marks = marks.map(|(on, what)| format!("{} {what}", mark(on)));
        self.screen.line(&format!("  {}", marks.join("    ")))?;
        for (language, built) in &tour.built {
            let Some(note) = built.note() else { continue };
            self.screen.blank()?;
            let is_bad = matches!(built, Built::Failed(_));
            let style = if is_bad { BAD } else { PLAIN };
            let name = language.name();
            self.screen.prose(0, style, &format!("{name}: {note}"))?;
        }
        Ok(())
    }

    pub(crate) fn lab(&mut self, scene: &Scene, acts: &[Act]) -> Result<()> {
        self.heading(scene.lab, scene.title)?;
        self.screen.prose(0, PLAIN, scene.look)?;

        let mut shown: Vec<&Act> = Vec::new();
        let spoke = |act: &&Act| !act.lines.is_empty();
        for act in acts.iter().filter(spoke) {
            if self.full || !shown.iter().any(|old| old.is_like(act)) {
                self.screen.blank()?;
                panes::show(self.screen, act)?;
                shown.push(act);
            }
        }
        self.screen.blank()?;
        for act in acts {
            self.result(act)?;
        }
        if shown.len() == 1 && acts.len() > 1 && acts.iter().all(|act| act.ok)
        {
            let how_many = match acts.len() {
                2 => "Both".to_string(),
                count => format!("All {count}"),
            };
            let line = format!("{how_many} went like this, line for line.");
            self.screen.prose(2, QUIET, &line)?;
        }
        self.try_next(scene, acts)?;
        self.screen.flush()?;
        Ok(())
    }

    fn heading(&mut self, name: &str, title: &str) -> io::Result<()> {
        self.screen.blank()?;
        let rule = self.screen.width - name.len() - title.len() - 6;
        let rule = paint(QUIET, &"─".repeat(rule));
        let (start, name) = (paint(QUIET, "──"), paint(HEADING, name));
        self.screen.line(&format!("{start} {name}: {title} {rule}"))
    }

    pub(crate) fn ladder(&mut self, ladder: &Ladder) -> io::Result<()> {
        self.heading("ladder", "the calls behind it, on both sides")?;
        ladder::show(self.screen, ladder, self.house)?;
        self.screen.flush()
    }

    /// `Rust  fork    ok       4 ms  a peer more: 1 process`
    fn result(&mut self, act: &Act) -> io::Result<()> {
        let model = act.model.unwrap_or_default();
        let who = format!("{:<5} {model:<7}", act.language.name());
        let line = format!("  {who} {}", outcome(act));
        match (&act.why, act.one_more_peer) {
            (Some(why), _) if act.found == Found::Missing => {
                self.screen.line(&format!("{line} {why}"))?;
            }
            (Some(why), _) => {
                self.screen.line(&line)?;
                self.screen.prose(8, BAD, why)?;
            }
            (None, Some(cost)) => {
                self.screen.line(&format!("{line}   {}", in_words(cost)))?;
            }
            (None, None) => self.screen.line(&line)?,
        }
        Ok(())
    }

    fn try_next(&mut self, scene: &Scene, acts: &[Act]) -> io::Result<()> {
        let language = acts.first().map_or(Language::Rust, |act| act.language);
        let typed = |command: &str| match command.strip_prefix('@') {
            None => command.to_string(),
            Some(command) => {
                let (name, rest) =
                    command.split_once(' ').unwrap_or((command, ""));
                let path = self.house.typed(language, name);
                format!("{path} {rest}").trim_end().to_string()
            }
        };
        let commands: Vec<String> =
            scene.try_next.iter().map(|(command, _)| typed(command)).collect();
        let longest = commands.iter().map(String::len).max().unwrap_or(0);
        let notes = || scene.try_next.iter().map(|(_, note)| note);
        let note = notes().map(|note| note.len()).max().unwrap_or(0);
        let is_room = 9 + longest + note <= self.screen.width;
        let mut label = "try";
        for (command, note) in commands.iter().zip(notes()) {
            let command = paint(NAME, command);
            let command = pad(&command, if is_room { longest } else { 0 });
            let left = format!("  {label:<3}  {command}");
            if is_room {
                let note = paint(QUIET, note);
                self.screen.line(&format!("{left}  {note}"))?;
            } else {
                self.screen.line(&left)?;
                self.screen.prose(9, QUIET, note)?;
            }
            label = "";
        }
        Ok(())
    }

    /// Lab × model in rows, languages in columns.
    pub(crate) fn summary(&mut self, tour: &Tour) -> Result<()> {
        let width = self.screen.width;
        self.screen.blank()?;
        let rule = paint(QUIET, &"─".repeat(width - 11));
        let name = paint(HEADING, "summary");
        self.screen.line(&format!("{} {name} {rule}", paint(QUIET, "──")))?;
        let mut head = format!("  {:<13} {:<8}", "lab", "model");
        for (language, _) in &tour.built {
            let name = language.name();
            head = format!("{head} {name:<18}");
        }
        self.screen.line(&paint(QUIET, head.trim_end()))?;
        let mut rows: Vec<(&str, Option<&str>)> = Vec::new();
        for act in &tour.acts {
            if !rows.contains(&(act.lab, act.model)) {
                rows.push((act.lab, act.model));
            }
        }
        for (lab, model) in rows {
            let model = model.unwrap_or("–");
            let mut line = format!("  {lab:<13} {model:<8}");
            let of_row = tour.acts.iter().filter(|act| {
                act.lab == lab && act.model.unwrap_or("–") == model
            });
            for act in of_row {
                let outcome = pad(&outcome(act), 18);
                line = format!("{line} {outcome}");
            }
            self.screen.line(&line)?;
        }
        self.screen.blank()?;
        self.verdict(tour)?;
        Ok(())
    }

    fn verdict(&mut self, tour: &Tour) -> io::Result<()> {
        let all = tour.acts.len();
        let good = tour.acts.iter().filter(|act| act.ok).count();
        let seconds = tour.seconds;
        let line =
            format!("{good} of {all} as they should be, {seconds:.1} s");
        let style = if good == all { GOOD } else { BAD };
        self.screen.line(&paint(style, &line))?;
        for act in tour.acts.iter().filter(|act| !act.ok) {
            let name = act.name();
            let what = word(act.found);
            let line = match &act.why {
                Some(why) => format!("{name}: {what}: {why}"),
                None => format!("{name}: {what}"),
            };
            self.screen.prose(2, PLAIN, &line)?;
        }
        self.screen.blank()?;
        self.screen.line(&format!(
            "What there is, and in which file: {}",
            paint(NAME, &self.house.typed(Language::Rust, "berkeley list"))
        ))
    }
}

fn word(found: Found) -> &'static str {
    match found {
        Found::Ok => "ok",
        Found::FellShort => "fell short",
        Found::Missing => "missing",
        Found::NotBuilt => "not built",
    }
}

/// `ok       4 ms`
fn outcome(act: &Act) -> String {
    let style = if act.ok { GOOD } else { BAD };
    let word = pad(&paint(style, word(act.found)), 10);
    match act.found {
        Found::Ok | Found::FellShort => {
            format!("{word} {:>4.0} ms", act.seconds * 1000.0)
        }
        Found::Missing | Found::NotBuilt => word,
    }
}

/// What one more connected peer cost.
fn in_words(cost: Cost) -> String {
    let cost = match (cost.processes, cost.threads) {
        (0, 0) => "nothing".to_string(),
        (0, 1) => "1 thread".to_string(),
        (1, 1) => "1 process".to_string(),
        (processes, threads) => {
            format!("{processes} processes, {threads} threads")
        }
    };
    format!("one more peer costs {cost}")
}
