//! Causal order: what happened before what, whatever the clock says.
//!
//! The tracer sees a stop when its turn comes, so that a receive can be seen
//! to return before the send it answers. Moments are put in order of time,
//! and those whose cause is late are moved behind it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The places of all moments in causal order. `times` are what the clock
/// says, and are corrected: no moment is before its causes. `edges` lead from
/// cause to effect. Where they form a circle, which no sound record does, the
/// earliest moment that is left goes first.
pub(super) fn causal(
    times: &mut [u64],
    edges: &[(usize, usize)],
) -> Vec<usize> {
    let count = times.len();
    let mut causes = vec![0_usize; count];
    let mut effects: Vec<Vec<usize>> = vec![Vec::new(); count];
    for &(from, to) in edges {
        effects[from].push(to);
        causes[to] += 1;
    }
    let mut by_time: Vec<usize> = (0..count).collect();
    by_time.sort_by_key(|&place| times[place]);
    let mut ready: BinaryHeap<Reverse<(u64, usize)>> = (0..count)
        .filter(|&place| causes[place] == 0)
        .map(|place| Reverse((times[place], place)))
        .collect();
    let mut is_placed = vec![false; count];
    let mut order = Vec::with_capacity(count);
    let mut earliest = by_time.into_iter();
    while order.len() < count {
        let Some(place) = ready
            .pop()
            .map(|Reverse((_, place))| place)
            .or_else(|| earliest.find(|&place| !is_placed[place]))
        else {
            break;
        };
        if std::mem::replace(&mut is_placed[place], true) {
            continue;
        }
        order.push(place);
        for &effect in &effects[place] {
            times[effect] = times[effect].max(times[place]);
            causes[effect] = causes[effect].saturating_sub(1);
            if causes[effect] == 0 && !is_placed[effect] {
                ready.push(Reverse((times[effect], effect)));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::causal;

    #[test]
    fn without_causes_the_clock_decides() {
        assert_eq!(causal(&mut [30, 10, 20], &[]), [1, 2, 0]);
    }

    #[test]
    fn an_effect_is_moved_behind_its_cause() {
        let mut times = [10, 50, 20, 60];
        let order = causal(&mut times, &[(1, 0), (0, 2)]);
        assert_eq!(order, [1, 0, 2, 3]);
        assert_eq!(times, [50, 50, 50, 60]);
    }

    #[test]
    fn a_circle_does_not_hang() {
        let order = causal(&mut [3, 2, 1], &[(0, 1), (1, 0), (1, 2)]);
        assert_eq!(order, [2, 1, 0]);
    }
}
