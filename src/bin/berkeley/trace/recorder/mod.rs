//! The witness that writes the record: what the engine tells, in words, with
//! the sockets behind the descriptors and what the kernel says of them.

mod about;
mod brief;
mod cast;
mod kept;
mod known;
mod warnings;
mod wire;
mod witness;

use std::time::UNIX_EPOCH;
use std::{iter, mem};

use super::decode::{Decoded, Decoder};
use super::record::{Event, FORMAT, Role, Source, Trace, VERSION};
use super::sockets::Held;
use crate::numbered::Numbered;
use crate::tracer::{Blind, Entry, Memories};
use crate::{system, tracer};
use brief::Briefs;
use cast::Cast;
use kept::Kept;
use known::Known;
use warnings::Warnings;
use wire::Reports;

/// Writes down what it is told.
pub(crate) struct Recorder {
    /// CLOCK_MONOTONIC when the trace began.
    zero: u64,
    /// Every call, not only those about sockets and workers.
    everything: bool,
    decoder: Decoder,
    cast: Cast,
    known: Known,
    warnings: Warnings,
    reports: Reports,
    events: Vec<Event>,
    /// Plain transfers are put into words at the end, when nobody wants to
    /// see them sooner.
    is_brief: bool,
    briefs: Briefs,
    memories: Memories,
    /// Calls that have not returned, by who is in them.
    pending: Numbered<i32, Pending>,
    kept: Kept,
    head: Trace,
}

/// As many events as a program needs to hear of its terminal's Ctrl-C.
const LATELY: usize = 100;

/// How many sockets are held at once, in calls and between them: a server of
/// a thousand threads that wait is no reason to run out of descriptors.
const MOST_HELD: usize = 128;

struct Pending {
    what: What,
    /// The socket that it is about, for the look when it returns.
    held: Option<Held>,
    /// It is no duplicate that another call has left.
    is_new: bool,
}

enum What {
    Spoken(Box<Spoken>),
    /// Its place among the `briefs`.
    Brief(usize),
}

/// A call that is put into words at once.
struct Spoken {
    /// Its place in `events`.
    event: usize,
    entry: Entry,
    /// Its arguments are in the event meanwhile.
    decoded: Decoded,
}

impl Recorder {
    pub(crate) fn new(head: Trace, longest: u32, all: bool) -> Recorder {
        Recorder {
            zero: tracer::now(),
            everything: all,
            decoder: Decoder { longest: longest as usize },
            cast: Cast::default(),
            known: Known::new(),
            warnings: Warnings::default(),
            reports: Reports::default(),
            events: Vec::new(),
            is_brief: false,
            briefs: Briefs::default(),
            memories: Memories::default(),
            pending: Numbered::default(),
            kept: Kept::default(),
            head,
        }
    }

    /// Nobody looks on while it is written.
    pub(crate) fn is_read_at_the_end(&mut self) {
        self.is_brief = !self.everything;
    }

    /// The next program that is started, or attached to, is this one.
    pub(crate) fn announce(&mut self, role: Role, command: Vec<String>) {
        self.cast.announce(role, command);
    }

    /// Whether somebody has told a process of this program to end, as a
    /// terminal tells all of them.
    pub(crate) fn is_interrupted(&self, pid: i32) -> bool {
        let family = self.family(pid);
        let late = self.events.iter().rev().take(LATELY);
        late.into_iter().any(|event| {
            matches!(event, Event::Signal(signal)
                if signal.signal == "SIGINT" && family.contains(&signal.pid))
        })
    }

    /// What the engine could not follow.
    pub(crate) fn could_not_see(&mut self, blind: &Blind) {
        if blind.foreign_calls > 0 {
            self.warnings.note(format!(
                "{} calls of another system call table (32-bit code) were \
                 made, and are not shown",
                blind.foreign_calls
            ));
        }
        if blind.has_no_filter {
            self.warnings.note(
                "no seccomp filter may be installed here: programs stop at \
                 each of their calls, and are slower by far"
                    .into(),
            );
        }
        if blind.untraced > 0 {
            self.warnings.note(
                "a child was made with CLONE_UNTRACED: what it does is not \
                 seen here"
                    .into(),
            );
        }
    }

    pub(crate) fn note(&mut self, note: String) {
        self.warnings.note(note);
    }

    /// The processes of the program whose first one this was.
    pub(crate) fn family(&self, pid: i32) -> Vec<i32> {
        self.cast.family(pid)
    }

    /// Shows all that is known by now, calls in the order in which they were
    /// told.
    pub(crate) fn show<R>(&mut self, see: impl FnOnce(&Trace) -> R) -> R {
        self.exchange();
        let seen = see(&self.head);
        self.exchange();
        seen
    }

    /// Lends the lists to the trace, or takes them back: a copy of them
    /// would cost more the longer the trace grows.
    fn exchange(&mut self) {
        mem::swap(&mut self.head.tasks, &mut self.cast.tasks);
        mem::swap(&mut self.head.programs, &mut self.cast.programs);
        mem::swap(&mut self.head.sockets, &mut self.known.sockets);
        mem::swap(&mut self.head.events, &mut self.events);
    }

    /// It is the same only as long as nothing is new: each call comes with
    /// an event, and then is over.
    pub(crate) fn progress(&self) -> (usize, usize) {
        (self.events.len() + self.briefs.len(), self.pending.len())
    }

    /// All of it.
    pub(crate) fn finish(self) -> Trace {
        let (mut trace, events) = self.hand_out(|_, events| events.collect());
        trace.events = events;
        trace
    }

    /// All of it, its events one by one and in order: in words, all calls of
    /// a long trace take more room than there may be.
    pub(crate) fn hand_out<R>(
        mut self,
        take: impl FnOnce(&Trace, &mut dyn Iterator<Item = Event>) -> R,
    ) -> (Trace, R) {
        self.place_reports();
        self.exchange();
        let Recorder { briefs, decoder, mut head, warnings, .. } = self;
        head.notes = warnings.notes();
        let mut spoken = mem::take(&mut head.events);
        spoken.sort_by_key(Event::at);
        let taken = {
            let brief = briefs.told(&decoder, &head.tasks);
            let brief = brief.map(|call| Event::Call(Box::new(call)));
            take(&head, &mut in_order(spoken, brief))
        };
        (head, taken)
    }

    /// How long it has been going on, in ns.
    pub(crate) fn now(&self) -> u64 {
        self.since_zero(tracer::now())
    }

    fn since_zero(&self, at: u64) -> u64 {
        at.saturating_sub(self.zero)
    }
}

/// Two rows of events as one.
fn in_order(
    spoken: Vec<Event>,
    brief: impl Iterator<Item = Event>,
) -> impl Iterator<Item = Event> {
    let mut spoken = spoken.into_iter().peekable();
    let mut brief = brief.peekable();
    iter::from_fn(move || {
        let next = spoken.peek().map_or(u64::MAX, Event::at);
        brief.next_if(|call| call.at() < next).or_else(|| spoken.next())
    })
}

/// A trace in which nothing has happened yet.
pub(crate) fn empty(command: String) -> Trace {
    Trace {
        format: FORMAT.to_string(),
        version: VERSION,
        command,
        source: Source::Ptrace,
        system: system::kernel(),
        began: UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64(),
        programs: Vec::new(),
        tasks: Vec::new(),
        sockets: Vec::new(),
        events: Vec::new(),
        notes: Vec::new(),
    }
}
