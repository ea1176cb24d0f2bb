//! Commands for the log of a GitHub workflow, which become notes at the run:
//! an error for a case that costs points, a warning for what was not decided,
//! a notice for the rest.

use super::super::report::{Outcome, Report, Result};
use super::block::{plain, whole};
use super::words::{name, summary, wants_a_block};
use super::{Detail, Look};

pub(super) fn github(report: &Report, look: &Look) -> String {
    let told = report.outcomes.iter().filter(|it| wants_a_block(it));
    let mut lines: Vec<String> = told
        .map(|outcome| {
            let block = plain(report, outcome, look, Detail::Full);
            command(level(outcome), &name(outcome), &block)
        })
        .collect();
    let title = look.words.join(" ");
    let summary = whole(report, &summary(report));
    lines.push(command("notice", &title, &summary));
    lines.join("\n") + "\n"
}

fn level(outcome: &Outcome) -> &'static str {
    match outcome.result {
        Result::Trouble => "warning",
        _ if outcome.counts() => "error",
        _ => "notice",
    }
}

fn command(level: &str, title: &str, message: &str) -> String {
    let title = escaped(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={title}::{}", escaped(message))
}

/// A command is one line.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{hostile, look, mixed, small};
    use super::*;

    #[test]
    fn a_command_is_one_line_and_its_title_ends_where_it_should() {
        let made = command("error", "50%: a, b", "one\r\ntwo: 3 %, x::y");
        let expected =
            "::error title=50%25%3A a%2C b::one%0D%0Atwo: 3 %25, x::y";
        assert_eq!(made, expected);
        let log = github(&small(), &look());
        let start = "::error title=joke-split%3A The joke%2C cut at every \
                     byte::FAILED  joke-split: The joke, cut at every byte%0A";
        assert!(log.starts_with(start), "{log}");
        let end = "\n::notice title=berkeley check knock::2 of 5 points; \
                   1 passed, 1 failed\n";
        assert!(log.ends_with(end), "{log}");
    }

    #[test]
    fn nothing_that_a_program_prints_becomes_a_command() {
        for report in [mixed(), hostile()] {
            let log = github(&report, &look());
            let levels: Vec<&str> = log
                .lines()
                .map(|line| &line[2..line.find(' ').unwrap()])
                .collect();
            let expected =
                ["error", "error", "notice", "error", "warning", "notice"];
            assert_eq!(levels, expected);
        }
    }
}
