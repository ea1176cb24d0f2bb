//! The witness that writes the record: what the engine tells, in words, with
//! the sockets behind the descriptors and what the kernel says of them.

mod cast;
mod known;
mod warnings;
mod witness;

use std::collections::HashMap;

use super::decode::{Decoded, Decoder};
use super::record::{Event, FORMAT, Role, Segment, Source, Trace, VERSION};
use crate::tracer::Entry;
use cast::Cast;
use known::Known;
use warnings::Warnings;

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
    events: Vec<Event>,
    /// Calls that have not returned, by who is in them.
    pending: HashMap<i32, Pending>,
    head: Trace,
}

struct Pending {
    /// Its place in `events`.
    event: usize,
    entry: Entry,
    decoded: Decoded,
}

impl Recorder {
    pub(crate) fn new(head: Trace, longest: usize, all: bool) -> Recorder {
        Recorder {
            zero: now(),
            everything: all,
            decoder: Decoder { longest },
            cast: Cast::default(),
            known: Known::default(),
            warnings: Warnings::default(),
            events: Vec::new(),
            pending: HashMap::new(),
            head,
        }
    }

    /// The next program that is started, or attached to, is this one.
    pub(crate) fn announce(&mut self, role: Role, command: Vec<String>) {
        self.cast.announce(role, command);
    }

    /// The processes that are there now.
    pub(crate) fn pids(&self) -> Vec<i32> {
        self.cast.pids()
    }

    pub(crate) fn note(&mut self, note: String) {
        self.warnings.note(note);
    }

    /// All that is known by now.
    pub(crate) fn so_far(&self) -> Trace {
        let mut events = self.events.clone();
        events.sort_by_key(Event::at);
        Trace {
            programs: self.cast.programs.clone(),
            tasks: self.cast.tasks.clone(),
            sockets: self.known.sockets.clone(),
            events,
            notes: self.warnings.notes(),
            ..self.head.clone()
        }
    }

    fn since_zero(&self, at: u64) -> u64 {
        at.saturating_sub(self.zero)
    }
}

/// A trace in which nothing has happened yet.
pub(crate) fn empty(command: String) -> Trace {
    Trace {
        format: FORMAT.to_string(),
        version: VERSION,
        command,
        source: Source::Ptrace,
        system: system(),
        began: wall_clock(),
        programs: Vec::new(),
        tasks: Vec::new(),
        sockets: Vec::new(),
        events: Vec::new(),
        notes: Vec::new(),
    }
}
