//! Drawings of a trace.

mod calls;
mod happenings;
pub(crate) mod ladder;
pub(crate) mod names;
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

/// Milliseconds, to the microsecond: `1.412`.
fn ms(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000_000, ns / 1000 % 1000)
}
