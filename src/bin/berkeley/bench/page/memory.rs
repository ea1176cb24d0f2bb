//! What a peer costs that has nothing to say: memory of the server and of
//! the kernel on its behalf.

use super::super::record::{Cell, Mode, Record};
use super::figure::Figure;
use super::plot::stack::{self, Bars, PARTS, Stack};
use super::plot::unit::Unit;
use super::{command, pick};

const NAMES: [&str; PARTS] = [
    "PSS of the server",
    "kernel stacks",
    "page tables",
    "slab (both ends of a connection)",
];

pub(super) fn figure(record: &Record) -> Option<Figure> {
    let mut loads = pick::loads(record, Mode::Idle);
    for load in &mut loads {
        load.cells.retain(|cell| parts(cell).is_some());
    }
    loads.retain(|load| !load.cells.is_empty());
    let cells = loads.last()?.cells.clone();
    let mut sums: Vec<(f64, &Cell)> = cells
        .iter()
        .filter(|cell| cell.starved == 0 && cell.errors.is_empty())
        .filter_map(|cell| Some((parts(cell)?[0], *cell)))
        .collect();
    sums.sort_by(|a, b| a.0.total_cmp(&b.0));
    let shows = match sums.as_slice() {
        [] => "Nobody held every peer, so this is no comparison.".to_owned(),
        [(sum, cell)] => format!(
            "A peer that says nothing costs {} {} of its own memory.",
            cell.name(),
            Unit::Bytes.said(*sum)
        ),
        [(low, least), .., (high, most)] => format!(
            "Of the server's own memory, a peer that says nothing costs from \
             {} ({}) to {} ({}). The kernel's parts are what the whole system \
             used more, and may be off by some KiB.",
            Unit::Bytes.said(*low),
            least.name(),
            Unit::Bytes.said(*high),
            most.name()
        ),
    };
    let panels = loads.iter().map(|load| panel(&load.title, &load.cells));
    Some(Figure {
        id: "memory".to_owned(),
        heading: "Memory per idle peer".to_owned(),
        shows,
        key: Some(stack::key(&NAMES)),
        small: false,
        panels: panels.collect(),
        folded: Vec::new(),
        command: command::line(&cells),
    })
}

fn panel(title: &str, cells: &[&Cell]) -> crate::markup::Element {
    let mut rows: Vec<Bars> = Vec::new();
    for cell in cells {
        let Some(parts) = parts(cell) else { continue };
        let bar = (pick::mark(cell), parts);
        match rows.iter_mut().find(|row| row.name == cell.model) {
            Some(row) => row.each.push(bar),
            None => rows.push(Bars {
                name: cell.model.clone(),
                hue: pick::hue(&cell.model),
                each: vec![bar],
            }),
        }
    }
    for row in &mut rows {
        row.each.sort_by_key(|bar| bar.0 == super::plot::Mark::Square);
    }
    let title = title.to_owned();
    let axis = "memory per peer".to_owned();
    Stack { title, axis, unit: Unit::Bytes, rows }.draw()
}

/// Growth can come out below nothing when it is lost in what else happened.
fn parts(cell: &Cell) -> Option<[f64; PARTS]> {
    let memory = cell.memory.as_ref()?;
    let parts = [
        memory.pss_per_peer,
        memory.kernel_stacks_per_peer,
        memory.page_tables_per_peer,
        memory.slab_per_peer,
    ];
    let is_known = parts.iter().all(|part| part.is_finite());
    is_known.then(|| parts.map(|part| part.max(0.0)))
}
