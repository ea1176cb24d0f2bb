//! All that is known of a case that failed, as somebody needs it who wants
//! to mend the program.

use super::super::report::{
    Failure, Mistake, Outcome, Printed, Report, Result,
};
use super::page::{Page, at_blanks};
use super::words::{counted, mark, name, notes, says};
use super::{Detail, Look, bytes};
use crate::screen::{BAD, HEADING, QUIET, paint};

/// How many of the last lines that a program printed are shown.
const LAST: usize = 20;
/// And how many bytes of those lines, from their beginning and up to their
/// end: a single line can be all that is kept.
const FIRST_BYTES: usize = 2 << 10;
const LAST_BYTES: usize = 4 << 10;

/// The block, with styles.
pub(super) fn block(
    report: &Report,
    outcome: &Outcome,
    look: &Look,
    detail: Detail,
) -> Vec<String> {
    let mut page = Page::new(look.width);
    heading(&mut page, outcome);
    if detail == Detail::Line {
        page.prose("", &says(outcome));
        return page.lines;
    }
    if !outcome.command.is_empty() {
        let ran = quoted(&outcome.command);
        page.exact("ran", typed(&ran, page.room()));
    }
    page.list("did", &outcome.did);
    match &outcome.failure {
        Some(failure) => failed(&mut page, outcome, failure),
        None => page.prose("failed", &says(outcome)),
    }
    if detail == Detail::Full {
        printed(&mut page, "stderr", &outcome.stderr);
        printed(&mut page, "stdout", &outcome.stdout);
    }
    // What never ran has made no mistake with sockets.
    if outcome.result != Result::Unstartable {
        advice(&mut page, outcome, look);
    }
    if detail == Detail::Full {
        for mistake in &outcome.findings {
            finding(&mut page, mistake);
        }
        page.exact("calls", &outcome.ladder);
    }
    let again = rerun(report, outcome, look);
    page.exact("again", typed(&again, page.room()));
    page.lines
}

/// The same without styles, for everything that is no terminal.
pub(super) fn plain(
    report: &Report,
    outcome: &Outcome,
    look: &Look,
    detail: Detail,
) -> String {
    let lines = block(report, outcome, look, detail).join("\n");
    anstream::adapter::strip_str(&lines).to_string()
}

/// What is to be said of the whole, without styles.
pub(super) fn whole(report: &Report, summary: &str) -> String {
    let mut lines = vec![summary.to_owned()];
    lines.extend(notes(report));
    lines.join("\n")
}

fn heading(page: &mut Page, outcome: &Outcome) {
    let style = if outcome.counts() { BAD } else { QUIET };
    let mark = mark(outcome);
    let title = format!("{mark}  {}", name(outcome));
    let wrapped = textwrap::wrap(&title, at_blanks(page.width));
    for (place, line) in wrapped.iter().enumerate() {
        let (first, rest) = match line.strip_prefix(mark.as_str()) {
            Some(rest) if place == 0 => (mark.as_str(), rest),
            _ => ("", line.as_ref()),
        };
        let line = format!("{}{}", paint(style, first), paint(HEADING, rest));
        page.lines.push(line);
    }
    if outcome.is_flaky() {
        let (failures, runs) =
            (outcome.failures, counted(outcome.runs, "run"));
        page.prose(
            "flaky",
            &format!(
                "It failed in {failures} of {runs} and passed in the others; \
                 this is the first that failed."
            ),
        );
    }
}

fn failed(page: &mut Page, outcome: &Outcome, failure: &Failure) {
    let line = match failure.line {
        0 => String::new(),
        line => format!(" (line {line} of the lab)"),
    };
    page.prose("then", &format!("{}{line}", failure.step));
    page.prose("failed", &says(outcome));
    let words = [("expected", &failure.expected), ("got", &failure.got)];
    for (name, text) in words {
        if let Some(text) = text {
            page.prose(name, text);
        }
    }
    if let Some(both) = &failure.bytes {
        page.prose("bytes", &bytes::difference(both));
        let sides = [("expected", &both.expected), ("got", &both.got)];
        for (name, side) in sides {
            page.prose(name, &bytes::extent(side));
            let rows = bytes::rows(side, both, page.room());
            page.exact("", rows);
        }
    }
    page.list("now", &failure.doing);
}

/// The last lines, whole.
fn printed(page: &mut Page, name: &str, printed: &Printed) {
    let lines: Vec<&str> = printed.text.lines().collect();
    let before = lines.len().saturating_sub(LAST);
    let mut name = name;
    if before > 0 {
        let lines = counted(before as u64, "line");
        page.prose(name, &format!("({lines} before these)"));
        name = "";
    }
    let shown = lines[before..].join("\n");
    if let Some((head, left_out, tail)) = cut(&shown) {
        page.exact(name, head.lines());
        let bytes = counted(left_out as u64, "byte");
        page.prose("", &format!("({bytes} left out here)"));
        page.exact("", tail.lines());
        name = "";
    } else if !lines.is_empty() {
        page.exact(name, shown.lines());
        name = "";
    }
    if printed.left_out > 0 {
        let bytes = counted(printed.left_out, "byte");
        page.prose(name, &format!("({bytes} more, not kept)"));
    }
}

/// What is too long as its beginning, how much is left out, and its end.
fn cut(text: &str) -> Option<(&str, usize, &str)> {
    if text.len() <= FIRST_BYTES + LAST_BYTES {
        return None;
    }
    let is_border = |at: &usize| text.is_char_boundary(*at);
    let start = (0..=FIRST_BYTES).rev().find(is_border)?;
    let end = (text.len() - LAST_BYTES..text.len()).find(is_border)?;
    Some((&text[..start], end - start, &text[end..]))
}

fn advice(page: &mut Page, outcome: &Outcome, look: &Look) {
    if !outcome.why.is_empty() {
        page.prose("why", &outcome.why);
    }
    let shown = look.hints.min(outcome.hints.len());
    page.list("hint", &outcome.hints[..shown]);
    let all = outcome.hints.len();
    let more = match (shown, all - shown) {
        (_, 0) => return,
        (0, more) => counted(more as u64, "hint"),
        (_, 1) => "1 more hint".to_owned(),
        (_, more) => format!("{more} more hints"),
    };
    let name = if shown == 0 { "hint" } else { "" };
    page.prose(name, &format!("({more}: --hints {all})"));
}

fn finding(page: &mut Page, mistake: &Mistake) {
    let Mistake { id, title, says, calls, why, mend, times } = mistake;
    let times = match times {
        0 | 1 => String::new(),
        times => format!(" ({times} times; this is the first)"),
    };
    page.prose("finding", &format!("{title} ({id})"));
    page.prose("", &format!("{says}{times}"));
    page.exact("", calls);
    page.prose("  why", why);
    page.prose("  mend", mend);
}

/// What to type to have only this case again.
pub(super) fn again(
    report: &Report,
    outcome: &Outcome,
    look: &Look,
) -> String {
    rerun(report, outcome, look).join(" ")
}

fn rerun(report: &Report, outcome: &Outcome, look: &Look) -> Vec<String> {
    let mut words = look.words.clone();
    words.extend(["--only".to_owned(), outcome.id.clone(), "--".to_owned()]);
    words.extend(report.command.iter().cloned());
    quoted(&words)
}

/// Words as a shell takes them. `{port}` is itself in every shell, and easier
/// to read without quotes.
fn quoted(words: &[String]) -> Vec<String> {
    let quoted = |word: &String| match shlex::try_quote(word) {
        _ if word == "{port}" => word.clone(),
        Ok(quoted) => quoted.into_owned(),
        // A NUL, which no command line can hold.
        Err(_) => format!("{word:?}"),
    };
    words.iter().map(quoted).collect()
}

/// In rows that a shell takes for one line. No word is cut for it, and no
/// blank between quotes becomes the end of a row.
fn typed(words: &[String], width: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in words {
        match rows.last_mut() {
            Some(row) if row.len() + word.len() + 3 <= width => {
                *row += format!(" {word}").as_str();
            }
            last => {
                if let Some(row) = last {
                    *row += " \\";
                }
                rows.push(word.clone());
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::super::fixture::{look, small};
    use super::super::judges;
    use super::*;

    #[test]
    fn what_is_to_be_typed_again_is_what_a_shell_understands() {
        let mut report = small();
        report.command = ["cc", "a b'c", "$x", "\\", "{port}", "\n*"]
            .map(str::to_owned)
            .to_vec();
        let again = rerun(&report, &report.outcomes[1], &look());
        let Some(sh) = judges::program("sh") else { return };
        for width in [1, 20, 40, 80] {
            let typed = typed(&again, width).join("\n");
            let script = format!("printf '<%s>' {typed}");
            let said = judges::content(&mut Command::new(&sh), &script);
            let expected = "<berkeley><check><knock><--only><joke-split>\
                            <--><cc><a b'c><$x><\\><{port}><\n*>";
            assert_eq!(said, expected, "{typed}");
        }
    }

    #[test]
    fn of_a_line_without_end_both_ends_are_shown() {
        let mut report = small();
        let line = format!("start{}end", "\u{e9}".repeat(500_000));
        report.outcomes[1].stdout.text = format!("one\n{line}\n");
        let block = plain(&report, &report.outcomes[1], &look(), Detail::Full);
        assert!(block.len() < 20_000, "{}", block.len());
        for words in ["one\n            start\u{e9}", "\u{e9}end\n"] {
            assert!(block.contains(words), "{words}: {block}");
        }
        let left_out = "\n            (993870 bytes left out here)\n";
        assert!(block.contains(left_out), "{block}");
        assert_eq!(cut(&"x".repeat(6 << 10)), None);
    }

    #[test]
    fn of_a_program_that_never_ran_nothing_is_taught() {
        let report = super::super::fixture::mixed();
        let block = plain(&report, &report.outcomes[5], &look(), Detail::Full);
        assert!(block.contains("could not be started"), "{block}");
        assert!(!block.contains("hint") && !block.contains("why"), "{block}");
    }

    #[test]
    fn hints_are_given_one_by_one() {
        let report = small();
        let told = |hints| {
            let look = Look { hints, ..look() };
            let block =
                plain(&report, &report.outcomes[1], &look, Detail::Short);
            let (_, rest) = block.split_once("messages.\n").unwrap();
            rest.split_once("\n  again").unwrap().0.to_owned()
        };
        assert_eq!(told(0), "  hint      (2 hints: --hints 2)");
        let one = "  hint      What does recv return?\n";
        assert_eq!(
            told(1),
            format!("{one}            (1 more hint: --hints 2)")
        );
        assert_eq!(told(9), format!("{one}            Read up to the \\n."));
    }
}
