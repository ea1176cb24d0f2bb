//! Drawings of a trace.

mod calls;
mod names;
pub(crate) mod page;

pub(crate) use calls::Calls;
