//! Sittings at the same time: one crew of examiners for all of them.

use anyhow::Result;

use super::crew::{Crew, Seat};
use super::examiner::Order;
use super::sitting::Sitting;
use crate::stage;

/// Holds them all, with no more than so many examiners at once; those in
/// front come first. After each case `heard` is told whose it was. An
/// interruption is an error, and what there was before it is in the reports.
pub(crate) fn hold<'a>(
    sittings: &mut [Sitting<'a>],
    jobs: usize,
    heard: &mut dyn FnMut(usize, &mut Sitting<'a>) -> Result<()>,
) -> Result<()> {
    let held = all(sittings, jobs, heard);
    for sitting in sittings.iter_mut().filter(|sitting| !sitting.is_over()) {
        sitting.count_seconds();
    }
    held
}

fn all<'a>(
    sittings: &mut [Sitting<'a>],
    jobs: usize,
    heard: &mut dyn FnMut(usize, &mut Sitting<'a>) -> Result<()>,
) -> Result<()> {
    let mut crew = Crew::default();
    loop {
        stage::check()?;
        while crew.size() < jobs
            && let Some((seat, order)) = next(sittings)
        {
            crew.hire(seat, order)?;
        }
        if crew.size() == 0 {
            return Ok(());
        }
        for (seat, outcome) in crew.work()? {
            let sitting = &mut sittings[seat.sitting];
            sitting.take(seat.case, outcome);
            heard(seat.sitting, sitting)?;
        }
    }
}

fn next(sittings: &mut [Sitting<'_>]) -> Option<(Seat, Order)> {
    let mut all = sittings.iter_mut().enumerate();
    all.find_map(|(sitting, it)| {
        let (case, order) = it.next()?;
        Some((Seat { sitting, case }, order))
    })
}
