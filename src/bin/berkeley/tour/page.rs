//! A tour on paper: each lab's conversation, what came of it, what to try.

use std::io;

use anstyle::Style;
use anyhow::Result;

use super::panes::{self, mark};
use super::record::{Act, Cost, Found, Tour};
use super::scenes::{NEXT, Scene};
use super::sheet;
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
            "A tour of the kit. Of each lab the server is started on a port \
             that the kernel chooses, a client talks to it, and what both \
             print is checked line by line, and shown in the order in which \
             it came. Then the tools, each by a command that you can type.",
        )?;
        let marks = [
            (Stream::Out, "standard output"),
            (Stream::Err, "standard error"),
            (Stream::Typed, "typed"),
        ];
        let marks = marks.map(|(on, what)| format!("{} {what}", mark(on)));
        self.screen.line(&format!("  {}", marks.join("    ")))?;
        for (language, built) in tour.built {
            let Some(note) = built.note() else { continue };
            self.screen.blank()?;
            let is_bad = matches!(built, Built::Failed(_));
            let style = if is_bad { BAD } else { PLAIN };
            let name = language.name();
            self.screen.prose(0, style, &format!("{name}: {note}"))?;
        }
        Ok(())
    }

    pub(crate) fn step(&mut self, scene: &Scene, acts: &[Act]) -> Result<()> {
        self.heading(scene.step, scene.title)?;
        self.screen.prose(0, PLAIN, scene.look)?;

        let mut shown: Vec<&Act> = Vec::new();
        let spoke = |act: &&Act| !act.lines.is_empty();
        for act in acts.iter().filter(spoke) {
            if self.full || !shown.iter().any(|old| old.is_like(act)) {
                self.screen.blank()?;
                match &scene.sheet {
                    None => panes::show(self.screen, act)?,
                    Some(sheet) => sheet::show(
                        self.screen,
                        sheet,
                        act,
                        self.house,
                        self.full,
                    )?,
                }
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
        let language = acts.first().and_then(|act| act.language);
        self.commands(scene.try_next, language)?;
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

    /// `Rust  fork    ok       4 ms  a peer more: 1 process`
    fn result(&mut self, act: &Act) -> io::Result<()> {
        let model = act.model.unwrap_or_default();
        let who = act.language.map_or_else(String::new, |language| {
            format!("{:<5} {model:<7} ", language.name())
        });
        let line = format!("  {who}{}", outcome(act));
        match (&act.why, act.one_more_peer) {
            (Some(why), _) if act.found == Found::Missing => {
                self.screen.line(&format!("{line} {why}"))?;
            }
            (Some(why), _) => {
                self.screen.line(&line)?;
                self.screen.prose(8, style(act), why)?;
            }
            (None, Some(cost)) => {
                self.screen.line(&format!("{line}   {}", in_words(cost)))?;
            }
            (None, None) => self.screen.line(&line)?,
        }
        Ok(())
    }

    /// `  try  target/release/knock -p 5000   and in a second terminal`
    fn commands(
        &mut self,
        those: &[(&str, &str)],
        language: Option<Language>,
    ) -> io::Result<()> {
        let word = |word: &str| match word.strip_prefix('@') {
            None => word.to_string(),
            Some("berkeley") => self.house.typed(Language::Rust, "berkeley"),
            Some(name) => {
                self.house.typed(language.unwrap_or(Language::Rust), name)
            }
        };
        let typed = |command: &str| {
            command.split(' ').map(word).collect::<Vec<_>>().join(" ")
        };
        let commands: Vec<String> =
            those.iter().map(|(command, _)| typed(command)).collect();
        let longest = commands.iter().map(String::len).max().unwrap_or(0);
        let notes = || those.iter().map(|(_, note)| note);
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

    /// Step × model in rows, languages in columns.
    pub(crate) fn summary(&mut self, tour: &Tour) -> Result<()> {
        let width = self.screen.width;
        self.screen.blank()?;
        let rule = paint(QUIET, &"─".repeat(width - 11));
        let name = paint(HEADING, "summary");
        self.screen.line(&format!("{} {name} {rule}", paint(QUIET, "──")))?;
        let mut head = format!("  {:<13} {:<8}", "step", "model");
        for (language, _) in tour.built {
            let name = language.name();
            head = format!("{head} {name:<18}");
        }
        self.screen.line(&paint(QUIET, head.trim_end()))?;
        let mut rows: Vec<(&str, Option<&str>)> = Vec::new();
        for act in &tour.acts {
            if !rows.contains(&(act.step, act.model)) {
                rows.push((act.step, act.model));
            }
        }
        for (step, model) in rows {
            let model = model.unwrap_or("–");
            let mut line = format!("  {step:<13} {model:<8}");
            let of_row = tour.acts.iter().filter(|act| {
                act.step == step && act.model.unwrap_or("–") == model
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
        let counts = |act: &&Act| {
            !matches!(act.found, Found::LeftOut | Found::Interrupted)
        };
        let all = tour.acts.iter().filter(counts).count();
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
        self.heading("next", "what to do with it")?;
        self.commands(NEXT, None)
    }
}

fn word(found: Found) -> &'static str {
    match found {
        Found::Ok => "ok",
        Found::FellShort => "fell short",
        Found::Missing => "missing",
        Found::NotBuilt => "not built",
        Found::LeftOut => "left out",
        Found::Interrupted => "stopped",
    }
}

fn style(act: &Act) -> Style {
    match act.found {
        Found::Ok => GOOD,
        Found::LeftOut | Found::Interrupted => PLAIN,
        Found::FellShort | Found::Missing | Found::NotBuilt => BAD,
    }
}

/// `ok       4 ms`
fn outcome(act: &Act) -> String {
    let word = pad(&paint(style(act), word(act.found)), 10);
    let took = match act.seconds {
        short if short < 1.0 => format!("{:>4.0} ms", short * 1000.0),
        long => format!("{long:>5.1} s"),
    };
    match act.found {
        Found::Ok | Found::FellShort | Found::Interrupted => {
            format!("{word} {took}")
        }
        Found::Missing | Found::NotBuilt | Found::LeftOut => word,
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
