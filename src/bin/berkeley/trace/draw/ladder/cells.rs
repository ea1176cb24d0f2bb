//! What a moment says in its column.

use super::super::super::story::{Kind, Moment, What};
use super::row::{Cell, STATE, WAITS, style_of};
use super::telling::Telling;
use super::{Ladder, time_span};
use crate::screen::{BAD, GOOD, HEADING, PLAIN, QUIET};

/// More of a label hides more than it shows.
const LABEL: usize = 20;

/// Calls that only look, as libraries do at their beginning, or find nothing.
fn asks_only(text: &str) -> bool {
    let asks = ["getsockname(", "getpeername(", "getsockopt("];
    text.ends_with("= EAGAIN")
        || asks.iter().any(|name| text.starts_with(name))
        || text.starts_with("fcntl(") && text.contains(", F_GET")
}

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
            What::Call if asks_only(&moment.text) => QUIET,
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

    /// In a narrow column `:5000` says more than `127.0.0.1…`, and how much
    /// came more than how much was asked for.
    fn text(&self, moment: &Moment) -> String {
        let room = self.slots.width.saturating_sub(3);
        let is_long = |text: &str| text.chars().count() > room;
        if !is_long(&moment.text) {
            return moment.text.clone();
        }
        let short =
            moment.text.replace("127.0.0.1:", ":").replace("[::1]:", ":");
        let asks = ["recv(", "read("].iter().any(|it| short.starts_with(it));
        let accepts = short.starts_with("accept");
        match (short.split_once(", "), short.split_once(") = ")) {
            (Some((head, _)), Some((_, result)))
                if asks && is_long(&short) =>
            {
                format!("{head}) = {result}")
            }
            _ if accepts && is_long(&short) => {
                short.split("  ").next().unwrap_or(&short).to_owned()
            }
            _ => short,
        }
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
                    let is_own = task == telling.task(place);
                    if is_own && arrow.kind != Kind::Data {
                        String::new()
                    } else if self.slots.of(task).is_some() {
                        continue;
                    } else {
                        let tid = telling.trace.tasks[task].tid;
                        format!(" from {tid}")
                    }
                }
            };
            let label = glyphs.cut(&arrow.label, LABEL);
            let head = match arrow.from {
                Some(_) => glyphs.head_left,
                None => glyphs.open_left,
            };
            let line = glyphs.line;
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
