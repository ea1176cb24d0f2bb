//! The drawings of a trace.

pub(crate) mod page;
