//! `--compare OLD.json`: what has changed since.
//!
//! The two runs know nothing of each other: another day, another load on the
//! machine. So the intervals are wider than within a run, and what differs
//! in the machine is said first.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::numbers::{NONE, number_or_none, ratio};
use super::ratios::says;
use super::record::{Cell, FORMAT, Mode, Record};
use super::statistics::bootstrap::{self, Estimate, Part};
use super::verdict::{counted, cpu_part, is_good, is_honest};
use crate::screen::{BAD, PLAIN, QUIET, Screen, pad, paint};

/// So many names in a row can still be read.
const FEW: usize = 6;

/// What has become of one cell.
pub(crate) struct Change {
    pub(crate) cell: String,
    pub(crate) load: String,
    /// Requests per second now, and by those of before.
    pub(crate) rate: Quotient,
    pub(crate) cpu: Quotient,
    /// The verdicts, where they are not both `ok`.
    pub(crate) verdicts: Option<String>,
}

pub(crate) struct Quotient {
    pub(crate) new: Option<f64>,
    pub(crate) ratio: Option<Estimate>,
    /// `no difference`, `more`, `less`, `too few rounds`.
    pub(crate) says: &'static str,
}

pub(crate) struct Comparison {
    /// Why the two may not be comparable at all.
    pub(crate) warnings: Vec<String>,
    pub(crate) changes: Vec<Change>,
    pub(crate) only_old: Vec<String>,
    pub(crate) only_new: Vec<String>,
}

/// Only as much as says whether the rest can be read.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

pub(crate) fn read(path: &Path) -> Result<Record> {
    let name = path.display();
    let text = fs::read_to_string(path)
        .with_context(|| format!("{name} cannot be read"))?;
    parse(&text).with_context(|| format!("{name} cannot be compared with"))
}

fn parse(text: &str) -> Result<Record> {
    let version: Version =
        serde_json::from_str(text).context("it is no record of a bench")?;
    if version.format != FORMAT {
        bail!(
            "it has format {}, and this tool knows format {FORMAT}: measure \
             again, or use the tool that wrote it",
            version.format
        );
    }
    serde_json::from_str(text).context("it is a broken record")
}

pub(crate) fn compare(old: &Record, new: &Record) -> Comparison {
    let name = |cell: &Cell| format!("{}, {}", called(cell), load(cell));
    let missing = |from: &Record, cells: &Record| {
        let cells = cells.cells.iter();
        let cells = cells.filter(|cell| partner(from, cell).is_none());
        cells.map(name).collect()
    };
    // Memory has no rounds from which to tell a change.
    let loaded = new.cells.iter().filter(|cell| cell.mode != Mode::Idle);
    let changes = loaded.filter_map(|new_cell| {
        let old_cell = partner(old, new_cell)?;
        Some(Change {
            cell: called(new_cell),
            load: load(new_cell),
            rate: rates(old_cell, new_cell),
            cpu: costs(old_cell, new_cell),
            verdicts: verdicts(old_cell, new_cell),
        })
    });
    Comparison {
        warnings: warnings(old, new),
        changes: changes.collect(),
        only_old: missing(new, old),
        only_new: missing(old, new),
    }
}

/// The same server under the same load.
fn partner<'a>(record: &'a Record, cell: &Cell) -> Option<&'a Cell> {
    record.cells.iter().find(|other| {
        other.model == cell.model
            && other.language == cell.language
            && other.workers == cell.workers
            && super::ratios::is_same_load(other, cell)
    })
}

fn called(cell: &Cell) -> String {
    match cell.workers {
        Some(workers) => format!("{} {workers}", cell.name()),
        None => cell.name(),
    }
}

fn load(cell: &Cell) -> String {
    let (mode, peers, size) = (cell.mode.name(), cell.concurrency, cell.size);
    format!("{mode} {peers} × {size} B")
}

fn rates(old: &Cell, new: &Cell) -> Quotient {
    let rates = |cell: &Cell| {
        counted(cell).map(|round| round.rate).collect::<Vec<f64>>()
    };
    let ratio = bootstrap::ratio_of_middles(&rates(new), &rates(old));
    let shown = |cell: &Cell| (cell.rate > 0.0).then_some(cell.rate);
    quotient(old, new, shown, ratio)
}

fn costs(old: &Cell, new: &Cell) -> Quotient {
    let parts = |cell: &Cell| {
        counted(cell).filter_map(cpu_part).collect::<Vec<Part>>()
    };
    let ratio =
        bootstrap::ratio_of_strange_quotients(&parts(new), &parts(old));
    quotient(old, new, |cell| cell.server_cpu_us_per_request, ratio)
}

fn quotient(
    old: &Cell,
    new: &Cell,
    figure: impl Fn(&Cell) -> Option<f64>,
    ratio: Option<Estimate>,
) -> Quotient {
    let good = |cell: &Cell| {
        cell.rounds.iter().filter(|round| is_good(round)).count()
    };
    let rounds = good(old).min(good(new));
    let says = ratio.map_or("", |ratio| says(ratio.interval, rounds));
    Quotient { new: figure(new), ratio, says }
}

fn verdicts(old: &Cell, new: &Cell) -> Option<String> {
    let is_same = old.verdict == new.verdict;
    match (is_same, is_honest(new), new.verdict.as_str()) {
        (true, _, "ok") => None,
        (true, _, both) => Some(both.into()),
        _ => Some(format!("{} → {}", old.verdict, new.verdict)),
    }
}

fn warnings(old: &Record, new: &Record) -> Vec<String> {
    let (was, is) = (&old.machine, &new.machine);
    let memory = |bytes: u64| format!("{} MiB of memory", bytes >> 20);
    let or_none = |version: &Option<String>| {
        version.clone().unwrap_or_else(|| NONE.into())
    };
    let pairs = [
        ("command", settings(old), settings(new)),
        ("kernel", was.kernel.clone(), is.kernel.clone()),
        ("CPU", was.cpu.clone(), is.cpu.clone()),
        ("CPUs", was.cpus.to_string(), is.cpus.to_string()),
        ("memory", memory(was.memory_bytes), memory(is.memory_bytes)),
        ("CPU placement", old.cpus.clone(), new.cpus.clone()),
        ("rustc", or_none(&was.rustc), or_none(&is.rustc)),
        ("C compiler", or_none(&was.cc), or_none(&is.cc)),
    ];
    let mut warnings: Vec<String> = pairs
        .into_iter()
        .filter(|(_, was, is)| was != is)
        .map(|(what, was, is)| format!("{what}: was {was}, is {is}"))
        .collect();
    let names = was.limits.keys().chain(is.limits.keys());
    let names: std::collections::BTreeSet<&String> = names.collect();
    for name in names {
        let [was, is] = [&was.limits, &is.limits]
            .map(|limits| limits.get(name).map_or(NONE, String::as_str));
        if was != is {
            warnings.push(format!("{name}: was {was}, is {is}"));
        }
    }
    warnings
}

/// The command without what changes no figure: where the results go, and
/// what they are compared with.
fn settings(record: &Record) -> String {
    let mut kept = Vec::new();
    let mut words = record.command.split(' ');
    while let Some(word) = words.next() {
        let (name, is_whole) = match word.split_once('=') {
            Some((name, _)) => (name, true),
            None => (word, false),
        };
        match name {
            "--no-build" => {}
            "-o" | "--json" | "--markdown" | "--compare" => {
                if !is_whole {
                    words.next();
                }
            }
            _ => kept.push(word),
        }
    }
    kept.join(" ")
}

impl Comparison {
    pub(crate) fn show(
        &self,
        screen: &mut Screen,
        old: &str,
    ) -> io::Result<()> {
        for (style, line) in self.lines(screen.width, old) {
            screen.line(&paint(style, &line))?;
        }
        Ok(())
    }

    fn lines(&self, width: usize, old: &str) -> Vec<(anstyle::Style, String)> {
        let mut lines = vec![(PLAIN, String::new())];
        let mut prose = |style, text: &str| {
            let wrapped = textwrap::wrap(text, width).into_iter();
            lines.extend(wrapped.map(|line| (style, line.into_owned())));
        };
        prose(
            PLAIN,
            &format!(
                "Now, by {old}: above 1 is more than before. 95 % intervals \
                 of two runs that know nothing of each other."
            ),
        );
        for warning in &self.warnings {
            prose(BAD, &format!("not the same {warning}"));
        }
        let mut load = "";
        for change in &self.changes {
            if change.load != load {
                load = &change.load;
                lines.push((PLAIN, String::new()));
                lines.push((QUIET, heading(load)));
            }
            lines.push((PLAIN, change.line()));
            let verdicts = change.verdicts.iter();
            let verdicts = verdicts.flat_map(|verdict| {
                textwrap::wrap(verdict, width - 24).into_iter()
            });
            lines.extend(
                verdicts.map(|line| (QUIET, format!("{:24}{line}", ""))),
            );
        }
        for (names, when) in
            [(&self.only_old, "then"), (&self.only_new, "now")]
        {
            if !names.is_empty() {
                let text = format!("Only {when}: {}.", few(names));
                lines.push((PLAIN, String::new()));
                let wrapped = textwrap::wrap(&text, width).into_iter();
                lines.extend(wrapped.map(|line| (PLAIN, line.to_string())));
            }
        }
        lines
    }
}

/// All of them, or how many where nobody would read them.
fn few(names: &[String]) -> String {
    match names {
        [first, .., last] if names.len() > FEW => {
            format!("{} cells, from {first} to {last}", names.len())
        }
        names => names.join("; "),
    }
}

fn heading(load: &str) -> String {
    format!("{load:24} {:>8} {:15}  {:>6} ratio", "req./s", "ratio", "CPU µs")
}

impl Change {
    /// `fork (rust)   2,100  no difference   81.2  0.93 0.91–0.95`
    fn line(&self) -> String {
        let [rate, cpu] = [&self.rate, &self.cpu].map(Quotient::text);
        let rate_now = number_or_none(self.rate.new);
        let cpu_now = number_or_none(self.cpu.new);
        let cell = pad(&self.cell, 24);
        let line =
            format!("{cell} {rate_now:>8} {rate:15}  {cpu_now:>6} {cpu}");
        line.trim_end().into()
    }
}

impl Quotient {
    fn text(&self) -> String {
        match (self.says, self.ratio) {
            ("more" | "less", Some(found)) => {
                ratio(found.value, found.interval)
            }
            (says, Some(_)) => says.into(),
            _ => NONE.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::record;
    use super::*;

    #[test]
    fn a_record_is_the_same_as_itself() {
        let record = record(Mode::Connect);
        let found = compare(&record, &record);
        assert!(found.warnings.is_empty());
        assert!(found.only_old.is_empty() && found.only_new.is_empty());
        assert_eq!(found.changes.len(), record.cells.len());
        for change in &found.changes {
            assert_eq!(change.rate.says, "no difference");
            assert_eq!(change.cpu.says, "no difference");
        }
    }

    #[test]
    fn what_changed_and_what_is_gone_is_said() {
        let old = record(Mode::Connect);
        let mut new = old.clone();
        new.machine.kernel = "Linux 7.0".into();
        new.machine.limits.insert("ulimit -n".into(), "1024".into());
        new.cells.remove(0);
        for round in &mut new.cells[0].rounds {
            round.rate *= 1.1;
        }
        new.cells[1].model = "spoon".into();
        let found = compare(&old, &new);
        assert_eq!(found.warnings.len(), 2, "{:?}", found.warnings);
        assert_eq!(found.changes[0].rate.says, "more");
        assert_eq!(found.only_old.len(), 2);
        assert_eq!(found.only_new, ["spoon (rust), connect 50 × 64 B"]);
        for width in [72, 100] {
            for (_, line) in found.lines(width, "old.json") {
                println!("{line}");
                assert!(line.chars().count() <= width, "{line}");
            }
        }
    }

    #[test]
    fn failed_cells_are_compared_without_a_ratio() {
        let old = record(Mode::Connect);
        let mut new = old.clone();
        for cell in &mut new.cells {
            cell.rounds.clear();
            cell.rate = 0.0;
            cell.server_cpu_us_per_request = None;
        }
        let found = compare(&old, &new);
        assert!(found.changes.iter().all(|it| it.rate.ratio.is_none()));
        assert!(found.changes[0].line().contains('–'));
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let record = record(Mode::Pingpong);
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(parse(&text).unwrap().cells.len(), record.cells.len());
        let refused = |text: &str| format!("{:#}", parse(text).unwrap_err());
        let later = text.replacen("\"format\":1", "\"format\":2", 1);
        assert!(refused(&later).contains("format 2"));
        assert!(refused("{\"cells\": []}").contains("no record"));
        assert!(refused(&text[..text.len() / 2]).contains("no record"));
        assert!(refused("{\"format\": 1}").contains("broken"));
        let nowhere = read(Path::new("/nowhere/old.json")).unwrap_err();
        assert!(format!("{nowhere:#}").contains("/nowhere/old.json"));
    }
}
