//! The report itself, for a program, with what it comes to in front.
//!
//! It is read again as a `Report`. Bytes are written as hex, which is exact,
//! and as text, which is for people.

use serde::Serialize;

use super::super::report::{Report, Result};

#[derive(Serialize)]
struct Shown<'a> {
    earned: u32,
    points: u32,
    /// Of the points, those that trouble of the checker left open.
    undecided: u32,
    passed: usize,
    failed: usize,
    skipped: usize,
    unstartable: usize,
    trouble: usize,
    #[serde(flatten)]
    report: &'a Report,
}

pub(super) fn json(report: &Report) -> serde_json::Result<String> {
    let shown = Shown {
        earned: report.earned(),
        points: report.points(),
        undecided: report.undecided(),
        passed: report.count(Result::Passed),
        failed: report.count(Result::Failed),
        skipped: report.count(Result::Skipped),
        unstartable: report.count(Result::Unstartable),
        trouble: report.count(Result::Trouble),
        report,
    };
    Ok(serde_json::to_string_pretty(&shown)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{hostile, mixed, small};
    use super::super::judges;
    use super::*;

    #[test]
    fn a_report_is_read_again_as_it_was() {
        for report in [small(), mixed(), hostile()] {
            let json = json(&report).unwrap();
            assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
            judges::python("import json, sys; json.load(sys.stdin)", &json);
        }
    }

    #[test]
    fn what_it_comes_to_is_in_front_and_bytes_are_short() {
        let json = json(&small()).unwrap();
        assert!(json.starts_with("{\n  \"earned\": 2,\n  \"points\": 5,"));
        let expected = r#"
          "got": {
            "text": "Who's\\x00",
            "hex": "57 68 6f 27 73 00",
            "from": 0,
            "length": 6
          },"#;
        assert!(json.contains(expected), "{json}");
    }
}
