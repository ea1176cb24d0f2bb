//! What stands under the plots: findings, ratios, where it was measured,
//! every cell, and the record itself.

use std::collections::BTreeMap;

use super::super::record::{Cell, Machine, Record};
use super::pick;
use super::plot::unit::Unit;
use crate::markup::{Element, said};

/// Rows of text with a caption; the first column names the row.
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) head: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn draw(&self) -> Element {
        let heads: Vec<Element> = self
            .head
            .iter()
            .map(|text| said("th", text).with("scope", "col"))
            .collect();
        let head = Element::new("tr").add_all(&heads);
        let mut body = Element::new("tbody");
        for row in &self.rows {
            let mut line = Element::new("tr");
            for (i, text) in row.iter().enumerate() {
                line.push(&match i {
                    0 => said("th", text).with("scope", "row"),
                    _ => said("td", text),
                });
            }
            body.push(&line);
        }
        let table = Element::new("table")
            .add(&said("caption", &self.caption))
            .add(&Element::new("thead").add(&head))
            .add(&body);
        let named = Element::new("div").class("wide").with("tabindex", "0");
        named
            .with("role", "region")
            .with("aria-label", &self.caption)
            .add(&table)
    }
}

/// Each finding once, with the cells that it is about.
pub(super) fn findings(record: &Record) -> Option<Element> {
    let mut all: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for cell in &record.cells {
        for finding in &cell.findings {
            let kind = finding.name.trim_end_matches(|c: char| {
                c.is_ascii_digit() || c.is_whitespace()
            });
            let of = all.entry((kind, &finding.why)).or_default();
            of.push(place(cell));
        }
    }
    if all.is_empty() {
        return None;
    }
    let mut list = Element::new("dl");
    for ((kind, why), cells) in all {
        list.push(&said("dt", kind));
        let why = said("dd", why).add(&Element::new("br"));
        let cells = said("small", &cells.join("; "));
        list.push(&why.add(&cells));
    }
    Some(list)
}

fn place(cell: &Cell) -> String {
    format!(
        "{}, {}, {}",
        cell.name(),
        pick::name(cell.mode),
        pick::peers(cell.concurrency)
    )
}

pub(super) fn ratios(record: &Record) -> Option<Element> {
    if record.ratios.is_empty() {
        return None;
    }
    let rows = record.ratios.iter().map(|r| {
        vec![
            r.of.clone(),
            r.to.clone(),
            snake(r.quantity),
            pick::name(r.mode).to_owned(),
            r.concurrency.to_string(),
            r.size.to_string(),
            number(r.median),
            pair(r.interval),
            pair(r.spread),
            r.rounds.to_string(),
            r.says.clone(),
        ]
    });
    let table = Table {
        caption: "Ratios, round by round; intervals are 95 %, by bootstrap"
            .to_owned(),
        head: vec![
            "of",
            "to",
            "quantity",
            "mode",
            "peers",
            "size",
            "median",
            "interval",
            "quartiles",
            "rounds",
            "says",
        ],
        rows: rows.collect(),
    };
    Some(folded("All ratios", &table.draw()))
}

fn snake(quantity: super::super::record::Quantity) -> String {
    use super::super::record::Quantity;
    match quantity {
        Quantity::Rate => "rate",
        Quantity::ServerCpuPerRequest => "server CPU per request",
    }
    .to_owned()
}

fn number(value: f64) -> String {
    if value.is_finite() { format!("{value:.3}") } else { "–".to_owned() }
}

fn pair([low, high]: [f64; 2]) -> String {
    format!("{} to {}", number(low), number(high))
}

pub(super) fn cells(record: &Record) -> Element {
    let rows = record.cells.iter().map(row).collect();
    let table = Table {
        caption: "Every cell; – is what was not or could not be measured"
            .to_owned(),
        head: vec![
            "server",
            "mode",
            "protocol",
            "peers",
            "size",
            "workers",
            "asked rate",
            "rate",
            "interval",
            "MB/s",
            "requests",
            "CPU/request",
            "server CPU",
            "generator CPU",
            "switches",
            "syscalls",
            "p50",
            "p90",
            "p99",
            "p99.9",
            "max",
            "dropped",
            "starved",
            "overflows",
            "SYN retries",
            "errors",
            "rounds",
            "disturbed",
            "verdict",
            "command",
        ],
        rows,
    };
    folded("Every cell", &table.draw())
}

#[rustfmt::skip]
fn row(cell: &Cell) -> Vec<String> {
    let or = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let in_unit = |value: Option<f64>, unit: Unit| {
        or(pick::finite(value).map(|value| unit.said(value)))
    };
    let us = |of: fn(&super::super::record::Latency) -> f64| {
        in_unit(cell.latency_us.as_ref().map(of), Unit::Microseconds)
    };
    let interval = pick::finite_pair(cell.rate_interval);
    let interval = interval.map(|pair| {
        pair.map(|rate| Unit::PerSecond.said(rate)).join(" to ")
    });
    let errors = cell.errors.iter().map(|(what, n)| format!("{what} {n}"));
    let errors: Vec<String> = errors.collect();
    let disturbed = cell.rounds.iter().filter(|round| round.disturbed);
    vec![
        cell.name(),
        pick::name(cell.mode).to_owned(),
        cell.protocol.clone(),
        cell.concurrency.to_string(),
        cell.size.to_string(),
        or(cell.workers.map(|n| n.to_string())),
        in_unit(cell.asked_rate, Unit::PerSecond),
        in_unit(Some(cell.rate), Unit::PerSecond),
        or(interval),
        in_unit(Some(cell.bytes_per_second), Unit::BytesPerSecond),
        cell.requests.to_string(),
        in_unit(cell.server_cpu_us_per_request, Unit::Microseconds),
        in_unit(cell.server_cpu, Unit::Count),
        in_unit(Some(cell.generator_cpu), Unit::Count),
        in_unit(cell.switches_per_request, Unit::Count),
        in_unit(cell.syscalls_per_request, Unit::Count),
        us(|l| l.p50), us(|l| l.p90), us(|l| l.p99), us(|l| l.p999),
        us(|l| l.max),
        or(cell.dropped.map(|n| n.to_string())),
        cell.starved.to_string(),
        cell.network.listen_overflows.to_string(),
        cell.network.syn_retries.to_string(),
        if errors.is_empty() { "–".to_owned() } else { errors.join(", ") },
        cell.rounds.len().to_string(),
        disturbed.count().to_string(),
        cell.verdict.clone(),
        cell.server.clone(),
    ]
}

/// Where and how it was measured.
pub(super) fn machine(record: &Record) -> Element {
    let Machine { kernel, cpu, cpus, memory_bytes, rustc, cc, limits } =
        &record.machine;
    let gib = memory_bytes / (1 << 20);
    let absent = || "not installed".to_owned();
    let mut rows = vec![
        ["Command".to_owned(), record.command.clone()],
        ["Tool".to_owned(), record.tool.clone()],
        ["Started".to_owned(), record.started.clone()],
        ["Took".to_owned(), Unit::Microseconds.said(record.seconds * 1e6)],
        ["Kernel".to_owned(), kernel.clone()],
        ["Processor".to_owned(), format!("{cpu}, {cpus} CPUs")],
        ["Memory".to_owned(), format!("{gib} MiB")],
        ["Placement".to_owned(), record.cpus.clone()],
        ["Rust".to_owned(), rustc.clone().unwrap_or_else(absent)],
        ["C".to_owned(), cc.clone().unwrap_or_else(absent)],
    ];
    rows.extend(limits.iter().map(|(k, v)| [k.clone(), v.clone()]));
    Table {
        caption: "Machine, versions and limits".to_owned(),
        head: vec!["what", "value"],
        rows: rows.into_iter().map(Vec::from).collect(),
    }
    .draw()
}

/// The record in the page. Rounds, which are most of it, are left out where
/// they would make the page too heavy to send; the JSON file has them.
pub(super) fn json(record: &Record) -> Element {
    const MOST: usize = 400_000;
    let full = serde_json::to_string(record).unwrap_or_default();
    let (text, name) = if full.len() <= MOST {
        (full, "The record, as JSON")
    } else {
        let mut short = record.clone();
        for cell in &mut short.cells {
            cell.rounds.clear();
            let of = [&mut cell.latency_us, &mut cell.latency_from_send_us];
            for latency in of.into_iter().flatten() {
                latency.curve.clear();
            }
        }
        let short = serde_json::to_string(&short).unwrap_or_default();
        (short, "The record, as JSON, without rounds and curves")
    };
    let text = said("pre", &text).with("tabindex", "0");
    folded(name, &text.with("id", "record"))
}

fn folded(name: &str, inside: &Element) -> Element {
    Element::new("details").add(&said("summary", name)).add(inside)
}
