//! How strace writes arguments: nested brackets, strings with escapes,
//! comments, and behind a descriptor what it is of: `4<TCP:[…]>`.
//!
//! Everything here looks at slices of a line and takes nothing for granted:
//! what does not close is not there.

/// Goes over a text from mark to mark, and knows what is open.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    /// What will close what is open.
    open: Vec<u8>,
}

/// A character that is neither in a string nor in a comment.
struct Mark {
    at: usize,
    byte: u8,
    /// In how much it stands. The ends of a bracket stand outside of it.
    depth: usize,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str, at: usize) -> Walk<'a> {
        Walk { bytes: text.as_bytes(), at, open: Vec::new() }
    }

    fn is_in_angles(&self) -> bool {
        self.open.last() == Some(&b'>')
    }

    fn opens(&mut self, at: usize, byte: u8, close: u8) -> Mark {
        self.open.push(close);
        Mark { at, byte, depth: self.open.len() - 1 }
    }

    /// Past the string that begins at this place.
    fn skip_string(&mut self, from: usize) {
        let mut at = from + 1;
        while let Some(&byte) = self.bytes.get(at) {
            at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        self.at = at;
    }

    fn skip_comment(&mut self, from: usize) {
        let rest = self.bytes.get(from + 2..).unwrap_or_default();
        let end = rest.windows(2).position(|two| two == b"*/");
        self.at = end.map_or(self.bytes.len(), |end| from + end + 4);
    }

    /// `<` after a descriptor says what it is of; elsewhere it is less than,
    /// or a shift.
    fn begins_angles(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|at| self.bytes.get(at));
        let is_after_number = before.is_some_and(u8::is_ascii_digit);
        let is_shift = self.bytes.get(at + 1) == Some(&b'<');
        self.is_in_angles() || (is_after_number && !is_shift)
    }
}

impl Iterator for Walk<'_> {
    type Item = Mark;

    fn next(&mut self) -> Option<Mark> {
        loop {
            let at = self.at;
            let byte = *self.bytes.get(at)?;
            let next = self.bytes.get(at + 1).copied();
            self.at += 1;
            match (byte, next) {
                (b'"', _) => self.skip_string(at),
                (b'<', _) if self.begins_angles(at) => {
                    return Some(self.opens(at, byte, b'>'));
                }
                (b'\\', _)
                | (b'-' | b'=', Some(b'>'))
                | (b'<', Some(b'<')) => self.at += 1,
                (b'>', _) if !self.is_in_angles() => {}
                (b'>', _) => {
                    self.open.pop();
                    return Some(Mark { at, byte, depth: self.open.len() });
                }
                _ if self.is_in_angles() => {}
                (b'/', Some(b'*')) => self.skip_comment(at),
                (b'(', _) => return Some(self.opens(at, byte, b')')),
                (b'[', _) => return Some(self.opens(at, byte, b']')),
                (b'{', _) => return Some(self.opens(at, byte, b'}')),
                (b')' | b']' | b'}', _) => {
                    if self.open.pop() != Some(byte) {
                        self.at = self.bytes.len();
                        return None;
                    }
                    return Some(Mark { at, byte, depth: self.open.len() });
                }
                _ => {
                    return Some(Mark { at, byte, depth: self.open.len() });
                }
            }
        }
    }
}

/// Where what opens at `from` closes.
fn close(text: &str, from: usize) -> Option<usize> {
    let closing = [b')', b']', b'}', b'>'];
    let mut marks = Walk::new(text, from);
    // `<` is one only behind a number, which the walk sees.
    let first = marks.next()?;
    let ends = |mark: &Mark| mark.depth == 0 && closing.contains(&mark.byte);
    (first.at == from).then(|| marks.find(ends).map(|mark| mark.at))?
}

/// `name(args) rest`
pub(super) struct Written<'a> {
    pub(super) name: &'a str,
    pub(super) args: &'a str,
    /// What follows the bracket; `None` if that never closes.
    pub(super) rest: Option<&'a str>,
}

pub(super) fn call(text: &str) -> Option<Written<'_>> {
    let open = text.find('(')?;
    let name = &text[..open];
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if !begins || !name.chars().all(is_name) {
        return None;
    }
    Some(match close(text, open) {
        Some(end) => Written {
            name,
            args: &text[open + 1..end],
            rest: Some(&text[end + 1..]),
        },
        None => Written { name, args: &text[open + 1..], rest: None },
    })
}

/// What stands between the commas.
pub(super) fn split(text: &str) -> Vec<&str> {
    pieces(text, b',')
}

/// What stands between the blanks: a set of descriptors.
pub(super) fn words(text: &str) -> Vec<&str> {
    pieces(text, b' ')
}

fn pieces(text: &str, between: u8) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for mark in Walk::new(text, 0) {
        if mark.depth == 0 && mark.byte == between {
            pieces.push(text[from..mark.at].trim());
            from = mark.at + 1;
        }
    }
    pieces.push(text[from..].trim());
    if pieces == [""] { Vec::new() } else { pieces }
}

/// What is in `[…]` or `{…}`.
pub(super) fn inside(text: &str) -> Option<&str> {
    let opens = text.starts_with(['[', '{', '(']);
    let end = opens.then(|| close(text, 0))??;
    Some(&text[1..end])
}

/// `name=` in what is inside of a `{…}`.
pub(super) fn field<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let value = |piece: &'a str| piece.strip_prefix(name)?.strip_prefix('=');
    split(body).into_iter().find_map(value)
}

/// `"text"` or `"text"...`: the text, still escaped, and whether it is all.
pub(super) fn string(text: &str) -> Option<(&str, bool)> {
    if !text.starts_with('"') {
        return None;
    }
    let mut walk = Walk::new(text, 0);
    walk.skip_string(0);
    let end = walk.at;
    let is_closed = end >= 2 && text.as_bytes().get(end - 1) == Some(&b'"');
    let body = is_closed.then(|| text.get(1..end - 1))??;
    Some((body, !text[end..].starts_with("...")))
}

/// A descriptor, and what strace says it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fd<'a> {
    pub(super) number: i32,
    pub(super) of: Option<&'a str>,
}

pub(super) fn fd(text: &str) -> Option<Fd<'_>> {
    let digits = text.find(|c: char| !c.is_ascii_digit());
    let (number, rest) = text.split_at(digits.unwrap_or(text.len()));
    let number = number.parse().ok()?;
    match rest.as_bytes().first() {
        None => Some(Fd { number, of: None }),
        Some(b'<') => {
            let from = text.len() - rest.len();
            let mut marks = Walk::new(text, from);
            let end =
                marks.find(|mark| mark.depth == 0 && mark.byte == b'>')?;
            Some(Fd { number, of: Some(&text[from + 1..end.at]) })
        }
        Some(_) => None,
    }
}

/// Without what strace adds: descriptors are bare numbers, and `instead`
/// says what stands for a `{…}`, if something does.
pub(super) fn plain(
    text: &str,
    instead: impl Fn(&str) -> Option<String>,
) -> String {
    let mut plain = String::new();
    let mut from = 0;
    let mut angles = 0;
    let mut marks = Walk::new(text, 0);
    while let Some(mark) = marks.next() {
        match mark.byte {
            b'<' if angles == 0 => {
                plain += &text[from..mark.at];
                angles = 1;
            }
            b'<' => angles += 1,
            b'>' if angles > 0 => {
                angles -= 1;
                from = mark.at + 1;
            }
            b'{' if angles == 0 => {
                let Some(end) = close(text, mark.at) else { continue };
                let Some(short) = instead(&text[mark.at..=end]) else {
                    continue;
                };
                plain += &text[from..mark.at];
                plain += &short;
                from = end + 1;
                marks.open.pop();
                marks.at = from;
            }
            _ => {}
        }
    }
    // What stands behind a descriptor at the end of half a call.
    let is_open = angles > 0;
    plain + if is_open { "" } else { &text[from..] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_where_its_bracket_closes() {
        let line = r#"write(4<TCP:[[::1]:1->[::1]:2]>, "a) = \"]", 8) = 8"#;
        let written = call(line).unwrap();
        assert_eq!(written.name, "write");
        assert_eq!(written.rest, Some(" = 8"));
        assert_eq!(
            split(written.args),
            ["4<TCP:[[::1]:1->[::1]:2]>", r#""a) = \"]""#, "8"]
        );
    }

    #[test]
    fn comments_and_shifts_open_nothing() {
        let line = "f(0x7ffd /* 12 (vars */, 1<<CAP_CHOWN|1<<12, {a=[1, 2]})";
        let args = split(call(line).unwrap().args);
        assert_eq!(args.len(), 3, "{args:?}");
        assert_eq!(args[1], "1<<CAP_CHOWN|1<<12");
    }

    #[test]
    fn a_descriptor_says_what_it_is_of() {
        let of = |text| fd(text).unwrap().of;
        assert_eq!(of("3"), None);
        assert_eq!(of("3<pipe:[12]>"), Some("pipe:[12]"));
        assert_eq!(
            of("0</dev/pts/0<char 136:0>>"),
            Some("/dev/pts/0<char 136:0>")
        );
        assert_eq!(
            of(r#"12<UNIX-STREAM:[4->5,"/tmp/a>b]"]>"#),
            Some(r#"UNIX-STREAM:[4->5,"/tmp/a>b]"]"#)
        );
        assert_eq!(fd("0x7f"), None);
        assert_eq!(fd("AT_FDCWD"), None);
    }

    #[test]
    fn what_is_open_for_ever_is_no_trap() {
        assert_eq!(call("f({[(").unwrap().rest, None);
        assert_eq!(string("\"abc"), None);
        assert_eq!(string("\"abc\\"), None);
        assert_eq!(string("\"ab\\\"c\"..."), Some(("ab\\\"c", false)));
        assert_eq!(inside("[1, 2"), None);
        assert_eq!(fd("3<TCP:["), None);
        assert_eq!(plain("f(3<TCP:[", |_| None), "f(3");
    }
}
