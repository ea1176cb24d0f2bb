//! Bulk data: megabytes per second by the size of a message.

use super::super::record::{Cell, Mode, Record};
use super::figure::Figure;
use super::pick::{self, Standing};
use super::plot::Mark;
use super::plot::curves::{self, Axis, Curves};
use super::plot::rows::{About, Rows, Sample};
use super::plot::scale::Scale;
use super::plot::unit::Unit;
use super::{command, rates, said};

pub(super) fn figure(record: &Record) -> Option<Figure> {
    let cells: Vec<&Cell> =
        record.cells.iter().filter(|c| c.mode == Mode::Stream).collect();
    cells.first()?;
    let small = pick::is_varied(cells.iter().map(|cell| cell.size));
    let panels = if small { by_size(&cells) } else { rows(record) };
    Some(Figure {
        id: "stream".to_owned(),
        heading: "Bulk data, there and back".to_owned(),
        shows: most(&cells),
        key: Some(curves::key(&[
            ("Rust", Mark::Disc, false),
            ("C", Mark::Square, false),
        ])),
        small,
        panels,
        folded: Vec::new(),
        command: command::line(&cells),
    })
}

fn by_size(cells: &[&Cell]) -> Vec<crate::markup::Element> {
    let size = |cell: &Cell| f64::from(cell.size);
    let x = Axis {
        scale: Scale::log_at(cells.iter().map(|c| size(c)).collect()),
        unit: Unit::Bytes,
        title: "message".to_owned(),
    };
    let y = Axis {
        scale: Scale::linear(cells.iter().map(|c| c.bytes_per_second), 4.0),
        unit: Unit::BytesPerSecond,
        title: "MB per second".to_owned(),
    };
    let curves = rates::lines(cells, size, bytes);
    Curves { id: "stream".to_owned(), x, y, all: curves, shaded: false }.draw()
}

fn rows(record: &Record) -> Vec<crate::markup::Element> {
    let loads = pick::loads(record, Mode::Stream);
    let panel = |load: &pick::Load| {
        let sample = |cell: &Cell| {
            let is_fit = Standing::of(cell) != Standing::Unfit;
            Some(Sample {
                mark: if is_fit { pick::mark(cell) } else { Mark::Cross },
                dots: Vec::new(),
                median: Some(bytes(cell)?),
                interval: None,
                word: pick::word(cell),
            })
        };
        Rows {
            title: load.title.clone(),
            axis: "MB per second".to_owned(),
            unit: Unit::BytesPerSecond,
            about: About::Themselves,
            all: pick::rows(&load.cells, sample),
        }
        .draw()
    };
    loads.iter().map(panel).collect()
}

fn most(cells: &[&Cell]) -> String {
    let fit = cells.iter().filter(|c| Standing::of(c) == Standing::Fit);
    let best = fit
        .filter_map(|cell| Some((bytes(cell)?, *cell)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let Some((rate, cell)) = best else {
        return "Nobody was both correct and the one who set the pace, so \
                nothing is to be compared here."
            .to_owned();
    };
    said::capital(&format!(
        "the highest median is {} of {}, in messages of {}; how far apart \
         two are is seen best from the ratios.",
        Unit::BytesPerSecond.said(rate),
        cell.name(),
        Unit::Bytes.said(f64::from(cell.size))
    ))
}

fn bytes(cell: &Cell) -> Option<f64> {
    pick::finite(Some(cell.bytes_per_second))
}
