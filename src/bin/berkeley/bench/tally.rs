//! What is known of one contender so far: the sums from which its cell is
//! made when all rounds are done, or when they are cut short.

use std::collections::BTreeMap;
use std::time::Duration;

use super::contender::Stats;
use super::crew::add_counts;
use super::numbers::long;
use super::record::{Memory, Network, Round};
use super::statistics::percentiles;
use crate::generator::orders::{Collected, Opened, Ran};
use crate::stage::Usage;

/// Sums over all rounds, and the rounds themselves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rounds: Vec<Round>,
    pub(crate) requests: u64,
    pub(crate) bytes: u64,
    pub(crate) dropped: u64,
    pub(crate) starved: usize,
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) network: Network,
    /// Of the rounds that nobody disturbed, and of the others.
    clean: Collected,
    disturbed: Collected,
    switches: u64,
    pub(crate) switches_per_request: Option<f64>,
    pub(crate) syscalls: BTreeMap<String, f64>,
    pub(crate) memory: Option<Memory>,
    pub(crate) peers_per_worker: Option<Vec<u64>>,
    /// Why it is not, or no longer, measured.
    pub(crate) failure: Option<String>,
    /// Also of the warm-up.
    pub(crate) requests_in_all: u64,
    /// The round that is being measured.
    turn: Turn,
}

/// The sums of one round.
#[derive(Clone, Debug, Default)]
struct Turn {
    requests: u64,
    seconds: f64,
    generator_seconds: f64,
}

impl Tally {
    pub(crate) fn opened(&mut self, opened: &Opened, concurrency: u32) {
        self.starved = concurrency as usize;
        self.add_errors(&opened.errors);
    }

    /// Not timed, but what goes wrong then is wrong all the same.
    pub(crate) fn warmed_up(&mut self, ran: &Ran) {
        self.requests_in_all += ran.requests;
        self.starved = ran.starved;
        self.add_errors(&ran.errors);
    }

    pub(crate) fn ran(&mut self, ran: &Ran) {
        self.turn.requests += ran.requests;
        self.turn.seconds += ran.seconds;
        self.turn.generator_seconds += ran.cpu_seconds;
        self.requests += ran.requests;
        self.requests_in_all += ran.requests;
        self.bytes += ran.bytes_sent + ran.bytes_received;
        // In `open`, what one turn drops the next one does not send either.
        self.dropped += ran.dropped;
        self.starved = ran.starved;
        self.add_errors(&ran.errors);
    }

    /// The round is over; `server` is its CPU time in this round.
    pub(crate) fn round(
        &mut self,
        collected: Collected,
        server: Option<Duration>,
        others: Others,
    ) {
        let turn = std::mem::take(&mut self.turn);
        let server = server.map(|time| time.as_secs_f64());
        let per_request = |seconds: f64| per(seconds * 1e6, turn.requests);
        let latency = percentiles::latency(&collected.latency, None);
        self.rounds.push(Round {
            requests: turn.requests,
            seconds: turn.seconds,
            rate: share(long(turn.requests), turn.seconds),
            server_cpu_us_per_request: server.and_then(per_request),
            generator_cpu: share(turn.generator_seconds, turn.seconds),
            p50_us: latency.as_ref().map(|latency| latency.p50),
            p99_us: latency.as_ref().map(|latency| latency.p99),
            others_cpu: others.share,
            disturbed: others.is_too_much,
        });
        let all = if others.is_too_much {
            &mut self.disturbed
        } else {
            &mut self.clean
        };
        add_counts(&mut all.latency, collected.latency);
        add_counts(&mut all.from_send, collected.from_send);
        add_counts(&mut all.lateness, collected.lateness);
    }

    /// How long the answers took, when nobody disturbed; when somebody always
    /// did, that is what there is.
    pub(crate) fn latencies(&self) -> &Collected {
        if self.clean.latency.is_empty() {
            &self.disturbed
        } else {
            &self.clean
        }
    }

    /// What the server itself said at its end, and what the kernel knows of
    /// it: `before` are the switches until the load began.
    pub(crate) fn ended(
        &mut self,
        stats: Option<Stats>,
        usage: Option<Usage>,
        before: u64,
    ) {
        if let Some(stats) = stats {
            let all = self.peers_per_worker.get_or_insert_default();
            all.resize(stats.peers_per_worker.len().max(all.len()), 0);
            for (sum, more) in all.iter_mut().zip(stats.peers_per_worker) {
                *sum += more;
            }
            for (name, count) in stats.accept_errors {
                *self.errors.entry(format!("accept: {name}")).or_default() +=
                    count;
            }
        }
        if let Some(usage) = usage {
            self.switches += usage.switches.saturating_sub(before);
            self.switches_per_request =
                per(long(self.switches), self.requests_in_all);
        }
    }

    fn add_errors(&mut self, errors: &BTreeMap<String, u64>) {
        for (name, count) in errors {
            *self.errors.entry(name.clone()).or_default() += count;
        }
    }

    pub(crate) fn add_network(&mut self, more: &Network) {
        let all = &mut self.network;
        all.listen_overflows += more.listen_overflows;
        all.listen_drops += more.listen_drops;
        all.syn_cookies += more.syn_cookies;
        all.syn_retries += more.syn_retries;
        all.retransmits += more.retransmits;
    }
}

/// What others took of the CPUs during a round.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Others {
    pub(crate) share: f64,
    pub(crate) is_too_much: bool,
}

/// Per request; of none there is no such figure.
pub(crate) fn per(sum: f64, requests: u64) -> Option<f64> {
    (requests > 0).then(|| sum / long(requests))
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
