//! `berkeley trace --diff`: a Rust program and its C twin, the same script,
//! call by call.
//!
//! What is compared: each task's calls on sockets, its waits for them, its
//! births, its waits for children, its end; with their arguments, as `plain`
//! writes them. What the two languages' runtimes do besides (files, memory,
//! the terminal) is not. What may differ is in the table of `allowed`, with
//! its reason, and nowhere else.
//!
//! Tasks of one role are interchangeable: nobody has promised which worker
//! accepts which peer. While each has one peer at most, all of its calls must
//! come in the same order. A task with several peers is taken apart: what it
//! does to each of them must come in the same order, and around that it must
//! make the same calls, however often.

mod align;
mod allowed;
mod named;
mod plain;
mod roles;
mod show;
mod words;

use serde::Serialize;

use super::record::Trace;

pub(crate) use show::text;

/// What came of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    /// What was asked for in both languages, as it would be typed.
    pub(crate) command: String,
    pub(crate) same: bool,
    pub(crate) parts: Vec<Part>,
    /// The reasons that rows refer to, counted from 1.
    pub(crate) allowed: Vec<&'static str>,
}

/// A task of one program and its counterpart; or a part of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Part {
    /// `server, main`, `client`
    pub(crate) title: String,
    pub(crate) rows: Vec<Row>,
}

/// One call on either side, or on one of them only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(crate) rust: Option<String>,
    pub(crate) c: Option<String>,
    pub(crate) is: Is,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Is {
    Same,
    /// For this reason of `allowed`, counted from 1.
    Allowed(usize),
    Different,
}

/// Compares two traces of the same script.
pub(crate) fn compare(rust: &Trace, c: &Trace) -> Difference {
    let mut difference = Difference {
        command: rust.command.clone(),
        same: true,
        parts: Vec::new(),
        allowed: Vec::new(),
    };
    for (title, rust, c) in roles::side_by_side(rust, c) {
        let rows = align::rows(&rust, &c, &mut difference.allowed);
        difference.parts.push(Part { title, rows });
    }
    let mut rows = difference.parts.iter().flat_map(|part| &part.rows);
    difference.same = rows.all(|row| row.is != Is::Different);
    difference
}

#[cfg(test)]
mod tests;
