//! From moments to rows: what shares one, which arrow is drawn where, and
//! what becomes of each column.

use std::collections::HashMap;

use super::super::super::record::Trace;
use super::super::super::story::{Arrow, Kind, Moment, Story, What};
use super::row::{Across, Cell, STATE, style_of};
use super::slots::is_client;
use super::{Ladder, PAUSE, Sleep, UNSETTLED, WAITS, frame, key, time_span};
use crate::screen::{BAD, GOOD, HEADING, PLAIN, QUIET};

/// What is answered within this time is drawn in one row with its answer, if
/// nothing in between speaks against it.
const AT_ONCE: u64 = 300_000;
/// How far ahead an answer is looked for.
const AHEAD: usize = 12;
/// More of a label hides more than it shows.
const LABEL: usize = 40;

/// Arrows by where they begin and where they end.
struct Arrows<'a> {
    from: Vec<Vec<&'a Arrow>>,
    to: Vec<Vec<&'a Arrow>>,
}

impl<'a> Arrows<'a> {
    fn of(story: &'a Story) -> Arrows<'a> {
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
struct Telling<'a> {
    trace: &'a Trace,
    story: &'a Story,
    arrows: Arrows<'a>,
    is_drawn: Vec<bool>,
    until: u64,
    /// The moments of each task.
    by_task: HashMap<usize, Vec<usize>>,
}

impl Telling<'_> {
    fn task(&self, place: usize) -> usize {
        self.story.lanes[self.story.moments[place].lane].task
    }

    /// The next moment after `place` in which this task does something.
    fn needed_after(&self, place: usize, task: usize) -> usize {
        let Some(own) = self.by_task.get(&task) else { return usize::MAX };
        let next = own.partition_point(|&moment| moment <= place);
        own.get(next).copied().unwrap_or(usize::MAX)
    }

    /// The moment that can stand beside this one, or right below it.
    fn answer(&self, place: usize) -> Option<(usize, &Arrow)> {
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

impl Ladder {
    /// Rows for all moments that are not drawn yet and settled before
    /// `until`.
    pub(super) fn weave(
        &mut self,
        trace: &Trace,
        story: &Story,
        until: u64,
    ) -> Vec<String> {
        let is_drawn = (0..story.moments.len())
            .map(|place| self.drawn.contains(&key(trace, story, place)))
            .collect();
        let arrows = Arrows::of(story);
        let mut by_task: HashMap<usize, Vec<usize>> = HashMap::new();
        for (place, moment) in story.moments.iter().enumerate() {
            let task = story.lanes[moment.lane].task;
            by_task.entry(task).or_default().push(place);
        }
        let mut telling =
            Telling { trace, story, arrows, is_drawn, until, by_task };
        self.remember_waits(&telling);
        let mut lines = Vec::new();
        for place in 0..story.moments.len() {
            // An answer may follow: it must be known, too.
            let settles = until.saturating_sub(UNSETTLED / 2);
            let is_settled =
                until == u64::MAX || story.moments[place].at_ns < settles;
            if telling.is_drawn[place] || !is_settled {
                continue;
            }
            let answer =
                telling.answer(place).map(|(to, arrow)| (to, arrow.clone()));
            telling.is_drawn[place] = true;
            self.drawn.insert(key(trace, story, place));
            if is_idle_birth(story, place) {
                continue;
            }
            if let Some((to, _)) = answer {
                telling.is_drawn[to] = true;
                self.drawn.insert(key(trace, story, to));
            }
            lines.extend(self.group(&telling, place, answer.as_ref()));
        }
        lines
    }

    /// How long a wait lasts may be known only now.
    fn remember_waits(&mut self, telling: &Telling) {
        for (place, moment) in telling.story.moments.iter().enumerate() {
            if let What::Waits { until: Some(until) } = moment.what
                && telling.is_drawn[place]
                && let Some(sleep) = self.sleeps.get_mut(&telling.task(place))
                && sleep.since == moment.at_ns
            {
                sleep.until = Some(telling.story.moments[until].at_ns);
            }
        }
    }

    fn group(
        &mut self,
        telling: &Telling,
        place: usize,
        answer: Option<&(usize, Arrow)>,
    ) -> Vec<String> {
        let at_ns = telling.story.moments[place].at_ns;
        let mut lines = Vec::new();
        if at_ns >= self.last_ns + PAUSE && self.someone_waits_unsaid() {
            lines.extend(self.row(None, Vec::new(), None));
        }
        self.last_ns = at_ns;
        let mut both = vec![place];
        both.extend(answer.map(|(to, _)| *to));
        lines.extend(self.give_columns(telling, &both));
        let mut comes_in = self.arrives(telling, place, None);
        let last = comes_in.pop();
        for across in comes_in {
            lines.extend(self.row(None, Vec::new(), Some(&across)));
        }
        lines.extend(self.draw_group(telling, place, answer, last.as_ref()));
        for place in both {
            self.leave(telling, place);
        }
        lines
    }

    fn draw_group(
        &mut self,
        telling: &Telling,
        place: usize,
        answer: Option<&(usize, Arrow)>,
        comes_in: Option<&Across>,
    ) -> Vec<String> {
        let at = |place: usize| Some(telling.story.moments[place].at_ns);
        let mut first = self.cell(telling, place);
        self.become_what_it_is(telling, place);
        self.say_how_long(telling, place, &mut first);
        let Some((to, arrow)) = answer else {
            return self.arrive(at(place), first, comes_in);
        };
        let across = self.across(telling, place, *to, arrow);
        let others = self.arrives(telling, *to, Some(arrow));
        if let (Some(across), None, []) =
            (&across, comes_in, others.as_slice())
        {
            let both = vec![first.clone(), self.cell(telling, *to)];
            if self.fits(&both, across) {
                self.become_what_it_is(telling, *to);
                return self.row(at(place), both, Some(across));
            }
        }
        // An arrow to the left is of no use below: its label stands where the
        // text of its receiver does.
        let is_leftwards = comes_in.is_none()
            && others.is_empty()
            && across.as_ref().is_some_and(|it| it.from > it.to);
        let (above, below) = match is_leftwards {
            true => (across.as_ref(), None),
            false => (comes_in, across.as_ref()),
        };
        let mut lines = self.arrive(at(place), first, above);
        for other in others {
            lines.extend(self.row(None, Vec::new(), Some(&other)));
        }
        let second = self.cell(telling, *to);
        self.become_what_it_is(telling, *to);
        lines.extend(self.arrive(None, second, below));
        lines
    }

    /// A cell and the arrow that ends, or begins, there; above it, if the
    /// text leaves no room for what the arrow says.
    fn arrive(
        &mut self,
        at_ns: Option<u64>,
        cell: Cell,
        across: Option<&Across>,
    ) -> Vec<String> {
        let Some(across) = across else {
            return self.row(at_ns, vec![cell], None);
        };
        if across.from == cell.slot
            || self.fits(std::slice::from_ref(&cell), across)
        {
            return self.row(at_ns, vec![cell], Some(across));
        }
        let mut lines = self.row(at_ns, Vec::new(), Some(across));
        lines.extend(self.row(None, vec![cell], None));
        lines
    }

    /// Where it falls asleep, if there is room; or else wherever there is
    /// some before it wakes up.
    fn say_how_long(
        &mut self,
        telling: &Telling,
        place: usize,
        cell: &mut Cell,
    ) {
        let What::Waits { until: Some(until) } =
            telling.story.moments[place].what
        else {
            return;
        };
        let at = |place: usize| telling.story.moments[place].at_ns;
        let span = time_span(at(until).saturating_sub(at(place)));
        let tail = format!("waits {span}");
        let used = cell.text.chars().count() + 2 + tail.chars().count();
        if let Some(sleep) = self.sleeps.get_mut(&telling.task(place))
            && cell.more.is_empty()
            && used + 3 <= self.slots.width
        {
            cell.more.push((tail, WAITS));
            sleep.is_said = true;
        }
    }

    fn fits(&self, cells: &[Cell], across: &Across) -> bool {
        let lines = self.lines();
        let row = super::Row {
            slots: &self.slots,
            lines: &lines,
            glyphs: self.glyphs,
            width: self.look.width,
            is_ascii: self.look.ascii,
        };
        row.has_room(cells, across)
    }

    fn someone_waits_unsaid(&self) -> bool {
        self.sleeps.iter().any(|(&task, sleep)| {
            !sleep.is_said && self.slots.of(task).is_some()
        })
    }

    /// A column for each of those who are about to say something.
    fn give_columns(
        &mut self,
        telling: &Telling,
        places: &[usize],
    ) -> Vec<String> {
        let tasks: Vec<usize> =
            places.iter().map(|&place| telling.task(place)).collect();
        let mut new = Vec::new();
        for &place in places {
            let lane = telling.story.moments[place].lane;
            let one = &telling.story.lanes[lane];
            let side = is_client(one);
            let needed = |task| telling.needed_after(place, task);
            let (slot, is_new) =
                self.slots.take(one.task, side, &tasks, needed);
            self.firsts[slot].get_or_insert(one.task);
            if is_new {
                new.push(lane);
            }
        }
        match new.as_slice() {
            [] => Vec::new(),
            lanes => frame::headings(self, telling.story, lanes, false),
        }
    }

    /// The arrows that end here and began in earlier rows. `shared` is drawn
    /// otherwise.
    fn arrives(
        &self,
        telling: &Telling,
        place: usize,
        shared: Option<&Arrow>,
    ) -> Vec<Across> {
        let all = telling.arrows.to[place]
            .iter()
            .filter(|arrow| shared.is_none_or(|shared| shared != **arrow));
        all.filter_map(|arrow| self.across(telling, arrow.from?, place, arrow))
            .collect()
    }

    /// Nothing, where one of the two has no column any more, or both are one.
    fn across(
        &self,
        telling: &Telling,
        from: usize,
        to: usize,
        arrow: &Arrow,
    ) -> Option<Across> {
        let from = self.slots.of(telling.task(from))?;
        let to = self.slots.of(telling.task(to))?;
        let label = match arrow.kind {
            // The text beside it says the same.
            Kind::Birth | Kind::Exit => String::new(),
            _ => self.glyphs.cut(&arrow.label, LABEL),
        };
        (from != to).then_some(Across { from, to, kind: arrow.kind, label })
    }

    fn cell(&self, telling: &Telling, place: usize) -> Cell {
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
            let sign = match moment.is_transition {
                true => self.glyphs.becomes.to_string(),
                false => String::new(),
            };
            tails.push((format!("[{sign}{state}]"), STATE));
        }
        let glyphs = self.glyphs;
        for arrow in &telling.arrows.from[place] {
            if arrow.to.is_none() {
                let label = glyphs.cut(&arrow.label, LABEL / 2);
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
            let label = glyphs.cut(&arrow.label, LABEL / 2);
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

    /// What becomes of its column with this moment.
    fn become_what_it_is(&mut self, telling: &Telling, place: usize) {
        let moment = &telling.story.moments[place];
        let task = telling.task(place);
        self.alive.insert(task);
        match moment.what {
            What::Waits { until } => {
                let until =
                    until.map(|until| telling.story.moments[until].at_ns);
                let since = moment.at_ns;
                let sleep = Sleep { since, until, is_said: false };
                self.sleeps.insert(task, sleep);
            }
            What::Returns { .. } => {
                self.sleeps.remove(&task);
            }
            What::End => {
                self.sleeps.remove(&task);
                self.alive.remove(&task);
            }
            _ => {}
        }
    }

    /// Who has ended gives the column back.
    fn leave(&mut self, telling: &Telling, place: usize) {
        if telling.story.moments[place].what == What::End {
            self.slots.give_back(telling.task(place));
        }
    }
}
