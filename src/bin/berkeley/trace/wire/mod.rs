//! What the kernel itself reports beside the calls: TCP state transitions
//! and the segments.
//!
//! All times are of CLOCK_MONOTONIC, in ns, like the engine's. Nothing here
//! leaves a mark on the machine: whatever was opened ends with this process,
//! however that ends.

mod mapping;
#[cfg(test)]
mod own_network;
#[cfg(test)]
mod peers;
mod segments;
mod transitions;

pub(crate) use segments::Segments;
pub(crate) use transitions::{Change, Transitions};
