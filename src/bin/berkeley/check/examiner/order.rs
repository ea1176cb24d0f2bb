//! What an examiner is told: one case, one program.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// It comes as JSON on standard input.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The file of the lab, and the case in it.
    pub(crate) lab: String,
    pub(crate) case: String,
    /// The COMMAND, with its `{places}`.
    pub(crate) command: Vec<String>,
    /// Where the program runs; none: where the tool does.
    pub(crate) folder: Option<OsString>,
    /// What `{submission}` stands for, whatever bytes are in its name.
    pub(crate) submission: Option<OsString>,
    pub(crate) seed: u64,
    pub(crate) time_scale: f64,
    /// The program is traced, whether the case asks for it or not.
    pub(crate) trace: bool,
    /// Who gives it: the examiner ends with him.
    pub(crate) tool: i32,
}

impl Order {
    /// So many seconds, by the scale that was asked for.
    pub(super) fn scaled(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds * self.time_scale)
    }
}

/// What `{names}` stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(pub(super) BTreeMap<String, String>);

impl Values {
    pub(super) fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.0.get(name).map(|value| value.clone().into_bytes())
    }
}
