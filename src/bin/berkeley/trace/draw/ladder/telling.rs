//! The story as it stands when it is drawn: what of it is drawn already, and
//! what answers what.

use std::collections::HashMap;

use super::super::super::record::Trace;
use super::super::super::story::{Arrow, Story, What};
use super::UNSETTLED;

/// What is answered within this time is drawn in one row with its answer, if
/// nothing in between speaks against it.
const AT_ONCE: u64 = 300_000;
/// How far ahead an answer is looked for.
const AHEAD: usize = 12;

/// Arrows by where they begin and where they end.
pub(super) struct Arrows<'a> {
    pub(super) from: Vec<Vec<&'a Arrow>>,
    pub(super) to: Vec<Vec<&'a Arrow>>,
}

impl<'a> Arrows<'a> {
    pub(super) fn of(story: &'a Story) -> Arrows<'a> {
        let mut arrows = Arrows {
            from: vec![Vec::new(); story.moments.len()],
            to: vec![Vec::new(); story.moments.len()],
        };
        for arrow in &story.arrows {
            if let Some(from) = arrow.from {
                arrows.from[from].push(arrow);
            }
            if let Some(to) = arrow.to {
                arrows.to[to].push(arrow);
            }
        }
        arrows
    }
}

/// A telling of the story, and what of it is drawn.
pub(super) struct Telling<'a> {
    pub(super) trace: &'a Trace,
    pub(super) story: &'a Story,
    pub(super) arrows: Arrows<'a>,
    pub(super) is_drawn: Vec<bool>,
    pub(super) until: u64,
    /// The moments of each task.
    pub(super) by_task: HashMap<usize, Vec<usize>>,
    /// The lanes that segments go to, by their moments.
    pub(super) receivers: HashMap<usize, usize>,
}

impl Telling<'_> {
    pub(super) fn task(&self, place: usize) -> usize {
        self.story.lanes[self.story.moments[place].lane].task
    }

    /// In how many moments after `place` this task does something.
    pub(super) fn needed_after(&self, place: usize, task: usize) -> usize {
        let Some(own) = self.by_task.get(&task) else { return usize::MAX };
        let next = own.partition_point(|&moment| moment <= place);
        own.get(next).map_or(usize::MAX, |&next| next - place)
    }

    /// The moment that can stand beside this one, or right below it.
    pub(super) fn answer(&self, place: usize) -> Option<(usize, &Arrow)> {
        let moments = &self.story.moments;
        let at = moments[place].at_ns;
        self.arrows.from[place].iter().find_map(|arrow| {
            let to = arrow.to?;
            let between = place + 1..to;
            let is_near = between.is_empty()
                || between.len() < AHEAD && moments[to].at_ns <= at + AT_ONCE;
            let lane = moments[to].lane;
            let in_the_way = |other: usize| {
                let causes = self.arrows.to[to]
                    .iter()
                    .any(|arrow| arrow.from == Some(other));
                !self.is_drawn[other]
                    && (moments[other].lane == lane || causes)
            };
            let is_free = !self.is_drawn[to]
                && !is_idle_birth(self.story, to)
                && lane != moments[place].lane
                && moments[to].at_ns < self.until;
            (is_near && is_free && !between.into_iter().any(in_the_way))
                .then_some((to, *arrow))
        })
    }
}

/// Whether whoever is born does nothing for a while: its column can wait.
pub(super) fn is_idle_birth(story: &Story, place: usize) -> bool {
    let moment = &story.moments[place];
    let later = &story.moments[place + 1..];
    moment.what == What::Birth
        && !later
            .iter()
            .take_while(|next| next.at_ns < moment.at_ns + UNSETTLED)
            .any(|next| next.lane == moment.lane)
}
