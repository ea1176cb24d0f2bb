//! TAP, the Test Anything Protocol: a line for each case, and what is to be
//! known about one that failed as YAML below it.
//!
//! A case without points is a TODO when it fails: known, and no failure.
//! What the checker could not decide is `not ok`, since `prove` should not
//! say that all is well.

use super::super::report::{Outcome, Report, Result};
use super::block::plain;
use super::words::{cases, line, name, notes, says, summary, wants_a_block};
use super::{Detail, Look};

/// TAP 14 adds to 13 nothing that is used here. Older consumers take 14 for
/// an error: `prove` did until 2023.
#[derive(Clone, Copy)]
pub(super) enum Version {
    Thirteen,
    Fourteen,
}

pub(super) fn tap(report: &Report, look: &Look, version: Version) -> String {
    let version = match version {
        Version::Thirteen => 13,
        Version::Fourteen => 14,
    };
    let mut lines = vec![
        format!("TAP version {version}"),
        format!("1..{}", cases(report)),
    ];
    for (place, outcome) in report.outcomes.iter().enumerate() {
        lines.push(point(place + 1, outcome));
        if wants_a_block(outcome) {
            lines.extend(diagnosis(report, outcome, look));
        }
    }
    lines.push(format!("# {}", line(&summary(report))));
    lines.extend(notes(report).iter().map(|note| format!("# {}", line(note))));
    if !report.complete {
        lines.push("Bail out! The check was not finished.".to_owned());
    }
    lines.join("\n") + "\n"
}

fn point(number: usize, outcome: &Outcome) -> String {
    let ok = match outcome.result {
        Result::Passed | Result::Skipped => "ok",
        Result::Failed | Result::Unstartable | Result::Trouble => "not ok",
    };
    let directive = match outcome.result {
        Result::Skipped => {
            format!(" # SKIP {}", escaped(&line(&says(outcome))))
        }
        Result::Failed | Result::Unstartable if !outcome.counts() => {
            " # TODO it informs, and is worth no points".to_owned()
        }
        _ => String::new(),
    };
    format!("{ok} {number} - {}{directive}", escaped(&name(outcome)))
}

/// A `#` would begin a directive.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

fn diagnosis(report: &Report, outcome: &Outcome, look: &Look) -> Vec<String> {
    let severity = match outcome.result {
        Result::Trouble => "error",
        _ if outcome.counts() => "fail",
        _ => "todo",
    };
    let mut lines = vec![
        "---".to_owned(),
        format!("message: {}", quoted(&says(outcome))),
        format!("severity: {severity}"),
        format!("id: {}", quoted(&line(&outcome.id))),
        format!("points: {}", outcome.points),
        format!("duration_ms: {:.0}", outcome.seconds.max(0.0) * 1000.0),
        format!("runs: {}", outcome.runs),
        format!("failures: {}", outcome.failures),
    ];
    if let Some(failure) = &outcome.failure {
        lines.push(format!("step: {}", quoted(&failure.step)));
        lines.push(format!("line: {}", failure.line));
    }
    let block = plain(report, outcome, look, Detail::Full);
    lines.push("block:".to_owned());
    let rows = block.lines();
    lines.extend(rows.map(|row| format!("  - {}", quoted(row))));
    lines.push("...".to_owned());
    lines.iter().map(|line| format!("  {line}")).collect()
}

/// A string of JSON is one of YAML too.
fn quoted(text: &str) -> String {
    let text = super::words::visible(text);
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::process::Command;

    use super::super::fixture::{hostile, look, mixed, passed, small};
    use super::super::judges;
    use super::*;

    #[test]
    fn a_case_is_a_line_and_a_failed_one_explains_itself() {
        let mut report = small();
        report.outcomes[0].title = "50 % of # and \\".to_owned();
        let tap = tap(&report, &look(), Version::Fourteen);
        let expected = r#"TAP version 14
1..2
ok 1 - dialogue: 50 % of \# and \\
not ok 2 - joke-split: The joke, cut at every byte
  ---
  message: "The answer is another one."
  severity: fail
  id: "joke-split"
  points: 3
  duration_ms: 1500
  runs: 1
  failures: 1
  step: "A expects \"Who's there?\\n\""
  line: 14
  block:
    - "FAILED  joke-split: The joke, cut at every byte"
    - "  ran       python3 knock.py -p 4711"
"#;
        assert!(tap.starts_with(expected), "{tap}");
        let end = "  ...\n# 2 of 5 points; 1 passed, 1 failed\n";
        assert!(tap.ends_with(end), "{tap}");
    }

    #[test]
    fn a_check_that_was_stopped_bails_out() {
        let mut report = small();
        report.outcomes.truncate(1);
        report.complete = false;
        let tap = tap(&report, &look(), Version::Fourteen);
        assert!(tap.contains("\n1..2\nok 1 - "), "{tap}");
        assert!(tap.ends_with("\nBail out! The check was not finished.\n"));
    }

    fn proved(report: &Report) -> Option<(bool, String)> {
        let prove = judges::program("prove")?;
        let file = judges::scratch("tap");
        fs::write(&file, tap(report, &look(), Version::Thirteen)).unwrap();
        let mut prove = Command::new(prove);
        prove.args(["--exec", "cat"]).arg(&file);
        let heard = judges::heard(&mut prove, "");
        fs::remove_file(&file).unwrap();
        Some(heard)
    }

    #[test]
    fn prove_counts_as_the_report_does() {
        let all_good = Report { outcomes: vec![passed()], ..small() };
        let all_good = Report { cases: 1, ..all_good };
        let Some((is_content, said)) = proved(&all_good) else { return };
        assert!(is_content, "{said}");
        for report in [mixed(), hostile()] {
            let Some((is_content, said)) = proved(&report) else { return };
            assert!(!is_content, "{said}");
            let failed = "Tests: 7 Failed: 4)\n  Failed tests:  2-3, 6-7\n";
            assert!(said.contains(failed), "{said}");
            assert!(!said.contains("Parse errors"), "{said}");
        }
        let mut informs = mixed();
        informs.outcomes.retain(|it| !it.counts() || it.points == 2);
        informs.cases = informs.outcomes.len();
        let Some((is_content, said)) = proved(&informs) else { return };
        assert!(is_content, "{said}");
    }

    #[test]
    fn the_diagnosis_is_yaml() {
        let script = "\
import re, sys, yaml
text = sys.stdin.read()
for block in re.findall(r'^  ---\\n.*?^  \\.\\.\\.$', text, re.S | re.M):
    found = yaml.safe_load(re.sub(r'^  ', '', block, flags=re.M))
    print(found['severity'], isinstance(found['block'], list))
";
        let Some(first) = judges::program("python3") else { return };
        // One that was built by hand has not what the system's has.
        let knows_yaml = |python: &PathBuf| {
            let mut asked = Command::new(python);
            judges::heard(asked.args(["-c", "import yaml"]), "").0
        };
        let mut pythons = [first, "/usr/bin/python3".into()].into_iter();
        let Some(python) = pythons.find(knows_yaml) else {
            return judges::skip("python3 has no yaml");
        };
        for report in [mixed(), hostile()] {
            let tap = tap(&report, &look(), Version::Fourteen);
            let mut python = Command::new(&python);
            let (is_content, said) =
                judges::heard(python.arg("-c").arg(script), &tap);
            assert!(is_content, "{said}");
            let severities = ["fail", "fail", "todo", "fail", "error"];
            let expected = severities.map(|it| format!("{it} True\n"));
            assert_eq!(said, expected.concat());
        }
    }
}
