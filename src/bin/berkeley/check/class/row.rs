//! One program of a class, in a row: what it came to, case by case.

use serde::{Serialize, Serializer};

use crate::check::report::{Outcome, Report, Result as Came};

/// A program, and as much of its report as a summary takes.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) name: String,
    /// None: it was not reached.
    pub(super) report: Option<Report>,
    pub(super) remarks: Vec<String>,
}

/// What a case came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Passed,
    Failed,
    /// Failed, but without points.
    Noted,
    Flaky(u32, u32),
    Skipped,
    Unstartable,
    Undecided,
}

impl Mark {
    pub(super) fn of(outcome: &Outcome) -> Mark {
        match outcome.result {
            Came::Trouble => Mark::Undecided,
            Came::Skipped => Mark::Skipped,
            _ if outcome.is_flaky() => {
                Mark::Flaky(outcome.failures, outcome.runs)
            }
            Came::Passed => Mark::Passed,
            _ if !outcome.counts() => Mark::Noted,
            Came::Failed => Mark::Failed,
            Came::Unstartable => Mark::Unstartable,
        }
    }

    pub(super) fn letter(self) -> char {
        match self {
            Mark::Passed => '.',
            Mark::Failed => 'F',
            Mark::Noted => 'n',
            Mark::Flaky(..) => '~',
            Mark::Skipped => '-',
            Mark::Unstartable => 'u',
            Mark::Undecided => '?',
        }
    }

    pub(super) fn word(self) -> String {
        let word = match self {
            Mark::Passed => "passed",
            Mark::Failed => "failed",
            Mark::Noted => "noted",
            Mark::Flaky(failures, runs) => {
                return format!("flaky {failures}/{runs}");
            }
            Mark::Skipped => "skipped",
            Mark::Unstartable => "unstartable",
            Mark::Undecided => "undecided",
        };
        word.to_owned()
    }

    /// Whether it costs points.
    pub(super) fn is_failure(self) -> bool {
        matches!(self, Mark::Failed | Mark::Flaky(..) | Mark::Unstartable)
    }
}

impl Row {
    /// Keeps what is wanted here; the rest is in files already.
    pub(super) fn set(&mut self, report: &Report) {
        let mut outcomes = report.outcomes.iter();
        let troubled = |outcome: &&Outcome| {
            matches!(outcome.result, Came::Unstartable | Came::Trouble)
        };
        let why = outcomes.find(troubled).and_then(|it| it.because.clone());
        self.remarks.extend(why);
        let brief = |outcome: &Outcome| Outcome {
            id: outcome.id.clone(),
            points: outcome.points,
            result: outcome.result,
            runs: outcome.runs,
            failures: outcome.failures,
            ..Outcome::default()
        };
        let outcomes = report.outcomes.iter().map(brief).collect();
        self.report = Some(Report {
            outcomes,
            worth: report.worth,
            seconds: report.seconds,
            ..Report::default()
        });
    }

    pub(super) fn marks(&self) -> impl Iterator<Item = (&str, Mark)> {
        let outcomes = self.report.iter().flat_map(|report| &report.outcomes);
        outcomes.map(|outcome| (outcome.id.as_str(), Mark::of(outcome)))
    }

    pub(super) fn count(&self, is_so: impl Fn(Mark) -> bool) -> usize {
        self.marks().filter(|(_, mark)| is_so(*mark)).count()
    }

    pub(super) fn has_passed(&self) -> bool {
        let fails = |mark: Mark| mark.is_failure() || mark == Mark::Undecided;
        self.report.is_some() && self.count(fails) == 0
    }

    pub(super) fn remark(&self) -> String {
        self.remarks.join("; ")
    }

    /// The names of the figures, and the figures; empty if not reached.
    pub(super) fn figures(&self) -> [(&'static str, String); 8] {
        let is = |mark: Mark| self.count(|it| it == mark).to_string();
        let of = |report: fn(&Report) -> u32| {
            self.report.as_ref().map(report).unwrap_or_default().to_string()
        };
        let figures = [
            ("earned", of(Report::earned)),
            ("points", of(Report::points)),
            ("passed", is(Mark::Passed)),
            ("failed", self.count(Mark::is_failure).to_string()),
            ("noted", is(Mark::Noted)),
            ("skipped", is(Mark::Skipped)),
            ("undecided", is(Mark::Undecided)),
            (
                "flaky",
                self.count(|it| matches!(it, Mark::Flaky(..))).to_string(),
            ),
        ];
        let is_there = self.report.is_some();
        figures.map(|(name, figure)| {
            (name, if is_there { figure } else { String::new() })
        })
    }
}

/// As an object: the figures as numbers, and the cases by their ids.
impl Serialize for Row {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut row = serde_json::Map::new();
        row.insert("name".into(), self.name.clone().into());
        row.insert("reached".into(), self.report.is_some().into());
        for (name, figure) in self.figures() {
            row.insert(name.into(), figure.parse::<u64>().ok().into());
        }
        let seconds = self.report.as_ref().map(|report| report.seconds);
        row.insert("seconds".into(), seconds.into());
        let cases = self.marks().map(|(id, mark)| {
            (id.to_owned(), serde_json::Value::from(mark.word()))
        });
        let cases: serde_json::Map<_, _> = cases.collect();
        row.insert("cases".into(), cases.into());
        row.insert("remark".into(), self.remark().into());
        row.serialize(to)
    }
}
