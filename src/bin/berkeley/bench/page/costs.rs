//! What a request costs the server: CPU time, system calls, switches.

use super::super::record::{Cell, Mode, Record};
use super::figure::Figure;
use super::pick::{self, Load, Standing};
use super::plot::Mark;
use super::plot::curves;
use super::plot::rows::{About, Rows, Sample};
use super::plot::unit::Unit;
use super::{command, said};
use crate::markup::Element;

/// CPU time, with a dot for each round.
pub(super) fn cpu(record: &Record, mode: Mode) -> Option<Figure> {
    let mut loads = pick::loads(record, mode);
    loads.retain(|l| l.cells.iter().any(|c| cost(c).is_some()));
    let last = loads.last()?;
    let panels = loads.iter().map(|load| {
        let sample = |cell: &Cell| {
            let dots = cell.rounds.iter().filter_map(|round| {
                let cost = pick::finite(round.server_cpu_us_per_request)?;
                Some((cost, round.disturbed))
            });
            let dots = dots.collect();
            let interval =
                cell.server_cpu_interval.and_then(pick::finite_pair);
            Some(one(cell, cost(cell)?, dots, interval))
        };
        panel(load, "server CPU per request", Unit::Microseconds, sample)
    });
    Some(Figure {
        id: format!("cpu-{}", pick::slug(mode)),
        heading: format!("Server CPU per request, {}", pick::name(mode)),
        shows: extremes(last, cost, Unit::Microseconds, "CPU time"),
        key: Some(key()),
        small: false,
        panels: panels.collect(),
        folded: Vec::new(),
        command: command::line(&all(&loads)),
    })
}

/// System calls and context switches, of the load with the most peers.
pub(super) fn calls(record: &Record, mode: Mode) -> Option<Figure> {
    let loads = pick::loads(record, mode);
    let last = loads.last()?;
    let mut panels = Vec::new();
    let mut shows = Vec::new();
    for (what, of) in [
        ("system calls", syscalls as fn(&Cell) -> Option<f64>),
        ("context switches", switches),
    ] {
        if !last.cells.iter().any(|cell| of(cell).is_some()) {
            continue;
        }
        let sample =
            |cell: &Cell| Some(one(cell, of(cell)?, Vec::new(), None));
        let axis = format!("{what} per request");
        panels.push(panel(last, &axis, Unit::Count, sample));
        shows.push(extremes(last, of, Unit::Count, what));
    }
    if panels.is_empty() {
        return None;
    }
    let id = pick::slug(mode);
    Some(Figure {
        id: format!("calls-{id}"),
        heading: format!("System calls and switches, {}", last.title),
        shows: shows.join(" "),
        key: Some(key()),
        small: false,
        panels,
        folded: Vec::new(),
        command: command::line(&last.cells),
    })
}

fn key() -> Element {
    curves::key(&[
        ("Rust, above", Mark::Disc, false),
        ("C, below", Mark::Square, false),
        ("not comparable", Mark::Cross, false),
    ])
}

fn panel(
    load: &Load,
    axis: &str,
    unit: Unit,
    sample: impl Fn(&Cell) -> Option<Sample>,
) -> Element {
    Rows {
        title: load.title.clone(),
        axis: axis.to_owned(),
        unit,
        about: About::Themselves,
        all: pick::rows(&load.cells, sample),
    }
    .draw()
}

fn one(
    cell: &Cell,
    median: f64,
    dots: Vec<(f64, bool)>,
    interval: Option<[f64; 2]>,
) -> Sample {
    let is_fit = Standing::of(cell) != Standing::Unfit;
    let mark = if is_fit { pick::mark(cell) } else { Mark::Cross };
    // Being held back by the generator does not change what a request costs.
    let word = if is_fit { String::new() } else { pick::word(cell) };
    Sample { mark, dots, median: Some(median), interval, word }
}

/// Least and most of those that did what was asked of them.
fn extremes(
    load: &Load,
    of: impl Fn(&Cell) -> Option<f64>,
    unit: Unit,
    what: &str,
) -> String {
    let fit = load.cells.iter().filter(|c| Standing::of(c) != Standing::Unfit);
    let mut all: Vec<(f64, &Cell)> =
        fit.filter_map(|cell| Some((of(cell)?, *cell))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let title = said::capital(&load.title);
    match all.as_slice() {
        [] => format!("{title}: nobody served every peer correctly."),
        [(value, only)] => format!(
            "{title}: a request costs {} {} of {what}.",
            only.name(),
            unit.said(*value)
        ),
        [(low, least), .., (high, most)] => format!(
            "{title}: from {} ({}) to {} ({}) of {what} per request.",
            unit.said(*low),
            least.name(),
            unit.said(*high),
            most.name()
        ),
    }
}

fn all<'a>(loads: &[Load<'a>]) -> Vec<&'a Cell> {
    loads.iter().flat_map(|load| load.cells.iter().copied()).collect()
}

fn cost(cell: &Cell) -> Option<f64> {
    pick::finite(cell.server_cpu_us_per_request)
}

fn syscalls(cell: &Cell) -> Option<f64> {
    pick::finite(cell.syscalls_per_request)
}

fn switches(cell: &Cell) -> Option<f64> {
    pick::finite(cell.switches_per_request)
}
