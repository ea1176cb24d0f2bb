//! A row for each name, and in it a line for each language: a dot for every
//! round, the median with its interval, its number at the right.

use super::scale::Scale;
use super::unit::Unit;
use super::{Mark, drawing, frame, label, line, width_of};
use crate::markup::{Element, coordinate};

const WIDTH: f64 = 400.0;
const LEFT: f64 = 138.0;
const RIGHT: f64 = 342.0;
const TOP: f64 = 26.0;
const LINE: f64 = 15.0;
/// Dots lie below the mark that sums them up, and are not hidden by it.
const BELOW: f64 = 5.5;
const GAP: f64 = 5.0;

/// What is known of one name in one language.
pub(in super::super) struct Sample {
    pub(in super::super) mark: Mark,
    /// A value for each round, and whether the round was disturbed.
    pub(in super::super) dots: Vec<(f64, bool)>,
    pub(in super::super) median: Option<f64>,
    pub(in super::super) interval: Option<[f64; 2]>,
    /// What must be known with it: `starved 42`.
    pub(in super::super) word: String,
}

pub(in super::super) struct Row {
    pub(in super::super) name: String,
    pub(in super::super) hue: String,
    pub(in super::super) samples: Vec<Sample>,
}

/// What values are to be seen against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum About {
    /// As far below as above.
    One,
    Zero,
    /// Each other: a place on an axis says as much wherever the axis starts.
    Themselves,
}

pub(in super::super) struct Rows {
    pub(in super::super) title: String,
    pub(in super::super) axis: String,
    pub(in super::super) unit: Unit,
    pub(in super::super) about: About,
    pub(in super::super) all: Vec<Row>,
}

impl Sample {
    fn values(&self) -> impl Iterator<Item = f64> {
        let dots = self.dots.iter().map(|dot| dot.0);
        dots.chain(self.median).chain(self.interval.into_iter().flatten())
    }
}

impl Rows {
    pub(in super::super) fn draw(&self) -> Element {
        let lines: f64 = self.all.iter().map(Row::height).sum();
        let bottom = TOP + lines + 4.0;
        let scale = self.scale().over(LEFT, RIGHT);
        let words: Vec<String> =
            self.all.iter().map(|row| row.said(self.unit)).collect();
        let axis =
            frame::bottom(&scale, self.unit, &self.axis, [TOP - 2.0, bottom]);
        let mut svg =
            drawing(WIDTH, bottom + 32.0, &self.title, &words.join("; "))
                .add(&label(2.0, 13.0, "name", &self.title))
                .add(&axis);
        let compared = match self.about {
            About::One => Some(1.0),
            About::Zero => Some(0.0),
            About::Themselves => None,
        };
        if let Some(value) = compared {
            let x = scale.place(value);
            svg.push(&line("one", [x, TOP - 2.0], [x, bottom]));
        }
        let mut y = TOP;
        for row in &self.all {
            svg.push(&row.draw(&scale, self.unit, y));
            y += row.height();
        }
        svg
    }

    fn scale(&self) -> Scale {
        let samples = self.all.iter().flat_map(|row| &row.samples);
        let values = samples.flat_map(Sample::values);
        match self.about {
            About::One => Scale::ratio(values),
            About::Zero => Scale::linear(values, 4.0),
            About::Themselves => Scale::around(values, 4.0),
        }
    }
}

impl Row {
    fn height(&self) -> f64 {
        LINE * super::count(self.samples.len().max(1)) + GAP
    }

    fn said(&self, unit: Unit) -> String {
        let mut said = self.name.clone();
        for sample in &self.samples {
            if let Some(median) = sample.median {
                said += format!(" {}", unit.said(median)).as_str();
            }
            if !sample.word.is_empty() {
                said += format!(" ({})", sample.word).as_str();
            }
        }
        said
    }

    fn draw(&self, scale: &Scale, unit: Unit, top: f64) -> Element {
        let middle = top + self.height() / 2.0;
        let name = shortened(&self.name, LEFT - 12.0);
        let mut row = Element::new("g").class(&self.hue).add(&label(
            LEFT - 8.0,
            middle + 1.5,
            "row end",
            &name,
        ));
        let mut y = top + GAP / 2.0 + LINE / 2.0;
        for sample in &self.samples {
            row.push(&sample.draw(scale, unit, y));
            y += LINE;
        }
        row
    }
}

impl Sample {
    fn draw(&self, scale: &Scale, unit: Unit, middle: f64) -> Element {
        let mut drawn = Element::new("g");
        let y = if self.dots.is_empty() { middle } else { middle - 2.0 };
        for disturbed in [false, true] {
            let path = self.path(scale, y + BELOW, disturbed);
            if !path.is_empty() {
                let class = if disturbed { "dots away" } else { "dots" };
                let dots = Element::new("path").class(class);
                drawn.push(&dots.with("d", &path));
            }
        }
        if let Some([low, high]) = self.interval {
            let ends = [low, high].map(|v| [scale.place(v), y]);
            drawn.push(&line("interval", ends[0], ends[1]));
        }
        if let Some(median) = self.median {
            drawn.push(&self.mark.draw(scale.place(median), y, 3.4));
            let number = match unit {
                Unit::Ratio => unit.said(median),
                _ => unit.tick(median),
            };
            drawn.push(&label(WIDTH - 2.0, y + 3.5, "number end", &number));
        }
        if !self.word.is_empty() {
            drawn.push(&self.worded(scale, y));
        }
        drawn
    }

    /// Beside what it is about, on the side that has room.
    fn worded(&self, scale: &Scale, y: f64) -> Element {
        let places: Vec<f64> = self.values().map(|v| scale.place(v)).collect();
        let low = places.iter().copied().fold(f64::INFINITY, f64::min);
        let high = places.iter().copied().fold(LEFT, f64::max);
        let width = width_of(&self.word);
        if low.is_infinite() || high + 8.0 + width < WIDTH - 50.0 {
            return label(high + 7.0, y + 3.5, "word", &self.word);
        }
        if low - 7.0 - width > LEFT {
            return label(low - 7.0, y + 3.5, "word end", &self.word);
        }
        label(RIGHT, y + 3.5, "word end", &self.word)
    }

    /// One path for all dots: a line of no length with a round end is a dot,
    /// in a fifth of the bytes of a circle. Dots lie up and down a little, so
    /// that equal ones do not hide each other.
    fn path(&self, scale: &Scale, y: f64, disturbed: bool) -> String {
        let mut path = String::new();
        let mut off = 0.0;
        for (value, _) in self.dots.iter().filter(|dot| dot.1 == disturbed) {
            off = (off + 0.618_034) % 1.0;
            let x = coordinate(scale.place(*value));
            let y = coordinate(y + (off - 0.5) * 3.0);
            path += format!("M{x} {y}h0").as_str();
        }
        path
    }
}

/// As much of a name as there is room for.
fn shortened(name: &str, room: f64) -> String {
    let mut short = name.to_owned();
    while width_of(&short) > room && short.chars().count() > 2 {
        short.pop();
        short.pop();
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_dot_for_every_round() {
        let dots = (0..30).map(|i| (f64::from(i), i % 7 == 0)).collect();
        let sample = Sample {
            mark: Mark::Disc,
            dots,
            median: Some(15.0),
            interval: Some([14.0, 16.0]),
            word: String::new(),
        };
        let scale = Scale::linear(sample.values(), 4.0);
        let drawn = sample.draw(&scale, Unit::Count, 0.0).to_string();
        assert_eq!(drawn.matches("h0").count(), 30);
        assert_eq!(drawn.matches("dots away").count(), 1);
    }

    #[test]
    fn a_long_name_is_cut_to_its_room() {
        assert_eq!(shortened("epoll", 100.0), "epoll");
        assert!(shortened(&"x".repeat(90), 100.0).chars().count() < 18);
    }
}
