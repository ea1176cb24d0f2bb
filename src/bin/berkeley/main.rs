//! The tool `berkeley`.

fn main() {}
