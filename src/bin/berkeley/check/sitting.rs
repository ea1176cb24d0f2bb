//! One program against one lab: which case is next, and what came of all.

use std::ffi::OsString;
use std::time::Instant;

use super::examiner::Order;
use super::lab::{Case, Lab, Setting};
use super::report::{Outcome, Report, Result as Came};
use crate::{calendar, system};

/// What is the same for every program that is examined.
#[derive(Clone, Debug)]
pub(crate) struct Terms<'a> {
    /// The lab's file, and what is in it.
    pub(crate) source: &'a str,
    pub(crate) lab: &'a Lab,
    /// What a case needs stands before it.
    pub(crate) cases: Vec<&'a Case>,
    pub(crate) repeat: u32,
    pub(crate) seed: u64,
    pub(crate) time_scale: f64,
    pub(crate) trace: bool,
}

/// A program, and how it is started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Candidate {
    pub(crate) command: Vec<String>,
    /// Where it runs; none: where the tool does.
    pub(crate) folder: Option<OsString>,
    /// What `{submission}` stands for.
    pub(crate) submission: Option<OsString>,
}

/// It goes on from case to case; `hall` has the examiners for it.
pub(crate) struct Sitting<'a> {
    terms: &'a Terms<'a>,
    candidate: Candidate,
    progress: Vec<Progress>,
    began: Option<Instant>,
    /// What is known so far, in the order of the cases.
    pub(crate) report: Report,
}

/// A case, and its runs so far.
#[derive(Clone, Default)]
struct Progress {
    begun: u32,
    done: u32,
    outcome: Option<Outcome>,
}

impl<'a> Sitting<'a> {
    pub(crate) fn new(
        terms: &'a Terms<'a>,
        candidate: Candidate,
    ) -> Sitting<'a> {
        let report = Report {
            lab: terms.lab.name.clone(),
            title: terms.lab.title.clone(),
            command: candidate.command.clone(),
            system: system::kernel(),
            date: calendar::now(),
            seed: terms.seed,
            time_scale: terms.time_scale,
            cases: terms.cases.len(),
            worth: terms.cases.iter().map(|case| case.points).sum(),
            ..Report::default()
        };
        let progress = vec![Progress::default(); terms.cases.len()];
        Sitting { terms, candidate, progress, began: None, report }
    }

    /// A case that may begin, by its place, and the order for it.
    pub(crate) fn next(&mut self) -> Option<(usize, Order)> {
        let place = self.first_ready()?;
        if self.began.is_none() {
            self.began = Some(Instant::now());
            self.report.date = calendar::now();
        }
        let progress = &mut self.progress[place];
        let seed = self.terms.seed + u64::from(progress.begun);
        progress.begun += 1;
        Some((place, self.order(self.terms.cases[place], seed)))
    }

    /// What came of a case that was begun.
    pub(crate) fn take(&mut self, place: usize, outcome: Outcome) {
        let case = self.terms.cases[place];
        let progress = &mut self.progress[place];
        if outcome.result == Came::Skipped && progress.done == 0 {
            // For want of something here: nobody loses by it.
            self.report.worth -= case.points;
        }
        progress.take(outcome, case);
        self.skip();
        while let Some(next) = self.progress.get(self.report.outcomes.len())
            && next.done == self.terms.repeat
            && let Some(outcome) = next.outcome.clone()
        {
            self.report.outcomes.push(outcome);
        }
        self.report.complete = self.is_over();
        self.count_seconds();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.report.outcomes.len() == self.progress.len()
    }

    /// How long it has lasted until now.
    pub(crate) fn count_seconds(&mut self) {
        let lasted = self.began.map(|began| began.elapsed().as_secs_f64());
        self.report.seconds = lasted.unwrap_or_default();
    }

    fn order(&self, case: &Case, seed: u64) -> Order {
        Order {
            lab: self.terms.source.to_owned(),
            case: case.id.clone(),
            command: self.candidate.command.clone(),
            folder: self.candidate.folder.clone(),
            submission: self.candidate.submission.clone(),
            seed,
            time_scale: self.terms.time_scale,
            trace: self.terms.trace,
            tool: std::process::id().cast_signed(),
        }
    }

    /// The first that may begin: those that it needs have passed.
    fn first_ready(&self) -> Option<usize> {
        let repeat = self.terms.repeat;
        (0..self.progress.len()).find(|&place| {
            self.progress[place].begun < repeat
                && self
                    .needed(place)
                    .all(|it| it.done == repeat && it.has(Came::Passed))
        })
    }

    fn needed(&self, place: usize) -> impl Iterator<Item = &Progress> {
        let needs = &self.terms.cases[place].needs;
        let cases = self.terms.cases.iter().zip(&self.progress);
        let needed = cases.filter(|(case, _)| needs.contains(&case.id));
        needed.map(|(_, progress)| progress)
    }

    /// Those that need what has not passed.
    fn skip(&mut self) {
        let repeat = self.terms.repeat;
        for (place, case) in self.terms.cases.iter().enumerate() {
            if self.progress[place].begun > 0 {
                continue;
            }
            let failed = self
                .needed(place)
                .find(|it| it.done == repeat && !it.has(Came::Passed));
            let failed = failed.and_then(|it| it.outcome.as_ref());
            let Some(id) = failed.map(|outcome| outcome.id.clone()) else {
                continue;
            };
            let mut because = format!("it needs {id}, which has not passed");
            if case.has(Setting::Trace) && !self.terms.trace {
                because += "; with --trace the mistakes in the calls of \
                            what failed are shown";
            }
            let mut outcome = about(case);
            outcome.result = Came::Skipped;
            outcome.because = Some(because);
            self.progress[place] = Progress {
                begun: repeat,
                done: repeat,
                outcome: Some(outcome),
            };
        }
    }
}

/// What a lab says of a case.
pub(crate) fn about(case: &Case) -> Outcome {
    Outcome {
        id: case.id.clone(),
        title: case.title.clone(),
        points: case.points,
        tags: case.tags.clone(),
        why: case.why.clone(),
        hints: case.hints.clone(),
        ..Outcome::default()
    }
}

impl Progress {
    fn has(&self, result: Came) -> bool {
        self.outcome.as_ref().is_some_and(|it| it.result == result)
    }

    /// One more run. What is told is the first that went wrong.
    fn take(&mut self, mut one: Outcome, case: &Case) {
        self.done += 1;
        if one.result == Came::Skipped {
            one.points = 0;
        }
        if one.result == Came::Trouble {
            let (because, was_killed) = (one.because.take(), one.was_killed);
            let result = Came::Trouble;
            one = Outcome { result, because, was_killed, ..about(case) };
        }
        let failures = u32::from(one.result == Came::Failed);
        match &mut self.outcome {
            Some(told) if told.result != Came::Passed => {
                told.failures += failures;
            }
            told => {
                *told = Some(Outcome { failures, ..one });
            }
        }
        if let Some(told) = &mut self.outcome {
            told.runs = self.done;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::check::lab::parse;

    #[test]
    fn calls_that_are_not_looked_at_are_shown_by_a_trace() {
        let case = |id: &str, more: &str| {
            format!("case {id}\ntitle t\nwhy w\n{more}\n")
        };
        let source = format!(
            "lab l\ntitle t\nrole server\n\n{}\n{}\n{}",
            case("ready", ""),
            case("echo", "needs ready\nsteps\n  program runs"),
            case("calls", "needs ready\nwith a trace\nsteps\n  program runs"),
        );
        let lab = parse(&source).unwrap();
        for (trace, words) in [
            (true, "it needs ready, which has not passed"),
            (
                false,
                "it needs ready, which has not passed; with --trace the \
                 mistakes in the calls of what failed are shown",
            ),
        ] {
            let terms = Terms {
                source: &source,
                lab: &lab,
                cases: lab.cases.iter().collect(),
                repeat: 1,
                seed: 1,
                time_scale: 1.0,
                trace,
            };
            let mut sitting = Sitting::new(&terms, Candidate::default());
            let (place, _) = sitting.next().unwrap();
            let failed =
                Outcome { result: Came::Failed, ..about(&lab.cases[0]) };
            sitting.take(place, failed);
            let told = |place: usize| {
                sitting.report.outcomes[place].because.clone().unwrap()
            };
            assert_eq!(told(1), "it needs ready, which has not passed");
            assert_eq!(told(2), words);
        }
    }
}
