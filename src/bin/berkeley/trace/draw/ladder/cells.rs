//! What a moment says in its column.

use super::super::super::story::{Moment, What};
use super::row::{Cell, STATE, WAITS, style_of};
use super::telling::Telling;
use super::{Ladder, time_span};
use crate::screen::{BAD, GOOD, HEADING, PLAIN, QUIET};

/// More of a label hides more than it shows.
const LABEL: usize = 20;

impl Ladder {
    pub(super) fn cell(&self, telling: &Telling, place: usize) -> Cell {
        let moment = &telling.story.moments[place];
        let task = telling.task(place);
        let glyphs = self.glyphs;
        let is_asleep = self.sleeps.contains_key(&task);
        let sign = match moment.what {
            What::Waits { .. } => glyphs.falls_asleep,
            What::Returns { .. } => glyphs.wakes,
            What::Birth => glyphs.starts,
            What::End => glyphs.ends,
            _ if is_asleep => glyphs.waits,
            _ => glyphs.runs,
        };
        let style = match moment.what {
            _ if moment.is_bad => BAD,
            What::Birth | What::End => GOOD,
            What::Segment | What::State => QUIET,
            What::Signal | What::Pause | What::Exec => HEADING,
            _ => PLAIN,
        };
        Cell {
            slot: self.slots.of(task).unwrap_or(0),
            sign,
            text: self.text(moment),
            style,
            more: self.tails(telling, place),
        }
    }

    /// In a narrow column `:5000` says more than `127.0.0.1…`.
    fn text(&self, moment: &Moment) -> String {
        let room = self.slots.width.saturating_sub(3);
        if moment.text.chars().count() <= room {
            return moment.text.clone();
        }
        moment.text.replace("127.0.0.1:", ":").replace("[::1]:", ":")
    }

    /// What stands behind a text where there is room, and else below it.
    fn tails(
        &self,
        telling: &Telling,
        place: usize,
    ) -> Vec<(String, anstyle::Style)> {
        let moment = &telling.story.moments[place];
        let mut tails = Vec::new();
        self.wait_before(telling, place, &mut tails);
        if let Some(state) = &moment.state {
            let sign = if moment.is_transition {
                self.glyphs.becomes.to_string()
            } else {
                String::new()
            };
            tails.push((format!("[{sign}{state}]"), STATE));
        }
        let glyphs = self.glyphs;
        for arrow in &telling.arrows.from[place] {
            if arrow.to.is_none() {
                let label = glyphs.cut(&arrow.label, LABEL);
                let (line, head) = (glyphs.line, glyphs.open_right);
                let tail = format!("{line} {label} {line}{head}");
                tails.push((tail, style_of(arrow.kind)));
            }
        }
        for arrow in &telling.arrows.to[place] {
            let stranger = match arrow.from {
                None => String::new(),
                Some(from) => {
                    let task = telling.task(from);
                    if self.slots.of(task).is_some() {
                        continue;
                    }
                    let tid = telling.trace.tasks[task].tid;
                    format!(" from {tid}")
                }
            };
            let label = glyphs.cut(&arrow.label, LABEL);
            let (line, head) = (glyphs.line, glyphs.open_left);
            let tail = format!("{head}{line} {label}{stranger}");
            tails.push((tail, style_of(arrow.kind)));
        }
        tails
    }

    fn wait_before(
        &self,
        telling: &Telling,
        place: usize,
        tails: &mut Vec<(String, anstyle::Style)>,
    ) {
        let moment = &telling.story.moments[place];
        if let (What::Returns { .. }, Some(sleep)) =
            (moment.what, self.sleeps.get(&telling.task(place)))
            && !sleep.is_said
        {
            let span = moment.at_ns.saturating_sub(sleep.since);
            tails.push((format!("({})", time_span(span)), WAITS));
        }
    }
}
