//! Throughput: against the number of peers, and round by round.

use super::super::record::{Cell, Mode, Record};
use super::figure::Figure;
use super::pick::{self, Load, Standing};
use super::plot::curves::{self, Axis, Curve, Curves};
use super::plot::rows::{About, Rows, Sample};
use super::plot::scale::Scale;
use super::plot::unit::Unit;
use super::plot::{Mark, count};
use super::{command, said};

/// A panel per model, where there are at least two numbers of peers.
pub(super) fn by_concurrency(record: &Record, mode: Mode) -> Option<Figure> {
    let cells: Vec<&Cell> =
        record.cells.iter().filter(|cell| cell.mode == mode).collect();
    if !pick::is_varied(cells.iter().map(|cell| cell.concurrency)) {
        return None;
    }
    let peers = cells.iter().map(|cell| f64::from(cell.concurrency));
    let x = Axis {
        scale: Scale::log_at(peers.collect()),
        unit: Unit::Count,
        title: "peers at once".to_owned(),
    };
    let curves = lines(&cells, |cell| f64::from(cell.concurrency), rate);
    let rates = cells.iter().map(|cell| cell.rate);
    let y = Axis {
        scale: Scale::linear(rates, 4.0),
        unit: Unit::PerSecond,
        title: format!("{} per second", what(mode)),
    };
    let id = format!("throughput-{}", pick::slug(mode));
    let loads = pick::loads(record, mode);
    let most = loads.last()?;
    let sentence = said::fastest(most, what(mode));
    let unfit = cells.iter().filter(|c| Standing::of(c) == Standing::Unfit);
    let crossed = unfit.count();
    let mut shows = sentence;
    if crossed > 0 {
        let s = if crossed == 1 { " is" } else { "s are" };
        shows += format!(
            " {crossed} result{s} crossed out: starved, or with errors."
        )
        .as_str();
    }
    let panels = Curves { id: id.clone(), x, y, all: curves, shaded: false };
    Some(Figure {
        id,
        heading: format!("Throughput against peers, {}", pick::name(mode)),
        shows,
        key: Some(curves::key(&[
            ("Rust", Mark::Disc, false),
            ("C", Mark::Square, false),
            ("not comparable", Mark::Cross, false),
        ])),
        small: true,
        panels: panels.draw(),
        folded: Vec::new(),
        command: command::line(&cells),
    })
}

fn rate(cell: &Cell) -> Option<f64> {
    pick::finite(Some(cell.rate))
}

/// A line per model and language, by `x`; what is not to be compared is
/// crossed, and its line ends there.
pub(super) fn lines(
    cells: &[&Cell],
    x: impl Fn(&Cell) -> f64,
    y: impl Fn(&Cell) -> Option<f64>,
) -> Vec<Curve> {
    let mut sorted = cells.to_vec();
    sorted.sort_by(|a, b| {
        let order = |cell: &Cell| pick::order(&cell.model);
        order(a).cmp(&order(b)).then(x(a).total_cmp(&x(b)))
    });
    let mut curves: Vec<Curve> = Vec::new();
    for cell in sorted {
        let Some(value) = y(cell) else { continue };
        let point = [x(cell), value];
        let is_fit = Standing::of(cell) != Standing::Unfit;
        let mark = if is_fit { pick::mark(cell) } else { Mark::Cross };
        let same = |c: &&mut Curve| c.name == cell.model && c.mark == mark;
        if let Some(curve) = curves.iter_mut().find(same) {
            curve.marks.push(point);
            if is_fit {
                curve.points.push(point);
            }
            continue;
        }
        curves.push(Curve {
            name: cell.model.clone(),
            hue: pick::hue(&cell.model),
            mark,
            dashed: false,
            points: if is_fit { vec![point] } else { Vec::new() },
            marks: vec![point],
        });
    }
    curves
}

/// A panel for each load of these modes.
pub(super) fn round_by_round(record: &Record, mode: Mode) -> Option<Figure> {
    let loads = pick::loads(record, mode);
    let cells = || loads.iter().flat_map(|load| &load.cells);
    cells().next()?;
    let shows: Vec<String> =
        loads.iter().map(|load| said::fastest(load, what(mode))).collect();
    let rounds = cells().map(|cell| cell.rounds.len()).max().unwrap_or(0);
    Some(Figure {
        id: format!("rounds-{}", pick::slug(mode)),
        heading: format!("Every round, {}", pick::name(mode)),
        shows: format!(
            "{} Each small dot is one round (up to {rounds}), the bar the \
             95 % interval of their median.",
            shows.join(" ")
        ),
        key: Some(curves::key(&[
            ("Rust, above", Mark::Disc, false),
            ("C, below", Mark::Square, false),
            ("not comparable", Mark::Cross, false),
        ])),
        small: false,
        panels: loads.iter().map(panel).collect(),
        folded: Vec::new(),
        command: command::line(&cells().copied().collect::<Vec<_>>()),
    })
}

fn panel(load: &Load) -> crate::markup::Element {
    let rows = pick::rows(&load.cells, |cell| Some(sample(cell)));
    Rows {
        title: load.title.clone(),
        axis: format!("{} per second", what(load.mode)),
        unit: Unit::PerSecond,
        about: About::Themselves,
        all: rows,
    }
    .draw()
}

fn sample(cell: &Cell) -> Sample {
    let is_fit = Standing::of(cell) != Standing::Unfit;
    let dots = cell.rounds.iter().map(|r| (r.rate, r.disturbed));
    Sample {
        mark: if is_fit { pick::mark(cell) } else { Mark::Cross },
        dots: dots.filter(|dot| dot.0.is_finite()).collect(),
        median: rate(cell).filter(|_| cell.requests > 0),
        interval: pick::finite_pair(cell.rate_interval)
            .filter(|_| count(cell.rounds.len()) > 1.0),
        word: pick::word(cell),
    }
}

fn what(mode: Mode) -> &'static str {
    match mode {
        Mode::Connect | Mode::Unp => "connections",
        _ => "requests",
    }
}
