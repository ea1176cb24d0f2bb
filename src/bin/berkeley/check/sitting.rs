//! One program against one lab: which case is next, and what came of all.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;

use super::crew::Crew;
use super::examiner::Order;
use super::lab::Case;
use super::report::{Outcome, Report, Result as Came};
use crate::stage;

/// What is the same for all cases of a sitting.
#[derive(Clone, Debug)]
pub(crate) struct Sitting<'a> {
    /// The lab's file.
    pub(crate) source: &'a str,
    pub(crate) cases: Vec<&'a Case>,
    pub(crate) command: Vec<String>,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) repeat: u32,
    pub(crate) seed: u64,
    pub(crate) time_scale: f64,
    pub(crate) trace: bool,
    pub(crate) jobs: usize,
}

/// A case, and its runs so far.
#[derive(Clone, Default)]
struct Progress {
    begun: u32,
    done: u32,
    outcome: Option<Outcome>,
}

impl Sitting<'_> {
    /// Fills in the report; `heard` is told of it after each case, in the
    /// order of the lab. An interruption is an error, and what there was
    /// before it is in the report.
    pub(crate) fn hold(
        &self,
        report: &mut Report,
        heard: &mut dyn FnMut(&Report) -> Result<()>,
    ) -> Result<()> {
        let start = Instant::now();
        let held = self.all(report, start, heard);
        report.seconds = start.elapsed().as_secs_f64();
        report.complete = held.is_ok();
        held
    }

    fn all(
        &self,
        report: &mut Report,
        start: Instant,
        heard: &mut dyn FnMut(&Report) -> Result<()>,
    ) -> Result<()> {
        let mut crew = Crew::default();
        let mut progress = vec![Progress::default(); self.cases.len()];
        while report.outcomes.len() < self.cases.len() {
            stage::check()?;
            while crew.size() < self.jobs
                && let Some(next) = self.next(&progress)
            {
                progress[next].begun += 1;
                let seed = self.seed + u64::from(progress[next].begun) - 1;
                crew.hire(next, self.order(self.cases[next], seed))?;
            }
            self.skip(&mut progress);
            if crew.size() > 0 {
                for (place, outcome) in crew.work()? {
                    if outcome.result == Came::Skipped
                        && progress[place].done == 0
                    {
                        // For want of something here: nobody loses by it.
                        report.worth -= self.cases[place].points;
                    }
                    progress[place].take(outcome, self.cases[place]);
                }
            }
            let mut place = report.outcomes.len();
            while let Some(done) = progress.get(place)
                && done.done == self.repeat
                && let Some(outcome) = done.outcome.clone()
            {
                report.outcomes.push(outcome);
                report.seconds = start.elapsed().as_secs_f64();
                heard(report)?;
                place += 1;
            }
        }
        Ok(())
    }

    fn order(&self, case: &Case, seed: u64) -> Order {
        Order {
            lab: self.source.to_owned(),
            case: case.id.clone(),
            command: self.command.clone(),
            folder: self.folder.clone(),
            seed,
            time_scale: self.time_scale,
            trace: self.trace,
            tool: std::process::id().cast_signed(),
        }
    }

    /// The first that may begin: those that it needs have passed.
    fn next(&self, progress: &[Progress]) -> Option<usize> {
        (0..self.cases.len()).find(|&place| {
            progress[place].begun < self.repeat
                && self
                    .needed(place, progress)
                    .all(|it| it.done == self.repeat && it.has(Came::Passed))
        })
    }

    fn needed<'a>(
        &self,
        place: usize,
        progress: &'a [Progress],
    ) -> impl Iterator<Item = &'a Progress> {
        let needs = &self.cases[place].needs;
        let cases = self.cases.iter().zip(progress);
        let needed = cases.filter(|(case, _)| needs.contains(&case.id));
        needed.map(|(_, progress)| progress).collect::<Vec<_>>().into_iter()
    }

    /// Those that need what has not passed.
    fn skip(&self, progress: &mut [Progress]) {
        for (place, case) in self.cases.iter().enumerate() {
            if progress[place].begun > 0 {
                continue;
            }
            let failed = self
                .needed(place, progress)
                .find(|it| it.done == self.repeat && !it.has(Came::Passed));
            let failed = failed.and_then(|it| it.outcome.as_ref());
            let Some(id) = failed.map(|outcome| outcome.id.clone()) else {
                continue;
            };
            let because = format!("it needs {id}, which has not passed");
            let mut outcome = about(case);
            outcome.result = Came::Skipped;
            outcome.because = Some(because);
            progress[place] = Progress {
                begun: self.repeat,
                done: self.repeat,
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
            let because = one.because.take();
            one = Outcome { because, result: Came::Trouble, ..about(case) };
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
