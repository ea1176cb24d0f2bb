//! The experiments, in the order in which they are done best. Each is a file:
//! what is asked and said, as data, and one function that is the experiment.

mod backlog;
mod blocking;
mod boundaries;
mod eof_spin;
mod fork_fds;
mod fork_in_threads;
mod half_close;
mod handshake;
mod herd;
mod models;
mod nagle;
mod reset;
mod short_send;
mod signals;
mod slow_peers;
mod staging;
mod thread_parallel;
mod threads_share;
mod time_wait;
mod udp;
mod unix;
mod zombies;

use std::collections::BTreeMap;

use anyhow::Result;

use super::play::Play;

/// The values of an experiment's knobs, by their names.
pub(crate) type Knobs = BTreeMap<String, i32>;

pub(crate) struct Experiment {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) question: &'static str,
    /// One of them is right: the one at `answer`.
    pub(crate) choices: &'static [&'static str],
    pub(crate) answer: usize,
    pub(crate) knobs: &'static [Knob],
    /// It is an error when it could not be done, and an observation that
    /// fails when the kernel does not do as it says.
    pub(crate) play: fn(&mut Play) -> Result<()>,
    /// A paragraph each.
    pub(crate) why: &'static [&'static str],
    pub(crate) man: &'static [&'static str],
    pub(crate) changes: &'static [Change],
}

/// What can be changed with `--with NAME=VALUE`.
pub(crate) struct Knob {
    pub(crate) name: &'static str,
    pub(crate) usual: i32,
    pub(crate) range: (i32, i32),
    pub(crate) says: &'static str,
}

/// What to type, and what to look for.
pub(crate) struct Change {
    pub(crate) args: &'static str,
    pub(crate) look: &'static str,
}

pub(crate) static EXPERIMENTS: &[&Experiment] = &[
    &handshake::HANDSHAKE,
    &blocking::BLOCKING,
    &boundaries::BOUNDARIES,
    &backlog::BACKLOG,
    &time_wait::TIME_WAIT,
    &half_close::HALF_CLOSE,
    &reset::RESET,
    &short_send::SHORT_SEND,
    &fork_fds::FORK_FDS,
    &zombies::ZOMBIES,
    &threads_share::THREADS_SHARE,
    &thread_parallel::THREAD_PARALLEL,
    &eof_spin::EOF_SPIN,
    &udp::UDP,
    &unix::UNIX,
    &signals::SIGNALS,
    &nagle::NAGLE,
    &herd::HERD,
    &slow_peers::SLOW_PEERS,
    &fork_in_threads::FORK_IN_THREADS,
];

pub(crate) fn named(name: &str) -> Option<&'static Experiment> {
    EXPERIMENTS.iter().copied().find(|one| one.name == name)
}

impl Experiment {
    /// All knobs, those as asked for that are.
    pub(crate) fn knobs(&self, asked: &Knobs) -> Knobs {
        let value = |knob: &Knob| {
            let asked = asked.get(knob.name).copied();
            (knob.name.to_owned(), asked.unwrap_or(knob.usual))
        };
        self.knobs.iter().map(value).collect()
    }

    pub(crate) fn knob(&self, name: &str) -> Option<&Knob> {
        self.knobs.iter().find(|knob| knob.name == name)
    }
}
