//! Draws while the programs run, where somebody looks on.

use std::mem;
use std::time::Instant;

use anyhow::{Context, Error, Result};

use super::draw::{Calls, Ladder};
use super::options::{Format, Options};
use super::output::Output;
use super::pace::Pace;
use super::record::{Event, Trace};
use super::recorder::Recorder;
use super::story::Story;
use crate::exit::is_nobody_reading;

pub(crate) struct Live {
    output: Option<Output>,
    way: Way,
    pace: Pace,
    /// Why nothing can be written any more. The programs are not ended for
    /// that.
    trouble: Option<Error>,
}

enum Way {
    AtTheEnd,
    /// At the end, one by one.
    Json,
    Calls(List),
    Ladder(Box<Ladder>),
}

/// Which of the calls are in the list.
struct List {
    calls: Calls,
    /// All before this one are,
    next: usize,
    /// but for these, which have not returned.
    open: Vec<usize>,
    has_heading: bool,
}

impl Live {
    pub(crate) fn of(options: &Options, output: Output) -> Live {
        // A lab is over in a moment, and reads better with all columns known.
        let may_last = options.lab.is_none() && output.is_terminal;
        let is_live = options.stream || may_last;
        let way = match options.format() {
            _ if options.draws_nothing() => Way::AtTheEnd,
            Format::Calls if is_live => Way::Calls(List {
                calls: Calls { ascii: options.ascii },
                next: 0,
                open: Vec::new(),
                has_heading: false,
            }),
            Format::Ladder if is_live => {
                let ladder = Ladder::new(output.look(options));
                Way::Ladder(Box::new(ladder))
            }
            Format::Json if !options.summary && !options.lint => Way::Json,
            _ => Way::AtTheEnd,
        };
        Live { output: Some(output), way, pace: Pace::new(), trouble: None }
    }

    /// Nobody looks on.
    pub(crate) fn silent() -> Live {
        let (way, pace) = (Way::AtTheEnd, Pace::new());
        Live { output: None, way, pace, trouble: None }
    }

    /// Or only when all is over.
    pub(crate) fn is_seen_while_it_grows(&self) -> bool {
        matches!(self.way, Way::Calls(_) | Way::Ladder(_))
    }

    /// What is new.
    pub(crate) fn show(&mut self, recorder: &mut Recorder) {
        let start = Instant::now();
        if !self.is_seen_while_it_grows()
            || !self.pace.is_due(start, recorder.progress())
        {
            return;
        }
        let lines = match &mut self.way {
            Way::AtTheEnd | Way::Json => Vec::new(),
            Way::Calls(list) => recorder.show(|trace| list.news(trace, false)),
            Way::Ladder(ladder) => {
                let now = recorder.now();
                let trace = recorder.show(in_order);
                ladder.news(&trace, &Story::tell(&trace), now)
            }
        };
        self.put(lines);
        self.pace.has_drawn(start, Instant::now());
    }

    fn put(&mut self, lines: Vec<String>) {
        let Some(output) = &mut self.output else { return };
        if self.trouble.is_none() {
            let written = output.lines(lines).and_then(|()| output.flush());
            self.trouble = written.err();
        }
    }

    /// The last calls of a list, which has no order but that in which they
    /// were told.
    pub(crate) fn last(&mut self, recorder: &mut Recorder) {
        let Way::Calls(list) = &mut self.way else { return };
        let lines = recorder.show(|trace| list.news(trace, true));
        self.put(lines);
    }

    /// What was recorded; its events only where they are still to be drawn.
    pub(crate) fn take(&mut self, recorder: Recorder) -> Trace {
        match &mut self.output {
            Some(output) if output.is_for_nobody() => {
                recorder.hand_out(|_, _| ()).0
            }
            Some(output) if matches!(self.way, Way::Json) => {
                let (trace, written) = recorder
                    .hand_out(|trace, events| output.json(trace, events));
                self.trouble = written.err();
                trace
            }
            _ => recorder.finish(),
        }
    }

    /// The rest, or all of it. That nobody reads it is no trouble.
    pub(crate) fn finish(
        mut self,
        options: &Options,
        trace: &Trace,
    ) -> Result<()> {
        if let Way::Ladder(ladder) = &mut self.way {
            let lines = ladder.rest(trace, &Story::tell(trace));
            self.put(lines);
        }
        let was_live = !matches!(self.way, Way::AtTheEnd);
        let drawn = match (self.trouble, &mut self.output) {
            (Some(trouble), _) => Err(trouble),
            (None, Some(output)) => output.draw(options, trace, was_live),
            (None, None) => Ok(()),
        };
        match drawn {
            Err(error) if is_nobody_reading(&error) => Ok(()),
            drawn => drawn.context("cannot write the trace"),
        }
    }
}

/// What the kernel reported beside the calls was told behind them.
fn in_order(trace: &Trace) -> Trace {
    let mut trace = trace.clone();
    trace.events.sort_by_key(Event::at);
    trace
}

impl List {
    fn news(&mut self, trace: &Trace, is_over: bool) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.has_heading {
            self.has_heading = true;
            lines.push(self.calls.heading(trace));
        }
        let open = mem::take(&mut self.open);
        let new = self.next..trace.events.len();
        self.next = new.end;
        for place in open.into_iter().chain(new) {
            let new = self.calls.lines(trace, &trace.events[place]);
            if new.is_empty() {
                self.open.push(place);
            }
            lines.extend(new);
        }
        if is_over {
            lines.extend(self.calls.rest(trace));
        }
        lines
    }
}
