//! The summary as tables.

use crate::screen::{HEADING, QUIET, pad, paint};
use crate::trace::draw::{Look, ms};
use crate::trace::record::Trace;
use crate::trace::story::Story;

use super::{Calls, Summary, Worker, of};

pub(crate) fn text(trace: &Trace, story: &Story, look: &Look) -> Vec<String> {
    let summary = of(trace, story);
    let mut lines = calls(&summary);
    lines.extend(waiting(&summary, look.width));
    lines.extend(connections(&summary));
    lines.extend(left_open(&summary));
    let arrow = if look.ascii { "->" } else { "→" };
    lines.iter().map(|line| line.replace('→', arrow)).collect()
}

fn heading(text: &str) -> [String; 2] {
    [String::new(), paint(HEADING, text)]
}

fn calls(summary: &Summary) -> Vec<String> {
    let mut rows = vec![
        ["call", "calls", "failed", "ms inside", "longest", "ms waited", ""]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(summary.calls.iter().map(row));
    let title = format!("calls in {} ms", ms(summary.span_ns));
    let mut lines = vec![paint(HEADING, &title)];
    lines.extend(table(&rows, &[0, 6]));
    lines
}

fn row(calls: &Calls) -> Vec<String> {
    let failed: u64 = calls.errors.values().sum();
    let named = calls.errors.iter().map(|(errno, n)| format!("{n} {errno}"));
    let named = named.collect::<Vec<_>>().join(", ");
    let shown = |n: u64| if n == 0 { String::new() } else { n.to_string() };
    let shown_ms = |ns| match ns {
        0 => String::new(),
        ns => ms(ns),
    };
    let waited = shown_ms(calls.waited_ns);
    vec![
        calls.call.clone(),
        calls.count.to_string(),
        shown(failed),
        shown_ms(calls.inside_ns),
        shown_ms(calls.longest_ns),
        waited,
        named,
    ]
}

fn waiting(summary: &Summary, width: usize) -> Vec<String> {
    let mut lines = heading("who waited, and on what").to_vec();
    let (waited, others): (Vec<_>, Vec<_>) =
        summary.tasks.iter().partition(|task| task.waited_ns > 0);
    for task in waited {
        let Worker { tid, name, life_ns, waited_ns, .. } = task;
        let part = match life_ns {
            0 => 0,
            life => waited_ns.saturating_mul(100) / life,
        };
        lines.push(format!(
            "  {tid} {name}  {} ms of {} ms ({part} %)",
            ms(*waited_ns),
            ms(*life_ns)
        ));
        for cause in &task.on {
            let times = match cause.times {
                1 => String::new(),
                times => format!(", {times} times"),
            };
            let text = format!("{} ms {}", ms(cause.waited_ns), cause.what);
            let options = textwrap::Options::new(width)
                .initial_indent("    ")
                .subsequent_indent("      ");
            let text = text + &times;
            let wrapped = textwrap::wrap(&text, options);
            lines.extend(wrapped.iter().map(ToString::to_string));
        }
    }
    if !others.is_empty() {
        let never = format!("  who never waited: {} more", others.len());
        lines.push(never);
    }
    lines
}

fn connections(summary: &Summary) -> Vec<String> {
    if summary.connections.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![
        ["", "client → server", "bytes up", "bytes down"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(summary.connections.iter().map(|one| {
        let ends = format!("{} → {}", one.client, one.server);
        let numbers = [one.up.to_string(), one.down.to_string()];
        [vec![one.kind.clone(), ends], numbers.to_vec()].concat()
    }));
    let mut lines = heading("connections").to_vec();
    lines.extend(table(&rows, &[0, 1]));
    lines
}

fn left_open(summary: &Summary) -> Vec<String> {
    if summary.left_open.is_empty() {
        return Vec::new();
    }
    let mut lines = heading("never closed").to_vec();
    for one in &summary.left_open {
        let who = if one.by_the_end {
            "closed by the kernel when it ended"
        } else {
            "open at the end of the trace"
        };
        lines.push(format!(
            "  {} {}  {}<{}>  {who}",
            one.pid, one.name, one.fd, one.socket
        ));
    }
    lines
}

/// Columns as wide as what is in them. Words begin at the left, numbers end
/// at the right. The first row is the heads.
fn table(rows: &[Vec<String>], words: &[usize]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(at, (cell, &width))| {
            let is_words = words.contains(&at);
            if is_words { pad(cell, width) } else { format!("{cell:>width$}") }
        });
        let text = cells.collect::<Vec<_>>().join("  ");
        format!("  {}", text.trim_end())
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    if let Some(heads) = lines.first_mut() {
        *heads = paint(QUIET, heads);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::fixture;

    #[test]
    fn it_fits_and_is_ascii_where_that_is_asked_for() {
        for trace in fixture::all() {
            let look = Look { width: 100, ascii: true };
            for line in text(&trace, &Story::tell(&trace), &look) {
                let line = anstream::adapter::strip_str(&line).to_string();
                println!("{line}");
                assert!(line.is_ascii(), "{line}");
                assert!(line.len() <= 100, "{line}");
            }
        }
    }
}
