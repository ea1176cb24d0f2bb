//! The ladder on a terminal: a column for each process or thread, time runs
//! downwards, and what goes from one to the other is an arrow.
//!
//! It can be drawn while the trace grows: what is printed is never taken
//! back, so that only what is settled is printed.

mod cells;
mod frame;
mod glyphs;
mod paper;
mod row;
mod slots;
mod telling;
#[cfg(test)]
mod tests;
mod weave;

use std::collections::{HashMap, HashSet};

use super::super::record::Trace;
use super::super::story::{Story, What};
use super::Look;
use glyphs::Glyphs;
use paper::Paper;
use row::{Across, Cell, Line, Row, WAITS};
use slots::Slots;

/// Whatever began less than this ago may turn out to be something else.
const UNSETTLED: u64 = 5_000_000;
/// A pause in which one can see that nothing happens.
const PAUSE: u64 = 1_000_000;

/// All of a trace. It is drawn twice: once to find out who comes to stand in
/// which column first, so that these can be named at the top.
pub(crate) fn draw(trace: &Trace, story: &Story, look: &Look) -> Vec<String> {
    let mut ladder = planned(trace, story, look);
    ladder.rest(trace, story)
}

/// The same with nothing under it.
pub(crate) fn rows(trace: &Trace, story: &Story, look: &Look) -> Vec<String> {
    let mut ladder = planned(trace, story, look);
    let mut lines = ladder.begin(trace, story);
    lines.extend(ladder.weave(trace, story, u64::MAX));
    lines
}

fn planned(trace: &Trace, story: &Story, look: &Look) -> Ladder {
    let wanted = slots::at_once(story).max(story.lanes.len().min(3));
    let mut first = Ladder::with(*look, Slots::new(look.width, wanted));
    first.rest(trace, story);
    let mut ladder = Ladder::with(*look, Slots::new(look.width, wanted));
    ladder.digits = if story.span_ns < 1_000_000_000 { 2 } else { 1 };
    ladder.slots.taken = first.firsts;
    ladder
}

/// A ladder in the making.
pub(crate) struct Ladder {
    look: Look,
    glyphs: &'static Glyphs,
    slots: Slots,
    /// Who had each column first.
    firsts: Vec<Option<usize>>,
    is_begun: bool,
    drawn: HashSet<Key>,
    alive: HashSet<usize>,
    sleeps: HashMap<usize, Sleep>,
    last_ns: u64,
    digits: usize,
}

/// What a moment is known by, when the story is told again with more of it.
type Key = (usize, u64, u8);

/// A task that waits.
struct Sleep {
    since: u64,
    until: Option<u64>,
    is_said: bool,
}

impl Ladder {
    /// For a trace that grows.
    pub(crate) fn new(look: Look) -> Ladder {
        Ladder::with(look, Slots::new(look.width, 3))
    }

    fn with(look: Look, slots: Slots) -> Ladder {
        Ladder {
            firsts: vec![None; slots.taken.len()],
            look,
            glyphs: glyphs::of(look.ascii),
            slots,
            is_begun: false,
            drawn: HashSet::new(),
            alive: HashSet::new(),
            sleeps: HashMap::new(),
            last_ns: 0,
            digits: 1,
        }
    }

    /// What is new and settled at this time of the trace.
    pub(crate) fn news(
        &mut self,
        trace: &Trace,
        story: &Story,
        now_ns: u64,
    ) -> Vec<String> {
        let mut lines = self.begin(trace, story);
        let until = now_ns.saturating_sub(UNSETTLED);
        lines.extend(self.weave(trace, story, until));
        lines
    }

    /// All that is left, and what is to be said at the end.
    pub(crate) fn rest(
        &mut self,
        trace: &Trace,
        story: &Story,
    ) -> Vec<String> {
        let mut lines = self.begin(trace, story);
        lines.extend(self.weave(trace, story, u64::MAX));
        lines.extend(frame::foot(trace, story, &self.look, self.glyphs));
        lines
    }

    fn begin(&mut self, trace: &Trace, story: &Story) -> Vec<String> {
        if std::mem::replace(&mut self.is_begun, true) {
            return Vec::new();
        }
        let mut lines = frame::head(trace, story, &self.look);
        let named: Vec<usize> = (0..story.lanes.len())
            .filter(|&lane| self.slots.of(story.lanes[lane].task).is_some())
            .collect();
        if !named.is_empty() {
            lines.extend(frame::headings(self, story, &named, true));
        }
        lines
    }

    fn lines(&self) -> Vec<Line> {
        let line = |task: &Option<usize>| match task {
            Some(task) if self.sleeps.contains_key(task) => Line::Waits,
            Some(task) if self.alive.contains(task) => Line::Runs,
            _ => Line::None,
        };
        self.slots.taken.iter().map(line).collect()
    }

    /// One row, and those below it that hold what had no room.
    fn row(
        &mut self,
        at_ns: Option<u64>,
        cells: Vec<Cell>,
        across: Option<&Across>,
    ) -> Vec<String> {
        let lines = self.lines();
        let row = Row {
            slots: &self.slots,
            lines: &lines,
            glyphs: self.glyphs,
            width: self.look.width,
            is_ascii: self.look.ascii,
        };
        let time = at_ns.map(|at| self.time(at));
        let (first, mut more) = row.draw(time.as_deref(), cells, across);
        let mut papers = vec![first];
        while !more.is_empty() {
            for cell in &mut more {
                (cell.text, cell.style) = cell.more.remove(0);
            }
            let (next, rest) = row.draw(None, more, None);
            papers.push(next);
            more = rest;
        }
        for paper in &mut papers {
            self.say_who_waits(paper);
        }
        papers.iter().map(Paper::line).collect()
    }

    fn say_who_waits(&mut self, paper: &mut Paper) {
        for slot in 0..self.slots.taken.len() {
            let Some(task) = self.slots.taken[slot] else { continue };
            let Some(sleep) = self.sleeps.get_mut(&task) else { continue };
            let start = self.slots.at(slot) + 1;
            let end = (start + self.slots.width - 1).min(self.look.width);
            if sleep.is_said || !paper.is_blank(start, end) {
                continue;
            }
            let text = sleep.until.map_or("waits".to_owned(), |until| {
                format!("waits {}", time_span(until - sleep.since))
            });
            paper.write(start + 1, end, &text, WAITS);
            sleep.is_said = true;
        }
    }

    /// `12.34`, in six places.
    fn time(&self, at_ns: u64) -> String {
        let digits = (0..=self.digits).rev();
        let texts = digits.map(|digits| milliseconds(at_ns, digits));
        texts
            .into_iter()
            .find(|text| text.len() <= 6)
            .unwrap_or_else(|| format!("{}s", at_ns / 1_000_000_000))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a drawing shows six figures of it"
)]
fn milliseconds(ns: u64, digits: usize) -> String {
    format!("{:.digits$}", ns as f64 / 1e6)
}

/// `0.36 ms`, `12.3 ms`, `2.50 s`.
fn time_span(ns: u64) -> String {
    match ns {
        0..10_000_000 => format!("{} ms", milliseconds(ns, 2)),
        10_000_000..1_000_000_000 => format!("{} ms", milliseconds(ns, 1)),
        _ => format!("{} s", milliseconds(ns / 1000, 2)),
    }
}

fn key(trace: &Trace, story: &Story, place: usize) -> Key {
    let moment = &story.moments[place];
    let event = &trace.events[moment.event];
    let what = match moment.what {
        What::Call | What::Waits { .. } => 0,
        What::Returns { .. } => 1,
        What::Birth => 2,
        What::Exec => 3,
        What::Signal => 4,
        What::Pause => 5,
        What::End => 6,
        What::State => 7,
        What::Segment => 8,
    };
    (story.lanes[moment.lane].task, event.at(), what)
}
