//! What the kernel says about servers under load, and about the machine.
//!
//! Nothing here is asked of a server: what it costs is read from outside, in
//! /proc and from clocks, so that a foreign server is measured as our own.
//! `tracer` alone disturbs what it looks at, and has rounds of its own.

pub(crate) mod cpu;
pub(crate) mod family;
pub(crate) mod machine;
pub(crate) mod memory;
pub(crate) mod network;
pub(crate) mod others;
pub(crate) mod tracer;
