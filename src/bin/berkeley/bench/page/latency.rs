//! Latency on an axis of nines: how long the slowest tenth, hundredth and
//! thousandth waited.

use super::super::record::{Cell, Latency, Mode, Record};
use super::figure::Figure;
use super::pick::{self, Load, Standing};
use super::plot::Mark;
use super::plot::curves::{self, Axis, Curve, Curves};
use super::plot::scale::Scale;
use super::plot::unit::Unit;
use super::{command, said};
use crate::markup::Element;

/// A closed loop, or connections: the most peers, and the others folded.
pub(super) fn closed(record: &Record, mode: Mode) -> Option<Figure> {
    let mut loads = pick::loads(record, mode);
    loads.retain(|l| l.cells.iter().any(|c| c.latency_us.is_some()));
    let most = loads.pop()?;
    let mut cells = most.cells.clone();
    let mut folded = Vec::new();
    for load in &loads {
        cells.extend(&load.cells);
        let id = format!("latency-{}-{}", pick::slug(mode), folded.len());
        folded.push((load.title.clone(), panels(&id, &load.cells, false)));
    }
    Some(Figure {
        id: format!("latency-{}", pick::slug(mode)),
        heading: format!("Latency, {}", most.title),
        shows: slowest(&most),
        key: Some(curves::key(&[
            ("Rust", Mark::Disc, false),
            ("C", Mark::Square, false),
        ])),
        small: true,
        panels: panels(
            &format!("latency-{}-most", pick::slug(mode)),
            &most.cells,
            false,
        ),
        folded,
        command: command::line(&cells),
    })
}

/// The open loop: from when a request was due and from when it was sent.
pub(super) fn open(record: &Record) -> Option<Figure> {
    let loads = pick::loads(record, Mode::Open);
    let cells: Vec<&Cell> =
        loads.iter().flat_map(|load| load.cells.clone()).collect();
    let most = cells
        .iter()
        .filter_map(|cell| Some((hidden(cell)?, *cell)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let (_, cell) = most?;
    let due = cell.latency_us.as_ref()?.p99;
    let sent = cell.latency_from_send_us.as_ref()?.p99;
    let dropped: u64 = cells.iter().filter_map(|cell| cell.dropped).sum();
    let mut shows = format!(
        "The shaded part is the wait before the send, which a closed loop \
         never sees; at 99 % it is longest for {}: {} from when the request \
         was due, {} from when it was sent.",
        cell.name(),
        Unit::Microseconds.said(due),
        Unit::Microseconds.said(sent)
    );
    if dropped > 0 {
        shows +=
            format!(" {dropped} requests were due and never sent.").as_str();
    }
    let mut panels_of = loads.iter().enumerate().map(|(i, load)| {
        let id = format!("latency-open-{i}");
        (load.title.clone(), panels(&id, &load.cells, true))
    });
    let (title, panels) = panels_of.next()?;
    let folded = panels_of.collect();
    Some(Figure {
        id: "latency-open".to_owned(),
        heading: format!("The hidden wait, {title}{}", at(cells[0])),
        shows,
        key: Some(curves::key(&[
            ("from when it was due (Rust)", Mark::Disc, false),
            ("from the send (Rust)", Mark::Disc, true),
            ("the same in C", Mark::Square, false),
        ])),
        small: true,
        panels,
        folded,
        command: command::line(&cells),
    })
}

fn at(cell: &Cell) -> String {
    let rate = cell.asked_rate.map(|rate| Unit::PerSecond.said(rate));
    rate.map(|rate| format!(" at {rate}")).unwrap_or_default()
}

fn hidden(cell: &Cell) -> Option<f64> {
    let due = cell.latency_us.as_ref()?.p99;
    let sent = cell.latency_from_send_us.as_ref()?.p99;
    pick::finite(Some(due - sent))
}

/// A panel per model, or per server where each has two curves.
fn panels(id: &str, cells: &[&Cell], both: bool) -> Vec<Element> {
    let mut all: Vec<Curve> = Vec::new();
    for cell in cells {
        let name = if both { cell.name() } else { cell.model.clone() };
        let kinds =
            [(&cell.latency_us, false), (&cell.latency_from_send_us, true)];
        for (latency, dashed) in kinds {
            let Some(latency) = latency.as_ref().filter(|_| both || !dashed)
            else {
                continue;
            };
            all.push(curve(cell, &name, latency, dashed));
        }
    }
    let points = || all.iter().flat_map(|c| c.points.iter().chain(&c.marks));
    let x = Scale::nines(points().map(|p| p[0]));
    // Beyond the last nine that is drawn there is nothing to make room for.
    let seen = points().filter(|p| x.holds(p[0])).map(|p| p[1]);
    let y = Scale::log(seen);
    for curve in &mut all {
        curve.points.retain(|p| x.holds(p[0]) && p[1] > 0.0);
        curve.marks.retain(|p| x.holds(p[0]) && p[1] > 0.0);
    }
    Curves {
        id: id.to_owned(),
        x: Axis {
            scale: x,
            unit: Unit::Percentile,
            title: "share of requests, %".to_owned(),
        },
        y: Axis {
            scale: y,
            unit: Unit::Microseconds,
            title: "latency".to_owned(),
        },
        all,
        shaded: both,
    }
    .draw()
}

fn curve(cell: &Cell, name: &str, latency: &Latency, dashed: bool) -> Curve {
    let marks = vec![
        [50.0, latency.p50],
        [90.0, latency.p90],
        [99.0, latency.p99],
        [99.9, latency.p999],
    ];
    let mut points = latency.curve.clone();
    if points.len() < 2 {
        points.clone_from(&marks);
    }
    points.retain(|p| p[0] < 100.0);
    Curve {
        name: name.to_owned(),
        hue: pick::hue(&cell.model),
        mark: pick::mark(cell),
        dashed,
        points,
        marks,
    }
}

fn slowest(load: &Load) -> String {
    let mut timed: Vec<(f64, &Cell)> = load
        .cells
        .iter()
        .filter(|cell| Standing::of(cell) != Standing::Unfit)
        .filter_map(|cell| Some((cell.latency_us.as_ref()?.p99, *cell)))
        .filter(|(p99, _)| p99.is_finite())
        .collect();
    timed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let unfit = load
        .cells
        .iter()
        .filter(|cell| Standing::of(cell) == Standing::Unfit)
        .count();
    let mut shows = match timed.as_slice() {
        [] => "Nobody served every peer, so these are the latencies of those \
               who got an answer at all."
            .to_owned(),
        [(p99, cell)] => format!(
            "One request in a hundred takes {} longer than {}.",
            cell.name(),
            Unit::Microseconds.said(*p99)
        ),
        [(low, first), .., (high, last)] => format!(
            "One request in a hundred takes longer than {} with {}, and than \
             {} with {}.",
            Unit::Microseconds.said(*low),
            first.name(),
            Unit::Microseconds.said(*high),
            last.name()
        ),
    };
    if unfit > 0 && !timed.is_empty() {
        shows += &said::left_out(unfit);
    }
    shows
}
