//! Which cells belong together, which may be compared, and in what words.

use std::collections::BTreeMap;

use super::super::record::{Cell, Mode, Record};
use super::plot::Mark;
use super::plot::rows::{Row, Sample};
use crate::catalogue::MODELS;

/// Whether a cell's rate says what its server can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Fit,
    /// The rate is the generator's: only its CPU time can be compared.
    ClientBound,
    /// Somebody got nothing, or something wrong.
    Unfit,
}

impl Standing {
    pub(super) fn of(cell: &Cell) -> Standing {
        let found = |name: &str| cell.verdict.contains(name);
        let failed = !cell.errors.is_empty()
            || cell.starved > 0
            || found("starved")
            || found("error")
            || cell.requests == 0
            || !cell.rate.is_finite()
            || cell.rate <= 0.0;
        if failed && cell.mode != Mode::Idle {
            Standing::Unfit
        } else if found("client-bound") {
            Standing::ClientBound
        } else {
            Standing::Fit
        }
    }
}

/// Cells under the same load, one for each server.
pub(super) struct Load<'a> {
    pub(super) mode: Mode,
    /// `ping-pong, 8 peers`
    pub(super) title: String,
    pub(super) cells: Vec<&'a Cell>,
}

/// The loads of a mode, from few peers to many.
pub(super) fn loads(record: &Record, mode: Mode) -> Vec<Load<'_>> {
    let cells = || record.cells.iter().filter(|cell| cell.mode == mode);
    let sizes = is_varied(cells().map(|cell| cell.size));
    let protocols = is_varied(cells().map(|cell| cell.protocol.as_str()));
    let rates =
        is_varied(cells().map(|cell| cell.asked_rate.map(f64::to_bits)));
    let mut all = BTreeMap::<_, Vec<&Cell>>::new();
    for cell in cells() {
        let rate = cell.asked_rate.map(f64::to_bits);
        let key = (cell.concurrency, cell.size, &cell.protocol, rate);
        all.entry(key).or_default().push(cell);
    }
    for cells in all.values_mut() {
        cells.sort_by_key(|cell| (order(&cell.model), cell.workers));
    }
    let load = |cells: Vec<_>| {
        let first: &Cell = cells[0];
        let n = first.concurrency;
        let mut title = format!("{}, {}", name(mode), peers(n));
        if sizes {
            title += format!(", {} B", first.size).as_str();
        }
        if protocols {
            title += format!(", {}", first.protocol).as_str();
        }
        if let Some(rate) = first.asked_rate.filter(|_| rates) {
            title += format!(", {rate}/s").as_str();
        }
        Load { mode, title, cells }
    };
    all.into_values().map(load).collect()
}

pub(super) fn is_varied<T: PartialEq>(
    mut values: impl Iterator<Item = T>,
) -> bool {
    let first = values.next();
    values.any(|value| Some(&value) != first.as_ref())
}

/// A row for each model, a sample for each of its cells.
pub(super) fn rows(
    cells: &[&Cell],
    sample: impl Fn(&Cell) -> Option<Sample>,
) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for cell in cells {
        let Some(sample) = sample(cell) else { continue };
        let varied = is_varied(
            cells.iter().filter(|c| c.model == cell.model).map(|c| c.workers),
        );
        let name = match cell.workers {
            Some(n) if varied => format!("{} ×{n}", cell.model),
            _ => cell.model.clone(),
        };
        if let Some(row) = rows.iter_mut().find(|row| row.name == name) {
            row.samples.push(sample);
        } else {
            let hue = hue(&cell.model);
            rows.push(Row { name, hue, samples: vec![sample] });
        }
    }
    // Rust above C, whichever was measured first.
    for row in &mut rows {
        row.samples.sort_by_key(|sample| sample.mark == Mark::Square);
    }
    rows
}

/// What must be known beside a cell's rate, in a word or two.
pub(super) fn word(cell: &Cell) -> String {
    if cell.starved > 0 {
        return format!("starved {}", cell.starved);
    }
    let errors: u64 = cell.errors.values().sum();
    match Standing::of(cell) {
        Standing::Unfit if cell.requests == 0 => "no answer".to_owned(),
        Standing::Unfit if errors > 0 => format!("errors {errors}"),
        Standing::Unfit => cell.verdict.clone(),
        Standing::ClientBound => "client-bound".to_owned(),
        Standing::Fit => String::new(),
    }
}

pub(super) fn mark(cell: &Cell) -> Mark {
    Mark::of(cell.language.as_deref())
}

/// Models in the catalogue's order, then what is not the kit's own.
pub(super) fn order(model: &str) -> usize {
    let own = MODELS.iter().position(|known| known.name == model);
    own.unwrap_or(MODELS.len())
}

/// The class that has the colour of a model.
pub(super) fn hue(model: &str) -> String {
    if order(model) < MODELS.len() {
        format!("m-{model}")
    } else {
        "foreign".to_owned()
    }
}

pub(super) fn name(mode: Mode) -> &'static str {
    match mode {
        Mode::Pingpong => "ping-pong",
        Mode::Connect => "connect",
        Mode::Open => "open loop",
        Mode::Idle => "idle",
        Mode::Stream => "stream",
        Mode::Unp => "UNP's client",
    }
}

/// The same as a part of an id.
pub(super) fn slug(mode: Mode) -> &'static str {
    match mode {
        Mode::Pingpong => "ping-pong",
        Mode::Open => "open",
        Mode::Unp => "unp",
        _ => name(mode),
    }
}

pub(super) fn peers(n: u32) -> String {
    if n == 1 { "1 peer".to_owned() } else { format!("{n} peers") }
}

/// The finite ones: what could not be measured may be null or not a number.
pub(super) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

pub(super) fn finite_pair(pair: [f64; 2]) -> Option<[f64; 2]> {
    pair.iter().all(|v| v.is_finite()).then_some(pair)
}
