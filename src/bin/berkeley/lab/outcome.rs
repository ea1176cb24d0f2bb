//! What came of an experiment: what its director says to the tool.

use serde::{Deserialize, Serialize};

use super::acts::{self, Act, Came};
use crate::trace::record::Trace;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// The calls in the order in which they were begun.
    pub(crate) lines: Vec<Line>,
    pub(crate) snapshots: Vec<Snapshot>,
    /// What the kernel counts, and other figures of its own.
    pub(crate) figures: Vec<(String, String)>,
    pub(crate) observed: Vec<Observed>,
    /// What is different by a setting that is not as usual.
    pub(crate) differs: Vec<String>,
    /// What is to be known of where it took place.
    pub(crate) notes: Vec<String>,
    /// Why it came to no end.
    pub(crate) trouble: Option<String>,
    pub(crate) trace: Option<Trace>,
}

/// One call, as it is typed in both languages, and its result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) who: String,
    pub(crate) c: String,
    pub(crate) rust: String,
    pub(crate) result: String,
}

/// What the kernel says, and what was expected of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Observed {
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) got: String,
    pub(crate) ok: bool,
}

/// The sockets at one moment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) when: String,
    pub(crate) rows: Vec<Row>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) state: String,
    pub(crate) unread: u32,
    pub(crate) unsent: u32,
    pub(crate) local: String,
    pub(crate) peer: Option<String>,
    /// `server, fd 4`; nobody, when only the kernel keeps it.
    pub(crate) holders: Vec<String>,
}

impl Outcome {
    /// Everything is as the experiment says.
    pub(crate) fn is_good(&self) -> bool {
        self.trouble.is_none() && self.observed.iter().all(|one| one.ok)
    }
}

impl Line {
    pub(super) fn begun(who: &str, act: &Act) -> Line {
        Line {
            who: who.to_owned(),
            c: acts::c(act, None),
            rust: acts::rust(act, None),
            result: String::new(),
        }
    }

    pub(super) fn ended(&mut self, act: &Act, came: &Came) {
        self.c = acts::c(act, Some(came));
        self.rust = acts::rust(act, Some(came));
        self.result = match act {
            Act::Add { .. } | Act::Caught | Act::Get { .. }
                if came.errno == 0 =>
            {
                came.value.to_string()
            }
            Act::Work { .. } => format!("on CPU {}", came.value),
            _ => came.words(),
        };
    }

    pub(super) fn never_ended(&mut self, act: &Act) {
        let how = match act {
            Act::Exit { .. } => "",
            _ => "waits for ever",
        };
        how.clone_into(&mut self.result);
    }
}
