//! `berkeley check`: a program, in any language, against a lab.

mod report;
mod written;
