//! Drawings of a trace.

mod calls;
mod names;

pub(crate) use calls::Calls;
