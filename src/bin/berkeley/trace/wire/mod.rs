//! What the kernel itself reports beside the calls: TCP state transitions,
//! the segments, and an own network in which both can be seen without root.
//!
//! All times are of CLOCK_MONOTONIC, in ns, like the engine's. Nothing here
//! leaves a mark on the machine: whatever was opened ends with this process,
//! however that ends.

mod mapping;
pub(crate) mod namespace;
#[cfg(test)]
mod peers;
mod segments;
mod transitions;

pub(crate) use segments::Segments;
pub(crate) use transitions::{Change, Transitions};
