//! `results.json` as PrairieLearn has it from an external grader.
//!
//! A submission that could not be graded costs no attempt there. That is what
//! comes of a program that could not be started in any case, of trouble of
//! the checker where points depend on it, and of a check that was stopped.

use serde::Serialize;

use super::super::report::{Outcome, Report, Result};
use super::block::{plain, whole};
use super::words::{name, says, summary, wants_a_block};
use super::{Detail, Look, first_that_fits};

/// A bigger file is not read. There is room left for what is put around it.
const MOST: usize = 1_000_000;

#[derive(Serialize)]
struct Results {
    gradable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    message: String,
    output: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    format_errors: Vec<String>,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    name: String,
    description: String,
    points: u32,
    max_points: u32,
    message: String,
    output: String,
}

pub(super) fn prairielearn(
    report: &Report,
    look: &Look,
) -> serde_json::Result<String> {
    first_that_fits(MOST, |detail| {
        let results = results(report, look, detail);
        Ok(serde_json::to_string_pretty(&results)? + "\n")
    })
}

fn results(report: &Report, look: &Look, detail: Detail) -> Results {
    let hindrance = hindrance(report);
    let gradable = hindrance.is_none();
    let tests = report.outcomes.iter();
    Results {
        gradable,
        score: gradable.then(|| score(report)),
        message: summary(report),
        output: whole(report, &summary(report)),
        format_errors: hindrance.into_iter().collect(),
        tests: tests.map(|it| test(report, it, look, detail)).collect(),
    }
}

/// Why it cannot be graded, if so.
fn hindrance(report: &Report) -> Option<String> {
    if report.undecided_by_killing() > 0 {
        let hindrance = "The examiner was killed, maybe by your program \
                         itself: look for kill(2) in it before you submit \
                         it again.";
        return Some(hindrance.to_owned());
    }
    if report.undecided() > 0 {
        let hindrance = "The checker itself had trouble. This is not your \
                         program's fault: please submit it again.";
        return Some(hindrance.to_owned());
    }
    let mut tried = report.outcomes.iter();
    let mut tried = tried.by_ref().filter(|it| it.result != Result::Skipped);
    let first = tried.next();
    let is_stuck = |it: &Outcome| it.result == Result::Unstartable;
    if let Some(first) = first.filter(|it| is_stuck(it))
        && tried.all(is_stuck)
    {
        return Some(says(first));
    }
    let hindrance = "The check was stopped before its end.".to_owned();
    (!report.complete).then_some(hindrance)
}

/// Between 0 and 1. Where no case is worth anything, there is nothing to
/// lose.
fn score(report: &Report) -> f64 {
    match report.points() {
        0 => 1.0,
        points => f64::from(report.earned()) / f64::from(points),
    }
}

fn test(
    report: &Report,
    outcome: &Outcome,
    look: &Look,
    detail: Detail,
) -> Test {
    let is_decided = outcome.result != Result::Trouble;
    let output = if wants_a_block(outcome) {
        plain(report, outcome, look, detail)
    } else {
        String::new()
    };
    Test {
        name: name(outcome),
        description: super::words::visible(&outcome.why),
        points: outcome.earned(),
        max_points: if is_decided { outcome.points } else { 0 },
        message: says(outcome),
        output,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{hostile, look, mixed, small};
    use super::super::judges;
    use super::*;

    #[test]
    fn a_case_is_a_test_with_its_points() {
        let mut report = small();
        report.outcomes[1].result = Result::Skipped;
        report.outcomes[1].because = Some("It needs dialogue.".to_owned());
        let expected = r#"{
  "gradable": true,
  "score": 0.4,
  "message": "2 of 5 points; 1 passed, 1 skipped",
  "output": "2 of 5 points; 1 passed, 1 skipped",
  "tests": [
    {
      "name": "dialogue: The whole joke",
      "description": "",
      "points": 2,
      "max_points": 2,
      "message": "",
      "output": ""
    },
    {
      "name": "joke-split: The joke, cut at every byte",
      "description": "TCP keeps no borders between messages.",
      "points": 0,
      "max_points": 3,
      "message": "It needs dialogue.",
      "output": ""
    }
  ]
}
"#;
        assert_eq!(prairielearn(&report, &look()).unwrap(), expected);
    }

    #[test]
    fn no_attempt_is_lost_where_nothing_was_graded() {
        assert_eq!(hindrance(&small()), None);
        let mut report = small();
        report.outcomes[0].points = 0;
        report.outcomes[0].result = Result::Trouble;
        assert_eq!(hindrance(&report), None, "it is worth nothing");
        report.outcomes[1].result = Result::Trouble;
        assert!(hindrance(&report).unwrap().contains("trouble"));
        for outcome in &mut report.outcomes {
            outcome.result = Result::Unstartable;
            outcome.because = Some("ENOENT".to_owned());
        }
        let expected = "The program could not be started: ENOENT";
        assert_eq!(hindrance(&report).unwrap(), expected);
        let json = prairielearn(&report, &look()).unwrap();
        assert!(json.starts_with("{\n  \"gradable\": false,\n  \"message\""));
        let stopped = Report { complete: false, ..small() };
        assert!(hindrance(&stopped).unwrap().contains("stopped"));
    }

    #[test]
    fn a_file_that_would_not_be_read_says_less() {
        let mut report = small();
        report.outcomes[1].stdout.text = "line\n".repeat(200);
        report.outcomes[1].ladder = vec!["x".repeat(700); 2000];
        let json = prairielearn(&report, &look()).unwrap();
        assert!(json.len() < MOST, "{}", json.len());
        assert!(json.contains("Who's there?"), "{json}");
    }

    #[test]
    fn the_fields_are_those_that_are_published() {
        let script = "\
import json, sys
r = json.load(sys.stdin)
top = {'gradable': bool, 'score': float, 'message': str, 'output': str,
       'images': list, 'tests': list, 'format_errors': list}
test = {'name': str, 'description': str, 'points': int, 'max_points': int,
        'message': str, 'output': str, 'images': list}
for have, may in [(r, top)] + [(t, test) for t in r['tests']]:
    for key, value in have.items():
        assert isinstance(value, may[key]), (key, value)
assert not r['gradable'] or 0 <= r['score'] <= 1
assert r['gradable'] != ('format_errors' in r)
";
        for report in [small(), mixed(), hostile(), Report::default()] {
            let json = prairielearn(&report, &look()).unwrap();
            judges::python(script, &json);
        }
    }
}
