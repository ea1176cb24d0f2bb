//! A page with a narrow margin: what it is stands there, and beside it what
//! there is to say.

use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter};

use super::words::visible;
use crate::screen::{NAME, pad, paint};

/// `  expected  `
const MARGIN: usize = 12;

pub(super) struct Page {
    pub(super) lines: Vec<String>,
    pub(super) width: usize,
}

impl Page {
    pub(super) fn new(width: usize) -> Page {
        Page { lines: Vec::new(), width: width.max(MARGIN + 28) }
    }

    /// How many columns there are beside the margin.
    pub(super) fn room(&self) -> usize {
        self.width - MARGIN
    }

    /// Prose, wrapped between words. No word is cut unless it is wider than
    /// the page.
    pub(super) fn prose(&mut self, name: &str, text: &str) {
        let text = visible(text.trim_end());
        let lines = textwrap::wrap(&text, at_blanks(self.room()));
        self.beside(name, lines.iter().map(ToString::to_string));
    }

    /// Several of them under one name.
    pub(super) fn list(&mut self, name: &str, texts: &[String]) {
        for (place, text) in texts.iter().enumerate() {
            self.prose(if place == 0 { name } else { "" }, text);
        }
    }

    /// Lines whose columns matter. One that is wider than the page goes on in
    /// the next row, with a new word if there is one.
    pub(super) fn exact(
        &mut self,
        name: &str,
        lines: impl IntoIterator<Item = impl AsRef<str>>,
    ) {
        let room = self.room();
        let rows = lines.into_iter().flat_map(|line| {
            let line = visible(line.as_ref()).replace('\t', "    ");
            let lines = line.split('\n');
            lines.flat_map(|line| folded(line, room)).collect::<Vec<_>>()
        });
        self.beside(name, rows);
    }

    fn beside(&mut self, name: &str, rows: impl Iterator<Item = String>) {
        for (place, row) in rows.enumerate() {
            let name = if place == 0 { name } else { "" };
            let name = pad(&paint(NAME, name), MARGIN - 4);
            let line = format!("  {name}  {row}");
            self.lines.push(line.trim_end().to_owned());
        }
    }
}

/// Where text may be wrapped: an address or a path is one word, whatever
/// signs are in it.
pub(super) fn at_blanks(width: usize) -> Options<'static> {
    Options::new(width)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
}

/// A line in as many rows as it needs, with nothing left out. A row ends
/// behind a blank, or in mid-word if it has none.
fn folded(line: &str, width: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    let mut used = 0;
    for c in line.chars() {
        let wide = display_width(c.encode_utf8(&mut [0; 4]));
        let Some(row) = rows.last_mut() else { continue };
        if used + wide <= width {
            used += wide;
            row.push(c);
            continue;
        }
        let words = row.trim_start_matches(' ');
        let indent = row.len() - words.len();
        let next = match words.rfind(' ') {
            Some(blank) if c != ' ' => row.split_off(indent + blank + 1),
            _ => String::new(),
        };
        used = display_width(&next) + wide;
        rows.push(next);
        if let Some(row) = rows.last_mut() {
            row.push(c);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_wide_goes_on_and_loses_nothing() {
        assert_eq!(folded("", 3), [""]);
        assert_eq!(folded("abcdefg", 3), ["abc", "def", "g"]);
        assert_eq!(folded("a\u{754c}b", 2), ["a", "\u{754c}", "b"]);
        let line = "  at 127.0.0.1:5000, no /a-long/path-here to";
        let rows = folded(line, 20);
        let expected =
            ["  at 127.0.0.1:5000,", " no ", "/a-long/path-here to"];
        assert_eq!(rows, expected);
        assert_eq!(rows.concat(), line);
        assert_eq!(folded("    abcdef", 6), ["    ab", "cdef"]);
    }

    #[test]
    fn prose_is_wrapped_at_blanks_only() {
        let mut page = Page::new(40);
        page.prose("now", "it listens here: 10.0.0.1:5000 and /a-b/c-d/e-f-g");
        let expected =
            ["it listens here:", "10.0.0.1:5000 and", "/a-b/c-d/e-f-g"];
        let rows = page.lines.iter().map(|line| {
            anstream::adapter::strip_str(line).to_string()[MARGIN..].to_owned()
        });
        assert_eq!(rows.collect::<Vec<_>>(), expected);
    }
}
