//! The questions of chapter 30 of UNIX Network Programming: what does it cost
//! to start and to choose a worker, who gets the peers, how many workers are
//! too many?

use super::super::numbers::NONE;
use super::super::record::{Cell, Mode, Record};
use super::super::sheets::process_control as process_control_of;
use super::figure::Figure;
use super::pick::{self, Standing};
use super::plot::columns::Columns;
use super::plot::curves::{self, Axis, Curves};
use super::plot::rows::{About, Rows, Sample};
use super::plot::scale::Scale;
use super::plot::unit::Unit;
use super::plot::{Mark, count};
use super::tables::Table;
use super::{command, rates};
use crate::catalogue::MODELS;
use crate::markup::Element;

/// CPU time above that of the iterative server.
pub(super) fn process_control(record: &Record) -> Option<Figure> {
    let mut loads = pick::loads(record, Mode::Unp);
    loads.retain(|l| l.cells.iter().any(|c| control(c).is_some()));
    let cells: Vec<&Cell> =
        loads.iter().flat_map(|load| load.cells.clone()).collect();
    let most = cells
        .iter()
        .filter(|cell| Standing::of(cell) != Standing::Unfit)
        .filter_map(|cell| Some((control(cell)?, *cell)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let lost = cells.iter().filter_map(|c| c.process_control.as_ref());
    let lost = lost.filter(|p| p.interval[0] <= 0.0 && p.interval[1] >= 0.0);
    let lost = lost.count();
    let shows = most.map(|(cost, cell)| {
        format!(
            "Starting or choosing a worker costs the most with {}, {} of CPU \
             per connection above the iterative server; for {lost} the \
             interval spans 0, so no cost can be told.",
            cell.name(),
            Unit::Microseconds.said(cost)
        )
    });
    let panels = loads.iter().map(|load| {
        let sample = |cell: &Cell| {
            let known = cell.process_control.as_ref()?;
            let is_fit = Standing::of(cell) != Standing::Unfit;
            Some(Sample {
                mark: if is_fit { pick::mark(cell) } else { Mark::Cross },
                dots: Vec::new(),
                median: Some(control(cell)?),
                interval: pick::finite_pair(known.interval),
                word: if is_fit { String::new() } else { pick::word(cell) },
            })
        };
        Rows {
            title: load.title.clone(),
            axis: "CPU per connection above iterative".to_owned(),
            unit: Unit::Microseconds,
            about: About::Zero,
            all: pick::rows(&load.cells, sample),
        }
        .draw()
    });
    let panels = panels.zip(&loads);
    let panels = panels.flat_map(|(plot, load)| [plot, beside(load)]);
    Some(Figure {
        panels: panels.collect(),
        id: "process-control".to_owned(),
        heading: "Process control, as in UNP's chapter 30".to_owned(),
        shows: shows?,
        key: Some(twins()),
        small: false,
        folded: Vec::new(),
        command: command::line(&cells),
    })
}

/// The book's table, with its rows' numbers, of both languages.
fn beside(load: &pick::Load) -> Element {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for cell in &load.cells {
        let known = MODELS.iter().find(|known| known.name == cell.model);
        let row = known.and_then(|known| known.unp_row);
        let none = || NONE.to_owned();
        let start = vec![
            row.map_or_else(none, |row| row.to_string()),
            cell.model.clone(),
            cell.workers.map_or_else(none, |n| n.to_string()),
        ];
        let at = rows.iter().position(|row| row.starts_with(&start));
        let at = at.unwrap_or_else(|| {
            rows.push([start, vec![none(), none()]].concat());
            rows.len() - 1
        });
        let is_c = pick::mark(cell) == Mark::Square;
        rows[at][if is_c { 4 } else { 3 }] = process_control_of(cell);
    }
    Table {
        caption: format!("{}: µs of CPU per connection", load.title),
        head: vec!["row", "model", "workers", "Rust", "C"],
        rows,
    }
    .draw()
}

/// How evenly the kernel, or the lock, hands out peers.
pub(super) fn peers_per_worker(record: &Record) -> Option<Figure> {
    let mut cells: Vec<(&Cell, Vec<f64>)> = Vec::new();
    for mode in [Mode::Unp, Mode::Connect, Mode::Pingpong] {
        let known = record.cells.iter().filter(|cell| cell.mode == mode);
        cells.extend(known.filter_map(|cell| {
            let peers = cell.peers_per_worker.as_ref()?;
            let peers: Vec<f64> = peers
                .iter()
                .map(|n| f64::from(u32::try_from(*n).unwrap_or(u32::MAX)))
                .collect();
            (peers.len() > 1).then_some((cell, peers))
        }));
        if !cells.is_empty() {
            break;
        }
    }
    cells.sort_by_key(|(cell, _)| (pick::order(&cell.model), cell.workers));
    let spread = |peers: &[f64]| {
        let most = peers.iter().copied().fold(0.0, f64::max);
        let sum: f64 = peers.iter().sum();
        if sum > 0.0 { most * count(peers.len()) / sum } else { 1.0 }
    };
    let (uneven, peers) =
        cells.iter().max_by(|a, b| spread(&a.1).total_cmp(&spread(&b.1)))?;
    let shows = format!(
        "The dashed line is an equal share; the least even is {}, whose \
         busiest worker had {} times its share.",
        uneven.name(),
        Unit::Count.said(spread(peers))
    );
    let highest = cells.iter().flat_map(|(_, peers)| peers);
    let highest = highest.copied().fold(1.0, f64::max);
    let panels = cells.iter().map(|(cell, peers)| {
        let of = cells.iter().filter(|(c, _)| c.name() == cell.name());
        let varied = pick::is_varied(of.map(|(c, _)| c.workers));
        let name = match cell.workers {
            Some(n) if varied => format!("{} ×{n}", cell.name()),
            _ => cell.name(),
        };
        Columns {
            name,
            hue: pick::hue(&cell.model),
            outlined: pick::mark(cell) == Mark::Square,
            x: "workers".to_owned(),
            y: "peers served".to_owned(),
            heights: peers.clone(),
            highest,
        }
        .draw()
    });
    let all: Vec<&Cell> = cells.iter().map(|(cell, _)| *cell).collect();
    Some(Figure {
        panels: panels.collect(),
        id: "peers-per-worker".to_owned(),
        heading: "Peers per worker".to_owned(),
        shows,
        key: None,
        small: true,
        folded: Vec::new(),
        command: command::line(&all),
    })
}

/// The same work with more and more workers, with and without a lock.
pub(super) fn sweep(record: &Record) -> Option<Figure> {
    let unp = || record.cells.iter().filter(|cell| cell.mode == Mode::Unp);
    let mut cells: Vec<&Cell> = unp()
        .filter(|cell| {
            let same = unp().filter(|c| c.name() == cell.name());
            cell.workers.is_some() && pick::is_varied(same.map(|c| c.workers))
        })
        .collect();
    cells.retain(|cell| cost(cell).is_some());
    cells.first()?;
    let workers = |cell: &Cell| f64::from(cell.workers.unwrap_or(1));
    let curves = rates::lines(&cells, workers, cost);
    let x = Axis {
        scale: Scale::log_at(cells.iter().map(|c| workers(c)).collect()),
        unit: Unit::Count,
        title: "workers".to_owned(),
    };
    let y = Axis {
        scale: Scale::linear(cells.iter().filter_map(|c| cost(c)), 4.0),
        unit: Unit::Microseconds,
        title: "server CPU per connection".to_owned(),
    };
    let growth = |curve: &&curves::Curve| {
        let first = curve.points.first()?[1];
        let ratio = curve.points.last()?[1] / first;
        pick::finite(Some(ratio))
    };
    let most = curves
        .iter()
        .filter_map(|curve| Some((growth(&curve)?, curve)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let shows = most.map(|(growth, curve)| {
        let language = if curve.mark == Mark::Square { "c" } else { "rust" };
        format!(
            "From the fewest workers to the most, the CPU time of a \
             connection changes the most with {} ({language}): × {growth:.2}.",
            curve.name
        )
    });
    Some(Figure {
        shows: shows?,
        panels: Curves {
            id: "sweep".into(),
            x,
            y,
            all: curves,
            shaded: false,
        }
        .draw(),
        id: "sweep".to_owned(),
        heading: "More workers, with a lock and without".to_owned(),
        key: Some(twins()),
        small: true,
        folded: Vec::new(),
        command: command::line(&cells),
    })
}

fn twins() -> Element {
    curves::key(&[("Rust", Mark::Disc, false), ("C", Mark::Square, false)])
}

fn control(cell: &Cell) -> Option<f64> {
    let known = cell.process_control.as_ref()?;
    pick::finite(Some(known.us_per_connection))
}

fn cost(cell: &Cell) -> Option<f64> {
    pick::finite(cell.server_cpu_us_per_request)
}
