//! What was done, in the order in which it was begun: what `record` writes.

use crate::shell::call::{Answer, Call};

/// A line that was understood, and which calls it made.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    pub(crate) line: String,
    pub(crate) calls: std::ops::Range<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) actor: String,
    pub(crate) call: Call,
    /// `None` while it is blocked.
    pub(crate) answer: Option<Answer>,
    /// Others went on before it returned.
    pub(crate) overtaken: bool,
    /// The names that were given to what it made.
    pub(crate) wanted: Vec<String>,
    /// Ports in the line that were looked up.
    pub(crate) references: Vec<Reference>,
    /// The actor that it made.
    pub(crate) child: Option<String>,
}

/// `{server.port}`: whose, of which descriptor, and which it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) actor: String,
    pub(crate) fd: i32,
    pub(crate) port: u16,
}
