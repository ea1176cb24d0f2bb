//! The result of a runner for GitHub Classroom: JSON in base64, as the line
//! `result=…` of a step's outputs.
//!
//! ```yaml
//! - id: knock
//!   continue-on-error: true
//!   run: berkeley check knock --report classroom=$GITHUB_OUTPUT -- COMMAND
//! - uses: classroom-resources/autograding-grading-reporter@v1
//!   env:
//!     KNOCK_RESULTS: ${{ steps.knock.outputs.result }}
//!   with:
//!     runners: knock
//! ```
//!
//! The step may have no other outputs: the file is replaced.
//!
//! The reporter adds the scores up, and counts the tests for a table of its
//! own; a case that is worth nothing is in neither.

use serde::Serialize;

use super::super::report::{Outcome, Report, Result};
use super::block::{again, plain};
use super::words::{name, notes, says, wants_a_block};
use super::{Detail, Look, first_that_fits};

/// The reporter gets it in its environment, where the kernel lets a variable
/// be no longer than 128 KiB, its name included: execve(2), MAX_ARG_STRLEN.
const MOST: usize = 128 * 1024 - 1024;

#[derive(Serialize)]
struct Results {
    version: u32,
    status: &'static str,
    max_score: u32,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    name: String,
    status: &'static str,
    score: u32,
    /// Of one that passed there is nothing to say.
    message: Option<String>,
    test_code: String,
    filename: &'static str,
    line_no: u32,
    /// In milliseconds.
    duration: f64,
}

pub(super) fn classroom(
    report: &Report,
    look: &Look,
) -> serde_json::Result<String> {
    first_that_fits(MOST, |detail| {
        let results = results(report, look, detail);
        let json = serde_json::to_string(&results)?;
        Ok(format!("result={}\n", base64(json.as_bytes())))
    })
}

fn results(report: &Report, look: &Look, detail: Detail) -> Results {
    let counting = report.outcomes.iter().filter(|it| it.counts());
    let mut tests: Vec<Test> =
        counting.map(|outcome| test(report, outcome, look, detail)).collect();
    if !report.complete {
        tests.push(rest(report));
    }
    let has = |status| tests.iter().any(|test| test.status == status);
    Results {
        version: 1,
        status: match () {
            () if has("fail") => "fail",
            () if has("error") => "error",
            () => "pass",
        },
        // What is not decided is neither earned nor lost.
        max_score: report.points() - report.undecided(),
        tests,
    }
}

fn test(
    report: &Report,
    outcome: &Outcome,
    look: &Look,
    detail: Detail,
) -> Test {
    let message = match outcome.result {
        Result::Passed => None,
        _ if wants_a_block(outcome) => {
            Some(plain(report, outcome, look, detail))
        }
        _ => Some(says(outcome)),
    };
    Test {
        name: name(outcome),
        status: match outcome.result {
            Result::Passed => "pass",
            Result::Trouble => "error",
            _ => "fail",
        },
        score: outcome.earned(),
        message,
        test_code: match detail {
            Detail::Line => String::new(),
            _ => again(report, outcome, look),
        },
        filename: "",
        line_no: 0,
        duration: (outcome.seconds.max(0.0) * 1000.0).round(),
    }
}

/// In the place of all cases that were not reached.
fn rest(report: &Report) -> Test {
    Test {
        name: "the rest of the check".to_owned(),
        status: "error",
        score: 0,
        message: Some(notes(report).join("\n")),
        test_code: String::new(),
        filename: "",
        line_no: 0,
        duration: 0.0,
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ\
        abcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = bits >> (18 - 6 * place) & 63;
            let digit = DIGITS[digit as usize];
            text.push(if place <= three.len() { digit.into() } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{hostile, look, mixed, small};
    use super::super::judges;
    use super::*;

    #[test]
    fn base64_is_padded() {
        let texts = ["", "f", "fo", "foo", "foob", "\u{ff}\u{1f980}"];
        let coded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "w7/wn6aA"];
        assert_eq!(texts.map(|text| base64(text.as_bytes())), coded);
    }

    #[test]
    fn a_case_is_a_test_with_its_score() {
        let mut report = small();
        report.outcomes[1].result = Result::Skipped;
        report.outcomes[1].because = Some("It needs dialogue.".to_owned());
        let words = vec!["b".to_owned()];
        let look = Look { words, ..look() };
        let results = results(&report, &look, Detail::Full);
        let expected = r#"{
  "version": 1,
  "status": "fail",
  "max_score": 5,
  "tests": [
    {
      "name": "dialogue: The whole joke",
      "status": "pass",
      "score": 2,
      "message": null,
      "test_code": "b --only dialogue -- python3 'my knock.py' -p {port}",
      "filename": "",
      "line_no": 0,
      "duration": 125.0
    },
    {
      "name": "joke-split: The joke, cut at every byte",
      "status": "fail",
      "score": 0,
      "message": "It needs dialogue.",
      "test_code": "b --only joke-split -- python3 'my knock.py' -p {port}",
      "filename": "",
      "line_no": 0,
      "duration": 1500.0
    }
  ]
}"#;
        let json = serde_json::to_string_pretty(&results).unwrap();
        assert_eq!(json, expected);
    }

    #[test]
    fn trouble_is_an_error_and_in_no_sum() {
        let mut report = small();
        report.outcomes[1].result = Result::Trouble;
        let results = results(&report, &look(), Detail::Full);
        assert_eq!((results.status, results.max_score), ("error", 2));
        let stopped = Report { complete: false, worth: 9, ..small() };
        let results = super::results(&stopped, &look(), Detail::Full);
        assert_eq!((results.status, results.max_score), ("fail", 9));
        assert_eq!(results.tests.len(), 3);
    }

    #[test]
    fn it_fits_into_an_environment_and_is_read_again() {
        let script = "\
import base64, json, sys
key, _, value = sys.stdin.read().rstrip('\\n').partition('=')
assert key == 'result'
r = json.loads(base64.b64decode(value, validate=True))
kinds = {'name': str, 'status': str, 'score': int,
         'message': (str, type(None)), 'test_code': str, 'filename': str,
         'line_no': int, 'duration': float}
assert set(r) == {'version', 'status', 'max_score', 'tests'}
for t in r['tests']:
    assert set(t) == set(kinds)
    assert all(isinstance(t[key], kinds[key]) for key in kinds), t
    assert t['status'] in ('pass', 'fail', 'error')
";
        for report in [small(), mixed(), hostile(), Report::default()] {
            let result = classroom(&report, &look()).unwrap();
            assert!(result.len() < MOST, "{}", result.len());
            judges::python(script, &result);
        }
    }
}
