//! `--lint`: the classical mistakes of socket programs, found in what they
//! called.
//!
//! A file per family of mistakes. Each is precise before it is many: what is
//! reported happened in this trace, and the calls that show it are named.

mod accepting;
mod busy;
mod bytes;
mod children;
mod delays;
mod descriptors;
mod edges;
mod ends;
mod listening;
mod lives;
mod modes;
mod numbers;
mod over_exec;
mod paths;
mod print;
mod reads;
mod signals;
#[cfg(test)]
mod tests;
mod uses;
mod waiting;

use serde::Serialize;

use super::record::Trace;
use lives::Lives;
pub(crate) use print::{Told, count, json, text, told};

/// A mistake that is looked for.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Lint {
    /// `parent-keeps-peer`
    pub(crate) id: &'static str,
    /// In half a line.
    pub(crate) title: &'static str,
    /// What comes of it, in the kernel and for the peer.
    pub(crate) why: &'static str,
    /// What to write instead.
    pub(crate) mend: &'static str,
}

/// It was made, here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) lint: &'static Lint,
    /// Who made it: an index of the trace's `tasks`.
    pub(crate) task: usize,
    /// With which socket: an index of the trace's `sockets`.
    pub(crate) socket: Option<usize>,
    /// The calls and other events that show it, in order: indices of the
    /// trace's `events`.
    pub(crate) events: Vec<usize>,
    /// What happened, with its names and numbers.
    pub(crate) says: String,
    /// How often it happened, all alike; shown is the first.
    pub(crate) times: usize,
}

/// All that this trace shows, in the order in which it happened.
pub(crate) fn findings(trace: &Trace) -> Vec<Finding> {
    let lives = Lives::of(trace);
    let mut all = Vec::new();
    all.extend(descriptors::find(&lives));
    all.extend(over_exec::find(&lives));
    all.extend(numbers::find(&lives));
    all.extend(children::find(&lives));
    all.extend(accepting::find(&lives));
    all.extend(signals::find(&lives));
    all.extend(paths::find(&lives));
    all.extend(bytes::findings(trace));
    all.extend(reads::findings(trace));
    all.extend(ends::findings(trace));
    all.extend(listening::findings(trace));
    all.extend(waiting::findings(trace));
    all.extend(busy::findings(trace));
    all.extend(edges::findings(trace));
    all.extend(modes::findings(trace));
    all.extend(delays::findings(trace));
    all.sort_by_key(|finding| finding.events.first().copied());
    for finding in &mut all {
        say_who(trace, finding);
    }
    alike(trace, all)
}

/// What was found in one socket's calls is told as a sentence, too: whose
/// calls these are stands in front.
fn say_who(trace: &Trace, finding: &mut Finding) {
    if !finding.says.ends_with('.') {
        let task = &trace.tasks[finding.task];
        let says = &finding.says;
        finding.says = format!("{} {}: {says}.", task.name, task.pid);
    }
}

/// A program makes its mistake each time it comes by: that is one finding.
fn alike(trace: &Trace, all: Vec<Finding>) -> Vec<Finding> {
    let program = |finding: &Finding| trace.tasks[finding.task].program;
    let mut different: Vec<Finding> = Vec::new();
    for finding in all {
        let same = different.iter_mut().find(|first| {
            first.lint == finding.lint && program(first) == program(&finding)
        });
        match same {
            Some(first) => first.times += finding.times,
            None => different.push(finding),
        }
    }
    different
}
