//! `results.json` as Gradescope has it.
//!
//! Points that the checker could not decide are in no sum. Gradescope gives
//! an assignment a fixed number of points, so leaving them out alone would be
//! a zero for them: what was decided is scaled up to the whole instead, and
//! the texts say so. Where nothing at all was decided there is no score, and
//! Gradescope asks for another run.
//!
//! A case that has the tag `hidden`, `after_due_date` or `after_published`
//! gets this visibility; all others are visible.

use serde::Serialize;

use super::super::report::{Outcome, Report, Result};
use super::block::{plain, whole};
use super::words::{counted, line, name, says, summary, wants_a_block};
use super::{Detail, Look};

#[derive(Serialize)]
struct Results {
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    execution_time: f64,
    output: String,
    output_format: &'static str,
    test_output_format: &'static str,
    test_name_format: &'static str,
    visibility: &'static str,
    /// What the tool printed is for the staff.
    stdout_visibility: &'static str,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_score: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    name: String,
    number: String,
    output: String,
    output_format: &'static str,
    tags: Vec<String>,
    visibility: &'static str,
}

pub(super) fn gradescope(
    report: &Report,
    look: &Look,
) -> serde_json::Result<String> {
    let tests = report.outcomes.iter().enumerate();
    let tests =
        tests.map(|(place, outcome)| test(report, place + 1, outcome, look));
    let results = Results {
        score: score(report),
        execution_time: report.seconds,
        output: output(report),
        output_format: "text",
        test_output_format: "text",
        test_name_format: "text",
        visibility: "visible",
        stdout_visibility: "hidden",
        tests: tests.collect(),
    };
    Ok(serde_json::to_string_pretty(&results)? + "\n")
}

/// Out of all points, whatever could be decided.
fn score(report: &Report) -> Option<f64> {
    let (points, undecided) = (report.points(), report.undecided());
    let decided = points.saturating_sub(undecided);
    match undecided {
        0 => Some(f64::from(report.earned())),
        _ if decided == 0 => None,
        _ => {
            let share = f64::from(report.earned()) / f64::from(decided);
            // To a hundredth.
            Some((share * f64::from(points) * 100.0).round() / 100.0)
        }
    }
}

fn output(report: &Report) -> String {
    let output = whole(report, &summary(report));
    let (points, undecided) = (report.points(), report.undecided());
    let decided = points.saturating_sub(undecided);
    match undecided {
        0 => output,
        _ if decided == 0 => format!("{output}\nThere is no score yet."),
        _ => format!(
            "{output}\nUntil then the score is made from the other {}, scaled \
             up to {points}.",
            counted(decided, "point"),
        ),
    }
}

fn test(
    report: &Report,
    number: usize,
    outcome: &Outcome,
    look: &Look,
) -> Test {
    let is_decided = outcome.result != Result::Trouble;
    let status = match outcome.result {
        Result::Passed => "passed",
        _ => "failed",
    };
    let output = if wants_a_block(outcome) {
        plain(report, outcome, look, Detail::Full)
    } else {
        says(outcome)
    };
    Test {
        score: is_decided.then(|| outcome.earned()),
        max_score: is_decided.then_some(outcome.points),
        status: is_decided.then_some(status),
        name: name(outcome),
        number: number.to_string(),
        output,
        output_format: "text",
        tags: outcome.tags.iter().map(|tag| line(tag)).collect(),
        visibility: visibility(outcome),
    }
}

fn visibility(outcome: &Outcome) -> &'static str {
    let known = ["hidden", "after_due_date", "after_published"];
    let has = |name: &&str| outcome.tags.iter().any(|tag| tag == *name);
    known.into_iter().find(has).unwrap_or("visible")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{hostile, look, mixed, small};
    use super::super::judges;
    use super::*;

    #[test]
    fn a_case_is_a_test_with_its_score() {
        let mut report = small();
        report.outcomes[1].result = Result::Skipped;
        report.outcomes[1].because = Some("It needs dialogue.".to_owned());
        let expected = r#"{
  "score": 2.0,
  "execution_time": 2.25,
  "output": "2 of 5 points; 1 passed, 1 skipped",
  "output_format": "text",
  "test_output_format": "text",
  "test_name_format": "text",
  "visibility": "visible",
  "stdout_visibility": "hidden",
  "tests": [
    {
      "score": 2,
      "max_score": 2,
      "status": "passed",
      "name": "dialogue: The whole joke",
      "number": "1",
      "output": "",
      "output_format": "text",
      "tags": [
        "normal"
      ],
      "visibility": "visible"
    },
    {
      "score": 0,
      "max_score": 3,
      "status": "failed",
      "name": "joke-split: The joke, cut at every byte",
      "number": "2",
      "output": "It needs dialogue.",
      "output_format": "text",
      "tags": [
        "edge",
        "hidden"
      ],
      "visibility": "hidden"
    }
  ]
}
"#;
        assert_eq!(gradescope(&report, &look()).unwrap(), expected);
    }

    #[test]
    fn trouble_of_the_checker_is_nobodys_zero() {
        let mut report = small();
        report.outcomes[1].result = Result::Trouble;
        let json = gradescope(&report, &look()).unwrap();
        assert!(json.starts_with("{\n  \"score\": 5.0,\n"), "{json}");
        let said = "the score is made from the other 2 points, scaled up to 5";
        assert!(json.contains(said), "{json}");
        assert_eq!(json.matches("\"max_score\"").count(), 1, "{json}");
        report.outcomes[0].result = Result::Trouble;
        let json = gradescope(&report, &look()).unwrap();
        assert!(!json.contains("\"score\""), "{json}");
        assert!(json.contains("There is no score yet."), "{json}");
    }

    #[test]
    fn the_fields_are_those_that_are_published() {
        let script = "\
import json, sys
r = json.load(sys.stdin)
top = {'score': float, 'execution_time': float, 'output': str,
       'output_format': str, 'test_output_format': str,
       'test_name_format': str, 'visibility': str,
       'stdout_visibility': str, 'extra_data': dict, 'tests': list,
       'leaderboard': list}
test = {'score': (int, float), 'max_score': (int, float), 'status': str,
        'name': str, 'name_format': str, 'number': str, 'output': str,
        'output_format': str, 'tags': list, 'visibility': str,
        'extra_data': dict}
for have, may in [(r, top)] + [(t, test) for t in r['tests']]:
    for key, value in have.items():
        assert isinstance(value, may[key]), (key, value)
seen = 'hidden', 'after_due_date', 'after_published', 'visible'
for t in r['tests']:
    assert t.get('status', 'passed') in ('passed', 'failed')
    assert t['visibility'] in seen and t['output_format'] == 'text'
    assert all(isinstance(tag, str) for tag in t['tags'])
";
        for report in [small(), mixed(), hostile(), Report::default()] {
            let json = gradescope(&report, &look()).unwrap();
            judges::python(script, &json);
        }
    }
}
