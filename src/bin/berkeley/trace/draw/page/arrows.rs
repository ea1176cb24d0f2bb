//! Arrows: which call on one side answers which on the other. Each kind has
//! a form of its own; the colour is the connection's.

use super::ends::{Ends, Way};
use super::ladder::{Ladder, number, translate};
use super::layout::{BAR, GUTTER, SLOT, form};
use super::pieces::Piece;
use super::words;
use crate::markup::{Element, coordinate, said};
use crate::trace::story::{Arrow, Kind};

/// Colours are given to connections in turn.
const HUES: usize = 6;

/// Where an arrow runs, and where its tip is.
pub(super) struct Run {
    pub(super) path: String,
    tip: [f64; 2],
    towards: Towards,
    /// What is free for its label, in the row that it starts from.
    room: [f64; 2],
    row: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Towards {
    Left,
    Right,
    Down,
}

pub(super) fn push(group: &mut Element, ladder: &Ladder, piece: Piece) {
    for (i, arrow) in ladder.story.arrows.iter().enumerate() {
        let (Some(from), until) = (arrow.from.or(arrow.to), arrow.to) else {
            continue;
        };
        if ladder.piece(from, until.or(Some(from))) != piece {
            continue;
        }
        let ends = &ladder.layout.ends[i];
        let Some(run) = run(ladder, arrow, ends) else { continue };
        let hue = arrow.connection.map(hue);
        let hue = hue.as_deref().unwrap_or("no-connection");
        let class = format!("arrow {} {hue}", form(arrow.kind));
        let mut one = Element::new("g")
            .class(&class)
            .with("id", &format!("a{i}"))
            .with("data-from", &number(arrow.from))
            .with("data-to", &number(arrow.to));
        if ladder.has_titles {
            let told = words::of_arrow(ladder.story, arrow);
            one.push(&said("title", &told));
        }
        for class in lines(arrow.kind) {
            let way = Element::new("path").class(class);
            one.push(&way.with("d", &run.path));
        }
        one.push(&head(arrow.kind, ends.way, &run));
        one.push(&written(&ladder.layout.labels[i], &run));
        group.push(&one);
    }
}

/// The class of a connection's colour.
pub(super) fn hue(connection: usize) -> String {
    format!("c{}", connection % HUES)
}

/// How far from the receiver's line an arrow comes down.
pub(super) fn down(ends: &Ends) -> f64 {
    let far = BAR / 2.0 + GUTTER + SLOT * super::count(ends.slot);
    if ends.from_left { -far } else { far }
}

/// A handshake is a double line: the paper in the middle of a broad one.
fn lines(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Handshake => &["way", "inner"],
        _ => &["way"],
    }
}

impl Run {
    /// From the first of these points to the last one.
    fn along(points: &[[f64; 2]], towards: Towards, room: [f64; 2]) -> Run {
        let tip = points.last().copied().unwrap_or_default();
        let row = points.first().copied().unwrap_or_default()[1];
        Run { path: path(points), tip, towards, room, row }
    }
}

fn run(ladder: &Ladder, arrow: &Arrow, ends: &Ends) -> Option<Run> {
    let row = |moment: usize| ladder.layout.rows.get(moment).copied();
    let line = ladder.layout.line(ends.to_lane);
    let (from, to) = match (arrow.from, arrow.to) {
        (Some(from), Some(to)) => (from, to),
        (None, None) => return None,
        (from, to) => return level(ladder, ends, from, to),
    };
    let (y, below) = (row(from)?, row(to)?);
    let (start, room) = depart(ladder, from, ends);
    if ends.way == Way::Branch {
        let points = [[start, y], [line, y], [line, below - 6.0]];
        return Some(Run::along(&points, Towards::Down, room));
    }
    let (tip, towards) = if ends.from_left {
        (line - BAR / 2.0 - 1.0, Towards::Right)
    } else {
        (line + BAR / 2.0 + 1.0, Towards::Left)
    };
    let down = line + down(ends);
    let points = [[start, y], [down, y], [down, below], [tip, below]];
    Some(Run::along(&points, towards, room))
}

/// Of whose ends only one is in the trace: it stays in that one's row.
fn level(
    ladder: &Ladder,
    ends: &Ends,
    from: Option<usize>,
    to: Option<usize>,
) -> Option<Run> {
    let layout = ladder.layout;
    let moment = from.or(to)?;
    let column = &layout.columns[ends.from_lane];
    let edge = column.x + column.width - 4.0;
    let x = column.x + layout.reach[moment] + 6.0;
    let y = *layout.rows.get(moment)?;
    let other = match ends.way {
        Way::Lost => edge,
        _ => layout.line(layout.columns.len() - 1),
    };
    if from.is_some() {
        let room = [x, edge - 10.0];
        let points = [[x, y], [other, y]];
        return Some(Run::along(&points, Towards::Right, room));
    }
    let room = [x + 10.0, edge.min(other)];
    Some(Run::along(&[[other, y], [x, y]], Towards::Left, room))
}

/// One of this kind alone, for the legend.
pub(super) fn sample(kind: Kind, is_lost: bool, length: f64) -> Element {
    let points = [[0.0, 0.0], [length, 0.0]];
    let run = Run::along(&points, Towards::Right, [0.0; 2]);
    let class = format!("arrow {} no-connection", form(kind));
    let mut one = Element::new("g").class(&class);
    for class in lines(kind) {
        one.push(&Element::new("path").class(class).with("d", &run.path));
    }
    let way = if is_lost { Way::Lost } else { Way::Across };
    one.add(&head(kind, way, &run))
}

/// Where it starts, and the room for its label: to the right, behind the
/// text of its own row; to the left, where the next lane has its texts.
fn depart(ladder: &Ladder, from: usize, ends: &Ends) -> (f64, [f64; 2]) {
    let layout = ladder.layout;
    let own = &layout.columns[ends.from_lane];
    if ends.from_lane < ends.to_lane {
        let start = own.x + layout.reach[from] + 6.0;
        return (start, [start, own.x + own.width - 4.0]);
    }
    let start = layout.line(ends.from_lane) - BAR / 2.0 - 1.0;
    if ends.from_lane == ends.to_lane {
        return (start, [start, start]);
    }
    let next = &layout.columns[ends.from_lane - 1];
    (start, [next.x + next.text, next.x + next.width])
}

fn path(points: &[[f64; 2]]) -> String {
    let points = points.iter().map(|[x, y]| {
        let (x, y) = (coordinate(*x), coordinate(*y));
        format!("{x} {y}")
    });
    format!("M{}", points.collect::<Vec<_>>().join("L"))
}

/// Its tip is at 0 0, and it points to the right.
fn head(kind: Kind, way: Way, run: &Run) -> Element {
    let shape = match (kind, way) {
        (_, Way::Lost) => "M-9-5L1 5M-9 5L1-5",
        (Kind::Handshake | Kind::Data, _) => "M0 0L-9-4.5V4.5Z",
        (Kind::Fin, _) => "M-2 0L-11-4.5V4.5ZM-1-6V6",
        (Kind::Reset, _) => "M-11-5L-1 5M-11 5L-1-5",
        (Kind::Birth | Kind::Exit, _) => "M-7-5L0 0L-7 5",
        (Kind::Descriptor, _) => "M0 0L-6-5-12 0-6 5Z",
    };
    let turn = match run.towards {
        Towards::Right => "",
        Towards::Left => " scale(-1 1)",
        Towards::Down => " rotate(90)",
    };
    let [x, y] = run.tip;
    Element::new("path")
        .class(if way == Way::Lost { "head lost" } else { "head" })
        .with("d", shape)
        .with("transform", &format!("{}{turn}", translate(x, y)))
}

/// As much of the label as there is room for. The rest is told elsewhere.
fn written(text: &str, run: &Run) -> Element {
    let [from, to] = run.room;
    let most = ((to - from - 6.0) / words::SMALL).floor().clamp(0.0, 60.0);
    let letters = (0..60).take_while(|n| super::count(*n) < most).count();
    let text =
        if letters < 3 { String::new() } else { words::cut(text, letters) };
    let width = words::small_width(&text) + 8.0;
    let sheet = Element::new("rect")
        .at("x", -width / 2.0)
        .at("y", -8.0)
        .at("width", width)
        .at("height", 16.0);
    let place = Element::new("g")
        .class("label")
        .with("transform", &translate(f64::midpoint(from, to), run.row));
    if text.is_empty() {
        return place;
    }
    place.add(&sheet).add(&said("text", &text).at("y", 4.0))
}
