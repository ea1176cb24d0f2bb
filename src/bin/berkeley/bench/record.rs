//! What a run of the bench found, as its JSON file has it: every printed
//! table, every page and every comparison is made from this and nothing else.
//!
//! A number that was not or could not be measured is null. Shares are of one
//! CPU: 1 is one CPU all the time. Intervals are `[low, high]`, 95 %, by
//! bootstrap over the rounds; spreads are the quartiles of the rounds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The version of this format.
pub(crate) const FORMAT: u32 = 1;

/// A whole run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// `FORMAT`; another number is another format.
    pub(crate) format: u32,
    /// `berkeley 0.1.0`
    pub(crate) tool: String,
    /// The command line that makes this again.
    pub(crate) command: String,
    /// UTC, as in RFC 3339.
    pub(crate) started: String,
    /// How long all of it took.
    pub(crate) seconds: f64,
    /// Ended before all was measured.
    pub(crate) interrupted: bool,
    /// Which CPUs the servers and the generators were kept to, in words.
    pub(crate) cpus: String,
    pub(crate) machine: Machine,
    /// In the order in which they were measured, server by server.
    pub(crate) cells: Vec<Cell>,
    /// Each cell by its twin, and by the reference of its load.
    pub(crate) ratios: Vec<Ratio>,
    /// What a reader must know that no number says.
    pub(crate) notes: Vec<String>,
}

/// Where it ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// `Linux 6.18.44 x86_64`
    pub(crate) kernel: String,
    /// The name that the CPU has for itself.
    pub(crate) cpu: String,
    /// How many are online.
    pub(crate) cpus: u32,
    pub(crate) memory_bytes: u64,
    /// `rustc 1.95.0`, where it is installed.
    pub(crate) rustc: Option<String>,
    /// The C compiler, likewise.
    pub(crate) cc: Option<String>,
    /// Settings and limits that a result hangs on: `net.core.somaxconn`,
    /// `net.ipv4.tcp_tw_reuse`, `ulimit -n`, …
    pub(crate) limits: BTreeMap<String, String>,
}

/// One way to load a server.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Closed loop on open connections
    Pingpong,
    /// Connect, one exchange, close
    Connect,
    /// A fixed rate, whatever the server does
    Open,
    /// Memory of peers that say nothing
    Idle,
    /// Bulk data, there and back
    Stream,
    /// Chapter 30's client
    Unp,
}

impl Mode {
    /// As the command line has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Mode::Pingpong => "pingpong",
            Mode::Connect => "connect",
            Mode::Open => "open",
            Mode::Idle => "idle",
            Mode::Stream => "stream",
            Mode::Unp => "unp",
        }
    }
}

/// One server under one load.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cell {
    /// A worker model; the name of a foreign server; `target`.
    pub(crate) model: String,
    /// `rust` or `c`; null for what is not the kit's own.
    pub(crate) language: Option<String>,
    /// The server's command line; the address of a target.
    pub(crate) server: String,
    /// `echo`, `knock`, `roster` or `supply`.
    pub(crate) protocol: String,
    pub(crate) mode: Mode,
    /// How many peers at once.
    pub(crate) concurrency: u32,
    /// Bytes of a message.
    pub(crate) size: u32,
    /// Of a pool; null for a design without a fixed number.
    pub(crate) workers: Option<u32>,
    /// How many processes made the load.
    pub(crate) generators: u32,
    /// Asked for, in mode `open`: requests per second.
    pub(crate) asked_rate: Option<f64>,

    /// Answered requests per second (connections, in `connect` and `unp`):
    /// median of the rounds that count.
    pub(crate) rate: f64,
    pub(crate) rate_interval: [f64; 2],
    pub(crate) rate_spread: [f64; 2],
    /// Payload sent and received, per second.
    pub(crate) bytes_per_second: f64,
    /// In all rounds that count.
    pub(crate) requests: u64,
    /// How long it was under load in these rounds.
    pub(crate) seconds: f64,

    /// Of the server's whole process tree, also of children that have ended.
    pub(crate) server_cpu_us_per_request: Option<f64>,
    pub(crate) server_cpu_interval: Option<[f64; 2]>,
    /// The server's and the generator's share of a CPU.
    pub(crate) server_cpu: Option<f64>,
    pub(crate) generator_cpu: f64,
    /// Context switches of the server, of its own will or not.
    pub(crate) switches_per_request: Option<f64>,
    /// From a round of its own, traced and not timed.
    pub(crate) syscalls_per_request: Option<f64>,
    /// The same by name, the most frequent first.
    pub(crate) syscalls: Vec<(String, f64)>,

    /// From the send to the last byte of the answer; in `connect` and `unp`
    /// from `connect`; in `open` from the time at which it should have been
    /// sent. Null where nothing was timed.
    pub(crate) latency_us: Option<Latency>,
    /// `open` alone: from the time at which it was sent.
    pub(crate) latency_from_send_us: Option<Latency>,
    /// `open` alone: how late it was sent.
    pub(crate) lateness_us: Option<Latency>,
    /// `open` alone: requests that were due and never sent.
    pub(crate) dropped: Option<u64>,

    /// `idle` alone.
    pub(crate) memory: Option<Memory>,
    /// Of the whole system; somebody else's connections are in it too.
    pub(crate) network: Network,
    /// Peers that got nothing.
    pub(crate) starved: u32,
    /// What went wrong, and how often: `wrong answer`, `ECONNRESET`, …
    pub(crate) errors: BTreeMap<String, u64>,
    /// Requests per second of all rounds × mean latency: how many were
    /// under way on average.
    pub(crate) under_way: Option<f64>,
    /// How many peers each worker of a pool has served, from `--stats`.
    pub(crate) peers_per_worker: Option<Vec<u64>>,
    /// `unp` alone: CPU time above that of the iterative server.
    pub(crate) process_control: Option<ProcessControl>,

    pub(crate) rounds: Vec<Round>,
    /// `ok`, or the findings' names with commas between.
    pub(crate) verdict: String,
    /// What the verdict means, the gravest first.
    pub(crate) findings: Vec<Finding>,
}

/// Percentiles, in microseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) mean: f64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) max: f64,
    /// `[percentile, value]` from 0 to 100, for a plot on an axis of nines.
    pub(crate) curve: Vec<[f64; 2]>,
}

/// What a peer costs that has nothing to say, in bytes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Proportional set size of the server's tree without the pages of
    /// files, for peers that have never spoken.
    pub(crate) pss_per_silent_peer: f64,
    /// The same after each has had one answer.
    pub(crate) pss_per_peer: f64,
    /// Of the whole tree, before the first peer; not by peer.
    pub(crate) pss_before: f64,
    /// Of the whole system, so with the generator's end of the connections.
    pub(crate) kernel_stacks_per_peer: f64,
    pub(crate) page_tables_per_peer: f64,
    pub(crate) slab_per_peer: f64,
    /// How many peers these figures are divided by.
    pub(crate) peers: u32,
}

/// What the kernel counted while this cell was under load.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Network {
    /// Handshakes done while the accept queue was full.
    pub(crate) listen_overflows: u64,
    /// Connections refused for any reason, overflows among them.
    pub(crate) listen_drops: u64,
    /// Handshakes answered with a cookie, their queue being full.
    pub(crate) syn_cookies: u64,
    /// SYNs that were sent again.
    pub(crate) syn_retries: u64,
    /// Segments that were sent again.
    pub(crate) retransmits: u64,
}

/// Chapter 30's column.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProcessControl {
    /// In microseconds; below 0 where it is lost in the noise.
    pub(crate) us_per_connection: f64,
    pub(crate) interval: [f64; 2],
}

/// One round of one cell.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Round {
    pub(crate) requests: u64,
    pub(crate) seconds: f64,
    pub(crate) rate: f64,
    pub(crate) server_cpu_us_per_request: Option<f64>,
    pub(crate) generator_cpu: f64,
    pub(crate) p50_us: Option<f64>,
    pub(crate) p99_us: Option<f64>,
    /// The share of a CPU that other processes, or other machines on the
    /// same host, took from the CPUs in use.
    pub(crate) others_cpu: f64,
    /// So much that this round is left out of the verdicts.
    pub(crate) disturbed: bool,
}

/// A conclusion that a reader must draw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Finding {
    /// `client-bound`, `starved 42`, `drift`, `bimodal`, `errors 3`, …
    pub(crate) name: String,
    /// What happened, and what helps.
    pub(crate) why: String,
}

/// What a ratio is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quantity {
    Rate,
    ServerCpuPerRequest,
}

/// One cell against another, round by round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ratio {
    pub(crate) quantity: Quantity,
    pub(crate) mode: Mode,
    /// The load of both.
    pub(crate) concurrency: u32,
    pub(crate) size: u32,
    /// Of both, or of the first where they differ.
    pub(crate) workers: Option<u32>,
    /// `thread (rust)` against `thread (c)`: each other's twins; or against
    /// the reference, `epoll (c)`.
    pub(crate) of: String,
    pub(crate) to: String,
    /// Whether they are twins.
    pub(crate) twins: bool,
    /// Of the pairs of rounds; of CPU time, the quotient of the sums.
    pub(crate) median: f64,
    pub(crate) interval: [f64; 2],
    pub(crate) spread: [f64; 2],
    /// How many pairs of undisturbed rounds; with none, the figures are of
    /// the disturbed ones.
    pub(crate) rounds: u32,
    /// `no difference`, `more`, `less`, or `too few rounds`.
    pub(crate) says: String,
}

impl Cell {
    /// `thread (rust)`, or the bare name of a foreign server.
    pub(crate) fn name(&self) -> String {
        match &self.language {
            Some(language) => format!("{} ({language})", self.model),
            None => self.model.clone(),
        }
    }
}
