//! Draws while the programs run, where somebody looks on.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::draw::{Calls, Ladder};
use super::options::{Format, Options};
use super::output::Output;
use super::record::{Event, Trace};
use super::recorder::Recorder;
use super::story::Story;

/// How often something new is drawn.
const OFTEN: Duration = Duration::from_millis(200);

pub(crate) struct Live {
    output: Option<Output>,
    way: Way,
    last: Instant,
}

enum Way {
    AtTheEnd,
    Calls(List),
    Ladder(Box<Ladder>),
}

/// Which of the calls are in the list.
struct List {
    calls: Calls,
    /// All before this one are,
    first: usize,
    /// and these behind it.
    others: Vec<usize>,
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
                first: 0,
                others: Vec::new(),
                has_heading: false,
            }),
            Format::Ladder if is_live => {
                let ladder = Ladder::new(output.look(options));
                Way::Ladder(Box::new(ladder))
            }
            _ => Way::AtTheEnd,
        };
        Live { output: Some(output), way, last: Instant::now() }
    }

    /// Nobody looks on.
    pub(crate) fn silent() -> Live {
        Live { output: None, way: Way::AtTheEnd, last: Instant::now() }
    }

    /// What is new.
    pub(crate) fn show(&mut self, recorder: &mut Recorder) -> Result<()> {
        if self.last.elapsed() < OFTEN {
            return Ok(());
        }
        self.last = Instant::now();
        let lines = match &mut self.way {
            Way::AtTheEnd => return Ok(()),
            Way::Calls(list) => recorder.show(|trace| list.news(trace, false)),
            Way::Ladder(ladder) => {
                let now = recorder.now();
                let trace = recorder.show(in_order);
                ladder.news(&trace, &Story::tell(&trace), now)
            }
        };
        self.put(lines)
    }

    fn put(&mut self, lines: Vec<String>) -> Result<()> {
        let Some(output) = &mut self.output else { return Ok(()) };
        output.lines(lines)?;
        output.flush()
    }

    /// The last calls of a list, which has no order but that in which they
    /// were told.
    pub(crate) fn last(&mut self, recorder: &mut Recorder) -> Result<()> {
        let Way::Calls(list) = &mut self.way else { return Ok(()) };
        let lines = recorder.show(|trace| list.news(trace, true));
        self.put(lines)
    }

    /// The rest, or all of it.
    pub(crate) fn finish(
        mut self,
        options: &Options,
        trace: &Trace,
    ) -> Result<()> {
        if let Way::Ladder(ladder) = &mut self.way {
            let lines = ladder.rest(trace, &Story::tell(trace));
            self.put(lines)?;
        }
        let was_live = !matches!(self.way, Way::AtTheEnd);
        match &mut self.output {
            Some(output) => output.draw(options, trace, was_live),
            None => Ok(()),
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
        for (place, event) in trace.events.iter().enumerate().skip(self.first)
        {
            if self.others.contains(&place) {
                continue;
            }
            let new = self.calls.lines(trace, event);
            if new.is_empty() {
                continue;
            }
            lines.extend(new);
            self.others.push(place);
        }
        self.pass_over();
        if is_over {
            lines.extend(self.calls.rest(trace));
        }
        lines
    }

    fn pass_over(&mut self) {
        self.others.sort_unstable();
        let listed = self.others.iter().zip(self.first..);
        let row = listed.take_while(|(other, next)| *other == next).count();
        self.others.drain(..row);
        self.first += row;
    }
}
