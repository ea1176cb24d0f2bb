//! Loads whose question is another one: memory, a fixed rate, bulk data,
//! chapter 30.

use crate::catalogue::MODELS;

use super::super::numbers::{NONE, count, number, number_or_none};
use super::super::record::{Cell, Latency, Memory};
use super::super::verdict::peers_per_worker;
use super::{Head, Sheet, Table};

/// KiB a peer that the kernel's figures may be off without a word.
const LOST: f64 = 8.0;

impl Table<'_> {
    /// One line a server: three percentiles, seen from two clocks.
    pub(super) fn open(&self) -> Vec<Sheet> {
        let two = ["from the intended time, µs", "from the send, µs"];
        let mut heads = self.one_a_line();
        for over in two {
            for name in ["p50", "p99", "max"] {
                heads.push(Head::figures(over, name));
            }
        }
        let seen = self.lines(heads, |cell| {
            let clocks = [&cell.latency_us, &cell.latency_from_send_us];
            clocks
                .into_iter()
                .flat_map(|it| percentiles(it.as_ref()))
                .collect()
        });
        let mut heads = self.one_a_line();
        heads.push(Head::figures("", "requests/s"));
        heads.push(Head::figures("", "CPU µs"));
        heads.push(Head::figures("late, µs", "p50"));
        heads.push(Head::figures("late, µs", "p99"));
        heads.push(Head::figures("", "dropped"));
        heads.push(Head::words("verdict"));
        let kept = self.lines(heads, |cell| {
            let late = cell.lateness_us.as_ref();
            vec![
                number(cell.rate),
                number_or_none(cell.server_cpu_us_per_request),
                number_or_none(late.map(|late| late.p50)),
                number_or_none(late.map(|late| late.p99)),
                cell.dropped.map_or_else(|| NONE.into(), count),
                self.verdict(cell),
            ]
        });
        vec![seen, kept]
    }

    pub(super) fn idle(&self) -> Vec<Sheet> {
        let mut heads = self.one_a_line();
        heads.push(Head::figures("PSS", "silent"));
        heads.push(Head::figures("PSS", "asked"));
        for name in ["stack", "pages", "slab"] {
            heads.push(Head::figures("kernel", name));
        }
        heads.push(Head::words("verdict"));
        vec![self.lines(heads, |cell| {
            let memory = cell.memory.as_ref();
            let kib = |of: fn(&Memory) -> f64, shown: fn(f64) -> String| {
                let kib = memory.map(|memory| of(memory) / 1024.0);
                kib.map_or_else(|| NONE.into(), shown)
            };
            vec![
                kib(|it| it.pss_per_silent_peer, own),
                kib(|it| it.pss_per_peer, own),
                kib(|it| it.kernel_stacks_per_peer, of_the_kernel),
                kib(|it| it.page_tables_per_peer, of_the_kernel),
                kib(|it| it.slab_per_peer, of_the_kernel),
                self.verdict(cell),
            ]
        })]
    }

    pub(super) fn stream(&self) -> Vec<Sheet> {
        let mut heads = vec![Head::words(self.title())];
        heads.push(Head::figures("", "bytes"));
        heads.extend(self.heads("MB/s"));
        heads.push(self.ratio_head());
        heads.extend(self.heads("CPU, %"));
        heads.push(Head::words("verdict"));
        let rows = self.rows.iter().map(|row| {
            let size = row.first().map(|cell| count(cell.size.into()));
            let mut texts = vec![row.name.clone(), size.unwrap_or_default()];
            let speed = |cell: &Cell| {
                let speed = cell.bytes_per_second / 1e6;
                (speed > 0.0).then_some(speed)
            };
            texts.extend(row.figures(speed));
            texts.push(self.ratio_text(row));
            texts.extend(
                row.figures(|cell| cell.server_cpu.map(|cpu| cpu * 100.0)),
            );
            texts.push(self.verdicts(row));
            texts
        });
        vec![Sheet { rows: rows.collect(), heads }.told()]
    }

    pub(super) fn unp(&self) -> Vec<Sheet> {
        let mut heads = vec![Head::figures("", "row")];
        heads.push(Head::words(self.title()));
        heads.extend(self.heads("process control, µs"));
        heads.extend(self.heads("peers/worker"));
        let rows = self.rows.iter().map(|row| {
            let model = row.first().map_or("", |cell| cell.model.as_str());
            let known = MODELS.iter().find(|known| known.name == model);
            let number = known.and_then(|known| known.unp_row);
            let number = number.map(|row| row.to_string());
            let mut texts = vec![number.unwrap_or_default()];
            texts.push(row.name.clone());
            texts.extend(row.texts(process_control));
            texts.extend(row.texts(|cell| match peers_per_worker(cell) {
                Some([least, most]) if cell.workers.is_some() => {
                    format!("{}–{}", count(least), count(most))
                }
                _ => NONE.into(),
            }));
            texts
        });
        let chapter = Sheet { rows: rows.collect(), heads };
        vec![chapter, self.speed("connections/s")]
    }

    fn one_a_line(&self) -> Vec<Head> {
        let mut heads = vec![Head::words(self.title())];
        if self.sides() != [""] {
            heads.push(Head::words("in"));
        }
        heads
    }

    fn lines(
        &self,
        heads: Vec<Head>,
        figures: impl Fn(&Cell) -> Vec<String>,
    ) -> Sheet {
        let mut rows = Vec::new();
        for row in &self.rows {
            for (cell, side) in row.cells.iter().zip(&row.language) {
                let Some(cell) = cell else { continue };
                let mut texts = vec![row.name.clone()];
                texts.extend(side.map(String::from));
                texts.extend(figures(cell));
                rows.push(texts);
            }
        }
        Sheet { heads, rows }.told()
    }
}

/// Whole pages by some hundred peers: more digits would be noise.
fn own(kib: f64) -> String {
    format!("{:.1}", kib.max(0.0))
}

/// What others do meanwhile is in it too: nothing below a KiB can be told
/// from nothing, and what was freed in plain sight was not the peers'.
fn of_the_kernel(kib: f64) -> String {
    match kib {
        kib if kib >= 1.0 => format!("{kib:.0}"),
        kib if kib > -LOST => "~0".into(),
        _ => NONE.into(),
    }
}

fn percentiles(latency: Option<&Latency>) -> Vec<String> {
    let figures: [fn(&Latency) -> f64; 3] =
        [|it| it.p50, |it| it.p99, |it| it.max];
    let figures = figures.into_iter();
    figures.map(|figure| number_or_none(latency.map(figure))).collect()
}

/// `74.9 ±1.9`, with no more digits than can be told: the longer side of the
/// interval, since a sign and a dash would be hard to tell apart where a
/// design costs less than the baseline.
pub(crate) fn process_control(cell: &Cell) -> String {
    if cell.model == "iterative" {
        return "baseline".into();
    }
    cell.process_control.as_ref().map_or_else(
        || NONE.into(),
        |found| {
            let value = found.us_per_connection;
            let [low, high] = found.interval;
            let side = (value - low).max(high - value);
            let digits = usize::from(side < 9.95);
            format!("{value:.digits$} ±{side:.digits$}")
        },
    )
}
