//! An experiment from outside: a director is started, and heard.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

use super::director::{Order, Report};
use super::experiments::{Experiment, Knobs};
use super::outcome::Outcome;
use crate::stage;

/// One run; without a network of its own where there is none to be had.
pub(super) fn hold(
    experiment: &Experiment,
    knobs: &Knobs,
    settings: &[(String, String)],
) -> Result<Outcome> {
    let order = |has_own_network| Order {
        name: experiment.name.to_owned(),
        knobs: knobs.clone(),
        settings: settings.to_vec(),
        has_own_network,
    };
    match ask(&order(true))? {
        Report::Done(outcome) => Ok(*outcome),
        Report::NoNetwork(why) => match ask(&order(false))? {
            Report::Done(mut outcome) => {
                let note = format!(
                    "no network of its own ({why}): it took place in this \
                     machine's, where others may have a part in the counters"
                );
                outcome.notes.push(note);
                Ok(*outcome)
            }
            Report::NoNetwork(why) => bail!(why),
        },
    }
}

fn ask(order: &Order) -> Result<Report> {
    let tool = std::env::current_exe().context("where is this program?")?;
    let mut command = Command::new(tool);
    command.arg("experiment");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    // SAFETY: between fork and exec it makes one system call.
    unsafe {
        command.pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?));
    }
    let mut director = command.spawn().context("cannot start a director")?;
    if let Some(mut stdin) = director.stdin.take() {
        stdin.write_all(&serde_json::to_vec(order)?)?;
    }
    let output = director.wait_with_output()?;
    stage::check()?;
    if !output.status.success() {
        bail!("the director of {}: {}", order.name, output.status);
    }
    serde_json::from_slice(&output.stdout).context("the report")
}
