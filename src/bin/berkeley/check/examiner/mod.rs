//! An examiner: one case, in a process of its own.
//!
//! `berkeley examine` (which nobody types) reads an order on standard input
//! and writes an outcome on standard output. It has a network of its own
//! where the kernel allows that, starts the program, plays its peers, and
//! ends whatever the program has left. What goes wrong with it costs one
//! case, and nobody points.

mod address;
mod ends;
mod growth;
mod heard;
mod keyboard;
mod limits;
mod listening;
mod order;
mod peer;
mod pickles;
mod place;
mod play;
mod plays;
mod ports;
mod program;
mod room;
mod scene;
mod sight;
mod spawn;
mod start;
mod stop;
mod streams;
mod talk;
mod terminal;
#[cfg(test)]
mod tests;
mod traced;
mod watch;
mod words;

use std::io::{self, Read};
use std::time::Instant;

use anyhow::{Context, Result};

pub(crate) use order::Order;
use room::Room;
use stop::Stop;

use super::lab::{self, Case, Lab};
use super::report::{Outcome, Result as Came};
use super::sitting::about;
use crate::exit::Verdict;
use crate::stage;

/// Examines what it is told to.
pub(crate) fn run() -> Result<Verdict> {
    let mut order = String::new();
    io::stdin().read_to_string(&mut order)?;
    let order: Order = serde_json::from_str(&order).context("the order")?;
    let lab = lab::parse(&order.lab)?;
    let case = lab.case(&order.case);
    let case = case.with_context(|| format!("no case {}", order.case))?;
    let outcome = examine(&order, &lab, case);
    stage::end_the_rest();
    println!("{}", serde_json::to_string(&outcome?)?);
    Ok(Verdict::Good)
}

fn examine(order: &Order, lab: &Lab, case: &Case) -> Result<Outcome> {
    let start = Instant::now();
    let mut outcome = Outcome { runs: 1, ..about(case) };
    if let Some(place) = lab.lacks(case, &order.command) {
        outcome.result = Came::Skipped;
        outcome.because = Some(format!(
            "COMMAND has no {{{place}}}: what the program says instead is \
             not known"
        ));
        return Ok(outcome);
    }
    let mut room = Room::open(order, lab, case)?;
    ends::guard(order.tool)?;
    match room.play() {
        Ok(()) => outcome.result = Came::Passed,
        Err(Stop::Failed(mut failure)) => {
            if room.is_unmeasured() {
                failure.says.insert_str(0, "could not be measured: ");
                outcome.why.clear();
                outcome.hints.clear();
            }
            outcome.result = Came::Failed;
            outcome.failures = 1;
            outcome.failure = Some(*failure);
        }
        Err(Stop::Unstartable(why)) => {
            outcome.result = Came::Unstartable;
            outcome.because = Some(why);
        }
        Err(Stop::Skipped(why)) => {
            outcome.result = Came::Skipped;
            outcome.because = Some(why);
        }
        Err(Stop::Trouble(error)) => match room.accused(&error) {
            None => return Err(error),
            Some(because) => {
                outcome.result = Came::Trouble;
                outcome.because = Some(because);
                outcome.was_killed = true;
                return Ok(outcome);
            }
        },
    }
    room.leave(&mut outcome)?;
    outcome.seconds = start.elapsed().as_secs_f64();
    Ok(outcome)
}
