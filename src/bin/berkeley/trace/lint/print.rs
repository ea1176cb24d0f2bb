//! Findings for the reader: what happened, the calls that show it, and, once
//! for each lint, why it matters and the mend.

use anstream::adapter::strip_str;
use serde::Serialize;

use super::super::draw::{Calls, Look};
use super::super::record::Trace;
use super::{Finding, Lint};
use crate::screen::{BAD, HEADING, NAME, QUIET, paint};

/// For a terminal or a file.
pub(crate) fn text(
    trace: &Trace,
    findings: &[Finding],
    look: &Look,
) -> Vec<String> {
    if findings.is_empty() {
        return vec!["no findings".to_owned()];
    }
    let mut lines = vec![paint(HEADING, &count(findings.len()))];
    let mut explained: Vec<&Lint> = Vec::new();
    for finding in findings {
        lines.push(String::new());
        lines.extend(happened(trace, finding, look));
        if !explained.contains(&finding.lint) {
            explained.push(finding.lint);
            lines.extend(paragraph("why   ", finding.lint.why, look));
            lines.extend(paragraph("mend  ", finding.lint.mend, look));
        }
    }
    let arrow = if look.ascii { "->" } else { "→" };
    lines.iter().map(|line| line.replace('→', arrow)).collect()
}

/// `2 findings`
pub(crate) fn count(number: usize) -> String {
    match number {
        0 => "no findings".to_owned(),
        1 => "1 finding".to_owned(),
        _ => format!("{number} findings"),
    }
}

fn happened(trace: &Trace, finding: &Finding, look: &Look) -> Vec<String> {
    let Lint { id, title, .. } = finding.lint;
    let title = paint(BAD, title);
    let mut lines = vec![format!("{title}  {}", paint(QUIET, id))];
    let times = match finding.times {
        1 => String::new(),
        times => format!(" ({times} times; this is the first)"),
    };
    lines.extend(wrap(&format!("{}{times}", finding.says), "  ", "  ", look));
    for line in calls(trace, finding, look.ascii) {
        lines.extend(wrap(&line, "  ", "             ", look));
    }
    lines
}

/// The lines of the list of calls that show it.
fn calls(trace: &Trace, finding: &Finding, ascii: bool) -> Vec<String> {
    let calls = Calls { ascii };
    let events = finding.events.iter();
    let events = events.filter_map(|&place| trace.events.get(place));
    events.map(|event| calls.line_of(trace, event)).collect()
}

fn paragraph(head: &str, text: &str, look: &Look) -> Vec<String> {
    let first = format!("  {}", paint(NAME, head));
    wrap(text, &first, "        ", look)
}

fn wrap(text: &str, first: &str, next: &str, look: &Look) -> Vec<String> {
    let options = textwrap::Options::new(look.width)
        .initial_indent(first)
        .subsequent_indent(next);
    let lines = textwrap::wrap(text, options);
    lines.iter().map(ToString::to_string).collect()
}

/// A finding on its own, in plain text, for whoever reports it elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) says: String,
    /// The calls that show it, a line each.
    pub(crate) calls: Vec<String>,
    pub(crate) why: &'static str,
    pub(crate) mend: &'static str,
    pub(crate) times: usize,
}

pub(crate) fn told(trace: &Trace, finding: &Finding) -> Told {
    let Lint { id, title, why, mend } = *finding.lint;
    Told {
        id,
        title,
        says: finding.says.clone(),
        calls: plain(trace, finding),
        why,
        mend,
        times: finding.times,
    }
}

fn plain(trace: &Trace, finding: &Finding) -> Vec<String> {
    let lines = calls(trace, finding, false);
    let plain = lines.iter().map(|line| strip_str(line).to_string());
    plain.collect()
}

/// A finding with what its numbers stand for.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    pid: i32,
    tid: i32,
    calls: Vec<String>,
}

#[derive(Serialize)]
struct All<'a> {
    command: &'a str,
    findings: Vec<Shown<'a>>,
}

/// The same for a program.
pub(crate) fn json(
    trace: &Trace,
    findings: &[Finding],
) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&All {
        command: &trace.command,
        findings: findings.iter().map(|one| shown(trace, one)).collect(),
    })
}

fn shown<'a>(trace: &Trace, finding: &'a Finding) -> Shown<'a> {
    let task = &trace.tasks[finding.task];
    Shown {
        finding,
        pid: task.pid,
        tid: task.tid,
        calls: plain(trace, finding),
    }
}
