//! A row: what stands in which column, and at most one arrow across.

use anstyle::{AnsiColor, Style};

use super::super::super::story::Kind;
use super::glyphs::Glyphs;
use super::paper::Paper;
use super::slots::{MARGIN, Slots};
use crate::screen::{BAD, GOOD, HEADING, NAME, PLAIN, QUIET};

/// A column that waits.
pub(super) const WAITS: Style = AnsiColor::Yellow.on_default();
pub(super) const STATE: Style = AnsiColor::Magenta.on_default();

/// What one column says.
#[derive(Clone)]
pub(super) struct Cell {
    pub(super) slot: usize,
    pub(super) sign: char,
    pub(super) text: String,
    pub(super) style: Style,
    /// Stands behind the text, or on a line below where there is no room.
    pub(super) more: Vec<(String, Style)>,
}

/// What an arrow is drawn with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Of(Kind),
    /// A segment on the wire: thin, because what it carries is said by the
    /// call that sent it.
    Wire,
}

/// From one column to another. It leaves behind the text of `from`, if that
/// says anything in this row, and otherwise at its line.
#[derive(Clone)]
pub(super) struct Across {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) ink: Ink,
    pub(super) label: String,
}

/// What a column's line looks like where nothing is said.
#[derive(Clone, Copy)]
pub(super) enum Line {
    None,
    Runs,
    Waits,
}

pub(super) struct Row<'a> {
    pub(super) slots: &'a Slots,
    pub(super) lines: &'a [Line],
    pub(super) glyphs: &'static Glyphs,
    pub(super) width: usize,
    pub(super) is_ascii: bool,
}

/// Blanks before and behind the label, and the head.
const AROUND_LABEL: usize = 3;

pub(super) fn style_of(kind: Kind) -> Style {
    match kind {
        Kind::Handshake => HEADING,
        Kind::Data | Kind::Descriptor => NAME,
        Kind::Fin => PLAIN,
        Kind::Reset => BAD,
        Kind::Birth | Kind::Exit => GOOD,
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

impl Row<'_> {
    fn line_sign(&self, slot: usize) -> (char, Style) {
        match self.lines[slot] {
            Line::None => (' ', PLAIN),
            Line::Runs => (self.glyphs.runs, QUIET),
            Line::Waits => (self.glyphs.waits, WAITS),
        }
    }

    /// Up to where a column may write: the next one that is alive, or that
    /// says something itself.
    fn limit(&self, slot: usize, cells: &[Cell]) -> usize {
        let next = (slot + 1..self.lines.len()).find(|&next| {
            !matches!(self.lines[next], Line::None)
                || cells.iter().any(|cell| cell.slot == next)
        });
        next.map_or(self.width, |next| self.slots.at(next) - 1)
    }

    pub(super) fn blank(&self, time: Option<&str>) -> Paper {
        let mut paper = Paper::new(self.width, self.is_ascii);
        if let Some(time) = time {
            paper.write(0, MARGIN, &format!("{time:>6}"), QUIET);
        }
        for slot in 0..self.lines.len() {
            let (sign, style) = self.line_sign(slot);
            paper.put(self.slots.at(slot), sign, style);
        }
        paper
    }

    /// Where the arrow runs: between the text of its left column and the line
    /// of its right one.
    fn run(&self, cells: &[Cell], across: &Across) -> (usize, usize) {
        let left = across.from.min(across.to);
        let right = across.from.max(across.to);
        let at = self.slots.at(left);
        let start = cells.iter().find(|cell| cell.slot == left).map_or(
            at + 1,
            |cell| match length(&cell.text) {
                0 => at + 1,
                length => at + 2 + length + 1,
            },
        );
        (start, self.slots.at(right))
    }

    /// Whether the whole label is to be read in this row.
    pub(super) fn has_room(&self, cells: &[Cell], across: &Across) -> bool {
        let (start, end) = self.run(cells, across);
        let wanted = match length(&across.label) {
            0 => 3,
            length => length + AROUND_LABEL,
        };
        start + wanted <= end
    }

    /// The line, and what had no room in it.
    pub(super) fn draw(
        &self,
        time: Option<&str>,
        mut cells: Vec<Cell>,
        across: Option<&Across>,
    ) -> (Paper, Vec<Cell>) {
        let mut paper = self.blank(time);
        let mut left_over = Vec::new();
        let limits: Vec<usize> =
            cells.iter().map(|cell| self.limit(cell.slot, &cells)).collect();
        for (cell, limit) in cells.iter_mut().zip(&limits) {
            let room = limit.saturating_sub(self.slots.at(cell.slot) + 2);
            cell.text = self.glyphs.cut_call(&cell.text, room);
        }
        for at in 0..cells.len() {
            let rest = self.settle(&mut cells, at, limits[at], across);
            if !rest.is_empty() {
                let cell = &cells[at];
                let (sign, _) = self.line_sign(cell.slot);
                let text = String::new();
                left_over.push(Cell {
                    sign,
                    text,
                    more: rest,
                    ..cell.clone()
                });
            }
        }
        for (cell, limit) in cells.iter().zip(limits) {
            self.say(&mut paper, cell, limit);
        }
        if let Some(across) = across {
            self.arrow(&mut paper, &cells, across);
        }
        (paper, left_over)
    }

    /// Keeps with the text what has room beside it; gives back the rest.
    fn settle(
        &self,
        cells: &mut [Cell],
        at: usize,
        limit: usize,
        across: Option<&Across>,
    ) -> Vec<(String, Style)> {
        let all = std::mem::take(&mut cells[at].more);
        let bare = cells[at].text.clone();
        let slot = cells[at].slot;
        let mut kept = Vec::new();
        let mut rest = Vec::new();
        for (text, style) in all {
            let before = cells[at].text.clone();
            if !before.is_empty() {
                cells[at].text.push_str("  ");
            }
            cells[at].text.push_str(&text);
            let end = self.slots.at(slot) + 2 + length(&cells[at].text);
            let leaves = across.is_none_or(|across| {
                across.from.min(across.to) != slot
                    || self.has_room(cells, across)
            });
            if rest.is_empty() && end <= limit && leaves {
                kept.push((text, style));
            } else {
                cells[at].text = before;
                rest.push((text, style));
            }
        }
        // The arrow goes where the text ends, all of it.
        let whole = cells[at].text.clone();
        if let Some(across) = across
            && across.from.min(across.to) == slot
            && self.run(cells, across).0 + 3 > self.run(cells, across).1
        {
            let (start, end) = self.run(cells, across);
            let room = length(&whole).saturating_sub(start + 3 - end);
            cells[at].text = self.glyphs.cut_call(&bare, room);
        }
        cells[at].more = kept;
        rest
    }

    fn say(&self, paper: &mut Paper, cell: &Cell, limit: usize) {
        let start = self.slots.at(cell.slot);
        let (_, style) = self.line_sign(cell.slot);
        let style = if cell.style == BAD { BAD } else { style };
        paper.put(start, cell.sign, style);
        let mut text = cell.text.as_str();
        let mut tails = Vec::new();
        for (tail, style) in cell.more.iter().rev() {
            if let Some(head) = text.strip_suffix(tail.as_str()) {
                text = head.strip_suffix("  ").unwrap_or(head);
                tails.push((tail, *style));
            }
        }
        let room = limit.saturating_sub(start + 2);
        let said = self.glyphs.cut_call(text, room);
        paper.write(start + 2, limit, &said, cell.style);
        let mut at = start + 2 + length(&said);
        for (tail, style) in tails.into_iter().rev() {
            at += if at > start + 2 { 2 } else { 0 };
            paper.write(at, limit, tail, style);
            at += length(tail);
        }
    }

    fn arrow(&self, paper: &mut Paper, cells: &[Cell], across: &Across) {
        let (start, end) = self.run(cells, across);
        let glyphs = self.glyphs;
        let style = match across.ink {
            Ink::Of(kind) => style_of(kind),
            Ink::Wire => QUIET,
        };
        let sign = match across.ink {
            Ink::Of(Kind::Handshake) => glyphs.double,
            Ink::Of(Kind::Reset | Kind::Descriptor) => glyphs.broken,
            Ink::Of(_) => glyphs.line,
            Ink::Wire => glyphs.dotted,
        };
        let (head_left, head_right) = match across.ink {
            Ink::Of(_) => (glyphs.head_left, glyphs.head_right),
            Ink::Wire => (glyphs.thin_left, glyphs.thin_right),
        };
        let is_line = |at: usize| {
            self.lines.iter().enumerate().any(|(slot, line)| {
                self.slots.at(slot) == at && !matches!(line, Line::None)
            })
        };
        // The lines of others are nearer than a segment.
        for at in start..end {
            if across.ink != Ink::Wire || !is_line(at) {
                paper.put(at, sign, style);
            }
        }
        let (left, right) =
            (across.from.min(across.to), across.from.max(across.to));
        for slot in left + 1..right {
            let crosses = across.ink != Ink::Wire;
            if crosses && !matches!(self.lines[slot], Line::None) {
                paper.put(self.slots.at(slot), glyphs.crosses, style);
            }
        }
        let speaker = cells
            .iter()
            .find(|cell| cell.slot == across.from && !cell.text.is_empty());
        let speaks = speaker.is_some();
        // A sign that says more than the joint stays.
        let is_plain = speaker.is_none_or(|cell| cell.sign == glyphs.runs);
        if across.from == left {
            paper.put(end - 1, head_right, style);
            if !speaks && across.ink != Ink::Wire {
                paper.put(self.slots.at(left), glyphs.leaves_right, style);
            }
        } else {
            paper.put(start, head_left, style);
            if is_plain && across.ink != Ink::Wire {
                let sign = match across.ink {
                    Ink::Of(Kind::Handshake) => glyphs.leaves_doubled,
                    _ => glyphs.leaves_left,
                };
                paper.put(end, sign, style);
            }
        }
        let room = (end - start).saturating_sub(AROUND_LABEL);
        if across.label.is_empty() || room < 3 {
            return;
        }
        let label = format!(" {} ", glyphs.cut(&across.label, room));
        // In the column of its sender or its receiver, not upon the line of
        // a third one.
        let is_rightwards = across.from == left;
        let first = start + usize::from(!is_rightwards);
        let last = end - usize::from(is_rightwards) - length(&label);
        let wanted = (first + last).div_ceil(2);
        let label_at = (first..=last)
            .filter(|&at| {
                let taken = at..at + length(&label);
                (left + 1..right)
                    .all(|slot| !taken.contains(&self.slots.at(slot)))
            })
            .min_by_key(|&at| at.abs_diff(wanted))
            .unwrap_or(wanted);
        paper.write(label_at, end, &label, style);
    }
}
