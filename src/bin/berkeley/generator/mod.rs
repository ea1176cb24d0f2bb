//! `berkeley generator`: puts a load on a server, and says how it fared.
//!
//! One process, one thread, one epoll instance for each load. `bench` starts
//! it with `--orders` and talks to it in lines of JSON (`orders.rs`); by hand
//! it takes a server and prints one result. Its closed loops have a twin,
//! `c_compare/generator.c`: the tool must not measure itself. Man pages:
//! `epoll(7)`, `prctl(2)`.

mod clock;
mod kernel;
mod load;
pub(crate) mod orders;
mod pace;
mod run;
mod script;
mod slot;
mod sources;
mod stream;
mod tally;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, anyhow};
use clap::{Args, ValueEnum};
use nix::sys::prctl::set_timerslack;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};
use serde::Serialize;

use crate::exit::Verdict;
use load::Load;
use orders::{Answer, Counts, Kind, Order, Plan, Protocol, Ran, Until};

/// Puts a load on a server
#[derive(Args)]
#[command(after_help = "\
JSON: {rate, requests, seconds, cpu_seconds, syscalls, starved, errors: {NAME:
COUNT}, latency_us: {p50, p90, p99, p999, max}}. The CPU time and the calls
are the generator's own.

Examples:
  berkeley generator 127.0.0.1 10000 --connections 50 --seconds 2
  berkeley generator 127.0.0.1 5000 --mode connect --protocol knock")]
pub(crate) struct Options {
    /// Address of the server
    #[arg(required_unless_present = "orders")]
    host: Option<IpAddr>,
    /// Its port
    #[arg(required_unless_present = "orders")]
    port: Option<u16>,
    /// What a connection is used for
    #[arg(long, default_value = "pingpong")]
    mode: Mode,
    #[arg(long, default_value = "echo")]
    protocol: Protocol,
    /// How many at once
    #[arg(long, default_value_t = 50)]
    connections: usize,
    /// Bytes of a message
    #[arg(long, default_value_t = 64)]
    size: usize,
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Read orders from standard input, a line of JSON each
    #[arg(long, exclusive = true)]
    orders: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// For requests one after the other
    Pingpong,
    /// For one request
    Connect,
    /// For messages without waiting for what comes back
    Stream,
}

/// How long answers to a lone run are waited for, after its end.
const PATIENCE_MS: u64 = 1000;

pub(crate) fn run(options: &Options) -> Result<Verdict> {
    allow_descriptors();
    // Sleep until a request is due may then be late by the time to wake up,
    // and not by another 50 µs.
    set_timerslack(1).context("prctl: PR_SET_TIMERSLACK")?;
    match (options.host, options.port) {
        (Some(host), Some(port)) => alone(options, (host, port).into()),
        _ => obey(),
    }
}

/// A shell often gives 1024 where many more are allowed.
fn allow_descriptors() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

// A lone run.

#[derive(Serialize)]
struct Alone {
    rate: f64,
    requests: u64,
    seconds: f64,
    cpu_seconds: f64,
    syscalls: u64,
    starved: usize,
    errors: BTreeMap<String, u64>,
    latency_us: Percentiles,
}

#[derive(Serialize)]
struct Percentiles {
    p50: f64,
    p90: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

fn alone(options: &Options, server: SocketAddr) -> Result<Verdict> {
    let (mut load, opened) = Load::open(Plan {
        server,
        protocol: options.protocol,
        kind: match options.mode {
            Mode::Pingpong => Kind::Closed,
            Mode::Connect => Kind::Connect,
            Mode::Stream => Kind::Stream,
        },
        connections: options.connections,
        size: options.size,
        connecting_ms: PATIENCE_MS,
        patience_ms: PATIENCE_MS,
    })?;
    let mut ran = load.run(Until::Seconds(options.seconds));
    for (name, count) in opened.errors {
        *ran.errors.entry(name).or_default() += count;
    }
    let good = ran.errors.is_empty() && ran.requests > 0;
    let result = Alone::new(ran, &load.collect().latency);
    let line = serde_json::to_string(&result)?;
    writeln!(io::stdout(), "{line}")?;
    Ok(if good { Verdict::Good } else { Verdict::FellShort })
}

#[allow(clippy::cast_precision_loss)] // Nobody counts 2^53 requests.
impl Alone {
    fn new(ran: Ran, latency: &Counts) -> Alone {
        let at = |share| percentile(latency, share) as f64 / 1e3;
        Alone {
            rate: ran.requests as f64 / ran.seconds,
            requests: ran.requests,
            seconds: ran.seconds,
            cpu_seconds: ran.cpu_seconds,
            syscalls: ran.syscalls,
            starved: ran.starved,
            errors: ran.errors,
            latency_us: Percentiles {
                p50: at(500),
                p90: at(900),
                p99: at(990),
                p999: at(999),
                max: at(1000),
            },
        }
    }
}

/// The least time that so many of a thousand did not exceed.
fn percentile(times: &Counts, of_a_thousand: u64) -> u64 {
    let all: u64 = times.iter().map(|(_, count)| count).sum();
    let rank = (all * of_a_thousand).div_ceil(1000);
    let mut seen = 0;
    let reached = times.iter().find(|(_, count)| {
        seen += count;
        seen >= rank
    });
    reached.map_or(0, |(time, _)| *time)
}

// Orders.

/// Carries out one order after the other, until there are no more.
fn obey() -> Result<Verdict> {
    // A terminal's Ctrl-C reaches this process too. The tool decides.
    // SAFETY: no handler, so nothing runs at the time of the signal.
    unsafe { signal(Signal::SIGINT, SigHandler::SigIgn) }
        .context("signal: SIGINT")?;
    let mut loads = BTreeMap::new();
    for line in io::stdin().lock().lines() {
        let line = line.context("read: standard input")?;
        let answer = serde_json::from_str(&line)
            .map_err(|error| anyhow!("no order: {error}: {line}"))
            .and_then(|order| carry_out(order, &mut loads))
            .unwrap_or_else(|error| Answer::Failed(format!("{error:#}")));
        let answer = serde_json::to_string(&answer)?;
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{answer}")?;
        stdout.flush()?;
    }
    Ok(Verdict::Good)
}

fn carry_out(
    order: Order,
    loads: &mut BTreeMap<usize, Load>,
) -> Result<Answer> {
    let unknown = |load| anyhow!("there is no load {load}");
    Ok(match order {
        Order::Open { load, plan } => {
            let (made, opened) = Load::open(plan)?;
            loads.insert(load, made);
            Answer::Opened(opened)
        }
        Order::Run { load, until } => {
            let load = loads.get_mut(&load).ok_or_else(|| unknown(load))?;
            Answer::Ran(load.run(until))
        }
        Order::Collect { load } => {
            let load = loads.get_mut(&load).ok_or_else(|| unknown(load))?;
            Answer::Collected(load.collect())
        }
        Order::Close { load } => {
            loads.remove(&load).ok_or_else(|| unknown(load))?;
            Answer::Closed
        }
    })
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn a_percentile_is_a_time_that_occurred() {
        let times = vec![(10, 500), (20, 490), (30, 9), (40, 1)];
        let all = [500, 501, 990, 991, 999, 1000];
        let found = all.map(|share| percentile(&times, share));
        assert_eq!(found, [10, 20, 20, 30, 30, 40]);
        assert_eq!(percentile(&vec![], 500), 0);
    }
}
