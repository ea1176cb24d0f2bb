//! Which task is compared with which, and which call with which.

use super::allowed::Line;
use super::{Is, Row};

/// The counterparts in two sets of strands: those that are the same, and of
/// the rest those that have most in common.
pub(super) fn matched(
    title: &str,
    rust: Vec<Vec<Line>>,
    c: Vec<Vec<Line>>,
) -> Vec<(String, Vec<Line>, Vec<Line>)> {
    let mut left = c;
    let mut parts = Vec::new();
    let mut lonely = Vec::new();
    for strand in rust {
        let essence = essence(&strand);
        let same = left.iter().position(|one| self::essence(one) == essence);
        match same {
            Some(at) => parts.push((strand, left.remove(at))),
            None => lonely.push(strand),
        }
    }
    for strand in lonely {
        let in_common = |other: &Vec<Line>| {
            let keys: Vec<_> = essence(other);
            essence(&strand).iter().filter(|key| keys.contains(key)).count()
        };
        let best = (0..left.len()).max_by_key(|&at| in_common(&left[at]));
        let other = best.map(|at| left.remove(at)).unwrap_or_default();
        parts.push((strand, other));
    }
    parts.extend(left.into_iter().map(|strand| (Vec::new(), strand)));
    let parts = parts.into_iter();
    parts.map(|(rust, c)| (title.to_string(), rust, c)).collect()
}

/// What must be the same.
fn essence(strand: &[Line]) -> Vec<&str> {
    let needed = strand.iter().filter(|line| !line.may_be_missing);
    needed.map(|line| line.key.as_str()).collect()
}

/// The rows of two tasks: the longest common subsequence stands side by side,
/// whatever is not in it stands alone. Reasons that are needed are added to
/// `reasons`.
pub(super) fn rows(
    rust: &[Line],
    c: &[Line],
    reasons: &mut Vec<&'static str>,
) -> Vec<Row> {
    let common = common(rust, c);
    let (mut ours, mut theirs) = (rust.iter(), c.iter());
    let mut rows = Vec::new();
    for (to_ours, to_theirs) in common {
        while rust.len() - ours.len() < to_ours {
            rows.extend(ours.next().map(|line| alone(line, true, reasons)));
        }
        while c.len() - theirs.len() < to_theirs {
            rows.extend(theirs.next().map(|line| alone(line, false, reasons)));
        }
        if let (Some(ours), Some(theirs)) = (ours.next(), theirs.next()) {
            rows.push(both(ours, theirs, reasons));
        }
    }
    rows.extend(ours.map(|line| alone(line, true, reasons)));
    rows.extend(theirs.map(|line| alone(line, false, reasons)));
    rows
}

fn both(rust: &Line, c: &Line, reasons: &mut Vec<&'static str>) -> Row {
    let is = match rust.why {
        _ if rust.text == c.text => Is::Same,
        Some(why) => Is::Allowed(number(why, reasons)),
        None => Is::Different,
    };
    Row { rust: Some(rust.text.clone()), c: Some(c.text.clone()), is }
}

fn alone(line: &Line, is_rust: bool, reasons: &mut Vec<&'static str>) -> Row {
    let is = match line.why {
        Some(why) if line.may_be_missing => Is::Allowed(number(why, reasons)),
        _ => Is::Different,
    };
    let text = Some(line.text.clone());
    if is_rust {
        Row { rust: text, c: None, is }
    } else {
        Row { rust: None, c: text, is }
    }
}

/// The number of a reason, from 1.
fn number(why: &'static str, reasons: &mut Vec<&'static str>) -> usize {
    if let Some(at) = reasons.iter().position(|one| *one == why) {
        return at + 1;
    }
    reasons.push(why);
    reasons.len()
}

/// The longest common subsequence of keys, as pairs of places.
fn common(rust: &[Line], c: &[Line]) -> Vec<(usize, usize)> {
    let mut longest = vec![vec![0_usize; c.len() + 1]; rust.len() + 1];
    for (i, ours) in rust.iter().enumerate().rev() {
        for (j, theirs) in c.iter().enumerate().rev() {
            longest[i][j] = if ours.key == theirs.key {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < rust.len() && j < c.len() {
        if rust[i].key == c[j].key {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}
