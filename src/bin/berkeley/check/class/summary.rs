//! The whole class at a glance: a table for the terminal, CSV for a
//! spreadsheet, JSON for a program.

use serde_json::json;

use super::row::Row;
use crate::check::forms::{counted, visible};
use crate::check::lab::Case;
use crate::check::sitting::Terms;
use crate::screen::{BAD, GOOD, HEADING, QUIET, pad, paint};

/// Longer names push their row to the right.
const WIDEST: usize = 32;

const LEGEND: &str = "  . passed   F failed   ~ flaky   n noted, without \
                      points   - skipped\n  u could not be started   \
                      ? undecided, the checker's own trouble";

/// A line for each program, and what the class failed in.
pub(super) fn table(terms: &Terms<'_>, rows: &[Row]) -> String {
    let worth: u32 = terms.cases.iter().map(|case| case.points).sum();
    let mut text = paint(
        HEADING,
        &format!(
            "{}: {}, {}, {}",
            terms.lab.name,
            counted(rows.len(), "program"),
            counted(terms.cases.len(), "case"),
            counted(worth, "point"),
        ),
    );
    let widths = rows.iter().map(|row| wide(&row.name));
    let name = widths.max().unwrap_or_default().clamp(4, WIDEST);
    let cases = terms.cases.len().max(5);
    text += &format!("\n\n  {:name$}  points  cases\n", "name");
    for row in rows {
        text += "  ";
        text += line(row, name, cases).trim_end();
        text.push('\n');
    }
    text += &format!("\n{LEGEND}\n");
    let failed = by_case(&terms.cases, rows);
    if !failed.is_empty() {
        text.push('\n');
        let reached = rows.iter().filter(|row| row.report.is_some()).count();
        let id = failed.iter().map(|(id, _)| wide(id)).max();
        for (case, times) in failed {
            let case = pad(case, id.unwrap_or_default());
            text += &format!("  {case}  failed {times} of {reached}\n");
        }
    }
    text
}

fn line(row: &Row, name: usize, cases: usize) -> String {
    let start = pad(&row.name, name);
    let remark = paint(QUIET, &visible(&row.remark()).replace('\n', " "));
    let Some(report) = &row.report else {
        return format!("{start}  {:6}  {:cases$}  {remark}", "", "");
    };
    let (earned, points) = (report.earned(), report.points());
    let points = format!("{:>6}", format!("{earned}/{points}"));
    let style = if row.has_passed() { GOOD } else { BAD };
    let marks: String = row.marks().map(|(_, mark)| mark.letter()).collect();
    let (points, marks) = (paint(style, &points), pad(&marks, cases));
    format!("{start}  {points}  {marks}  {remark}")
}

/// What most failed comes first.
fn by_case<'a>(cases: &[&'a Case], rows: &[Row]) -> Vec<(&'a str, usize)> {
    let failed = |id: &str| {
        let marks = rows.iter().flat_map(Row::marks);
        marks.filter(|(it, mark)| *it == id && mark.is_failure()).count()
    };
    let all = cases.iter().map(|case| (case.id.as_str(), failed(&case.id)));
    let mut all: Vec<(&str, usize)> = all.filter(|it| it.1 > 0).collect();
    all.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    all
}

fn wide(text: &str) -> usize {
    textwrap::core::display_width(text)
}

/// RFC 4180, but for the ends of its lines; with a column for each case.
pub(super) fn csv(terms: &Terms<'_>, rows: &[Row]) -> String {
    let figures = Row::default().figures().map(|(name, _)| name.to_owned());
    let mut head = vec!["name".to_owned()];
    head.extend(figures);
    head.extend(["seconds".to_owned(), "remark".to_owned()]);
    head.extend(terms.cases.iter().map(|case| case.id.clone()));
    let mut text = record(&head);
    for row in rows {
        let mut cells = vec![row.name.clone()];
        cells.extend(row.figures().map(|(_, figure)| figure));
        let seconds = row.report.as_ref().map(|report| report.seconds);
        cells.push(seconds.map_or(String::new(), |it| format!("{it:.2}")));
        cells.push(row.remark());
        for case in &terms.cases {
            let mark = row.marks().find(|(id, _)| *id == case.id);
            let word = mark.map(|(_, mark)| mark.word());
            cells.push(word.unwrap_or_default());
        }
        text += &record(&cells);
    }
    text
}

fn record(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    cells.join(",") + "\n"
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

pub(super) fn json(
    terms: &Terms<'_>,
    rows: &[Row],
) -> serde_json::Result<String> {
    let ids = terms.cases.iter().map(|case| case.id.as_str());
    let class = json!({
        "lab": terms.lab.name,
        "cases": ids.collect::<Vec<_>>(),
        "programs": rows,
    });
    Ok(serde_json::to_string_pretty(&class)? + "\n")
}
