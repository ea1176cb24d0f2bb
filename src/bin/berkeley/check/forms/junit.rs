//! JUnit's XML, as Ant writes it and Jenkins, GitLab and their like read it.
//!
//! What the program got wrong is a failure, what the checker got wrong an
//! error. A case without points may fail and must not turn anything red: it
//! is skipped, and its block is there to be read.

use super::super::report::{Outcome, Report, Result};
use super::block::{plain, whole};
use super::words::{line, name, says, summary};
use super::{Detail, Look};
use crate::markup::{Element, said};

pub(super) fn junit(report: &Report, look: &Look) -> String {
    let cases: Vec<(Kind, Element)> = report
        .outcomes
        .iter()
        .map(|outcome| case(report, outcome, look))
        .collect();
    let count = |kind: Kind| {
        let of_it = cases.iter().filter(|(other, _)| *other == kind);
        of_it.count().to_string()
    };
    let properties = properties(report);
    let suite = Element::new("testsuite")
        .with("name", &suite_name(report))
        .with("package", "berkeley.check")
        .with("id", "0")
        .with("timestamp", &timestamp(&report.date))
        .with("hostname", "localhost")
        .with("tests", &cases.len().to_string())
        .with("failures", &count(Kind::Failure))
        .with("errors", &count(Kind::Error))
        .with("skipped", &count(Kind::Skipped))
        .with("time", &seconds(report.seconds))
        .add(&Element::new("properties").add_all(&properties))
        .add_all(cases.iter().map(|(_, case)| case))
        .add(&said("system-out", &whole(report, &summary(report))))
        .add(&said("system-err", ""));
    let suites = Element::new("testsuites").add(&suite);
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{suites}\n")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Passed,
    Failure,
    Error,
    Skipped,
}

fn case(report: &Report, outcome: &Outcome, look: &Look) -> (Kind, Element) {
    let mut case = Element::new("testcase")
        .with("name", &name(outcome))
        .with("classname", &suite_name(report))
        .with("time", &seconds(outcome.seconds));
    let says = line(&says(outcome));
    let block = || plain(report, outcome, look, Detail::Full);
    let with = |name, kind: &str| {
        Element::new(name).with("message", &says).with("type", kind)
    };
    let (kind, inside) = match outcome.result {
        Result::Passed => return (Kind::Passed, case),
        Result::Trouble => {
            (Kind::Error, with("error", "trouble").text(&block()))
        }
        Result::Skipped => {
            (Kind::Skipped, Element::new("skipped").with("message", &says))
        }
        Result::Failed | Result::Unstartable if !outcome.counts() => {
            let says = format!("failed, but worth no points: {says}");
            let skipped = Element::new("skipped").with("message", &says);
            (Kind::Skipped, skipped.text(&block()))
        }
        Result::Failed => {
            (Kind::Failure, with("failure", "failed").text(&block()))
        }
        Result::Unstartable => {
            (Kind::Failure, with("failure", "unstartable").text(&block()))
        }
    };
    case.push(&inside);
    (kind, case)
}

fn properties(report: &Report) -> Vec<Element> {
    let command = report.command.join(" ");
    let list = [
        ("command", line(&command)),
        ("system", line(&report.system)),
        ("seed", report.seed.to_string()),
        ("earned", report.earned().to_string()),
        ("points", report.points().to_string()),
        ("undecided", report.undecided().to_string()),
        ("complete", report.complete.to_string()),
    ];
    let property = |(name, value): &(&str, String)| {
        Element::new("property").with("name", name).with("value", value)
    };
    list.iter().map(property).collect()
}

/// Never empty: the schema does not have that.
fn suite_name(report: &Report) -> String {
    let lab = line(&report.lab);
    if lab.is_empty() { "check".to_owned() } else { lab }
}

/// The schema has no time zone, not even UTC.
fn timestamp(date: &str) -> String {
    match date.strip_suffix('Z') {
        Some(time) if time.len() == 19 => time.to_owned(),
        _ => "1970-01-01T00:00:00".to_owned(),
    }
}

/// A decimal number, which has no exponent and is always one.
fn seconds(seconds: f64) -> String {
    let seconds = if seconds.is_finite() { seconds } else { 0.0 };
    format!("{:.3}", seconds.max(0.0))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::super::fixture::{hostile, look, mixed, small};
    use super::super::judges;
    use super::*;

    /// The elements and attributes that readers of this form agree upon, in
    /// the order that the strict ones insist on.
    const SCHEMA: &str = include_str!("junit.xsd");

    #[test]
    fn a_case_is_an_element() {
        let mut report = small();
        report.outcomes[1].result = Result::Skipped;
        report.outcomes[1].because = Some("A < B & \"C\"".to_owned());
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <testsuites><testsuite name=\"knock\" package=\"berkeley.check\" \
            id=\"0\" timestamp=\"2026-11-30T12:00:00\" hostname=\"localhost\" \
            tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\" \
            time=\"2.250\"><properties><property name=\"command\" \
            value=\"python3 my knock.py -p {port}\"></property>\
            <property name=\"system\" value=\"Linux 6.1.0 x86_64\">\
            </property><property name=\"seed\" value=\"7\"></property>\
            <property name=\"earned\" value=\"2\"></property>\
            <property name=\"points\" value=\"5\"></property>\
            <property name=\"undecided\" value=\"0\"></property>\
            <property name=\"complete\" value=\"true\"></property>\
            </properties><testcase name=\"dialogue: The whole joke\" \
            classname=\"knock\" time=\"0.125\"></testcase>\
            <testcase name=\"joke-split: The joke, cut at every byte\" \
            classname=\"knock\" time=\"1.500\"><skipped \
            message=\"A &lt; B &amp; &quot;C&quot;\"></skipped></testcase>\
            <system-out>2 of 5 points; 1 passed, 1 skipped</system-out>\
            <system-err></system-err></testsuite></testsuites>\n";
        assert_eq!(junit(&report, &look()), expected);
    }

    #[test]
    fn failures_are_the_programs_and_errors_the_checkers() {
        let xml = junit(&mixed(), &look());
        let counts = "tests=\"7\" failures=\"3\" errors=\"1\" skipped=\"2\"";
        assert!(xml.contains(counts), "{xml}");
        for (element, times) in [("failure", 3), ("error", 1), ("skipped", 2)]
        {
            let closed = xml.matches(&format!("</{element}>")).count();
            assert_eq!(closed, times, "{element}");
        }
    }

    #[test]
    fn xmllint_finds_every_report_valid() {
        let Some(xmllint) = judges::program("xmllint") else { return };
        let schema = judges::scratch("junit.xsd");
        fs::write(&schema, SCHEMA).unwrap();
        let empty = Report { seconds: f64::NAN, ..Report::default() };
        for report in [small(), mixed(), hostile(), empty] {
            let xml = junit(&report, &look());
            let mut xmllint = Command::new(&xmllint);
            xmllint.arg("--noout").arg("--schema").arg(&schema).arg("-");
            judges::content(&mut xmllint, &xml);
        }
        fs::remove_file(&schema).unwrap();
    }
}
