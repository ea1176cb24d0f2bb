//! Where everything stands: a row for each moment, a column for each lane.
//!
//! No line runs through a text. A row is one moment's, so it is empty in all
//! other columns: there an arrow crosses them, in the row that it starts
//! from, and it goes down to its end in the gutter beside the receiver's
//! line. So it also shows how long the bytes lay there before they were
//! asked for.

use super::ends::{self, Ends};
use super::words;
use super::{count, states};
use crate::trace::draw::wires::{self, Wire};
use crate::trace::record::Trace;
use crate::trace::story::{Arrow, Kind, Story};

/// From one row to the next.
pub(super) const ROW: f64 = 22.0;
/// What a long silence takes above the row that ends it.
pub(super) const GAP: f64 = 26.0;
/// The column of times.
pub(super) const TIMES: f64 = 84.0;
/// The bar of one who waits.
pub(super) const BAR: f64 = 14.0;
/// Between a line and the first arrow that comes down beside it.
pub(super) const GUTTER: f64 = 13.0;
/// Between two of them.
pub(super) const SLOT: f64 = 6.0;
/// So many come down side by side; more would push the text away.
const SLOTS: usize = 5;
/// The margin's strip for the states of one socket.
pub(super) const TRACK: f64 = 15.0;
const NARROWEST: f64 = 150.0;
const WIDEST: f64 = 430.0;
/// The least an arrow shows of itself before it leaves the column.
const RUN: f64 = 26.0;

/// The places of a whole drawing.
pub(super) struct Layout {
    /// The middle of each moment's row.
    pub(super) rows: Vec<f64>,
    /// One for each lane, and one for what is outside the trace, if there
    /// are arrows from or to it.
    pub(super) columns: Vec<Column>,
    pub(super) has_outside: bool,
    pub(super) ends: Vec<Ends>,
    /// What stands on each arrow.
    pub(super) labels: Vec<String>,
    /// For each moment, how far its text reaches, from its column's left.
    pub(super) reach: Vec<f64>,
    pub(super) gaps: Vec<Gap>,
    pub(super) states: Vec<states::Stretch>,
    pub(super) wires: Vec<Wire>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// `x` is on the paper, the others are counted from there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Column {
    pub(super) x: f64,
    pub(super) width: f64,
    /// The line of the process or thread.
    pub(super) line: f64,
    pub(super) text: f64,
}

/// A silence before this moment.
pub(super) struct Gap {
    pub(super) before: usize,
    pub(super) ns: u64,
}

impl Layout {
    pub(super) fn of(trace: &Trace, story: &Story) -> Layout {
        let gaps = gaps(story);
        let rows = rows(story, &gaps);
        let states = states::stretches(trace, story);
        let ends = ends::of(story);
        let labels = words::labels(story, &ends);
        let wires = wires::of(trace, story);
        let has_outside = ends.iter().any(Ends::is_outside)
            || wires.iter().any(|wire| wire.to_lane.is_none());
        let mut columns: Vec<Column> = (0..story.lanes.len())
            .map(|lane| margins(lane, &states, &ends))
            .collect();
        let reach: Vec<f64> = story
            .moments
            .iter()
            .map(|moment| {
                let text = columns.get(moment.lane).map_or(0.0, |c| c.text);
                text + words::width(trace, story, moment)
            })
            .collect();
        widen_all(&mut columns, story, &ends, &labels, &reach);
        if has_outside {
            let line = 40.0;
            columns.push(Column { line, width: 80.0, ..Column::default() });
        }
        let mut x = TIMES;
        for column in &mut columns {
            column.x = x;
            x += column.width;
        }
        let height = rows.last().copied().unwrap_or(0.0) + ROW;
        Layout {
            rows,
            columns,
            has_outside,
            ends,
            labels,
            reach,
            gaps,
            states,
            wires,
            width: x,
            height,
        }
    }

    /// The middle of what a silence takes.
    pub(super) fn above(&self, gap: &Gap) -> f64 {
        self.rows[gap.before] - ROW / 2.0 - GAP / 2.0
    }

    /// The line of a lane, on the paper.
    pub(super) fn line(&self, lane: usize) -> f64 {
        let column = &self.columns[lane];
        column.x + column.line
    }
}

/// Strips for states, then room for what comes down on the left of the line,
/// then the line, room on its right, and the text.
fn margins(of: usize, states: &[states::Stretch], all: &[Ends]) -> Column {
    let own = states.iter().filter(|stretch| stretch.lane == of);
    let tracks = own.map(|stretch| stretch.track + 1).max().unwrap_or(0);
    let room = |from_left: bool| {
        let down = all.iter().filter(|ends| {
            ends.comes_down()
                && ends.to_lane == of
                && ends.from_left == from_left
        });
        let slots = down.map(|ends| ends.slot + 1).max();
        slots.map_or(10.0, |slots| GUTTER + SLOT * count(slots))
    };
    let line = 8.0 + TRACK * count(tracks) + room(true) + BAR / 2.0;
    let text = line + BAR / 2.0 + room(false);
    Column { x: 0.0, width: 0.0, line, text }
}

/// Until everything that stands in a column has its room there.
fn widen_all(
    columns: &mut [Column],
    story: &Story,
    all: &[Ends],
    labels: &[String],
    reach: &[f64],
) {
    for column in columns.iter_mut() {
        column.width = column.text + NARROWEST;
    }
    for (moment, reach) in story.moments.iter().zip(reach) {
        widen(&mut columns[moment.lane], reach + 12.0);
    }
    let arrows = story.arrows.iter().zip(all).zip(labels);
    for ((arrow, ends), label) in arrows {
        let (lane, moment) = match (arrow.from, arrow.to) {
            (Some(from), _) if ends.leaves_rightwards() => {
                (ends.from_lane, from)
            }
            (None, Some(to)) => (ends.to_lane, to),
            _ => continue,
        };
        let needed = words::small_width(label) + 8.0 + RUN;
        widen(&mut columns[lane], reach[moment] + needed);
    }
}

fn widen(column: &mut Column, needed: f64) {
    let needed = needed.min(column.text + WIDEST);
    column.width = column.width.max(needed);
}

fn rows(story: &Story, gaps: &[Gap]) -> Vec<f64> {
    let mut gaps = gaps.iter().peekable();
    let mut y = ROW * 0.75 - ROW;
    let place = |moment: usize| {
        y += ROW;
        if gaps.next_if(|gap| gap.before == moment).is_some() {
            y += GAP;
        }
        y
    };
    (0..story.moments.len()).map(place).collect()
}

/// Silences that stand out: far above the usual distance, and a good part of
/// the whole.
fn gaps(story: &Story) -> Vec<Gap> {
    let pairs = story.moments.windows(2);
    let silences: Vec<u64> = pairs
        .map(|pair| pair[1].at_ns.saturating_sub(pair[0].at_ns))
        .collect();
    let mut sorted = silences.clone();
    sorted.sort_unstable();
    let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
    let least = (usual.saturating_mul(20)).max(story.span_ns / 25).max(1);
    let long = silences.iter().enumerate().filter(|(_, ns)| **ns >= least);
    long.map(|(i, ns)| Gap { before: i + 1, ns: *ns }).collect()
}

/// What an arrow looks like is told by its kind alone, never by its colour.
pub(super) fn form(kind: Kind) -> &'static str {
    match kind {
        Kind::Handshake => "handshake",
        Kind::Data => "data",
        Kind::Fin => "fin",
        Kind::Reset => "reset",
        Kind::Birth => "birth",
        Kind::Exit => "exit",
        Kind::Descriptor => "descriptor",
    }
}

/// How many slots there are is limited; the last one is shared.
pub(super) fn slot(taken: &[usize]) -> usize {
    let free = (0..SLOTS).find(|slot| !taken.contains(slot));
    free.unwrap_or(SLOTS - 1)
}

/// The arrow as words, for those who cannot see it.
pub(super) fn said(arrow: &Arrow) -> String {
    match arrow.kind {
        Kind::Data if arrow.bytes > 0 => {
            format!("{} ({} bytes)", arrow.label, arrow.bytes)
        }
        _ => arrow.label.clone(),
    }
}
