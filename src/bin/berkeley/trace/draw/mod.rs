//! Drawings of a trace.
//!
//! For a terminal: `ladder`, a column for each task; `calls`, a call a line;
//! `summary`, tables. For a browser: `page`, the ladder as SVG or HTML.

mod calls;
mod happenings;
pub(crate) mod ladder;
pub(crate) mod names;
pub(crate) mod page;
pub(crate) mod summary;
mod wires;

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

/// `1 connection`, `3 connections`
fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
