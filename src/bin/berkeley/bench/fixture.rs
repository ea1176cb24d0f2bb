//! Cells and records as a run might have found them, for the tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::numbers::{float, long, whole};
use super::ratios;
use super::record::{
    Cell, FORMAT, Latency, Machine, Memory, Mode, Network, Record, Round,
};
use super::statistics::bootstrap::{Chance, tests::noise};
use super::verdict::{Heard, conclude};
use crate::catalogue::MODELS;

/// Fifty peers in ping-pong, thirty rounds, two per cent of noise.
pub(crate) fn cell(model: &str, language: &str, rate: f64, seed: u32) -> Cell {
    let mut chance = Chance::of(rate, whole(f64::from(seed)));
    let mut round = || {
        let rate = rate * (1.0 + 0.02 * noise(&mut chance));
        Round {
            requests: u64::try_from(whole(rate * 0.02)).unwrap(),
            seconds: 0.02,
            rate,
            server_cpu_us_per_request: Some(0.9e6 / rate),
            generator_cpu: 0.6,
            p50_us: Some(48e6 / rate),
            p99_us: Some(90e6 / rate),
            others_cpu: 0.01,
            disturbed: false,
        }
    };
    let is_pool = ["pre", "pool", "reuse"].iter();
    let is_pool = is_pool.clone().any(|start| model.starts_with(start));
    Cell {
        model: model.into(),
        language: Some(language.into()),
        server: format!("echo_server --model {model}"),
        protocol: "echo".into(),
        mode: Mode::Pingpong,
        concurrency: 50,
        size: 64,
        workers: is_pool.then_some(8),
        generators: 1,
        asked_rate: None,
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
        switches_per_request: Some(0.4),
        syscalls_per_request: Some(2.0 + 1.0 / rate),
        syscalls: vec![("recvfrom".into(), 1.0), ("sendto".into(), 1.0)],
        latency_us: Some(latency(50e6 / rate)),
        latency_from_send_us: None,
        lateness_us: None,
        dropped: None,
        memory: Some(memory(model)),
        network: Network::default(),
        starved: 0,
        errors: BTreeMap::new(),
        under_way: None,
        peers_per_worker: None,
        process_control: None,
        rounds: (0..30).map(|_| round()).collect(),
        verdict: String::new(),
        findings: Vec::new(),
    }
}

pub(crate) fn latency(mean: f64) -> Latency {
    Latency {
        mean,
        p50: mean * 0.96,
        p90: mean * 1.3,
        p99: mean * 1.9,
        p999: mean * 4.0,
        max: mean * 21.0,
        curve: vec![[0.0, mean / 2.0], [100.0, mean * 21.0]],
    }
}

fn memory(model: &str) -> Memory {
    let process = if model == "fork" { 9.0 } else { 1.0 };
    Memory {
        pss_per_silent_peer: 12_300.0 * process,
        pss_per_peer: 14_800.0 * process,
        pss_before: 1.4e6,
        kernel_stacks_per_peer: 16_384.0,
        page_tables_per_peer: 4096.0 * process,
        slab_per_peer: 11_200.0,
        peers: 500,
    }
}

/// Eight workers and fifty peers that stay.
pub(crate) fn pooled(
    model: &str,
    language: &str,
    rate: f64,
    seed: u32,
) -> Cell {
    let mut cell = cell(model, language, rate, seed);
    cell.workers = Some(8);
    cell.starved = 42;
    cell.latency_us = Some(latency(8e6 / rate));
    cell
}

pub(crate) fn foreign(name: &str, rate: f64, seed: u32) -> Cell {
    let mut cell = cell(name, "c", rate, seed);
    cell.language = None;
    cell.memory = None;
    cell.workers = None;
    cell.syscalls_per_request = None;
    cell.server = format!("python3 {name}.py {{port}}");
    cell
}

/// All fourteen models twice, and two foreign servers; made once, since
/// intervals take their time.
pub(crate) fn record(mode: Mode) -> Record {
    static RECORDS: Mutex<BTreeMap<Mode, Record>> =
        Mutex::new(BTreeMap::new());
    let mut records = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    records.entry(mode).or_insert_with(|| made(mode)).clone()
}

fn made(mode: Mode) -> Record {
    let mut cells = Vec::new();
    for (at, model) in MODELS.iter().enumerate() {
        for (language, factor) in [("rust", 1.0), ("c", 1.005)] {
            let seed = u32::try_from(at).unwrap() * 2;
            let rate = factor * (38_000.0 + 2750.0 * float(at));
            let seed = if language == "c" { seed + 1 } else { seed };
            let pools = ["pool", "prefork", "prethread"];
            let stays = mode == Mode::Pingpong;
            let is_pool =
                stays && pools.iter().any(|pool| model.name.starts_with(pool));
            cells.push(match model.name {
                name if is_pool => pooled(name, language, rate, seed),
                name => cell(name, language, rate, seed),
            });
        }
    }
    cells.push(foreign("asyncio", 15_000.0, 77));
    cells.push(foreign("socketserver", 9000.0, 78));
    for cell in &mut cells {
        shape(cell, mode);
    }
    concluded(cells)
}

fn shape(cell: &mut Cell, mode: Mode) {
    cell.mode = mode;
    match (mode, cell.model.as_str()) {
        (Mode::Pingpong, "iterative") => {
            cell.starved = 49;
            cell.latency_us = Some(latency(26.0));
        }
        (Mode::Open, _) => {
            let sent = cell.latency_us.take().unwrap();
            cell.asked_rate = Some(20_000.0);
            cell.latency_us = Some(latency(sent.mean + 300.0));
            cell.lateness_us = Some(latency(310.0));
            cell.latency_from_send_us = Some(sent);
            cell.dropped = Some(0);
        }
        (Mode::Idle, _) => {
            cell.rounds.clear();
            cell.latency_us = None;
            cell.concurrency = 500;
        }
        (Mode::Unp, _) => {
            let workers = u64::from(cell.workers.unwrap_or(0));
            cell.peers_per_worker = (workers > 0)
                .then(|| (0..workers).map(|at| 118 + at).collect());
        }
        _ => {}
    }
    if cell.name() == "reuseport (c)" {
        for (at, round) in cell.rounds.iter_mut().enumerate() {
            round.disturbed = at % 2 == 0;
        }
    }
    if cell.name() == "epoll (rust)" {
        for round in &mut cell.rounds {
            round.rate *= 1.04;
            round.generator_cpu = 0.96;
        }
    }
    if cell.name() == "epoll (rust)"
        && let Some(latency) = &mut cell.latency_us
    {
        latency.mean /= 1.04;
    }
}

pub(crate) fn concluded(mut cells: Vec<Cell>) -> Record {
    for cell in &mut cells {
        let bytes_per_request = Some(2.0 * long(u64::from(cell.size)));
        conclude(cell, &Heard { bytes_per_request, ..Heard::default() });
    }
    ratios::process_control(&mut cells);
    let ratios = ratios::all(&cells);
    let limits = [("net.core.somaxconn", "4096"), ("ulimit -n", "20000")];
    Record {
        format: FORMAT,
        tool: "berkeley 0.1.0".into(),
        command: "berkeley bench".into(),
        started: "2025-11-21T05:20:00Z".into(),
        seconds: 118.0,
        interrupted: false,
        cpus: "servers and generator on CPU 0".into(),
        machine: Machine {
            kernel: "Linux 6.18.44 x86_64".into(),
            cpu: "Some CPU at 2.5 GHz".into(),
            cpus: 2,
            memory_bytes: 8 << 30,
            rustc: Some("rustc 1.95.0".into()),
            cc: Some("gcc 14.2.0".into()),
            limits: limits
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
        },
        cells,
        ratios,
        notes: vec!["The CPU changed its frequency during the run.".into()],
    }
}
