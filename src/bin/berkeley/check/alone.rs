//! One program is checked, and shown as it goes on.

use anyhow::Result;

use super::forms::{Look, Reports};
use super::hall;
use super::live::Live;
use super::report::{Report, Result as Came};
use super::sitting::{Candidate, Sitting, Terms};
use super::{TROUBLE, UNSTARTABLE};
use crate::exit::{Verdict, words};

/// What does not change, however often it is checked.
pub(crate) struct Alone<'a> {
    pub(crate) candidate: Candidate,
    pub(crate) jobs: usize,
    pub(crate) look: &'a Look,
    pub(crate) reports: Reports,
}

impl Alone<'_> {
    pub(crate) fn check(&self, terms: &Terms<'_>) -> Result<Report> {
        let (look, reports) = (self.look, &self.reports);
        let mut live = reports.printed().is_none().then(|| Live::open(look));
        let mut sitting = [Sitting::new(terms, self.candidate.clone())];
        let held = hall::hold(&mut sitting, self.jobs, &mut |_, sitting| {
            if let Some(live) = &mut live {
                live.hear(&sitting.report)?;
            }
            reports.keep(&sitting.report, look)
        });
        let [Sitting { mut report, .. }] = sitting;
        if let Err(error) = &held {
            let why = words(error);
            report.notes.push(format!("it was not finished: {why}"));
        }
        if let Some(live) = live {
            live.finish(&report)?;
        }
        reports.finish(&report, look)?;
        held?;
        Ok(report)
    }
}

pub(crate) fn verdict(report: &Report) -> Verdict {
    let has = |result| report.count(result) > 0;
    let mut outcomes = report.outcomes.iter();
    match () {
        () if has(Came::Trouble) => TROUBLE,
        () if has(Came::Unstartable) => UNSTARTABLE,
        () if outcomes.any(|it| it.counts() && it.result == Came::Failed) => {
            Verdict::FellShort
        }
        () => Verdict::Good,
    }
}
