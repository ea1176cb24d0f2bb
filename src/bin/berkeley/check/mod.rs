//! `berkeley check`: a program, in any language, against a lab.

mod examiner;
mod report;
