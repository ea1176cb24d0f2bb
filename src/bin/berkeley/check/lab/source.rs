//! The lines of a lab file, and where one is wrong.

use std::fmt;

/// What is wrong with a lab file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistaken {
    /// Counted from 1; 0 when it is the file as a whole.
    pub(crate) line: usize,
    pub(crate) why: String,
}

impl fmt::Display for Mistaken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}", self.why),
            line => write!(out, "line {line}: {}", self.why),
        }
    }
}

impl std::error::Error for Mistaken {}

pub(super) fn mistaken<T>(
    line: usize,
    why: impl Into<String>,
) -> Result<T, Mistaken> {
    Err(Mistaken { line, why: why.into() })
}

/// A word at the beginning of a line and its value, or a line within steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) line: usize,
    pub(super) word: String,
    pub(super) value: String,
    /// The lines below it that are indented: where each is, how deep, and
    /// what it says.
    pub(super) below: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) line: usize,
    pub(super) depth: usize,
    pub(super) text: String,
}

impl Entry {
    /// Its value, with the lines that go on with it.
    pub(super) fn all(&self) -> String {
        let below = self.below.iter().map(|line| line.text.as_str());
        let first = Some(self.value.as_str()).filter(|it| !it.is_empty());
        first.into_iter().chain(below).collect::<Vec<_>>().join(" ")
    }
}

/// A file's bytes as text.
pub(crate) fn decoded(bytes: &[u8]) -> Result<&str, Mistaken> {
    std::str::from_utf8(bytes).or_else(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = good.split(|&byte| byte == b'\n').count();
        let byte = bytes[error.valid_up_to()];
        let why = format!("no UTF-8: the byte \\x{byte:02x}");
        mistaken(line, why)
    })
}

pub(super) fn entries(source: &str) -> Result<Vec<Entry>, Mistaken> {
    let mut entries: Vec<Entry> = Vec::new();
    // Some editors put a byte order mark in front.
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    for (place, whole) in source.lines().enumerate() {
        let line = place + 1;
        let text = without_comment(whole).trim_end();
        if text.is_empty() {
            continue;
        }
        if text.contains('\t') {
            return mistaken(line, "a tab: blanks alone say how deep it is");
        }
        let inner = text.trim_start();
        let depth = text.len() - inner.len();
        if depth > 0 {
            let Some(entry) = entries.last_mut() else {
                return mistaken(line, "it goes on with nothing");
            };
            entry.below.push(Line { line, depth, text: inner.into() });
            continue;
        }
        let (word, value) = inner.split_once(' ').unwrap_or((inner, ""));
        entries.push(Entry {
            line,
            word: word.into(),
            value: value.trim().into(),
            below: Vec::new(),
        });
    }
    Ok(entries)
}

/// A `#` at the beginning or behind a blank begins a comment, but not in a
/// string.
fn without_comment(line: &str) -> &str {
    let (mut quoted, mut escaped, mut before) = (false, false, ' ');
    for (place, one) in line.char_indices() {
        match one {
            '"' if !escaped => quoted = !quoted,
            '#' if !quoted && before == ' ' => return &line[..place],
            _ => {}
        }
        escaped = one == '\\' && !escaped;
        before = one;
    }
    line
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_line_that_is_indented_goes_on_with_the_one_above() {
        let source =
            "why  One. # not this\n     Two.\n\nhint \"#1\" \\\" # x\n";
        let entries = entries(source).unwrap();
        assert_eq!(entries[0].all(), "One. Two.");
        assert_eq!(entries[1].all(), "\"#1\" \\\"");
        assert_eq!((entries[1].line, entries[1].word.as_str()), (4, "hint"));
    }

    #[test]
    fn a_file_is_utf_8() {
        assert_eq!(decoded("lab Zoë".as_bytes()), Ok("lab Zoë"));
        let mistaken = decoded(b"lab x\ntitle a\xffb\n").unwrap_err();
        let said = "line 2: no UTF-8: the byte \\xff";
        assert_eq!(mistaken.to_string(), said);
        let marked = entries("\u{feff}lab x\n").unwrap();
        assert_eq!(marked[0].word, "lab");
    }

    #[test]
    fn a_tab_is_refused() {
        let mistaken = entries("steps\n\tA connects\n").unwrap_err();
        assert_eq!(mistaken.line, 2);
    }
}
