//! A line of a log: whose it is, when it was, and what it says.

/// What stands before the call depends on strace's options.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line<'a> {
    pub(super) tid: Option<i32>,
    pub(super) stamp: Option<Stamp>,
    pub(super) text: &'a str,
}

/// In ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// Since 1970: `-ttt`.
    Epoch(u64),
    /// Since midnight: `-t`, `-tt`.
    Day(u64),
    /// Since the line before: `-r`.
    Step(u64),
}

/// Smaller numbers are no time of this century: they are steps.
const EPOCH: u64 = 100_000_000 * SECOND;
const SECOND: u64 = 1_000_000_000;

pub(super) fn parse(line: &str) -> Line<'_> {
    let mut text = line.trim();
    let mut tid = None;
    if let Some((number, rest)) = leading_tid(text) {
        (tid, text) = (Some(number), rest.trim_start());
    }
    let mut stamp = None;
    if let Some((word, rest)) = text.split_once(' ') {
        stamp = leading_stamp(word);
        text = if stamp.is_some() { rest.trim_start() } else { text };
    }
    // With both -t and -r; and with -i.
    for (open, shut) in [("(+", ')'), ("[0", ']')] {
        let rest = text.strip_prefix(open).and_then(|it| it.split_once(shut));
        text = rest.map_or(text, |(_, rest)| rest.trim_start());
    }
    Line { tid, stamp, text }
}

/// `[pid 4103] …` as on a terminal, or `4103  …` as in a file.
fn leading_tid(line: &str) -> Option<(i32, &str)> {
    if let Some(rest) = line.strip_prefix("[pid") {
        let (tid, rest) = rest.split_once(']')?;
        return Some((tid.trim().parse().ok()?, rest));
    }
    let (tid, rest) = line.split_once(' ')?;
    let is_number = tid.bytes().all(|byte| byte.is_ascii_digit());
    Some((is_number.then(|| tid.parse().ok())??, rest))
}

fn leading_stamp(word: &str) -> Option<Stamp> {
    if word.contains(':') {
        let mut at = 0u64;
        for part in word.splitn(3, ':') {
            let part = nanoseconds(part)?;
            at = at.checked_mul(60)?.checked_add(part)?;
        }
        return (word.matches(':').count() == 2).then_some(Stamp::Day(at));
    }
    let ns = word.contains('.').then(|| nanoseconds(word))??;
    Some(if ns < EPOCH { Stamp::Step(ns) } else { Stamp::Epoch(ns) })
}

/// `1795248541.972129`
pub(super) fn nanoseconds(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if seconds.is_empty() || !is_number(seconds) || !is_number(fraction) {
        return None;
    }
    let fraction = format!("{fraction:0<9}");
    let fraction: u64 = fraction.get(..9)?.parse().ok()?;
    let whole = seconds.parse::<u64>().ok()?.checked_mul(SECOND)?;
    whole.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_call_is_told_apart() {
        let day = Stamp::Day((8 * 3600 + 9 * 60 + 4) * SECOND + 428_817_000);
        let epoch = Stamp::Epoch(1_795_248_541 * SECOND + 972_129_000);
        for (line, tid, stamp) in [
            ("close(3) = 0", None, None),
            ("1839  close(3) = 0", Some(1839), None),
            ("[pid  1839] close(3) = 0", Some(1839), None),
            ("1839  1795248541.972129 close(3) = 0", Some(1839), Some(epoch)),
            ("1795248541.972129 close(3) = 0", None, Some(epoch)),
            ("2149 08:09:04.428817 close(3) = 0", Some(2149), Some(day)),
            ("     0.000205 close(3) = 0", None, Some(Stamp::Step(205_000))),
            (
                "7 08:09:04.428817 (+     0.000205) [00007f12] close(3) = 0",
                Some(7),
                Some(day),
            ),
        ] {
            let expected = Line { tid, stamp, text: "close(3) = 0" };
            assert_eq!(parse(line), expected, "{line}");
        }
    }
}
