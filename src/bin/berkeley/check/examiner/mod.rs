//! An examiner: one case, in a process of its own.
//!
//! `berkeley examine` (which nobody types) reads an order on standard input
//! and writes an outcome on standard output. It has a network of its own
//! where the kernel allows that, starts the program, plays its peers, and
//! ends whatever the program has left. What goes wrong with it costs one
//! case, and nobody points.

mod address;
mod growth;
mod limits;
mod listening;
mod order;
mod peer;
mod place;
mod plays;
mod program;
mod room;
mod stop;
mod talk;
mod watch;
mod words;

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
pub(crate) use order::Order;
use order::Values;
use room::Room;
use stop::{Done, Stop};

use super::lab::{self, Act, Case, Lab, Role, Setting, Step};
use super::report::{Failure, Outcome, Result as Came};
use crate::exit::Verdict;
use crate::stage;

/// Examines what it is told to.
pub(crate) fn run() -> Result<Verdict> {
    stage::watch()?;
    let mut order = String::new();
    io::stdin().read_to_string(&mut order)?;
    let order: Order = serde_json::from_str(&order).context("the order")?;
    let lab = lab::parse(&order.lab)?;
    let case = lab.case(&order.case);
    let case = case.with_context(|| format!("no case {}", order.case))?;
    let outcome = examine(&order, &lab, case)?;
    stage::end_the_rest();
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(Verdict::Good)
}

fn examine(order: &Order, lab: &Lab, case: &Case) -> Result<Outcome> {
    let start = Instant::now();
    let mut outcome = Outcome {
        id: case.id.clone(),
        title: case.title.clone(),
        points: case.points,
        tags: case.tags.clone(),
        why: case.why.clone(),
        hints: case.hints.clone(),
        runs: 1,
        ..Outcome::default()
    };
    let mut room = Room::open(order, lab, case)?;
    let ended = room.play();
    match ended {
        Ok(()) => outcome.result = Came::Passed,
        Err(Stop::Failed(failure)) => {
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
        Err(Stop::Trouble(error)) => return Err(error),
    }
    room.leave(&mut outcome)?;
    outcome.seconds = start.elapsed().as_secs_f64();
    Ok(outcome)
}
