//! A comparison in two panes.

use super::{Difference, Is, Row};
use crate::screen::{NAME, QUIET, pad, paint};

/// The comparison, in lines that are no longer than `width`.
pub(crate) fn text(difference: &Difference, width: usize) -> Vec<String> {
    let pane = (width.saturating_sub(MARK) / 2).max(20);
    let of = format!("{}, in Rust and in C", difference.command);
    let mut lines = vec![of, String::new()];
    lines.push(beside(&paint(NAME, "Rust"), "", &paint(NAME, "C"), pane));
    for alike in difference.parts.chunk_by(|one, next| one == next) {
        let [part, others @ ..] = alike else { continue };
        let times = match others.len() {
            0 => String::new(),
            others => format!(", {} times", others + 1),
        };
        lines.push(String::new());
        lines.push(paint(NAME, &format!("{}{times}", part.title)));
        lines.extend(part.rows.iter().flat_map(|row| in_panes(row, pane)));
    }
    lines.push(String::new());
    for (at, why) in difference.allowed.iter().enumerate() {
        let note = format!("~{} {why}", at + 1);
        let options = textwrap::Options::new(width).subsequent_indent("   ");
        let note = textwrap::wrap(&note, options);
        lines.extend(note.iter().map(|line| paint(QUIET, line)));
    }
    lines.push(verdict(difference));
    lines
}

/// Room for the mark between the panes.
const MARK: usize = 5;

fn in_panes(row: &Row, pane: usize) -> Vec<String> {
    let cells = [&row.rust, &row.c].map(|text| {
        let text = text.as_deref().unwrap_or_default();
        let options = textwrap::Options::new(pane)
            .initial_indent("  ")
            .subsequent_indent("      ");
        textwrap::wrap(text, options)
    });
    let rows = cells[0].len().max(cells[1].len());
    let mut mark = mark(row.is);
    let lines = (0..rows).map(|at| {
        let cell = |side: usize| cells[side].get(at).map_or("", |it| it);
        let mark = std::mem::take(&mut mark);
        beside(cell(0), &mark, cell(1), pane)
    });
    lines.collect()
}

fn beside(left: &str, mark: &str, right: &str, pane: usize) -> String {
    let line = format!("{} {} {right}", pad(left, pane), pad(mark, MARK - 2));
    line.trim_end().to_string()
}

/// In the middle; a call on one side only has nothing beside it.
fn mark(is: Is) -> String {
    match is {
        Is::Same => String::new(),
        Is::Allowed(number) => paint(QUIET, &format!("~{number}")),
        Is::Different => paint(NAME, "!="),
    }
}

/// The last line.
fn verdict(difference: &Difference) -> String {
    let rows = difference.parts.iter().flat_map(|part| &part.rows);
    let mut counts = [0, 0, 0];
    for row in rows {
        counts[match row.is {
            Is::Same => 0,
            Is::Allowed(_) => 1,
            Is::Different => 2,
        }] += 1;
    }
    let [same, allowed, different] = counts;
    let allowed = match allowed {
        0 => String::new(),
        allowed => format!(", {allowed} allowed to differ (~)"),
    };
    let different = match different {
        0 => ", no difference".to_string(),
        different => format!(", {different} different (!=)"),
    };
    format!("{same} calls the same{allowed}{different}")
}
