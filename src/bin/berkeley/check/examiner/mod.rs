//! One case, in a process of its own: its place, the program, its end.

// Until the steps of the cases use all of it.
#![allow(dead_code)]

mod ends;
mod heard;
mod keyboard;
mod limits;
mod place;
mod ports;
mod program;
mod spawn;
mod start;
mod streams;
mod terminal;
#[cfg(test)]
mod tests;
mod traced;
