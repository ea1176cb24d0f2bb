//! A record as a default run leaves it, made from a seed: enough of each kind
//! of cell that every figure has something to draw.

use std::collections::BTreeMap;

use super::super::record::{
    Cell, FORMAT, Finding, Latency, Machine, Memory, Mode, Network,
    ProcessControl, Quantity, Ratio, Record, Round,
};
use crate::catalogue::MODELS;

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    /// From -1 to 1, more often near 0.
    fn throw(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..3 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005) + 1;
            let bits = u32::try_from(self.0 >> 32).unwrap_or(0);
            sum += f64::from(bits) / f64::from(u32::MAX) * 2.0 - 1.0;
        }
        sum / 3.0
    }
}

/// How fast a model is with few and with many peers, and whether it keeps
/// only as many peers as it has workers.
fn strength(model: &str) -> (f64, f64, bool) {
    match model {
        "iterative" => (30_000.0, 2.1, true),
        "fork" => (52_000.0, 11.8, false),
        "thread" => (55_000.0, 9.9, false),
        "select" => (70_000.0, 8.4, false),
        "poll" => (72_000.0, 7.9, false),
        "epoll" => (86_000.0, 6.8, false),
        "reuseport" => (84_000.0, 7.1, false),
        "asyncio" => (16_000.0, 55.0, false),
        "tokio \"2\" <w>" => (71_000.0, 9.6, false),
        _ => (54_000.0, 10.4, true),
    }
}

pub(super) fn record(seed: u64) -> Record {
    let mut dice = Dice(seed);
    let mut cells = Vec::new();
    let loads = [
        (Mode::Pingpong, 1, 32, None),
        (Mode::Pingpong, 8, 32, None),
        (Mode::Pingpong, 50, 32, None),
        (Mode::Connect, 8, 32, None),
        (Mode::Idle, 200, 32, None),
        (Mode::Open, 8, 32, Some(5_000.0)),
        (Mode::Stream, 4, 1_024, None),
        (Mode::Stream, 4, 16_384, None),
        (Mode::Stream, 4, 262_144, None),
    ];
    let own = MODELS.iter().flat_map(|model| {
        ["rust", "c"].map(|language| (model.name, Some(language)))
    });
    let foreign = [("asyncio", None), ("tokio \"2\" <w>", None)];
    let servers: Vec<_> = own.chain(foreign).collect();
    for (mode, n, size, rate) in loads {
        for (model, language) in &servers {
            let mut cell = cell(&mut dice, model, *language, mode, n);
            (cell.size, cell.asked_rate) = (size, rate);
            cell.bytes_per_second = cell.rate
                * 2.0
                * f64::from(size).sqrt()
                * if mode == Mode::Stream { 300.0 } else { 6.0 };
            cells.push(cell);
        }
        for workers in [1, 4, 16] {
            if n != 4 || size != 1_024 {
                break;
            }
            for (model, language) in &servers {
                if strength(model).2 && *model != "iterative" {
                    let mut cell =
                        cell(&mut dice, model, *language, Mode::Unp, 8);
                    cell.workers = Some(workers);
                    cell.peers_per_worker = Some(
                        (0..u64::from(workers)).map(|i| 90 + i * 7).collect(),
                    );
                    cells.push(cell);
                }
            }
        }
    }
    let ratios = ratios(&mut dice, &cells);
    Record {
        format: FORMAT,
        tool: "berkeley 0.1.0".into(),
        command: "berkeley bench --server 'asyncio=python3 a.py {port}'"
            .into(),
        started: "2026-01-02T03:04:05Z".into(),
        seconds: 124.0,
        interrupted: false,
        cpus: "servers on CPU 0, generators on CPU 1".into(),
        machine: Machine {
            kernel: "Linux 6.18.44 x86_64".into(),
            cpu: "Example CPU <1> & co".into(),
            cpus: 2,
            memory_bytes: 8 << 30,
            rustc: Some("rustc 1.95.0".into()),
            cc: None,
            limits: BTreeMap::from([
                ("ulimit -n".into(), "20000".into()),
                ("net.core.somaxconn".into(), "4096".into()),
            ]),
        },
        cells,
        ratios,
        notes: vec!["The C programs <may> be older than their text".into()],
    }
}

/// One server under one load, with plausible numbers.
pub(super) fn one(model: &str, mode: Mode) -> Cell {
    cell(&mut Dice(1), model, None, mode, 8)
}

fn cell(
    dice: &mut Dice,
    model: &str,
    language: Option<&str>,
    mode: Mode,
    n: u32,
) -> Cell {
    let (base, cost, is_pool) = strength(model);
    let crowd = if n == 1 { 0.42 } else { 1.0 - f64::from(n) * 0.002 };
    let slow = if mode == Mode::Connect { 0.25 } else { 1.0 };
    let rate = base * crowd * slow * (1.0 + 0.02 * dice.throw());
    let starved = match (model, mode) {
        ("iterative", Mode::Pingpong) => n - 1,
        (_, Mode::Pingpong) if is_pool => n.saturating_sub(8),
        _ => 0,
    };
    let is_bound = n == 8 && mode == Mode::Pingpong && base > 80_000.0;
    let rounds: Vec<Round> = (0..20)
        .map(|i| Round {
            requests: 1600,
            seconds: 0.02,
            rate: rate * (1.0 + 0.07 * dice.throw()),
            server_cpu_us_per_request: Some(cost * (1.0 + 0.1 * dice.throw())),
            generator_cpu: 0.8,
            p50_us: Some(50.0),
            p99_us: Some(90.0),
            others_cpu: 0.01,
            disturbed: i % 9 == 4,
        })
        .collect();
    let mut findings = Vec::new();
    if starved > 0 {
        findings.push(Finding {
            name: format!("starved {starved}"),
            why: "More peers than workers: some never got an answer.".into(),
        });
    }
    if is_bound {
        findings.push(Finding {
            name: "client-bound".into(),
            why: "The generator used a whole CPU; compare server CPU.".into(),
        });
    }
    let names: Vec<&str> = findings.iter().map(|f| &*f.name).collect();
    let verdict =
        if names.is_empty() { "ok".into() } else { names.join(", ") };
    let wait = f64::from(n) / rate * 1e6;
    let heavy = if is_pool { 40.0 } else { 3.0 };
    let is_open = mode == Mode::Open;
    Cell {
        model: model.into(),
        language: language.map(Into::into),
        server: format!("./{model} --port 0 \"<&>\""),
        protocol: "echo".into(),
        mode,
        concurrency: n,
        size: 32,
        workers: is_pool.then_some(8),
        generators: 1,
        asked_rate: None,
        rate,
        rate_interval: [rate * 0.985, rate * 1.015],
        rate_spread: [rate * 0.96, rate * 1.04],
        bytes_per_second: rate * 64.0,
        requests: 32_000,
        seconds: 0.4,
        server_cpu_us_per_request: Some(cost),
        server_cpu_interval: Some([cost * 0.98, cost * 1.02]),
        server_cpu: Some(0.9),
        generator_cpu: if is_bound { 0.97 } else { 0.7 },
        switches_per_request: Some(cost / 10.0),
        syscalls_per_request: Some(2.0 + cost / 20.0),
        syscalls: vec![("recvfrom".into(), 1.0), ("sendto".into(), 1.0)],
        latency_us: (mode != Mode::Idle)
            .then(|| latency(wait, if is_open { heavy } else { 3.0 })),
        latency_from_send_us: is_open.then(|| latency(wait, 2.0)),
        lateness_us: is_open.then(|| latency(2.0, heavy)),
        dropped: is_open.then_some(3),
        memory: (mode == Mode::Idle).then(|| Memory {
            pss_per_silent_peer: 900.0,
            pss_per_peer: if model == "fork" { 98_000.0 } else { 9_000.0 },
            pss_before: 1e6,
            kernel_stacks_per_peer: if cost > 9.0 { 16_384.0 } else { 0.0 },
            page_tables_per_peer: if model == "fork" { 5e4 } else { -90.0 },
            slab_per_peer: 11_000.0,
            peers: 200,
        }),
        network: Network::default(),
        starved,
        errors: BTreeMap::new(),
        under_way: Some(f64::from(n)),
        peers_per_worker: None,
        process_control: (mode == Mode::Unp).then(|| ProcessControl {
            us_per_connection: cost - 8.0 + 2.0 * dice.throw(),
            interval: [cost - 11.0, cost - 5.0],
        }),
        rounds,
        verdict,
        findings,
    }
}

fn latency(median: f64, tail: f64) -> Latency {
    let at = |p: f64| {
        let nines = -(1.0 - p / 100.0).log10();
        median * (0.7 + nines + (tail / 10.0 * nines).exp_m1())
    };
    let percents =
        (0..=60).map(|i| 100.0 - 10_f64.powf(2.0 - f64::from(i) / 12.0));
    Latency {
        mean: median,
        p50: at(50.0),
        p90: at(90.0),
        p99: at(99.0),
        p999: at(99.9),
        max: at(99.9999),
        curve: percents.map(|p| [p, at(p)]).collect(),
    }
}

fn ratios(dice: &mut Dice, cells: &[Cell]) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    let compared = cells.iter().filter(|cell| {
        matches!(cell.mode, Mode::Pingpong | Mode::Connect)
            && cell.language.as_deref() != Some("c")
    });
    for cell in compared {
        for quantity in [Quantity::Rate, Quantity::ServerCpuPerRequest] {
            let twins = cell.language.is_some();
            let middle = if twins { 1.0 } else { 0.6 };
            let median = middle * (1.0 + 0.05 * dice.throw());
            let interval = [median * 0.985, median * 1.015];
            let says = match interval {
                [low, _] if low > 1.0 => "more",
                [_, high] if high < 1.0 => "less",
                _ => "no difference",
            };
            let to = if twins { &cell.model } else { "epoll" };
            ratios.push(Ratio {
                quantity,
                mode: cell.mode,
                concurrency: cell.concurrency,
                size: cell.size,
                workers: cell.workers,
                of: cell.name(),
                to: format!("{to} (c)"),
                twins,
                median,
                interval,
                spread: [median * 0.97, median * 1.03],
                rounds: 18,
                says: says.into(),
            });
        }
    }
    ratios
}
