//! `berkeley bench`: fork against thread against everything, Rust against C.
//!
//! `plan` says which loads there are, `heat` puts one of them on all servers
//! in turns, `idle` and `traced` measure what must not be timed. What came of
//! a server is summed up in its `tally` and becomes a cell of the `record`;
//! tables, pages and comparisons are made from the record alone. The load is
//! made by processes of their own (`crew`, and `../generator/`), and `meter`
//! reads what the kernel knows.

mod cells;
mod compare;
mod conclusions;
mod contender;
mod crew;
mod findings;
#[cfg(test)]
mod fixture;
mod heat;
mod idle;
mod markdown;
mod meter;
mod numbers;
mod options;
mod output;
mod page;
mod plan;
mod ranking;
mod ratios;
mod record;
mod schedule;
mod sheets;
mod shuffle;
mod sittings;
mod statistics;
mod table;
mod tally;
mod traced;
mod verdict;

use std::env;
use std::time::Instant;

use anyhow::Result;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::calendar;
use crate::catalogue::Language;
use crate::cpus::{Cpus, kept_to};
use crate::exit::Verdict;
use crate::house::{Built, House};
use crate::screen::Progress;
use crate::stage::{self, Interrupted};
use contender::Entry;
use heat::{Contender, Heat};
pub(crate) use options::Options;
use output::Output;
use plan::Part;
use record::{Cell, Mode, Record};
use schedule::Schedule;

pub(crate) fn run(options: &Options) -> Result<Verdict> {
    options.check();
    stage::watch()?;
    allow_descriptors()?;
    let output = Output::prepare(options)?;
    let house = House::find()?;
    let mut bench = Bench {
        options,
        house: &house,
        cpus: Cpus::choose(options.cpus)?,
        progress: Progress::new(),
        record: begin(),
    };
    let start = Instant::now();
    let done = bench.build().and_then(|()| bench.measure());
    bench.progress.clear();
    stage::end_the_rest();
    let mut record = bench.record;
    record.seconds = start.elapsed().as_secs_f64();
    record.interrupted = done.is_err();
    // What there is was worth its time, whatever cut it short.
    if done.is_ok() || !record.cells.is_empty() {
        ratios::process_control(&mut record.cells);
        record.ratios = ratios::all(&record.cells);
        output.write(&record)?;
    }
    done.map(|()| outcome(&record))
}

/// A server that failed, or answered wrongly, has fallen short; one whose
/// design lets peers wait has not.
fn outcome(record: &Record) -> Verdict {
    let has = |cell: &Cell, kind| {
        cell.findings.iter().any(|finding| verdict::kind(finding) == kind)
    };
    let cells = &record.cells;
    let fell_short = |cell| has(cell, "failed") || has(cell, "errors");
    if cells.iter().all(|cell| has(cell, "failed")) {
        Verdict::CouldNotRun
    } else if cells.iter().any(fell_short) {
        Verdict::FellShort
    } else {
        Verdict::Good
    }
}

fn begin() -> Record {
    Record {
        format: record::FORMAT,
        tool: format!("berkeley {}", env!("CARGO_PKG_VERSION")),
        command: command_line(),
        started: calendar::now(),
        seconds: 0.0,
        interrupted: false,
        cpus: String::new(),
        machine: meter::machine::machine(),
        cells: Vec::new(),
        ratios: Vec::new(),
        notes: Vec::new(),
    }
}

/// A run.
struct Bench<'a> {
    options: &'a Options,
    house: &'a House,
    cpus: Cpus,
    progress: Progress,
    record: Record,
}

impl Bench<'_> {
    /// Brings the servers up to date, unless they are somebody else's.
    fn build(&mut self) -> Result<()> {
        self.record.cpus.clone_from(&self.cpus.words);
        if self.options.no_build || self.options.target.is_some() {
            return Ok(());
        }
        for &language in &self.options.languages {
            let built = self.house.build(language, &self.progress)?;
            let note = built.note().map(str::to_string);
            self.record.notes.extend(note);
            if let Built::Failed(why) = built {
                self.progress.note(&why);
            }
        }
        Ok(())
    }

    fn measure(&mut self) -> Result<()> {
        let parts = plan::parts(self.options);
        let entries: Vec<Vec<Entry>> =
            parts.iter().map(|part| self.entries(part)).collect();
        let mut schedule = Schedule::of(&parts, &entries, self.options);
        let cpus = self.cpus.clone();
        // Beside the generators, which work while this waits.
        kept_to(&cpus.generators, || {
            for (part, entries) in parts.iter().zip(entries) {
                schedule.begin();
                self.part(part, entries, &mut schedule)?;
            }
            Ok(())
        })?
    }

    /// Who takes part.
    fn entries(&self, part: &Part) -> Vec<Entry> {
        let options = self.options;
        if let Some(target) = &options.target {
            return vec![Entry::target(target)];
        }
        let mut entries = Vec::new();
        for model in plan::models(options, part) {
            for language in Language::BOTH {
                if options.has(language) {
                    entries.push(Entry::ours(
                        self.house, language, model, part, options,
                    ));
                }
            }
        }
        if !part.pools_alone {
            entries.extend(options.server.iter().map(Entry::foreign));
        }
        entries
    }

    fn part(
        &mut self,
        part: &Part,
        entries: Vec<Entry>,
        schedule: &mut Schedule,
    ) -> Result<()> {
        if part.mode == Mode::Idle {
            return self.idle(part, entries, schedule);
        }
        for entries in sittings::heats(part, entries)? {
            let mut heat = Heat::new(part, &self.cpus, entries)?;
            let done = heat.run(|round, done, name| {
                schedule.advance(done);
                self.progress.show(&schedule.line(round, name));
            });
            let mut contenders = heat.contenders;
            let done = done.and_then(|()| {
                self.count_syscalls(part, &mut contenders, schedule)
            });
            self.record.cells.extend(contenders.into_iter().map(
                |Contender { entry, tally, .. }| {
                    cells::cell(part, &entry, tally)
                },
            ));
            done?;
        }
        Ok(())
    }

    fn idle(
        &mut self,
        part: &Part,
        entries: Vec<Entry>,
        schedule: &mut Schedule,
    ) -> Result<()> {
        for entry in entries {
            schedule.advance(1.0);
            self.progress.show(&schedule.line(0, &entry.name()));
            let mut tally = tally::Tally::default();
            let done = idle::measure(part, &self.cpus, &entry, &mut tally);
            self.record.cells.push(cells::cell(part, &entry, tally));
            done?;
        }
        Ok(())
    }

    /// A round of its own. Where tracing is not allowed, that is said once.
    fn count_syscalls(
        &mut self,
        part: &Part,
        contenders: &mut [Contender],
        schedule: &mut Schedule,
    ) -> Result<()> {
        let is_asked =
            matches!(part.mode, Mode::Pingpong | Mode::Connect | Mode::Unp);
        if !is_asked || self.options.no_syscalls {
            return Ok(());
        }
        for contender in contenders {
            let Contender { entry, tally, .. } = contender;
            if tally.failure.is_some() {
                continue;
            }
            let what = format!("{}, its system calls", entry.name());
            self.progress.show(&schedule.line(0, &what));
            match traced::syscalls(part, &self.cpus, entry) {
                Ok(calls) => tally.syscalls = calls,
                Err(error) if error.is::<Interrupted>() => return Err(error),
                Err(error) => {
                    let note = format!(
                        "the system calls of {} could not be counted: \
                         {error:#}",
                        entry.name()
                    );
                    self.record.notes.push(note);
                }
            }
        }
        Ok(())
    }
}

/// As many as are allowed, to this process and to the servers it starts.
fn allow_descriptors() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// As it was typed; a word with blanks in it needs its quotes back.
fn command_line() -> String {
    let words = env::args().skip(1).map(|word| {
        let is_plain = word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_=.,:/@%+".contains(c));
        if is_plain && !word.is_empty() {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    let words: Vec<String> = words.collect();
    format!("berkeley {}", words.join(" "))
}
