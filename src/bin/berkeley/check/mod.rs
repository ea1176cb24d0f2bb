//! `berkeley check`: a program, in any language, against a lab.

mod forms;
mod report;
mod written;
