//! The page that a run leaves behind: one file of HTML, with its style and
//! its drawings inside and no script, made from the record alone.
//!
//! People look before they read, so the plots come first, each with one
//! sentence made from its numbers. `plot` is the drawing, the files beside
//! this one are the figures, `tables` is what stands under them.

mod chapter30;
mod command;
mod costs;
mod figure;
#[cfg(test)]
mod fixture;
mod latency;
mod memory;
mod pick;
mod plot;
mod rates;
mod ratios;
mod said;
mod stream;
mod tables;
#[cfg(test)]
mod tests;

use self::figure::Figure;
use super::record::{Mode, Quantity, Record};
use crate::markup::{self, Element, said};

const STYLE: &str = include_str!("style.css");

/// Modes that have rates to compare.
const LOADED: [Mode; 3] = [Mode::Pingpong, Mode::Connect, Mode::Unp];

/// The whole page.
pub(crate) fn html(record: &Record) -> String {
    let figures = figures(record);
    let main = Element::new("main")
        .add(&header(record))
        .add(&contents(&figures))
        .add_all(&figures.iter().map(Figure::draw).collect::<Vec<_>>())
        .add(&under(record));
    let title = format!("berkeley bench, {}", record.started);
    let body = Element::new("body").add(&plot::stack::pattern()).add(&main);
    markup::page(&title, &[STYLE], &body)
}

/// Each only where there is something to draw.
fn figures(record: &Record) -> Vec<Figure> {
    let each = |of: fn(&Record, Mode) -> Option<Figure>| {
        LOADED.iter().filter_map(move |mode| of(record, *mode))
    };
    let mut all: Vec<Figure> = each(rates::by_concurrency).collect();
    all.extend(each(rates::round_by_round));
    for twins in [true, false] {
        for quantity in [Quantity::Rate, Quantity::ServerCpuPerRequest] {
            all.extend(ratios::figure(record, quantity, twins));
        }
    }
    // What unp's sweep of workers adds is in figures of its own.
    for mode in [Mode::Pingpong, Mode::Connect] {
        all.extend(latency::closed(record, mode));
    }
    all.extend(latency::open(record));
    all.extend(each(costs::cpu));
    for mode in [Mode::Pingpong, Mode::Connect] {
        all.extend(costs::calls(record, mode));
    }
    all.extend(memory::figure(record));
    all.extend(chapter30::process_control(record));
    all.extend(chapter30::peers_per_worker(record));
    all.extend(chapter30::sweep(record));
    all.extend(stream::figure(record));
    all
}

fn header(record: &Record) -> Element {
    let mut servers: Vec<String> =
        record.cells.iter().map(super::record::Cell::name).collect();
    servers.sort();
    servers.dedup();
    let n = servers.len();
    let s = if n == 1 { "" } else { "s" };
    let cells = record.cells.len();
    let machine = &record.machine;
    let mut header = Element::new("header")
        .add(&said("h1", "berkeley bench"))
        .add(&said(
            "p",
            &format!(
                "{n} server{s}, {cells} measurements, in {:.0} s from {}, on \
                 {} with {} CPUs ({}).",
                record.seconds,
                record.started,
                machine.cpu,
                machine.cpus,
                machine.kernel
            ),
        ))
        .add(&Element::new("p").add(&said("code", &record.command)));
    if record.interrupted {
        let text = "Interrupted: this is what had been measured by then; \
                    what is not here was not measured.";
        header.push(&said("p", text).class("warning"));
    }
    if record.cells.is_empty() {
        let text = "Nothing was measured.";
        header.push(&said("p", text).class("warning"));
    }
    let mut notes = Element::new("ul").class("notes");
    for note in &record.notes {
        notes.push(&said("li", note));
    }
    if record.notes.is_empty() { header } else { header.add(&notes) }
}

fn contents(figures: &[Figure]) -> Element {
    let mut list = Element::new("ul");
    let link = |id: &str, text: &str| {
        let link = said("a", text).with("href", &format!("#{id}"));
        Element::new("li").add(&link)
    };
    for figure in figures {
        list.push(&link(&figure.id, &figure.heading));
    }
    list.push(&link("findings", "Findings, machine, every cell"));
    Element::new("nav").with("aria-label", "Contents").add(&list)
}

fn under(record: &Record) -> Element {
    let mut under = Element::new("section").with("id", "findings");
    under.push(&said("h2", "What a reader must know"));
    let none = || said("p", "No cell has a finding: all are as they seem.");
    under.push(&tables::findings(record).unwrap_or_else(none));
    under.push(&said("h2", "Where and how"));
    under.push(&tables::machine(record));
    under.push(&said("h2", "All numbers"));
    if let Some(ratios) = tables::ratios(record) {
        under.push(&ratios);
    }
    under.add(&tables::cells(record)).add(&tables::json(record))
}
