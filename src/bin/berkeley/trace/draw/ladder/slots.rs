//! Columns are lent: there may be more tasks than fit side by side. Who ends
//! gives its column back; who will be silent for longest lends it out.

use std::collections::HashMap;

use super::super::super::story::Story;
use super::telling::is_idle_birth;

/// A column is at least this wide: fewer places, and hardly any call could be
/// read.
const NARROWEST: usize = 18;
/// Most calls fit in this.
const COMFORTABLE: usize = 24;
/// So much wider it is at most.
const WIDEST: usize = 46;

/// How far the times and the blank behind them go.
pub(super) const MARGIN: usize = 8;

pub(super) struct Slots {
    /// The task that has the column, and when it last showed something.
    pub(super) taken: Vec<Option<usize>>,
    last: Vec<usize>,
    turn: usize,
    pub(super) width: usize,
}

impl Slots {
    /// Columns for `wanted` tasks at once, or as many as fit.
    pub(super) fn new(paper: usize, wanted: usize) -> Slots {
        let room = paper.saturating_sub(MARGIN);
        let count = wanted.clamp(1, (room / NARROWEST).max(1));
        Slots {
            taken: vec![None; count],
            last: vec![0; count],
            turn: 0,
            width: (room / count).min(WIDEST),
        }
    }

    /// Where its column begins.
    pub(super) fn at(&self, slot: usize) -> usize {
        MARGIN + slot * self.width
    }

    pub(super) fn of(&self, task: usize) -> Option<usize> {
        self.taken.iter().position(|&taken| taken == Some(task))
    }

    /// The column of this task, and whether it is new there. Those of `kept`
    /// are not taken away, and of the others whose next moment is farthest off
    /// as `is_needed_in` moments. Clients come in from the right, so that servers
    /// stay on the left.
    pub(super) fn take(
        &mut self,
        task: usize,
        is_client: bool,
        kept: &[usize],
        is_needed_in: impl Fn(usize) -> usize,
    ) -> (usize, bool) {
        self.turn += 1;
        if let Some(slot) = self.of(task) {
            self.last[slot] = self.turn;
            return (slot, false);
        }
        let free = |slot: &usize| self.taken[*slot].is_none();
        let count = self.taken.len();
        let free = if is_client {
            (0..count).rev().find(free)
        } else {
            (0..count).find(free)
        };
        let is_kept = |slot: &usize| {
            self.taken[*slot].is_some_and(|task| kept.contains(&task))
        };
        let slot = free
            .or_else(|| {
                (0..count).filter(|slot| !is_kept(slot)).max_by_key(|&slot| {
                    let wait = self.taken[slot].map_or(0, &is_needed_in);
                    // A column on the other side must be idle for longer.
                    let is_own = is_client == (2 * slot >= count);
                    let wait = if is_own { wait } else { wait / 2 };
                    (wait, self.turn - self.last[slot])
                })
            })
            .unwrap_or(0);
        self.taken[slot] = Some(task);
        self.last[slot] = self.turn;
        (slot, true)
    }

    pub(super) fn give_back(&mut self, task: usize) {
        if let Some(slot) = self.of(task) {
            self.taken[slot] = None;
        }
    }
}

/// What would give all of them a column, if this does not.
pub(super) fn wanted_width(story: &Story, paper: usize) -> Option<usize> {
    let wanted = at_once(story);
    let has_all = Slots::new(paper, wanted).taken.len() == wanted;
    (!has_all).then(|| MARGIN + wanted * COMFORTABLE)
}

/// How many lanes are there at once, at most.
pub(super) fn at_once(story: &Story) -> usize {
    let mut change: HashMap<usize, i32> = HashMap::new();
    for (at, lane) in story.lanes.iter().enumerate() {
        let first = if is_idle_birth(story, lane.first) {
            (lane.first + 1..=lane.last)
                .find(|&place| story.moments[place].lane == at)
                .unwrap_or(lane.last)
        } else {
            lane.first
        };
        *change.entry(first).or_default() += 1;
        if lane.has_ended {
            *change.entry(lane.last + 1).or_default() -= 1;
        }
    }
    let mut places: Vec<(usize, i32)> = change.into_iter().collect();
    places.sort_unstable();
    let mut now = 0;
    let counts = places.into_iter().map(|(_, change)| {
        now += change;
        now
    });
    usize::try_from(counts.max().unwrap_or(1)).unwrap_or(1)
}

/// Whether it, or whoever it descends from, is a client.
pub(super) fn is_client(story: &Story, lane: usize) -> bool {
    let parent = |&lane: &usize| story.lanes[lane].parent;
    std::iter::successors(Some(lane), parent)
        .any(|lane| story.lanes[lane].subtitle == "client")
}
