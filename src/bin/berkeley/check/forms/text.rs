//! For a person: a line for each case, a block for each that failed, and
//! what it comes to.

use super::super::report::{Outcome, Report, Result};
use super::block::block;
use super::page::at_blanks;
use super::words::{
    counted, mark, name, notes, says, summary, visible, wants_a_block,
};
use super::{Detail, Look};
use crate::screen::{BAD, GOOD, HEADING, PLAIN, QUIET, pad, paint};

/// Where the name of a case begins.
const NAME_AT: usize = 28;

/// All of it.
pub(crate) fn text(report: &Report, look: &Look) -> Vec<String> {
    let mut lines = opening(report, look);
    lines.push(String::new());
    lines.extend(self::lines(report, 0, look));
    lines.extend(rest(report, look));
    lines
}

/// The cases from this one on. Of a program that could not be started, those
/// that were not tried for it are only counted.
pub(crate) fn lines(report: &Report, from: usize, look: &Look) -> Vec<String> {
    let cannot_start = report.count(Result::Unstartable) > 0;
    let is_counted = |it: &Outcome| {
        cannot_start && it.result == Result::Skipped && it.runs == 0
    };
    let news = &report.outcomes[from..];
    let mut lines = Vec::new();
    for outcome in news.iter().filter(|it| !is_counted(it)) {
        lines.extend(line(outcome, look));
    }
    let skipped = news.iter().filter(|it| is_counted(it)).count();
    if skipped > 0 {
        let mark = pad(&paint(QUIET, "skipped"), NAME_AT);
        let cases = counted(skipped as u64, "case");
        let why = "the program could not be started";
        lines.extend(wrapped(&format!("{mark}{cases}: {why}"), look, NAME_AT));
    }
    lines
}

/// What is checked, before anything is known.
pub(crate) fn opening(report: &Report, look: &Look) -> Vec<String> {
    let Report { lab, title, .. } = report;
    let title =
        if title.is_empty() { String::new() } else { format!(": {title}") };
    let opening = super::words::line(&format!("{lab}{title}"));
    wrapped(&paint(HEADING, &opening), look, 0)
}

/// One case, when it is over: a row of the terminal, and more of them only if
/// its title does not fit.
fn line(outcome: &Outcome, look: &Look) -> Vec<String> {
    let style = match outcome.result {
        Result::Passed => GOOD,
        Result::Skipped => QUIET,
        Result::Trouble => BAD,
        Result::Failed | Result::Unstartable if outcome.counts() => BAD,
        Result::Failed | Result::Unstartable => PLAIN,
    };
    let points = match outcome.points {
        0 => "-".to_owned(),
        points if outcome.result == Result::Trouble => format!("?/{points}"),
        points => format!("{}/{points}", outcome.earned()),
    };
    let mark = pad(&paint(style, &mark(outcome)), 11);
    let line = format!("{mark}{points:>5}{:>8.2} s  ", outcome.seconds);
    let mut name = name(outcome);
    if outcome.result == Result::Skipped {
        let why = super::words::line(&says(outcome));
        name += format!(" ({why})").as_str();
    }
    wrapped(&format!("{line}{name}"), look, NAME_AT)
}

/// What comes after the lines: the blocks, and the sum of it.
pub(crate) fn rest(report: &Report, look: &Look) -> Vec<String> {
    let mut lines = Vec::new();
    for outcome in report.outcomes.iter().filter(|it| wants_a_block(it)) {
        lines.push(String::new());
        lines.extend(block(report, outcome, look, Detail::Full));
    }
    lines.push(String::new());
    let all = format!("{}; {:.1} s", summary(report), report.seconds);
    lines.extend(wrapped(&paint(HEADING, &all), look, 0));
    for note in notes(report) {
        lines.extend(wrapped(&visible(&note), look, 0));
    }
    lines
}

fn wrapped(text: &str, look: &Look, indent: usize) -> Vec<String> {
    let indent = " ".repeat(indent);
    let options = at_blanks(look.width).subsequent_indent(&indent);
    let lines = textwrap::wrap(text, options);
    lines.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{hostile, look, mixed, small};
    use super::*;

    fn plain(lines: &[String]) -> String {
        let text = lines.join("\n");
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn a_failed_case_says_what_to_do() {
        let expected = r#"knock: A server that tells a joke

ok           2/2    0.12 s  dialogue: The whole joke
FAILED       0/3    1.50 s  joke-split: The joke, cut at every byte

FAILED  joke-split: The joke, cut at every byte
  ran       python3 knock.py -p 4711
  did       A connects
            A sends "Knock, knock\n"
  then      A expects "Who's there?\n" (line 14 of the lab)
  failed    The answer is another one.
  bytes     The first difference is at offset 5, counted from 0.
  expected  13 bytes
             0  "Who's there?\n"
                      ^
             0  57 68 6f 27 73 20 74 68 65 72 65 3f 0a
                               ^^
  got       6 bytes
             0  "Who's\x00"
                      ^^^^
             0  57 68 6f 27 73 00
                               ^^
  now       pid 7 (python3) is blocked in recvfrom(4)
  stderr    oops
            worse
  why       TCP keeps no borders between messages.
  hint      What does recv return?
            (1 more hint: --hints 2)
  again     berkeley check knock --only joke-split -- python3 'my knock.py' -p \
            {port}

2 of 5 points; 1 passed, 1 failed; 2.2 s"#;
        assert_eq!(plain(&text(&small(), &look())), expected);
    }

    #[test]
    fn every_kind_of_case_has_its_word() {
        let lines: Vec<String> = mixed()
            .outcomes
            .iter()
            .flat_map(|outcome| line(outcome, &look()))
            .collect();
        let words = plain(&lines);
        let words: Vec<&str> = words.lines().map(|it| &it[..16]).collect();
        let expected = [
            "ok           2/2",
            "FAILED       0/3",
            "flaky 2/10   0/3",
            "noted          -",
            "skipped        -",
            "                ",
            "FAILED       0/1",
            "undecided    ?/3",
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn what_was_not_tried_for_want_of_a_program_is_counted() {
        let mut report = mixed();
        report.outcomes.retain(|it| it.id == "unstartable");
        for id in ["one", "two"] {
            report.outcomes.push(Outcome {
                id: id.to_owned(),
                result: Result::Skipped,
                ..Outcome::default()
            });
        }
        let told = plain(&lines(&report, 0, &look()));
        let (first, skipped) = told.split_once('\n').unwrap();
        assert!(first.starts_with("FAILED       0/1"), "{told}");
        let expected = "skipped                     2 cases: the program \
                        could not be started";
        assert_eq!(skipped, expected);
        report.outcomes.remove(0);
        assert_eq!(lines(&report, 0, &look()).len(), 2);
    }

    #[test]
    fn what_a_program_prints_cannot_move_the_cursor() {
        for width in [72, 80, 100] {
            let look = Look { width, ..look() };
            let text = plain(&text(&hostile(), &look));
            for line in text.lines() {
                assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
                let wide = textwrap::core::display_width(line);
                assert!(wide <= width, "{width} {wide}: {line:?}");
            }
            // Eight long texts in each of five blocks, but for the why of
            // what never ran, and a note.
            let long = text.matches('x').count() / 5_000;
            assert_eq!(long, 5 * 8 - 1 + 1, "nothing is cut");
        }
    }

    #[test]
    fn of_long_output_the_last_lines_are_shown() {
        let mut report = small();
        let text: Vec<String> =
            (1..=50).map(|n| format!("line {n}")).collect();
        report.outcomes[1].stderr.text = text.join("\n");
        report.outcomes[1].stderr.left_out = 1;
        let text = plain(&rest(&report, &look()));
        let (head, tail) = text.split_once("stderr").unwrap();
        assert!(!head.contains("line 30"));
        let expected = "    (30 lines before these)\n            line 31\n";
        assert!(tail.starts_with(expected), "{tail}");
        let end = "line 50\n            (1 byte more, not kept)\n";
        assert!(tail.contains(end), "{tail}");
    }
}
