//! From moments to rows: what shares one, which arrow is drawn where, and
//! what becomes of each column.

use std::collections::HashMap;

use super::super::super::record::Trace;
use super::super::super::story::{Arrow, Kind, Story, What};
use super::super::wires;
use super::row::{Across, Cell, Ink};
use super::slots::is_client;
use super::telling::{Arrows, Telling, is_idle_birth};
use super::{Ladder, PAUSE, Sleep, UNSETTLED, WAITS, frame, key, time_span};

/// More of a label hides more than it shows.
const LABEL: usize = 40;

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
        let receivers = wires::of(trace, story)
            .into_iter()
            .filter_map(|wire| Some((wire.moment, wire.to_lane?)))
            .collect();
        let mut telling = Telling {
            trace,
            story,
            arrows,
            is_drawn,
            until,
            by_task,
            receivers,
        };
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
        if let Some(segment) = self.segment(telling, place) {
            return self.row(at(place), Vec::new(), Some(&segment));
        }
        let first = self.cell(telling, place);
        let Some((to, arrow)) = answer else {
            return self.arrive(telling, place, at(place), first, comes_in);
        };
        let across = self.across(telling, place, *to, arrow);
        let others = self.arrives(telling, *to, Some(arrow));
        if let (Some(across), None, []) =
            (&across, comes_in, others.as_slice())
        {
            let both = vec![first.clone(), self.cell(telling, *to)];
            if self.fits(&both, across) {
                self.become_what_it_is(telling, place);
                self.become_what_it_is(telling, *to);
                return self.row(at(place), both, Some(across));
            }
        }
        // An arrow to the left is of no use below: its label stands where the
        // text of its receiver does.
        let is_leftwards = comes_in.is_none()
            && others.is_empty()
            && across.as_ref().is_some_and(|it| it.from > it.to);
        let (above, below) = if is_leftwards {
            (across.as_ref(), None)
        } else {
            (comes_in, across.as_ref())
        };
        let mut lines = self.arrive(telling, place, at(place), first, above);
        for other in others {
            lines.extend(self.row(None, Vec::new(), Some(&other)));
        }
        let second = self.cell(telling, *to);
        lines.extend(self.arrive(telling, *to, None, second, below));
        lines
    }

    /// A cell and the arrow that ends, or begins, there; above it, if the
    /// text leaves no room for what the arrow says. Who is told of anything
    /// waits until then.
    fn arrive(
        &mut self,
        telling: &Telling,
        place: usize,
        at_ns: Option<u64>,
        mut cell: Cell,
        across: Option<&Across>,
    ) -> Vec<String> {
        let own = across.filter(|across| {
            across.from == cell.slot
                || self.fits(std::slice::from_ref(&cell), across)
        });
        let mut lines = match across {
            Some(across) if own.is_none() => {
                self.row(at_ns, Vec::new(), Some(across))
            }
            _ => Vec::new(),
        };
        let at_ns = at_ns.filter(|_| lines.is_empty());
        self.become_what_it_is(telling, place);
        self.say_how_long(telling, place, &mut cell);
        lines.extend(self.row(at_ns, vec![cell], own));
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
            let side = is_client(telling.story, lane);
            let needed = |task| telling.needed_after(place, task);
            let (slot, is_new) =
                self.slots.take(one.task, side, &tasks, needed);
            self.firsts[slot].get_or_insert(one.task);
            if is_new {
                if telling.story.moments[place].what != What::Birth {
                    self.alive.insert(one.task);
                }
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
        let ink = Ink::Of(arrow.kind);
        (from != to).then_some(Across { from, to, ink, label })
    }

    /// A segment between two columns.
    fn segment(&self, telling: &Telling, place: usize) -> Option<Across> {
        let &lane = telling.receivers.get(&place)?;
        let from = self.slots.of(telling.task(place))?;
        let to = self.slots.of(telling.story.lanes[lane].task)?;
        let label = telling.story.moments[place].text.clone();
        (from != to).then_some(Across { from, to, ink: Ink::Wire, label })
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
