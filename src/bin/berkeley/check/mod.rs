//! `berkeley check`: a program, in any language, against a lab.
//!
//! A lab (`lab`) is a text file with cases; `plan` chooses from them, and a
//! `sitting` gives each to an examiner of the `crew`: a process of its own
//! (`examiner`), which starts the program, plays its peers, and tells what
//! came of it. All that is one `report`, which the `forms` are made from.

mod forms;
mod report;
mod written;
