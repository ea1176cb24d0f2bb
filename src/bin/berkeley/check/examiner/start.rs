//! How a program is to be started, and why one was not.

use std::ffi::OsString;
use std::fmt::{self, Display};
use std::path::PathBuf;

use nix::errno::Errno;

use super::limits::Limits;

/// A program, and the world that it finds. The rest of its environment it
/// has from the examiner. `PYTHONUNBUFFERED` is not set for it: that a
/// program forgets to flush is its own mistake. But C and Python alike keep
/// what they print into a pipe until they end, or until there are some KiB:
/// a case that waits for a printed line wants `Output::Terminals`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    pub(crate) argv: Vec<OsString>,
    /// Where it is to be; the examiner's own working directory if not said.
    pub(crate) folder: Option<PathBuf>,
    /// What is in its environment beside, or instead.
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) input: Input,
    pub(crate) output: Output,
    pub(crate) limits: Limits,
    /// The file for its trace, if it is to be traced.
    pub(crate) traced: Option<PathBuf>,
}

/// What its standard input is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Input {
    Pipe,
    /// `/dev/null`
    #[default]
    Nothing,
    /// Its controlling terminal, as a user's: with lines, echo, Ctrl-C and
    /// Ctrl-D. A line of more than 4095 bytes would be cut by it.
    Terminal,
}

/// What it prints to. Standard output and standard error are heard apart in
/// any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Output {
    #[default]
    Pipes,
    /// Two more terminals, which pass on each byte as it is: a program prints
    /// as to a user, line by line, and the echo of what is typed, which is on
    /// the terminal of its input, does not get in between.
    Terminals,
}

/// A program that never ran.
#[derive(Debug)]
pub(crate) enum NotStarted {
    /// There is no such program, or it is none.
    CannotStart { program: OsString, why: String },
    /// Something else was in the way: nobody's mistake.
    Trouble(anyhow::Error),
}

impl NotStarted {
    pub(super) fn because(program: &OsString, errno: Errno) -> NotStarted {
        let (program, why) = (program.clone(), errno.to_string());
        NotStarted::CannotStart { program, why }
    }
}

impl From<anyhow::Error> for NotStarted {
    fn from(trouble: anyhow::Error) -> NotStarted {
        NotStarted::Trouble(trouble)
    }
}

impl Display for NotStarted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotStarted::CannotStart { program, why } => {
                write!(out, "cannot start {}: {why}", program.display())
            }
            NotStarted::Trouble(trouble) => write!(out, "{trouble:#}"),
        }
    }
}

impl std::error::Error for NotStarted {}
