//! Lines over an axis, a panel for each name: its own in colour, all others
//! behind it in grey, on the same axes. One plot with fourteen pairs of lines
//! is a tangle; here each is read alone and still against all.

use super::scale::Scale;
use super::unit::Unit;
use super::{Mark, drawing, frame, label};
use crate::markup::{Element, coordinate, said};

const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 168.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 192.0;
const TOP: f64 = 42.0;
const BOTTOM: f64 = 132.0;

/// A line.
pub(in super::super) struct Curve {
    /// In which panel.
    pub(in super::super) name: String,
    pub(in super::super) hue: String,
    pub(in super::super) mark: Mark,
    pub(in super::super) dashed: bool,
    pub(in super::super) points: Vec<[f64; 2]>,
    /// Where the mark is drawn.
    pub(in super::super) marks: Vec<[f64; 2]>,
}

/// An axis of all panels.
pub(in super::super) struct Axis {
    pub(in super::super) scale: Scale,
    pub(in super::super) unit: Unit,
    pub(in super::super) title: String,
}

/// The panels, in the order in which names come first.
pub(in super::super) struct Curves {
    /// Also the id of what is drawn behind.
    pub(in super::super) id: String,
    pub(in super::super) x: Axis,
    pub(in super::super) y: Axis,
    pub(in super::super) all: Vec<Curve>,
    /// Shade what lies between a solid and a dashed line.
    pub(in super::super) shaded: bool,
}

impl Curves {
    pub(in super::super) fn draw(&self) -> Vec<Element> {
        let mut names: Vec<&str> = Vec::new();
        for curve in &self.all {
            if !names.contains(&curve.name.as_str()) {
                names.push(&curve.name);
            }
        }
        let mut first = true;
        let panel = |name| {
            let behind = (names.len() > 1).then(|| self.behind(first));
            first = false;
            self.panel(name, behind)
        };
        names.iter().copied().map(panel).collect()
    }

    fn x(&self) -> Scale {
        self.x.scale.over(LEFT, RIGHT)
    }

    fn y(&self) -> Scale {
        self.y.scale.over(BOTTOM, TOP)
    }

    fn panel(&self, name: &str, behind: Option<Element>) -> Element {
        let (x, y) = (self.x(), self.y());
        let title = format!("{name}: {} by {}", self.y.title, self.x.title);
        let mine = || self.all.iter().filter(|c| c.name == name);
        let mut words = Vec::new();
        let mut paint = Element::new("g");
        for curve in mine() {
            paint.push(&self.drawn(curve));
            words.extend(curve.marks.iter().map(|[x, y]| {
                format!("{} {}", self.x.unit.tick(*x), self.y.unit.said(*y))
            }));
        }
        let hue = mine().next().map_or("foreign", |curve| &curve.hue);
        let mut svg = drawing(WIDTH, HEIGHT, &title, &words.join(", "))
            .add(&label(2.0, 13.0, &format!("name {hue}"), name))
            .add(&frame::left(&y, self.y.unit, &self.y.title, x.ends()))
            .add(&frame::bottom(
                &x,
                self.x.unit,
                &self.x.title,
                [TOP, BOTTOM],
            ));
        if let Some(behind) = behind {
            svg.push(&behind);
        }
        if self.shaded {
            svg.push(&self.between(name));
        }
        svg.add(&paint)
    }

    /// All lines in grey, drawn once and used by the other panels.
    fn behind(&self, first: bool) -> Element {
        let id = format!("{}-all", self.id);
        if !first {
            return Element::new("use").with("href", &format!("#{id}"));
        }
        let solid = self.all.iter().filter(|c| !c.dashed);
        let all: String = solid.map(|c| self.path(&c.points)).collect();
        Element::new("path").class("behind").with("id", &id).with("d", &all)
    }

    fn drawn(&self, curve: &Curve) -> Element {
        let kind = if curve.dashed { "dashed" } else { "solid" };
        let mut drawn = Element::new("g").class(&curve.hue).add(
            &Element::new("path")
                .class(kind)
                .with("d", &self.path(&curve.points)),
        );
        for [x, y] in self.shown(&curve.marks) {
            drawn.push(&curve.mark.draw(x, y, 2.8));
        }
        drawn
    }

    fn between(&self, name: &str) -> Element {
        let mut all = Element::new("g");
        let curves = || self.all.iter().filter(|curve| curve.name == name);
        let lower = |mark| move |c: &&Curve| c.dashed && c.mark == mark;
        for over in curves().filter(|c| !c.dashed) {
            let Some(under) = curves().find(lower(over.mark)) else {
                continue;
            };
            let mut points = over.points.clone();
            points.extend(under.points.iter().rev());
            let d = self.path(&points);
            let area = Element::new("path")
                .class(&format!("area {}", over.hue))
                .with("d", &d);
            all.push(&area);
        }
        all
    }

    /// Where points go; those that nobody could tell from the one before are
    /// left out.
    fn shown(&self, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let (x, y) = (self.x(), self.y());
        let mut shown: Vec<[f64; 2]> = Vec::new();
        let last = points.len().saturating_sub(1);
        for (i, [a, b]) in points.iter().enumerate() {
            if !a.is_finite() || !b.is_finite() {
                continue;
            }
            let [a, b] = [x.place(*a), y.place(*b)];
            let near = shown.last().is_some_and(|[c, d]| {
                (a - c).abs() < 3.0 && (b - d).abs() < 1.5
            });
            if !near || i == last {
                shown.push([a, b]);
            }
        }
        shown
    }

    fn path(&self, points: &[[f64; 2]]) -> String {
        let mut path = String::new();
        for [x, y] in self.shown(points) {
            path.push(if path.is_empty() { 'M' } else { 'L' });
            path += format!("{} {}", coordinate(x), coordinate(y)).as_str();
        }
        path
    }
}

/// The marks and lines of both languages, with their names.
pub(in super::super) fn key(words: &[(&str, Mark, bool)]) -> Element {
    let mut key = Element::new("p").class("key");
    for (word, mark, dashed) in words {
        let kind = if *dashed { "dashed" } else { "solid" };
        let sample = Element::new("svg")
            .with("viewBox", "0 0 26 10")
            .with("aria-hidden", "true")
            .add(&Element::new("path").class(kind).with("d", "M1 5L25 5"))
            .add(&mark.draw(13.0, 5.0, 3.0));
        key.push(&said("span", "").add(&sample).text(word));
    }
    key
}
