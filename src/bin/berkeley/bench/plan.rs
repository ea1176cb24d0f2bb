//! What is to be measured: parts, in each of which the same load is put on
//! every contender in turn.

use super::numbers::{float, long, whole};
use super::options::Options;
use super::record::Mode;
use crate::catalogue::MODELS;
use crate::generator::orders::{Kind, Plan, Protocol, Until};

/// The same load for everybody.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) mode: Mode,
    pub(crate) protocol: Protocol,
    pub(crate) concurrency: u32,
    pub(crate) size: u32,
    pub(crate) workers: u32,
    pub(crate) generators: u32,
    /// Another number of workers means nothing to the other models.
    pub(crate) pools_alone: bool,
    pub(crate) rate: f64,
    /// In `unp`: of each client, in a round.
    pub(crate) connections: u32,
    pub(crate) pace: Pace,
}

/// How often, and how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    pub(crate) rounds: u32,
    /// Of each contender in each round.
    pub(crate) seconds: f64,
    /// Before its twin has a turn.
    pub(crate) slice: f64,
}

/// A server's backlog answers a lost SYN's first repetition after a second.
const CONNECTING_MS: u64 = 1500;

/// How long an answer may take after the end of a turn, before it is left
/// under way: whoever starves is waited for so long, once.
fn patience_ms(mode: Mode) -> u64 {
    match mode {
        Mode::Pingpong | Mode::Stream => 150,
        Mode::Open => 250,
        Mode::Idle => 500,
        // Everybody's turn comes, with any design.
        Mode::Connect | Mode::Unp => 2000,
    }
}

/// All parts of a run.
pub(crate) fn parts(options: &Options) -> Vec<Part> {
    let mut parts = Vec::new();
    for mode in modes(options) {
        let usual = usual(mode, options);
        let or = |asked: &[u32], usual: &[u32]| {
            if asked.is_empty() { usual.to_vec() } else { asked.to_vec() }
        };
        for concurrency in or(&options.concurrency, usual.concurrency) {
            for size in or(&options.size, usual.size) {
                let workers = or(&options.workers, usual.workers);
                for (index, &workers) in workers.iter().enumerate() {
                    parts.push(Part {
                        mode,
                        protocol: protocol(mode, options),
                        concurrency,
                        size,
                        workers,
                        generators: generators(mode, concurrency, options),
                        pools_alone: index > 0,
                        rate: options.rate,
                        connections: options.connections,
                        pace: pace(mode, options),
                    });
                }
            }
        }
    }
    parts
}

fn modes(options: &Options) -> Vec<Mode> {
    if !options.mode.is_empty() {
        return options.mode.clone();
    }
    if options.target.is_some() {
        return vec![Mode::Pingpong];
    }
    vec![Mode::Pingpong, Mode::Connect, Mode::Idle]
}

/// What a mode does unless it is told otherwise.
struct Usual {
    concurrency: &'static [u32],
    size: &'static [u32],
    workers: &'static [u32],
}

fn usual(mode: Mode, options: &Options) -> Usual {
    let is_short = options.quick || options.target.is_some();
    let concurrency: &[u32] = match mode {
        Mode::Pingpong if is_short => &[50],
        Mode::Pingpong => &[1, 8, 50],
        Mode::Connect | Mode::Stream => &[8],
        Mode::Idle if options.quick => &[200],
        Mode::Idle => &[500],
        Mode::Open => &[50],
        Mode::Unp => &[5],
    };
    let size: &[u32] = match mode {
        Mode::Stream if is_short => &[16_384],
        Mode::Stream => &[64, 1024, 16_384],
        Mode::Unp => &[4000],
        _ => &[64],
    };
    let workers: &[u32] = match mode {
        Mode::Unp if !is_short => &[8, 1, 2, 4, 16],
        _ => &[8],
    };
    Usual { concurrency, size, workers }
}

/// Chapter 30's client has a conversation of its own; bulk data needs a
/// server that sends back what it gets.
fn protocol(mode: Mode, options: &Options) -> Protocol {
    match mode {
        Mode::Unp => Protocol::Supply,
        Mode::Stream => Protocol::Echo,
        _ => options.protocol.unwrap_or(Protocol::Echo),
    }
}

fn generators(mode: Mode, concurrency: u32, options: &Options) -> u32 {
    let usual = if mode == Mode::Unp { concurrency } else { 1 };
    options.generators.unwrap_or(usual).min(concurrency).min(256)
}

fn pace(mode: Mode, options: &Options) -> Pace {
    let (rounds, seconds) = match mode {
        // Memory does not sway as time does.
        Mode::Idle => (1, 0.0),
        // A schedule needs some time to fall behind.
        Mode::Open if options.quick => (10, 0.1),
        Mode::Open => (11, 0.2),
        _ if options.quick => (10, 0.04),
        _ if options.target.is_some() => (11, 0.5),
        _ => (11, 0.06),
    };
    let slice = f64::from(options.slice) / 1000.0;
    let is_idle = mode == Mode::Idle;
    Pace {
        rounds: options.rounds.filter(|_| !is_idle).unwrap_or(rounds),
        seconds: options.seconds.filter(|_| !is_idle).unwrap_or(seconds),
        slice,
    }
}

impl Part {
    /// What the generators are told.
    pub(crate) fn plan(&self, server: std::net::SocketAddr) -> Plan {
        Plan {
            server,
            protocol: self.protocol,
            kind: match self.mode {
                Mode::Pingpong | Mode::Idle => Kind::Closed,
                Mode::Connect | Mode::Unp => Kind::Connect,
                Mode::Open => Kind::Open { rate: self.rate },
                Mode::Stream => Kind::Stream,
            },
            connections: self.concurrency as usize,
            size: self.size as usize,
            connecting_ms: CONNECTING_MS,
            patience_ms: patience_ms(self.mode),
        }
    }

    /// The turns of one contender in a round. One that has no twin here need
    /// not stop in between.
    pub(crate) fn turns(&self, has_twin: bool) -> Vec<Until> {
        let Pace { seconds, slice, .. } = self.pace;
        if self.mode == Mode::Unp {
            return vec![Until::Requests(self.all_connections())];
        }
        if !has_twin || self.mode == Mode::Open {
            return vec![Until::Seconds(seconds)];
        }
        let turns = whole((seconds / slice).round()).max(1);
        vec![Until::Seconds(seconds / float(turns)); turns]
    }

    /// Of all clients in a round of `unp`.
    fn all_connections(&self) -> u64 {
        u64::from(self.concurrency) * u64::from(self.connections)
    }

    /// How long all rounds of one contender take, about.
    pub(crate) fn seconds_each(&self) -> f64 {
        let Pace { rounds, seconds, .. } = self.pace;
        match self.mode {
            Mode::Idle => 0.3,
            // Some ten thousand a second.
            Mode::Unp => {
                f64::from(rounds) * long(self.all_connections()) / 1e4
            }
            _ => f64::from(rounds) * (seconds + 0.01) + 0.15,
        }
    }

    /// `ping-pong, 50 peers`
    pub(crate) fn name(&self) -> String {
        let peers = match self.concurrency {
            1 => "1 peer".to_string(),
            n => format!("{n} peers"),
        };
        let mode = match self.mode {
            Mode::Pingpong => "ping-pong".to_string(),
            Mode::Connect => "connect".to_string(),
            Mode::Idle => "idle".to_string(),
            Mode::Open => format!("open at {}/s", self.rate),
            Mode::Stream => format!("stream of {} bytes", self.size),
            Mode::Unp => format!("chapter 30, {} workers", self.workers),
        };
        format!("{mode}, {peers}")
    }
}

/// Which of our models are asked for, in the order of the catalogue.
pub(crate) fn models(options: &Options, part: &Part) -> Vec<&'static str> {
    let asked = |name: &str, row: Option<u8>| {
        options.models.iter().any(|asked| match asked.as_str() {
            "all" => true,
            "classic" => row.is_some(),
            one => one == name,
        })
    };
    let models = MODELS.iter();
    models
        .filter(|model| asked(model.name, model.unp_row))
        .map(|model| model.name)
        .filter(|name| !part.pools_alone || is_pool(name))
        .collect()
}

/// Whether `--workers` means something to it.
pub(crate) fn is_pool(model: &str) -> bool {
    let is = |start| model.starts_with(start);
    is("prefork") || is("prethread") || model == "pool" || model == "reuseport"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]

    use clap::Parser;

    use super::{Options, Part, is_pool, models, parts};
    use crate::bench::record::Mode;
    use crate::generator::orders::{Protocol, Until};

    /// The options as somebody would type them.
    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        options: Options,
    }

    fn typed(words: &str) -> Options {
        let words = format!("bench {words}");
        Typed::try_parse_from(words.split_whitespace()).unwrap().options
    }

    fn first(words: &str) -> Part {
        parts(&typed(words)).remove(0)
    }

    #[test]
    fn without_a_mode_there_are_the_three_usual_ones() {
        let loads: Vec<(Mode, u32)> = parts(&typed(""))
            .iter()
            .map(|part| (part.mode, part.concurrency))
            .collect();
        let pingpong = [1, 8, 50].map(|peers| (Mode::Pingpong, peers));
        let others = [(Mode::Connect, 8), (Mode::Idle, 500)];
        assert_eq!(loads, [&pingpong[..], &others].concat());
    }

    #[test]
    fn a_target_gets_one_load() {
        let parts = parts(&typed("--target 127.0.0.1:7"));
        let [part] = &parts[..] else { panic!("{parts:?}") };
        assert_eq!((part.mode, part.concurrency), (Mode::Pingpong, 50));
    }

    #[test]
    fn every_number_meets_every_other() {
        let words = "--mode stream --concurrency 2,4 --size 64,128,256";
        assert_eq!(parts(&typed(words)).len(), 6);
    }

    #[test]
    fn a_second_number_of_workers_is_for_pools_alone() {
        let options = typed("--mode unp");
        let parts = parts(&options);
        assert!(parts.iter().all(|p| p.protocol == Protocol::Supply));
        let workers: Vec<u32> = parts.iter().map(|p| p.workers).collect();
        assert_eq!(workers, [8, 1, 2, 4, 16]);
        assert!(models(&options, &parts[0]).contains(&"fork"));
        assert!(models(&options, &parts[1]).into_iter().all(is_pool));
        assert!(models(&options, &parts[1]).contains(&"pool"));
    }

    #[test]
    fn twins_take_turns_of_a_slice_and_others_need_none() {
        let part = first("--mode connect --seconds 0.1 --slice 20");
        assert_eq!(part.turns(true), [Until::Seconds(0.02); 5]);
        assert_eq!(part.turns(false), [Until::Seconds(0.1)]);
        let part = first("--mode connect --seconds 0.001 --slice 20");
        assert_eq!(part.turns(true), [Until::Seconds(0.001)]);
    }

    #[test]
    fn a_schedule_is_not_cut_into_slices() {
        let part = first("--mode open --seconds 0.1");
        assert_eq!(part.turns(true), [Until::Seconds(0.1)]);
    }

    #[test]
    fn more_clients_than_32_bits_can_count_are_counted() {
        let many = "--mode unp --concurrency 1000000 --connections 100000";
        let part = first(many);
        assert_eq!(part.turns(true), [Until::Requests(100_000_000_000)]);
        assert_eq!(part.seconds_each(), 1.1e8);
    }

    #[test]
    fn a_client_of_chapter_30_is_a_process_up_to_256() {
        let generators = |words| first(words).generators;
        assert_eq!(generators("--mode unp"), 5);
        assert_eq!(generators("--mode unp --concurrency 1000"), 256);
        assert_eq!(generators("--mode pingpong"), 1);
        assert_eq!(generators("--concurrency 2 --generators 8"), 2);
    }

    #[test]
    fn memory_is_read_once_whatever_else_is_asked() {
        let part = first("--mode idle --rounds 30 --seconds 5");
        assert_eq!((part.pace.rounds, part.pace.seconds), (1, 0.0));
    }
}
