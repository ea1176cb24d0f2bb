//! A contender's tally becomes a cell of the record.

use clap::ValueEnum;

use super::contender::Entry;
use super::numbers::long;
use super::plan::Part;
use super::record::{Cell, Mode};
use super::statistics::percentiles;
use super::tally::{Tally, per};
use super::verdict::{self, Heard};
use crate::generator::orders::Counts;

/// Everything that was measured; what it says is for `verdict` to add.
pub(crate) fn cell(part: &Part, entry: &Entry, tally: Tally) -> Cell {
    let is_open = part.mode == Mode::Open;
    let is_timed = !matches!(part.mode, Mode::Idle | Mode::Stream);
    let language = entry.language.map(|of| of.name().to_lowercase());
    let latency = |counts: &Counts| percentiles::latency(counts, None);
    let took = tally.latencies().clone();
    let mut syscalls: Vec<_> = tally.syscalls.into_iter().collect();
    syscalls.sort_by(|a, b| b.1.total_cmp(&a.1));
    let calls = syscalls.iter().map(|(_, number)| number).sum();
    let mut cell = Cell {
        model: entry.model.clone(),
        language,
        server: entry.shown.clone(),
        protocol: part
            .protocol
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_string()),
        mode: part.mode,
        concurrency: part.concurrency,
        size: part.size,
        workers: entry.workers,
        generators: part.generators,
        asked_rate: is_open.then_some(part.rate),
        rate: 0.0,
        rate_interval: [0.0; 2],
        rate_spread: [0.0; 2],
        bytes_per_second: 0.0,
        requests: 0,
        seconds: 0.0,
        server_cpu_us_per_request: None,
        server_cpu_interval: None,
        server_cpu: None,
        generator_cpu: 0.0,
        switches_per_request: tally.switches_per_request,
        syscalls_per_request: (!syscalls.is_empty()).then_some(calls),
        syscalls,
        latency_us: None,
        latency_from_send_us: None,
        lateness_us: None,
        dropped: is_open.then_some(tally.dropped),
        memory: tally.memory,
        network: tally.network,
        starved: u32::try_from(tally.starved).unwrap_or(u32::MAX),
        errors: tally.errors,
        under_way: None,
        peers_per_worker: tally.peers_per_worker,
        process_control: None,
        rounds: tally.rounds,
        verdict: String::new(),
        findings: Vec::new(),
    };
    if is_timed {
        cell.latency_us = latency(&took.latency);
    }
    if is_open {
        cell.latency_from_send_us = latency(&took.from_send);
        cell.lateness_us = latency(&took.lateness);
    }
    let heard = Heard {
        failed: tally.failure,
        bytes_per_request: per(long(tally.bytes), tally.requests),
        slice_seconds: Some(part.pace.slice.min(part.pace.seconds)),
    };
    verdict::conclude(&mut cell, &heard);
    cell
}
