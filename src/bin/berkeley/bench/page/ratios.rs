//! Twins against each other, and everything against the reference: the ratio
//! with its interval, and a line at 1.

use super::super::record::{Cell, Mode, Quantity, Ratio, Record};
use super::figure::Figure;
use super::plot::Mark;
use super::plot::rows::{About, Row, Rows, Sample};
use super::plot::unit::Unit;
use super::{command, pick, said};
use crate::markup::Element;

/// Rust against C, or everything against the reference.
pub(super) fn figure(
    record: &Record,
    quantity: Quantity,
    twins: bool,
) -> Option<Figure> {
    let ratios: Vec<&Ratio> = record
        .ratios
        .iter()
        .filter(|r| r.quantity == quantity && r.twins == twins)
        .filter(|r| r.median.is_finite() && r.median > 0.0)
        .collect();
    let reference = &ratios.first()?.to;
    let (what, axis) = match quantity {
        Quantity::Rate => ("rate", "throughput"),
        Quantity::ServerCpuPerRequest => ("cpu", "server CPU per request"),
    };
    let against = if twins { "C" } else { reference.as_str() };
    let who = if twins { "Rust" } else { "All" };
    let mut loads: Vec<(Mode, u32, u32)> = Vec::new();
    for ratio in &ratios {
        let load = (ratio.mode, ratio.concurrency, ratio.size);
        if !loads.contains(&load) {
            loads.push(load);
        }
    }
    let sizes = pick::is_varied(loads.iter().map(|load| load.2));
    let mut panels: Vec<Element> = Vec::new();
    for (mode, n, size) in &loads {
        let same = |r: &&&Ratio| {
            (r.mode, r.concurrency, r.size) == (*mode, *n, *size)
        };
        let mut title = format!("{}, {}", pick::name(*mode), pick::peers(*n));
        if sizes {
            title += format!(", {size} B").as_str();
        }
        let here: Vec<&Ratio> = ratios.iter().filter(same).copied().collect();
        panels.push(panel(&title, axis, against, &here));
    }
    let shows = format!(
        "{who} against {against}, {axis}: {}. An interval across 1 is no \
         difference.",
        said::differences(&ratios, "have more")
    );
    let cells: Vec<&Cell> = record
        .cells
        .iter()
        .filter(|c| loads.contains(&(c.mode, c.concurrency, c.size)))
        .collect();
    let kind = if twins { "twins" } else { "reference" };
    Some(Figure {
        id: format!("ratios-{kind}-{what}"),
        heading: format!("{who} against {against}: {axis}"),
        shows: said::capital(&shows),
        key: None,
        small: false,
        panels,
        folded: Vec::new(),
        command: command::line(&cells),
    })
}

fn panel(
    title: &str,
    axis: &str,
    against: &str,
    ratios: &[&Ratio],
) -> Element {
    let has_few = |ratio: &Ratio| ratio.says == "too few rounds";
    // What holds for all is in the sentence above.
    let all_have_few = ratios.iter().all(|ratio| has_few(ratio));
    let mut rows: Vec<Row> = Vec::new();
    for ratio in ratios {
        let (model, language) = parted(&ratio.of);
        let mark = Mark::of(language);
        let is_told = has_few(ratio) && !all_have_few;
        let word = if is_told { ratio.says.clone() } else { String::new() };
        let sample = Sample {
            mark,
            dots: Vec::new(),
            median: Some(ratio.median),
            interval: pick::finite_pair(ratio.interval),
            word,
        };
        match rows.iter_mut().find(|row| row.name == model) {
            Some(row) => row.samples.push(sample),
            None => rows.push(Row {
                name: model.to_owned(),
                hue: pick::hue(model),
                samples: vec![sample],
            }),
        }
    }
    rows.sort_by_key(|row| pick::order(&row.name));
    Rows {
        title: title.to_owned(),
        axis: format!("{axis}, {against} = 1"),
        unit: Unit::Ratio,
        about: About::One,
        all: rows,
    }
    .draw()
}

/// `thread (rust)`: its model and its language.
fn parted(name: &str) -> (&str, Option<&str>) {
    let inside = name.strip_suffix(')').and_then(|n| n.rsplit_once(" ("));
    match inside {
        Some((model, language)) => (model, Some(language)),
        None => (name, None),
    }
}
