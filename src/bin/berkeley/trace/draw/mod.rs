//! Drawings of a trace.

mod calls;
mod names;
mod page;

pub(crate) use calls::Calls;
