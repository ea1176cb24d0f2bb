//! What a call means: its arguments in words, and what it is about.
//!
//! A file per family of calls; constants are in tables. What the kernel
//! writes is read when the call has returned.

use super::record::Payload;
use crate::tracer::{Entry, Memory};

/// A call in words. Descriptors are plain numbers here: which sockets they
/// are is found out elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Decoded {
    /// `accept4`
    pub(crate) name: &'static str,
    /// The descriptor that the call is about.
    pub(crate) fd: Option<i32>,
    pub(crate) args: Vec<String>,
    pub(crate) address: Option<String>,
    pub(crate) data: Option<Payload>,
    /// Descriptors that it made.
    pub(crate) made: Vec<i32>,
    /// Descriptors in a control message that was sent.
    pub(crate) passed: Vec<i32>,
    /// What poll, select, epoll_ctl is asked about.
    pub(crate) awaits: Vec<i32>,
    /// What was ready, and the events.
    pub(crate) ready: Vec<(i32, String)>,
}

/// How a call shows itself on the way in, and then on the way out.
pub(crate) struct Decoder {
    /// How many bytes of a payload are shown.
    pub(crate) longest: usize,
}
