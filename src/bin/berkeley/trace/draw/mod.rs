//! Drawings of a trace.

mod calls;
mod names;
pub(crate) mod page;
pub(crate) mod summary;

pub(crate) use calls::Calls;

/// What there is to draw on, and with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) width: usize,
    /// No lines and no arrows but of letters.
    pub(crate) ascii: bool,
}
