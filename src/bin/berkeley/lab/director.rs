//! The director: one experiment, in a process of its own.
//!
//! `berkeley experiment` (which nobody types) reads an order on standard input
//! and writes an outcome on standard output. It goes into a network of its own
//! where the kernel allows that, changes there what it is told to change, and
//! everything ends with it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;

use anyhow::{Context, Result, ensure};
use nix::fcntl::{FcntlArg, fcntl};
use nix::sched::CloneFlags;
use nix::sys::prctl::set_child_subreaper;
use nix::unistd::{dup2_stdin, dup2_stdout, geteuid};
use serde::{Deserialize, Serialize};

use super::experiments::{self, Knobs};
use super::outcome::Outcome;
use super::play::Play;
use super::watch;
use crate::exit::{Verdict, words};
use crate::{namespace, stage};

/// What is to be done, and where.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) name: String,
    pub(super) knobs: Knobs,
    /// Settings of the kernel: `tcp_abort_on_overflow`, `1`.
    pub(super) settings: Vec<(String, String)>,
    pub(super) has_own_network: bool,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    Done(Box<Outcome>),
    /// There is no network of its own to be had: why.
    NoNetwork(String),
}

/// Far from the seats, and closed in all actors.
const FAR: i32 = 400;

pub(super) fn run() -> Result<Verdict> {
    let mut order = String::new();
    io::stdin().read_to_string(&mut order)?;
    let order: Order = serde_json::from_str(&order).context("the order")?;
    let mut out = File::from(keep_stdout()?);
    let report = directed(&order);
    stage::end_the_rest();
    out.write_all(&serde_json::to_vec(&report?)?)?;
    Ok(Verdict::Good)
}

/// The outcome goes where only this process writes: the actors have nothing
/// to say there.
fn keep_stdout() -> Result<OwnedFd> {
    let kept = fcntl(io::stdout(), FcntlArg::F_DUPFD_CLOEXEC(FAR))?;
    let nothing = File::options().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&nothing)?;
    dup2_stdout(&nothing)?;
    // SAFETY: it was made just now, and nobody else has it.
    Ok(unsafe { std::os::fd::FromRawFd::from_raw_fd(kept) })
}

fn directed(order: &Order) -> Result<Report> {
    set_child_subreaper(true)?;
    if order.has_own_network
        && let Err(why) = enter()
    {
        return Ok(Report::NoNetwork(why));
    }
    let experiment = experiments::named(&order.name);
    let experiment = experiment.context("there is no such experiment")?;
    let set = set_all(order);
    let knobs = experiment.knobs(&order.knobs);
    let mut play = Play::open(&order.name, knobs, order.has_own_network)?;
    let played = set.and_then(|()| (experiment.play)(&mut play));
    let mut outcome = play.close();
    outcome.trouble = played.err().map(|error| words(&error));
    Ok(Report::Done(Box::new(outcome)))
}

fn enter() -> std::result::Result<(), String> {
    let nothing_more = CloneFlags::empty();
    if geteuid().is_root() {
        return namespace::enter_as_root(nothing_more);
    }
    namespace::enter(nothing_more)
}

/// Only where they are nobody else's.
fn set_all(order: &Order) -> Result<()> {
    ensure!(
        order.settings.is_empty() || order.has_own_network,
        "--set changes the kernel's settings in a network of the \
         experiment's own, and there is none"
    );
    for (name, value) in &order.settings {
        let path = watch::path_of(name);
        fs::write(&path, value).with_context(|| format!("write: {path}"))?;
    }
    Ok(())
}
