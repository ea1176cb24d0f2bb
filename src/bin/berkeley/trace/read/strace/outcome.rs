//! What follows a call: ` = -1 EAGAIN (…) <0.000012>`.

use super::line::nanoseconds;
use super::syntax::{self, Fd};

/// How a call ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Not so for `?`: it had not ended when the log was written, or nobody
    /// will ever know.
    pub(super) is_known: bool,
    pub(super) value: Option<i64>,
    /// A descriptor, and what it is of.
    pub(super) fd: Option<(i32, Option<String>)>,
    pub(super) errno: Option<String>,
    /// In brackets: `Timeout`, `[{fd=4, revents=POLLIN}]`, `in [4]`.
    pub(super) more: String,
    /// With -T.
    pub(super) spent_ns: Option<u64>,
}

impl Outcome {
    pub(super) fn parse(text: &str) -> Option<Outcome> {
        let text = text.trim_start().strip_prefix('=')?.trim();
        let (text, spent_ns) = spent(text);
        let end = syntax::words(text).first().map_or(0, |word| word.len());
        let (word, rest) = text.split_at(end);
        let mut outcome = Outcome { spent_ns, ..Outcome::default() };
        match syntax::fd(word) {
            Some(Fd { number, of }) => {
                outcome.value = Some(i64::from(number));
                outcome.fd = Some((number, of.map(str::to_owned)));
            }
            None => outcome.value = value(word),
        }
        if outcome.value.is_none() && word != "?" {
            return None;
        }
        for word in syntax::words(rest.trim()) {
            if let Some(more) = syntax::inside(word) {
                more.clone_into(&mut outcome.more);
            } else if word.starts_with('E') && outcome.errno.is_none() {
                outcome.errno = Some(word.to_owned());
            }
        }
        outcome.is_known = outcome.value.is_some() || outcome.errno.is_some();
        Some(outcome)
    }
}

/// `0 (Timeout) <0.500629>`
fn spent(text: &str) -> (&str, Option<u64>) {
    let split = || {
        let (before, time) = text.strip_suffix('>')?.rsplit_once(" <")?;
        Some((before.trim_end(), nanoseconds(time)?))
    };
    match split() {
        Some((before, spent)) => (before, Some(spent)),
        None => (text, None),
    }
}

fn value(word: &str) -> Option<i64> {
    match word.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok().map(u64::cast_signed),
        None => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Outcome {
        Outcome::parse(text).unwrap()
    }

    #[test]
    fn a_result_may_be_many_things() {
        assert_eq!(parse(" = 0").value, Some(0));
        assert_eq!(parse("   = 0x7f").value, Some(127));
        let error = parse(" = -1 EAGAIN (Try again) <0.000049>");
        assert_eq!(error.errno.as_deref(), Some("EAGAIN"));
        assert_eq!(error.spent_ns, Some(49_000));
        let again = parse(" = ? ERESTARTSYS (To be restarted)");
        assert_eq!((again.value, again.is_known), (None, true));
        assert!(!parse(" = ?").is_known);
        let fd = parse(" = 4<TCP:[127.0.0.1:1->127.0.0.1:2]> <0.000060>");
        let of = "TCP:[127.0.0.1:1->127.0.0.1:2]".to_owned();
        assert_eq!(fd.fd, Some((4, Some(of))));
        assert_eq!(fd.spent_ns, Some(60_000));
        let ready = parse(" = 1 ([{fd=4, revents=POLLIN}])");
        assert_eq!(ready.more, "[{fd=4, revents=POLLIN}]");
        let set = parse(" = 1 (in [4 5], left {tv_sec=0, tv_nsec=9})");
        assert_eq!(set.more, "in [4 5], left {tv_sec=0, tv_nsec=9}");
        assert_eq!(Outcome::parse(""), None);
        assert_eq!(Outcome::parse(" = whatever"), None);
    }
}
