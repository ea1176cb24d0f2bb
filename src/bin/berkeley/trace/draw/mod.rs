//! Drawings of a trace.

mod calls;
pub(crate) mod ladder;
mod names;
pub(crate) mod page;
pub(crate) mod summary;

pub(crate) use calls::Calls;
pub(crate) use ladder::Ladder;

/// What a drawing for a terminal has to do with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) width: usize,
    pub(crate) ascii: bool,
}
