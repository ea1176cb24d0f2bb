//! The whole class at a glance: a table for the terminal, CSV for a
//! spreadsheet, JSON for a program.

use serde_json::json;

use super::row::Row;
use super::submissions::{LeftOut, label};
use crate::check::forms::{counted, visible};
use crate::check::lab::Case;
use crate::check::sitting::Terms;
use crate::screen::{BAD, GOOD, HEADING, QUIET, pad, paint};

/// Longer names push their row to the right.
const WIDEST: usize = 32;

const LEGEND: [&str; 2] = [
    "  . passed   F failed   ~ flaky   n noted, without points   - skipped",
    "  u could not be started   ? undecided: the checker had trouble, or was killed",
];

/// A line for each program, and what the class failed in.
pub(super) fn table(terms: &Terms<'_>, rows: &[Row]) -> Vec<String> {
    let worth: u32 = terms.cases.iter().map(|case| case.points).sum();
    let heading = format!(
        "{}: {}, {}, {}",
        terms.lab.name,
        counted(rows.len(), "program"),
        counted(terms.cases.len(), "case"),
        counted(worth, "point"),
    );
    let widths = rows.iter().map(|row| wide(&row.name));
    let name = widths.max().unwrap_or_default().clamp(4, WIDEST);
    let cases = terms.cases.len().max(5);
    let mut lines = vec![paint(HEADING, &heading), String::new()];
    let head = "points  cases, in the order of --list";
    lines.push(format!("  {:name$}  {head}", "name"));
    for row in rows {
        let line = line(row, name, cases);
        lines.push(format!("  {}", line.trim_end()));
    }
    lines.push(String::new());
    lines.extend(LEGEND.map(str::to_owned));
    lines.push(String::new());
    let failed = by_case(&terms.cases, rows);
    let reached = rows.iter().filter(|row| row.report.is_some()).count();
    let widest = failed.iter().map(|(id, _)| wide(id)).max();
    for (id, times) in &failed {
        let case = pad(id, widest.unwrap_or_default());
        lines.push(format!("  {case}  failed {times} of {reached}"));
    }
    if !failed.is_empty() {
        lines.push(String::new());
    }
    lines
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

/// Under the table.
pub(super) fn afterwards(
    rows: &[Row],
    known: usize,
    left_out: &[LeftOut],
    results: &str,
) -> Vec<String> {
    let all = rows.len();
    let mut lines: Vec<String> = Vec::new();
    for LeftOut { name, why } in left_out {
        lines.push(format!("left out: {} ({why})", label(name)));
    }
    if known > 0 {
        let all = counted(all, "program");
        let why = "same files, lab and options";
        lines.push(format!("{known} of {all} not run again: {why}"));
    }
    let reached = rows.iter().filter(|row| row.report.is_some()).count();
    if reached < all {
        lines.push(format!("{} not reached", all - reached));
    }
    let passed = rows.iter().filter(|row| row.has_passed()).count();
    lines.push(format!(
        "{passed} of {all} passed everything; the results are in {results}"
    ));
    lines
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

/// A spreadsheet takes what begins like a formula for one, and runs it; what
/// students call their files is nothing to be run.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = format!("{}{cell}", if is_formula { "'" } else { "" });
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_text_whatever_it_looks_like() {
        let cells = ["=1+1", "-x", "@a", "a=b", "say \"so\"", "=\"a\",1"];
        let cells = cells.map(str::to_owned);
        let line = "'=1+1,'-x,'@a,a=b,\"say \"\"so\"\"\",\"'=\"\"a\"\",1\"\n";
        assert_eq!(record(&cells), line);
    }
}
