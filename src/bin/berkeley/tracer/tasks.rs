//! Who is traced, and where each of them stands.

use super::requests::Way;
use super::{Entry, Task};
use crate::numbered::Numbered;

#[derive(Clone, Copy, Debug)]
pub(super) struct Traced {
    pub(super) task: Task,
    /// Started by this tool, or by somebody who was: it must not outlive it.
    pub(super) is_ours: bool,
    /// The filter stops it at the calls that matter. Without one it has to
    /// be stopped at all of them.
    pub(super) has_filter: bool,
    pub(super) stage: Stage,
    pub(super) place: Place,
    /// By a signal, until SIGCONT.
    pub(super) is_paused: bool,
}

/// How far the witness knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has been seized, and its first stop is awaited.
    Arriving,
    /// It still is this tool's own copy, on the way to its exec.
    Launching,
    Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In no call that the witness was told of.
    Outside,
    /// In a call whose return is to be told.
    InCall,
    /// Attaching has interrupted it in this call, with this result: it will
    /// be seen to enter it again, unless a signal ends it.
    Interrupted { entry: Entry, result: i64, wants_return: bool },
}

impl Traced {
    /// To the next stop that somebody wants to know of.
    pub(super) fn way(&self) -> Way {
        if self.has_filter && self.place != Place::InCall {
            Way::Free
        } else {
            Way::ToCall
        }
    }
}

/// By thread number. Those of a process have its number in common.
pub(super) type Tasks = Numbered<i32, Traced>;
