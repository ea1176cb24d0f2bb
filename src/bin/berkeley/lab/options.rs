//! What can be asked of the lab.

use std::path::PathBuf;

use clap::Args;
use clap::error::ErrorKind;

use super::experiments::{Experiment, Knobs};
use super::{EXPERIMENTS, named};
use crate::exit::refuse;

/// Experiments: a question, a run, what the kernel says, and why
#[derive(Args)]
#[command(after_help = "\
--list names the experiments, and what each has to be changed. An experiment
asks for a prediction first (not with --yes, nor without a terminal), and then
makes real calls, from processes of its own, in a network of its own where the
kernel allows that. What it says of the kernel is checked: when the kernel says
otherwise, that is shown, and the exit code is 1.

--set NAME=VALUE changes a setting of the kernel in that network alone: NAME is
that of sysctl, net.ipv4 may be left out. The experiment then follows the
kernel, and says what is different.

JSON: {good, experiments: [{name, title, question, choices, answer, good,
changed, calls: [{who, c, rust, result}], snapshots: [{when, rows: [{state,
unread, unsent, local, peer, holders}]}], figures, observed: [{what, expected,
got, ok}], differs, notes, trouble, ladder, why, man, changes: [{command,
look}], trace}]}. \"trouble\" says why it came to no end, and is null when it
did; `berkeley trace --read` reads \"trace\".

Examples:
  berkeley lab --list
  berkeley lab backlog
  berkeley lab backlog --set tcp_abort_on_overflow=1
  berkeley lab time-wait --with reuse=1
  berkeley lab all --html handout/")]
pub(crate) struct Options {
    /// An experiment, or all
    #[arg(value_name = "NAME", required_unless_present = "list")]
    name: Option<String>,
    /// What there is
    #[arg(long)]
    pub(super) list: bool,
    /// Change the experiment; --list says what there is to be changed
    #[arg(long, value_name = "NAME=VALUE", value_parser = number)]
    with: Vec<(String, i32)>,
    /// Change a setting of the kernel, in the experiment's network
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Ask for no prediction
    #[arg(short, long)]
    pub(super) yes: bool,
    /// The same for a program to read
    #[arg(long, conflicts_with = "html")]
    pub(super) json: bool,
    /// A page; of all, a folder of pages
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("there is no =")?;
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || !name.chars().all(is_fine) || name.contains("..") {
        return Err(format!("'{name}' is no name"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn number(text: &str) -> Result<(String, i32), String> {
    let (name, value) = pair(text)?;
    let value = value.parse().map_err(|_| format!("no number: '{value}'"))?;
    Ok((name, value))
}

impl Options {
    pub(super) fn is_all(&self) -> bool {
        self.name.as_deref() == Some("all")
    }

    pub(super) fn knobs(&self) -> Knobs {
        self.with.iter().cloned().collect()
    }

    pub(super) fn settings(&self) -> Vec<(String, String)> {
        self.set.clone()
    }

    /// As it was typed.
    pub(super) fn changed(&self) -> Vec<String> {
        let with = self.with.iter().map(|(n, v)| format!("--with {n}={v}"));
        let set = self.set.iter().map(|(n, v)| format!("--set {n}={v}"));
        with.chain(set).collect()
    }

    pub(super) fn wanted(&self) -> Vec<&'static Experiment> {
        if self.is_all() {
            return EXPERIMENTS.to_vec();
        }
        self.name.iter().filter_map(|name| named(name)).collect()
    }

    /// What clap cannot see.
    pub(super) fn check(&self) {
        if let Some((kind, why)) = self.nonsense() {
            refuse("lab", kind, why);
        }
    }

    fn nonsense(&self) -> Option<(ErrorKind, String)> {
        let name = self.name.as_deref()?;
        if self.is_all() {
            let why = "--with is for one experiment".to_owned();
            let is_asked = !self.with.is_empty();
            return is_asked.then_some((ErrorKind::ArgumentConflict, why));
        }
        let Some(experiment) = named(name) else {
            let names: Vec<&str> =
                EXPERIMENTS.iter().map(|one| one.name).collect();
            let why = format!(
                "there is no experiment '{name}'; there are {}, and all",
                names.join(", ")
            );
            return Some((ErrorKind::InvalidValue, why));
        };
        self.with.iter().find_map(|(name, value)| {
            let Some(knob) = experiment.knob(name) else {
                let why = format!("{} has no '{name}'", experiment.name);
                return Some((ErrorKind::InvalidValue, why));
            };
            let (least, most) = knob.range;
            let why = format!("{name} is from {least} to {most}");
            let is_fine = (least..=most).contains(value);
            (!is_fine).then_some((ErrorKind::InvalidValue, why))
        })
    }
}
