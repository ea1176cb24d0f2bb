//! What is shown of an experiment: its text, and what came of it.

use anyhow::Result;
use serde::Serialize;

use super::experiments::Experiment;
use super::outcome::{Line, Observed, Outcome, Snapshot};
use crate::exit::Verdict;
use crate::trace;
use crate::trace::record::Trace;

#[derive(Serialize)]
pub(super) struct Report {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) question: &'static str,
    pub(super) choices: &'static [&'static str],
    pub(super) answer: &'static str,
    pub(super) good: bool,
    /// As it was typed: `--set tcp_abort_on_overflow=1`.
    pub(super) changed: Vec<String>,
    pub(super) calls: Vec<Line>,
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) figures: Vec<(String, String)>,
    pub(super) observed: Vec<Observed>,
    pub(super) differs: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) trouble: Option<String>,
    pub(super) ladder: Vec<String>,
    pub(super) why: &'static [&'static str],
    pub(super) man: &'static [&'static str],
    pub(super) changes: Vec<Change>,
    pub(super) trace: Option<Trace>,
}

#[derive(Serialize)]
pub(super) struct Change {
    pub(super) command: String,
    pub(super) look: &'static str,
}

#[derive(Serialize)]
struct All<'a> {
    good: bool,
    experiments: &'a [Report],
}

impl Report {
    pub(super) fn new(
        experiment: &'static Experiment,
        outcome: Outcome,
        changed: Vec<String>,
        width: usize,
    ) -> Report {
        let trace = outcome.trace.as_ref();
        let more = experiment.changes.iter().map(|change| Change {
            command: format!(
                "berkeley lab {} {}",
                experiment.name, change.args
            ),
            look: change.look,
        });
        Report {
            name: experiment.name,
            title: experiment.title,
            question: experiment.question,
            choices: experiment.choices,
            answer: experiment.choices[experiment.answer],
            good: outcome.is_good(),
            changed,
            ladder: trace.map_or(Vec::new(), |it| trace::ladder(it, width)),
            calls: outcome.lines,
            snapshots: outcome.snapshots,
            figures: outcome.figures,
            observed: outcome.observed,
            differs: outcome.differs,
            notes: outcome.notes,
            trouble: outcome.trouble,
            why: experiment.why,
            man: experiment.man,
            changes: more.collect(),
            trace: outcome.trace,
        }
    }
}

pub(super) fn verdict(reports: &[Report]) -> Verdict {
    if reports.iter().all(|report| report.good) {
        Verdict::Good
    } else {
        Verdict::FellShort
    }
}

pub(super) fn to_json(reports: &[Report]) -> Result<String> {
    let good = verdict(reports) == Verdict::Good;
    Ok(serde_json::to_string_pretty(&All { good, experiments: reports })?)
}
