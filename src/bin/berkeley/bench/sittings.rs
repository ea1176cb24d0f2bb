//! Who is up at the same time, and for how many rounds.

use std::ops::RangeInclusive;

use anyhow::Result;
use nix::sys::resource::{Resource, getrlimit};

use super::contender::Entry;
use super::plan::Part;
use super::record::Mode;

/// So many rounds with the same servers, unless there would be too many
/// sittings then.
const SITTING: u32 = 4;
const MOST_SITTINGS: u32 = 8;

/// Descriptors of a generator that are not connections.
const SPARE: u64 = 100;

/// Servers are started anew every few rounds: a process may well be some per
/// cent faster than its twin for all its life, by the pages that it happened
/// to get, and an interval over the rounds of one would know nothing of that.
pub(crate) fn sittings(rounds: u32) -> Vec<RangeInclusive<u32>> {
    let length = rounds.div_ceil(MOST_SITTINGS).max(SITTING);
    let firsts = (1..=rounds).step_by(length as usize);
    firsts.map(|first| first..=rounds.min(first + length - 1)).collect()
}

/// Who takes turns with whom, by their places: twins share a block.
pub(crate) fn blocks<'a>(
    entries: impl Iterator<Item = &'a Entry>,
) -> Vec<Vec<usize>> {
    let mut blocks: Vec<(&Entry, Vec<usize>)> = Vec::new();
    for (place, entry) in entries.enumerate() {
        let is_twin = |(first, _): &&mut (&Entry, Vec<usize>)| {
            first.language.is_some()
                && entry.language.is_some()
                && first.model == entry.model
        };
        match blocks.iter_mut().find(is_twin) {
            Some((_, block)) => block.push(place),
            None => blocks.push((entry, vec![place])),
        }
    }
    blocks.into_iter().map(|(_, block)| block).collect()
}

/// Connections that stay open need descriptors: when there are not enough for
/// all, there are several heats. Twins are never separated by that, unless
/// there are not even enough for two.
pub(crate) fn heats(
    part: &Part,
    entries: Vec<Entry>,
) -> Result<Vec<Vec<Entry>>> {
    let (_, limit) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let each = match part.mode {
        Mode::Connect | Mode::Unp => 0,
        _ => u64::from(part.concurrency),
    };
    let room = limit.saturating_sub(SPARE) * u64::from(part.generators);
    let most = room.checked_div(each).unwrap_or(u64::MAX).max(1);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    // An even number keeps pairs together.
    let most = if most > 1 { most / 2 * 2 } else { 1 };
    let mut heats: Vec<Vec<Entry>> = Vec::new();
    for entry in entries {
        match heats.last_mut() {
            Some(heat) if heat.len() < most => heat.push(entry),
            _ => heats.push(vec![entry]),
        }
    }
    Ok(heats)
}

#[cfg(test)]
mod tests {
    use super::sittings;

    #[test]
    fn sittings_have_all_rounds_once_and_are_not_many() {
        assert_eq!(sittings(1), [1..=1]);
        assert_eq!(sittings(4), [1..=4]);
        assert_eq!(sittings(11), [1..=4, 5..=8, 9..=11]);
        for rounds in 1..200 {
            let sittings = sittings(rounds);
            assert!(sittings.len() <= 8);
            assert!(sittings.into_iter().flatten().eq(1..=rounds));
        }
    }
}
