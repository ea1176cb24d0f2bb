//! The words that all forms share.

use std::fmt::{Display, Write};

use super::super::report::{Outcome, Report, Result};

/// What a case came to, in one word.
pub(super) fn mark(outcome: &Outcome) -> String {
    if outcome.is_flaky() {
        return format!("flaky {}/{}", outcome.failures, outcome.runs);
    }
    let mark = match outcome.result {
        Result::Passed => "ok",
        Result::Failed | Result::Unstartable if !outcome.counts() => "noted",
        Result::Failed | Result::Unstartable => "FAILED",
        Result::Skipped => "skipped",
        Result::Trouble => "undecided",
    };
    mark.to_owned()
}

/// Whether there is more to tell than a line.
pub(super) fn wants_a_block(outcome: &Outcome) -> bool {
    !matches!(outcome.result, Result::Passed | Result::Skipped)
}

/// What went wrong, in a sentence, or why nothing was tried.
pub(super) fn says(outcome: &Outcome) -> String {
    let because = || outcome.because.clone();
    let failure = outcome.failure.as_ref().map(|it| it.says.clone());
    let says = match outcome.result {
        Result::Passed => return String::new(),
        Result::Failed => failure.or_else(because),
        Result::Skipped | Result::Unstartable | Result::Trouble => {
            because().or(failure)
        }
    };
    let says = says.unwrap_or_else(|| "Nothing is known about it.".to_owned());
    match outcome.result {
        Result::Unstartable => {
            visible(&format!("The program could not be started: {says}"))
        }
        Result::Trouble if outcome.was_killed => {
            visible(&format!("Nothing is decided: {says}"))
        }
        Result::Trouble => visible(&format!(
            "The checker itself had trouble, and nothing is decided: {says}"
        )),
        _ => visible(&says),
    }
}

/// `joke-split: The joke, cut at every byte`
pub(super) fn name(outcome: &Outcome) -> String {
    let Outcome { id, title, .. } = outcome;
    line(&if title.is_empty() { id.clone() } else { format!("{id}: {title}") })
}

/// `15 of 20 points; 8 passed, 2 failed, 1 skipped`
pub(super) fn summary(report: &Report) -> String {
    let (earned, points) = (report.earned(), report.points());
    let mut summary = format!("{earned} of {}", counted(points, "point"));
    let mut parts: Vec<String> = Vec::new();
    let mut add = |n: usize, word: &str| {
        if n > 0 {
            parts.push(format!("{n} {word}"));
        }
    };
    let failing = [Result::Failed, Result::Unstartable];
    let failed = report.outcomes.iter();
    let failed = failed.filter(|outcome| failing.contains(&outcome.result));
    let (costly, noted): (Vec<&Outcome>, Vec<&Outcome>) =
        failed.partition(|outcome| outcome.counts());
    let flaky = report.outcomes.iter().filter(|it| it.is_flaky()).count();
    add(report.count(Result::Passed), "passed");
    add(costly.len(), "failed");
    add(noted.len(), "noted (failed, but worth no points)");
    add(report.count(Result::Skipped), "skipped");
    add(report.count(Result::Trouble), "undecided");
    add(flaky, "of these flaky");
    if !parts.is_empty() {
        let _ = write!(summary, "; {}", parts.join(", "));
    }
    summary
}

/// What is to be known about the whole: the report's own notes, and whether
/// it is all there.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let mut notes: Vec<String> =
        report.notes.iter().map(|note| visible(note)).collect();
    if !report.complete {
        notes.push(format!(
            "This is not the whole check: {} of {} were reached.",
            report.outcomes.len(),
            counted(cases(report), "case"),
        ));
    }
    let points_are = |points| match points {
        1 => "1 point is".to_owned(),
        points => format!("{points} points are"),
    };
    let killed = report.undecided_by_killing();
    let undecided = report.undecided() - killed;
    if undecided > 0 {
        notes.push(format!(
            "{} undecided, because the checker itself had trouble. That is \
             not the program's fault: please run the check again.",
            points_are(undecided),
        ));
    }
    if killed > 0 {
        notes.push(format!(
            "{} undecided, because the examiner was killed, maybe by the \
             program itself: look for kill(2) in it before the check is run \
             again.",
            points_are(killed),
        ));
    }
    notes
}

/// How many cases there were to be.
pub(super) fn cases(report: &Report) -> usize {
    report.cases.max(report.outcomes.len())
}

/// `1 point`, `3 points`
pub(crate) fn counted(
    n: impl Copy + Display + PartialEq + From<u8>,
    word: &str,
) -> String {
    let ending = if n == 1.into() { "" } else { "s" };
    format!("{n} {word}{ending}")
}

/// Text that can be shown anywhere. A program may print what would move the
/// cursor, turn the writing around or break the form: all of that is seen as
/// it would be typed.
pub(crate) fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => seen.push(c),
            '\r' => seen += "\\r",
            c if c.is_control() && c.is_ascii() => {
                let _ = write!(seen, "\\x{:02x}", u32::from(c));
            }
            c if c.is_control() || is_unseen(c) => {
                let _ = write!(seen, "\\u{{{:x}}}", u32::from(c));
            }
            c => seen.push(c),
        }
    }
    seen
}

/// Separators that are line ends for some, marks of direction, and what is no
/// character at all.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    ) || u32::from(c) & 0xfffe == 0xfffe
}

/// The same in one line.
pub(super) fn line(text: &str) -> String {
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn nothing_that_a_program_prints_stays_unseen() {
        let text = "a\tb\r\n\0\u{1b}[2J\u{85}\u{202e}\u{2028}\u{ffff}é";
        let seen = "a\tb\\r\n\\x00\\x1b[2J\\u{85}\\u{202e}\\u{2028}\
                    \\u{ffff}é";
        assert_eq!(visible(text), seen);
        assert_eq!(line(" two\n  lines "), "two lines");
    }

    #[test]
    fn a_summary_tells_what_counts_from_what_informs() {
        let report = fixture::mixed();
        let summary = summary(&report);
        let expected = "2 of 12 points; 1 passed, 3 failed, \
             1 noted (failed, but worth no points), 1 skipped, 1 undecided, \
             1 of these flaky";
        assert_eq!(summary, expected);
        let notes = notes(&report);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[1].starts_with("3 points are undecided"), "{notes:?}");
        assert!(notes[1].contains("not the program's fault"), "{notes:?}");
    }

    #[test]
    fn who_may_have_killed_the_examiner_is_not_called_blameless() {
        let mut report = fixture::mixed();
        let killed = report.outcomes.last_mut().unwrap();
        killed.was_killed = true;
        let expected = "Nothing is decided: A file is needed";
        assert!(says(killed).starts_with(expected), "{}", says(killed));
        let notes = notes(&report);
        assert_eq!(notes.len(), 2, "{notes:?}");
        let expected = "3 points are undecided, because the examiner was \
                        killed, maybe by the program itself";
        assert!(notes[1].starts_with(expected), "{notes:?}");
    }
}
