//! `--lint`: the classical mistakes of socket programs, found in what they
//! called.
//!
//! A file per family of mistakes. Each is precise before it is many: what is
//! reported happened in this trace, and the calls that show it are named.

mod bytes;
mod delays;
mod edges;
mod ends;
mod listening;
mod modes;
mod reads;
mod uses;
mod waiting;

use serde::Serialize;

use super::record::Trace;

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

/// All that this trace shows.
pub(crate) fn findings(trace: &Trace) -> Vec<Finding> {
    let families = [
        bytes::findings,
        reads::findings,
        ends::findings,
        listening::findings,
        waiting::findings,
        edges::findings,
        modes::findings,
        delays::findings,
    ];
    families.iter().flat_map(|find| find(trace)).collect()
}
