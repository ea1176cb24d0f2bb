//! What a tool printed, on paper: its command, and the paragraphs that a
//! first look needs.

use std::io;

use anstream::adapter::strip_str;

use super::record::Act;
use crate::catalogue::Language;
use crate::house::House;
use crate::screen::{NAME, QUIET, Screen, paint};
use crate::stage::Stream;

pub(crate) struct Sheet {
    /// What is read before the tool is run.
    pub(crate) reads: Option<Passage>,
    /// How the paragraphs begin that are shown; all are where this is empty.
    pub(crate) keeps: &'static [&'static str],
}

/// One function of a file.
pub(crate) struct Passage {
    pub(crate) file: &'static str,
    pub(crate) text: &'static str,
    /// Its first words.
    pub(crate) function: &'static str,
}

impl Passage {
    fn lines(&self) -> impl Iterator<Item = &'static str> {
        let is_other = |line: &&str| {
            !line.starts_with(self.function) || line.ends_with(';')
        };
        let mut lines = self.text.lines().skip_while(is_other);
        let mut is_over = false;
        std::iter::from_fn(move || {
            let line = lines.next().filter(|_| !is_over)?;
            is_over = line == "}";
            Some(line)
        })
    }
}

/// Everything, or with `…` for what is left out.
pub(crate) fn show(
    screen: &mut Screen,
    sheet: &Sheet,
    act: &Act,
    house: &House,
    is_whole: bool,
) -> io::Result<()> {
    if let Some(passage) = &sheet.reads {
        let head = format!("  {}", paint(NAME, passage.file));
        screen.line(&head)?;
        for line in passage.lines() {
            screen.line(&format!("  {} {line}", paint(QUIET, "│")))?;
        }
        screen.blank()?;
    }
    let tool = house.typed(Language::Rust, "berkeley");
    for command in &act.commands {
        let command = command.command.replacen("berkeley", &tool, 1);
        let mut prompt = "$";
        for line in in_shell_lines(&command, screen.width - 4) {
            let line = paint(NAME, &line);
            screen.line(&format!("  {} {line}", paint(QUIET, prompt)))?;
            prompt = " ";
        }
    }
    screen.blank()?;
    let out = act.lines.iter().filter(|line| line.stream == Stream::Out);
    let out: Vec<&str> = out.map(|line| line.text.as_str()).collect();
    let keeps = if is_whole { &[] } else { sheet.keeps };
    for line in excerpt(&out, keeps) {
        screen.line(&format!("  {line}"))?;
    }
    Ok(())
}

/// Cut where a shell takes the next line for the rest of this one.
fn in_shell_lines(command: &str, width: usize) -> Vec<String> {
    let fits = textwrap::core::display_width(command) <= width;
    let options = textwrap::Options::new(if fits { width } else { width - 2 })
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .subsequent_indent("  ");
    let lines = textwrap::wrap(command, options);
    let last = lines.len().saturating_sub(1);
    let lines = lines.iter().enumerate();
    lines
        .map(|(at, line)| {
            format!("{line}{}", if at < last { " \\" } else { "" })
        })
        .collect()
}

/// The paragraphs that begin so, with a blank line between them.
fn excerpt<'a>(lines: &[&'a str], keeps: &[&str]) -> Vec<&'a str> {
    let is_kept = |paragraph: &&[&str]| {
        let first = strip_str(paragraph[0]).to_string();
        let first = first.trim_start();
        keeps.is_empty() || keeps.iter().any(|it| first.starts_with(it))
    };
    let paragraphs = lines.split(|line| line.trim().is_empty());
    let mut shown: Vec<&str> = Vec::new();
    for paragraph in paragraphs.filter(|lines| !lines.is_empty()) {
        if is_kept(&paragraph) {
            shown.extend(paragraph);
            shown.push("");
        } else if !shown.ends_with(&["…", ""]) {
            shown.extend(["…", ""]);
        }
    }
    shown.pop();
    shown
}

#[cfg(test)]
mod tests {
    use super::{Passage, excerpt, in_shell_lines};

    #[test]
    fn a_long_command_goes_on_where_a_shell_reads_on() {
        let lines = in_shell_lines("tool check knock -- ./mine {port}", 20);
        assert_eq!(lines, ["tool check knock \\", "  -- ./mine {port}"]);
        let fits = "tool lab signals -y1";
        assert_eq!(in_shell_lines(fits, 20), [fits]);
    }

    #[test]
    fn what_is_left_out_is_marked_once() {
        let lines = ["a 1", "a 2", "", "", "b", "", "c", "", "  d", ""];
        let shown = excerpt(&lines, &["a", "d"]);
        assert_eq!(shown, ["a 1", "a 2", "", "…", "", "  d"]);
        let painted = ["\u{1b}[1ma\u{1b}[0m", "", "b"];
        assert_eq!(excerpt(&painted, &["a"]), [painted[0], "", "…"]);
        assert_eq!(excerpt(&lines, &[]).len(), 8);
        assert_eq!(excerpt(&[], &["a"]).len(), 0);
    }

    #[test]
    fn a_passage_is_a_function_and_not_its_prototype() {
        let text = "int f(int);\n\nint f(int x)\n{\n  g();\n}\n\nint g;\n";
        let passage = Passage { file: "f.c", text, function: "int f(" };
        let lines: Vec<&str> = passage.lines().collect();
        assert_eq!(lines, ["int f(int x)", "{", "  g();", "}"]);
    }
}
