//! Two strings of bytes, each as text and as hex, with a mark under the
//! first byte that differs.

use super::super::report::{Comparison, Excerpt};
use super::super::written::{escaped, hex};
use super::words::counted;

/// A row of hex has as many bytes of these as there is room for; one of text
/// as many as there is room for.
const ROWS: [usize; 3] = [16, 8, 4];

/// Where they differ, in a sentence.
pub(super) fn difference(bytes: &Comparison) -> String {
    let Comparison { expected, got, differs_at } = bytes;
    let at = *differs_at;
    if expected.length == got.length && at == got.length {
        return "They are the same.".to_owned();
    }
    if at == got.length {
        let missing = counted(expected.length.saturating_sub(at), "byte");
        return format!("It ends at offset {at}: {missing} missing.");
    }
    if at == expected.length {
        let more = counted(got.length.saturating_sub(at), "byte");
        return format!("It goes on at offset {at}: {more} too many.");
    }
    format!("The first difference is at offset {at}, counted from 0.")
}

/// How much there is, and how much of it is shown.
pub(super) fn extent(excerpt: &Excerpt) -> String {
    let Excerpt { bytes, from, length } = excerpt;
    let all = counted(*length, "byte");
    match bytes.len() as u64 {
        shown if shown == *length => all,
        0 => format!("{all}, none of them here"),
        shown => format!("{all}; here {from} to {}", from + shown - 1),
    }
}

/// The rows of one of the two: first as text, then as hex, no wider than
/// `width`.
pub(super) fn rows(
    excerpt: &Excerpt,
    both: &Comparison,
    width: usize,
) -> Vec<String> {
    let offset = both.differs_at.saturating_sub(excerpt.from);
    let at = usize::try_from(offset).unwrap_or(usize::MAX);
    // As many for both, so that their columns are the same.
    let end = |it: &Excerpt| it.from + it.bytes.len() as u64;
    let last = end(&both.expected).max(end(&both.got)).saturating_sub(1);
    let digits = last.to_string().len();
    let rows = Rows { excerpt, at, digits };
    let mut lines = rows.text(width);
    lines.extend(rows.hex(width));
    lines
}

struct Rows<'a> {
    excerpt: &'a Excerpt,
    /// The byte that the mark goes under; one past the last for what is
    /// missing.
    at: usize,
    digits: usize,
}

impl Rows<'_> {
    fn text(&self, width: usize) -> Vec<String> {
        let room = width.saturating_sub(self.digits + 4).max(8);
        let mut lines = Vec::new();
        let mut start = 0;
        loop {
            let (mut text, mut end, mut mark) = (String::new(), start, None);
            while let Some(&byte) = self.excerpt.bytes.get(end) {
                let next = escaped(byte);
                if text.len() + next.len() > room {
                    break;
                }
                if end == self.at {
                    mark = Some((text.len(), next.len()));
                }
                text += &next;
                end += 1;
            }
            let is_last = end >= self.excerpt.bytes.len();
            if is_last && self.at == end {
                mark = Some((text.len(), 1));
            }
            lines.push(self.row(start, &format!("\"{text}\"")));
            lines.extend(mark.map(|(at, wide)| self.mark(at + 1, wide)));
            if is_last {
                return lines;
            }
            start = end;
        }
    }

    fn hex(&self, width: usize) -> Vec<String> {
        // The mark behind the last byte takes room, too.
        let fits = |row: &usize| self.digits + 2 + 3 * row + 2 <= width;
        let row = ROWS.into_iter().find(fits).unwrap_or(ROWS[2]);
        let mut lines = Vec::new();
        for (number, bytes) in self.excerpt.bytes.chunks(row).enumerate() {
            let start = number * row;
            lines.push(self.row(start, &hex(bytes)));
            let end = start + bytes.len();
            let is_past = self.at == end && end == self.excerpt.bytes.len();
            if (start..end).contains(&self.at) || is_past {
                lines.push(self.mark(3 * (self.at - start), 2));
            }
        }
        lines
    }

    fn row(&self, start: usize, text: &str) -> String {
        let offset = self.excerpt.from + start as u64;
        format!("{offset:>0$}  {text}", self.digits)
    }

    fn mark(&self, at: usize, wide: usize) -> String {
        format!("{:1$}{2}", "", self.digits + 2 + at, "^".repeat(wide))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_row_of_hex_is_never_wider_than_the_page() {
        let both = Comparison::of(b"0123456789abcdef0", b"0123456789abcdef");
        for (width, length) in [(80, 16), (54, 16), (53, 8), (30, 8), (29, 4)]
        {
            let rows = rows(&both.got, &both, width);
            assert!(rows.iter().all(|row| row.len() <= width), "{rows:#?}");
            let is_hex = |row: &&String| !row.contains(['"', '^']);
            let first = rows.iter().find(is_hex).unwrap();
            let pairs = first.split_whitespace().skip(1).count();
            assert_eq!(pairs, length, "{rows:#?}");
            let [.., last, mark] = &rows[..] else { panic!() };
            assert_eq!(mark.find("^^"), Some(last.len() + 1));
        }
    }

    fn drawn(expected: &[u8], got: &[u8]) -> String {
        let both = Comparison::of(expected, got);
        let mut lines = vec![difference(&both)];
        for side in [&both.expected, &both.got] {
            lines.push(extent(side));
            lines.extend(rows(side, &both, 60));
        }
        lines.join("\n")
    }

    #[test]
    fn the_mark_is_under_the_first_difference_in_text_and_hex() {
        let expected = "\
The first difference is at offset 5, counted from 0.
13 bytes
 0  \"Who's there?\\n\"
          ^
 0  57 68 6f 27 73 20 74 68 65 72 65 3f 0a
                   ^^
7 bytes
 0  \"Who's\\x00!\"
          ^^^^
 0  57 68 6f 27 73 00 21
                   ^^";
        assert_eq!(drawn(b"Who's there?\n", b"Who's\0!"), expected);
    }

    #[test]
    fn what_is_missing_is_marked_behind_the_last_byte() {
        let expected = "\
It ends at offset 2: 1 byte missing.
3 bytes
0  \"ab\\n\"
      ^^
0  61 62 0a
         ^^
2 bytes
0  \"ab\"
      ^
0  61 62
         ^^";
        assert_eq!(drawn(b"ab\n", b"ab"), expected);
        let nothing = drawn(b"", b"\xff");
        let expected = "\
It goes on at offset 0: 1 byte too many.
0 bytes
0  \"\"
    ^
1 byte
0  \"\\xff\"
    ^^^^
0  ff
   ^^";
        assert_eq!(nothing, expected);
        assert!(drawn(b"a", b"a").starts_with("They are the same."));
    }

    #[test]
    fn rows_of_a_long_string_are_counted_from_its_start() {
        let mut long = vec![b'a'; 2000];
        long[1000] = 0xff;
        let both = Comparison::of(&[b'a'; 2000], &long);
        assert_eq!(extent(&both.got), "2000 bytes; here 968 to 1031");
        let lines = rows(&both.got, &both, 60);
        let before = "a".repeat(32);
        assert_eq!(lines[0], format!(" 968  \"{before}\\xff{:a<16}\"", ""));
        assert_eq!(lines[1].find('^'), lines[0].find("\\xff"));
        assert!(lines.iter().all(|line| line.len() <= 60), "{lines:?}");
        assert!(lines[5].starts_with("1000  ff 61 61"), "{}", lines[5]);
        assert_eq!(lines[6], "      ^^");
    }
}
