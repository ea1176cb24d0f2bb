//! What came of a tour.

use anyhow::Result;
use serde::Serialize;

use crate::catalogue::Language;
use crate::exit::Verdict;
use crate::house::Built;
use crate::stage::Stream;

/// All of it.
pub(crate) struct Tour<'a> {
    pub(crate) built: &'a [(Language, Built)],
    pub(crate) acts: Vec<Act>,
    pub(crate) seconds: f64,
}

/// One step; a lab in one language, under one model.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Act {
    pub(crate) step: &'static str,
    /// None of a tool, which is one for all of them.
    pub(crate) language: Option<Language>,
    pub(crate) model: Option<&'static str>,
    pub(crate) ok: bool,
    pub(crate) found: Found,
    /// What fell short, in words.
    pub(crate) why: Option<String>,
    pub(crate) seconds: f64,
    pub(crate) one_more_peer: Option<Cost>,
    /// Who the other side was, where it is not of this kit.
    pub(crate) peer: Option<&'static str>,
    pub(crate) commands: Vec<Command>,
    pub(crate) lines: Vec<Line>,
    /// The lines with all numbers that the kernel chose made one.
    #[serde(skip)]
    pub(crate) alike: Vec<Line>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Found {
    Ok,
    FellShort,
    Missing,
    NotBuilt,
    /// It cannot be had here, which is no failure of the kit.
    LeftOut,
    Interrupted,
}

/// What one more connected peer costs a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Cost {
    pub(crate) processes: usize,
    pub(crate) threads: usize,
}

/// A program as it was started.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Command {
    pub(crate) role: &'static str,
    pub(crate) command: String,
}

/// A line that somebody printed, or that was typed to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    pub(crate) role: &'static str,
    pub(crate) stream: Stream,
    pub(crate) text: String,
}

impl Act {
    pub(crate) fn new(
        step: &'static str,
        language: Option<Language>,
        model: Option<&'static str>,
    ) -> Act {
        Act {
            step,
            language,
            model,
            ok: false,
            found: Found::FellShort,
            why: None,
            seconds: 0.0,
            one_more_peer: None,
            peer: None,
            commands: Vec::new(),
            lines: Vec::new(),
            alike: Vec::new(),
        }
    }

    /// `knock, C, fork`
    pub(crate) fn name(&self) -> String {
        let language = self.language.map(Language::name);
        let parts = [Some(self.step), language, self.model];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Whether both had the same lines, whoever printed first.
    pub(crate) fn is_like(&self, other: &Act) -> bool {
        let of = |act: &Act, role, stream| -> Vec<String> {
            let lines = act.alike.iter();
            let mut lines: Vec<String> = lines
                .filter(|line| line.role == role && line.stream == stream)
                .map(|line| line.text.clone())
                .collect();
            lines.sort();
            lines
        };
        let mut roles = self.commands.iter().map(|command| command.role);
        self.commands.len() == other.commands.len()
            && roles.all(|role| {
                [Stream::Out, Stream::Err, Stream::Typed]
                    .iter()
                    .all(|&on| of(self, role, on) == of(other, role, on))
            })
    }
}

#[derive(Serialize)]
struct BuiltAs<'a> {
    language: Language,
    built: bool,
    note: Option<&'a str>,
}

#[derive(Serialize)]
struct All<'a> {
    good: bool,
    seconds: f64,
    languages: Vec<BuiltAs<'a>>,
    acts: &'a [Act],
}

impl Tour<'_> {
    pub(crate) fn verdict(&self) -> Verdict {
        let was_run =
            |act: &Act| matches!(act.found, Found::Ok | Found::FellShort);
        let is_fine = |act: &Act| act.ok || act.found == Found::LeftOut;
        if self.acts.iter().all(is_fine) {
            Verdict::Good
        } else if self.acts.iter().any(was_run) {
            Verdict::FellShort
        } else {
            Verdict::CouldNotRun
        }
    }

    pub(crate) fn to_json(&self) -> Result<String> {
        let built = self.built.iter().map(|(language, built)| BuiltAs {
            language: *language,
            built: !matches!(built, Built::Failed(_)),
            note: built.note(),
        });
        Ok(serde_json::to_string_pretty(&All {
            good: self.verdict() == Verdict::Good,
            seconds: self.seconds,
            languages: built.collect(),
            acts: &self.acts,
        })?)
    }
}
