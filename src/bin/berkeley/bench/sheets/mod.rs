//! The tables of a run, before anybody has decided what they are drawn
//! with: a terminal and a Markdown document show the same ones.
//!
//! A block is one load (mode, concurrency, size). `speed` has the tables of
//! loads that count requests, `special` those of the other modes.

mod special;
mod speed;
mod words;

pub(crate) use special::process_control;
use words::{how, title};

use crate::catalogue::MODELS;

use super::conclusions;
use super::ratios::{is_same_load, together};
use super::record::{Cell, Mode, Quantity, Ratio, Record};
use super::verdict::kind;

/// One load, on all servers.
pub(crate) struct Block {
    pub(crate) title: String,
    /// How to read it.
    pub(crate) how: &'static str,
    pub(crate) sheets: Vec<Sheet>,
    /// What was found of every server alike, and so stands in no row.
    pub(crate) alike: Option<String>,
    pub(crate) findings: Vec<Explained>,
    pub(crate) says: Vec<String>,
}

pub(crate) struct Sheet {
    pub(crate) heads: Vec<Head>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// Over a column; neighbours with the same `over` share it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) over: String,
    pub(crate) name: String,
    /// Words stand at the left of their column, figures at its right.
    pub(crate) is_words: bool,
}

impl Head {
    fn words(name: &str) -> Head {
        Head { over: String::new(), name: name.into(), is_words: true }
    }

    fn figures(over: &str, name: &str) -> Head {
        Head { over: over.into(), name: name.into(), is_words: false }
    }
}

/// A finding, once for all who have it.
#[derive(Debug, PartialEq)]
pub(crate) struct Explained {
    pub(crate) kind: String,
    /// `pool (rust) 42, pool (c) 42`
    pub(crate) who: String,
    pub(crate) why: String,
}

/// All loads of a run, in the order in which they were measured.
pub(crate) fn blocks(record: &Record) -> Vec<Block> {
    let mut firsts: Vec<&Cell> = Vec::new();
    for cell in &record.cells {
        if !firsts.iter().any(|first| belong_together(first, cell)) {
            firsts.push(cell);
        }
    }
    firsts.into_iter().map(|first| block(record, first)).collect()
}

/// `stream` shows its sizes beside each other.
fn belong_together(one: &Cell, other: &Cell) -> bool {
    is_same_load(one, other)
        || (one.mode == Mode::Stream
            && other.mode == Mode::Stream
            && one.concurrency == other.concurrency
            && one.protocol == other.protocol)
}

fn block(record: &Record, first: &Cell) -> Block {
    let cells = record.cells.iter();
    let cells: Vec<&Cell> =
        cells.filter(|cell| belong_together(first, cell)).collect();
    let ratios = &record.ratios;
    let alike = alike(&cells);
    let rows = rows(&cells);
    let (own, foreign): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| row.language[0].is_some());
    let mut sheets = Vec::new();
    for rows in [own, foreign].into_iter().filter(|rows| !rows.is_empty()) {
        let table = Table { rows, ratios, alike: &alike };
        sheets.extend(match first.mode {
            Mode::Pingpong | Mode::Connect => table.requests(),
            Mode::Open => table.open(),
            Mode::Idle => table.idle(),
            Mode::Stream => table.stream(),
            Mode::Unp => table.unp(),
        });
    }
    Block {
        title: title(first),
        how: how(first.mode),
        sheets,
        alike: (!alike.is_empty())
            .then(|| format!("All of them: {}; see below.", alike.join(", "))),
        findings: findings(&cells),
        says: conclusions::of(&cells, ratios),
    }
}

/// A model in both languages, or one foreign server.
struct Row<'a> {
    name: String,
    language: Vec<Option<&'static str>>,
    cells: Vec<Option<&'a Cell>>,
}

impl<'a> Row<'a> {
    fn first(&self) -> Option<&'a Cell> {
        self.cells.iter().flatten().next().copied()
    }
}

/// Rows that have the same columns.
struct Table<'a> {
    rows: Vec<Row<'a>>,
    ratios: &'a [Ratio],
    /// Findings that no row repeats.
    alike: &'a [String],
}

/// In the catalogue's order, and foreign servers as they were given.
fn rows<'a>(cells: &[&'a Cell]) -> Vec<Row<'a>> {
    let place = |cell: &&&Cell| {
        let known = MODELS.iter().position(|model| model.name == cell.model);
        let is_foreign = cell.language.is_none();
        (is_foreign, known.unwrap_or(MODELS.len()), cell.workers, cell.size)
    };
    let mut sorted: Vec<&&Cell> = cells.iter().collect();
    sorted.sort_by_key(place);
    let languages = languages(cells);
    let sweeps = sweeps(cells);
    let mut rows: Vec<Row> = Vec::new();
    for cell in sorted {
        let workers = cell.workers.filter(|_| sweeps);
        let name = match workers {
            Some(workers) => format!("{} {workers}", cell.model),
            None => cell.model.clone(),
        };
        let Some(language) = &cell.language else {
            let cells = vec![Some(*cell)];
            rows.push(Row { name, language: vec![None], cells });
            continue;
        };
        let is_there = rows.last().is_some_and(|row| {
            row.first().is_some_and(|first| {
                row.name == name
                    && first.size == cell.size
                    && first.language.is_some()
            })
        });
        if !is_there {
            let cells = vec![None; languages.len()];
            rows.push(Row { name, language: languages.clone(), cells });
        }
        let side = languages.iter().position(|side| is(*side, language));
        if let (Some(row), Some(side)) = (rows.last_mut(), side) {
            row.cells[side] = Some(cell);
        }
    }
    rows
}

fn is(side: Option<&str>, language: &str) -> bool {
    side.is_some_and(|side| side.eq_ignore_ascii_case(language))
}

fn languages(cells: &[&Cell]) -> Vec<Option<&'static str>> {
    let spoken = |side: &&str| {
        cells.iter().any(|cell| {
            cell.language.as_deref().is_some_and(|it| is(Some(side), it))
        })
    };
    ["Rust", "C"].into_iter().filter(spoken).map(Some).collect()
}

/// Whether one model was run with several numbers of workers.
fn sweeps(cells: &[&Cell]) -> bool {
    cells.iter().any(|one| {
        cells.iter().any(|other| {
            one.model == other.model
                && one.language == other.language
                && one.size == other.size
                && one.workers != other.workers
        })
    })
}

impl Table<'_> {
    /// The names of the columns that stand under one heading.
    fn sides(&self) -> Vec<&'static str> {
        let first = self.rows.first().map(|row| row.language.as_slice());
        let sides = first.unwrap_or_default().iter();
        sides.map(|side| side.unwrap_or("")).collect()
    }

    fn heads(&self, over: &str) -> impl Iterator<Item = Head> {
        let over = over.to_string();
        self.sides().into_iter().map(move |side| Head::figures(&over, side))
    }

    fn title(&self) -> &'static str {
        let is_foreign = self.sides() == [""];
        if is_foreign { "other server" } else { "model" }
    }

    /// `Rust / C`, or what is compared with the reference.
    fn ratio_head(&self) -> Head {
        if self.sides().len() == 2 {
            return Head::words("Rust / C");
        }
        let mut to = self.rows.iter().filter_map(Row::first);
        let found = to.find_map(|of| self.ratio(of, false));
        let name = found.map(|ratio| format!("by {}", ratio.to));
        Head::words(name.as_deref().unwrap_or("ratio"))
    }

    fn ratio(&self, of: &Cell, twins: bool) -> Option<&Ratio> {
        self.ratios.iter().find(|ratio| {
            ratio.twins == twins
                && ratio.quantity == Quantity::Rate
                && ratio.of == of.name()
                && ratio.mode == of.mode
                && ratio.concurrency == of.concurrency
                && ratio.size == of.size
                && ratio.workers == of.workers
        })
    }

    fn ratio_text(&self, row: &Row) -> String {
        let found =
            row.first().and_then(|of| self.ratio(of, row.cells.len() == 2));
        found.map_or_else(|| super::numbers::NONE.into(), ratio_text)
    }

    /// A cell's verdict, without what is said of all.
    fn verdict(&self, cell: &Cell) -> String {
        let names = cell.findings.iter().map(|finding| finding.name.as_str());
        let own = names.filter(|name| self.alike.iter().all(|it| it != name));
        let own: Vec<&str> = own.collect();
        match own.as_slice() {
            [] if self.alike.is_empty() => "ok".into(),
            own => own.join(", "),
        }
    }

    /// What both languages have in common once, else each with its language.
    fn verdicts(&self, row: &Row) -> String {
        let cells = row.cells.iter().zip(&row.language);
        let verdicts: Vec<(&str, String)> = cells
            .filter_map(|(cell, side)| {
                Some((side.unwrap_or(""), self.verdict(cell.as_ref()?)))
            })
            .collect();
        match verdicts.as_slice() {
            [] => super::numbers::NONE.into(),
            [(_, only)] => only.clone(),
            [(_, one), (_, other)] if one == other => one.clone(),
            both => {
                let said = both.iter().filter(|(_, it)| !it.is_empty());
                let said = said.map(|(side, it)| format!("{side}: {it}"));
                said.collect::<Vec<_>>().join("; ")
            }
        }
    }
}

impl Sheet {
    /// Without the columns of words that have nothing to tell: an empty
    /// verdict, and ratios that all had too few rounds.
    fn told(mut self) -> Sheet {
        let is_silent =
            |text: &String| text.is_empty() || text == "too few rounds";
        for at in (1..self.heads.len()).rev() {
            let is_words = self.heads[at].is_words;
            if is_words && self.rows.iter().all(|row| is_silent(&row[at])) {
                self.heads.remove(at);
                for row in &mut self.rows {
                    row.remove(at);
                }
            }
        }
        self
    }
}

/// `no difference`, `too few rounds`, or by how much.
pub(crate) fn ratio_text(ratio: &Ratio) -> String {
    match ratio.says.as_str() {
        "more" | "less" => super::numbers::ratio(ratio.median, ratio.interval),
        other => other.into(),
    }
}

/// The findings that every cell has, by their names. What one server alone
/// has needs no place of its own.
fn alike(cells: &[&Cell]) -> Vec<String> {
    let [first, others @ ..] = cells else { return Vec::new() };
    let has = |cell: &Cell, name: &str| {
        cell.findings.iter().any(|finding| finding.name == name)
    };
    let names = first.findings.iter().map(|finding| finding.name.clone());
    let shared = names.filter(|name| others.iter().all(|it| has(it, name)));
    if others.is_empty() { Vec::new() } else { shared.collect() }
}

/// The findings, each once, with those who have it.
fn findings(cells: &[&Cell]) -> Vec<Explained> {
    let mut all: Vec<(Explained, Vec<(&Cell, String)>)> = Vec::new();
    for cell in cells {
        for finding in &cell.findings {
            let kind = kind(finding);
            let often = finding.name[kind.len()..].trim().to_string();
            let same = all.iter_mut().find(|(known, _)| {
                known.kind == kind && known.why == finding.why
            });
            if let Some((_, who)) = same {
                who.push((cell, often));
                continue;
            }
            let explained = Explained {
                kind: kind.into(),
                who: String::new(),
                why: finding.why.clone(),
            };
            all.push((explained, vec![(cell, often)]));
        }
    }
    let join = |(explained, who): (Explained, Vec<(&Cell, String)>)| {
        let is_plain = who.iter().all(|(_, often)| often.is_empty());
        let is_everybody =
            is_plain && who.len() == cells.len() && who.len() > 2;
        let who = together(&who).join(", ");
        let who = if is_everybody { "all".into() } else { who };
        Explained { who, ..explained }
    };
    all.into_iter().map(join).collect()
}
