//! Loads that count requests: how many, how long, at what cost.

use super::super::numbers::{NONE, number_or_none};
use super::super::record::Cell;
use super::{Head, Row, Sheet, Table};

/// What stands in a column.
type Figure = fn(&Cell) -> Option<f64>;

impl Table<'_> {
    /// Two tables, since no terminal is wide enough for one.
    pub(super) fn requests(&self) -> Vec<Sheet> {
        vec![self.speed("requests/s"), self.cost()]
    }

    pub(super) fn speed(&self, unit: &str) -> Sheet {
        let mut heads = vec![Head::words(self.title())];
        heads.extend(self.heads(unit));
        heads.push(self.ratio_head());
        heads.extend(self.heads("CPU µs/req."));
        heads.push(Head::words("verdict"));
        let rows = self.rows.iter().map(|row| {
            let mut texts = vec![row.name.clone()];
            texts.extend(
                row.figures(|cell| (cell.rate > 0.0).then_some(cell.rate)),
            );
            texts.push(self.ratio_text(row));
            texts.extend(row.figures(|cell| cell.server_cpu_us_per_request));
            texts.push(self.verdicts(row));
            texts
        });
        Sheet { rows: rows.collect(), heads }.told()
    }

    fn cost(&self) -> Sheet {
        let mut heads = vec![Head::words(self.title())];
        let mut columns: Vec<(&str, Figure)> = vec![
            ("p50 µs", |cell| Some(cell.latency_us.as_ref()?.p50)),
            ("p99 µs", |cell| Some(cell.latency_us.as_ref()?.p99)),
            ("idle, KiB", |cell| {
                Some(cell.memory.as_ref()?.pss_per_peer / 1024.0)
            }),
            ("syscalls/req.", |cell| cell.syscalls_per_request),
        ];
        // What nobody was asked for needs no column.
        columns.retain(|(_, figure)| {
            let cells = self.rows.iter().flat_map(|row| &row.cells);
            cells.flatten().any(|cell| figure(cell).is_some())
        });
        for (over, _) in &columns {
            heads.extend(self.heads(over));
        }
        let rows = self.rows.iter().map(|row| {
            let mut texts = vec![row.name.clone()];
            for (_, figure) in &columns {
                texts.extend(row.figures(figure));
            }
            texts
        });
        Sheet { rows: rows.collect(), heads }
    }
}

impl Row<'_> {
    /// One figure of each language.
    pub(super) fn figures(
        &self,
        figure: impl Fn(&Cell) -> Option<f64>,
    ) -> Vec<String> {
        self.texts(|cell| number_or_none(figure(cell)))
    }

    pub(super) fn texts(&self, text: impl Fn(&Cell) -> String) -> Vec<String> {
        let texts = self.cells.iter();
        texts.map(|cell| cell.map_or_else(|| NONE.into(), &text)).collect()
    }
}
