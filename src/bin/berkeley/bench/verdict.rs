//! What the rounds of a cell come to; `findings` are what a reader must know
//! before believing it.

use super::findings::findings;
use super::numbers::long;
use super::record::{Cell, Finding, Round};
use super::statistics::bootstrap::{self, Part};
use super::statistics::spread;

/// With fewer rounds, an interval promises more than it holds.
pub(crate) const ENOUGH: usize = 10;
/// From this share of a CPU on, a generator is what is measured.
const BUSY: f64 = 0.9;

/// What only the one who ran the cell knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// Why there is no result: what did not work, and the server's last words.
    pub(crate) failed: Option<String>,
    /// Payload sent and received.
    pub(crate) bytes_per_request: Option<f64>,
    /// How long its turns were: with a twin, several make a round.
    pub(crate) slice_seconds: Option<f64>,
}

/// Fills in what follows from the rounds and the rest of the cell: rate, CPU,
/// intervals, findings, verdict. Disturbed rounds are left out of all of it,
/// unless there are no others.
pub(crate) fn conclude(cell: &mut Cell, heard: &Heard) {
    let rounds: Vec<Round> = counted(cell).cloned().collect();
    rates(cell, &rounds);
    cpu(cell, &rounds);
    if let Some(bytes) = heard.bytes_per_request {
        cell.bytes_per_second = sound(cell.rate * bytes);
    }
    // Of all requests, not of the median round: that one's rate and a mean
    // over all rounds have nothing to do with each other.
    let mean_rate = long(cell.requests) / cell.seconds;
    cell.under_way = cell
        .latency_us
        .as_ref()
        .map(|latency| sound(mean_rate * latency.mean / 1e6));
    cell.findings = findings(cell, heard);
    let names: Vec<&str> =
        cell.findings.iter().map(|finding| finding.name.as_str()).collect();
    cell.verdict =
        if names.is_empty() { "ok".into() } else { names.join(", ") };
}

/// The rounds that count: those that nobody disturbed, else what there is.
pub(crate) fn counted(cell: &Cell) -> impl Iterator<Item = &Round> {
    let quiet = cell.rounds.iter().any(is_good);
    cell.rounds
        .iter()
        .filter(move |round| is_good(round) || (!quiet && is_sound(round)))
}

/// Whether this round can stand in a comparison.
pub(crate) fn is_good(round: &Round) -> bool {
    !round.disturbed && is_sound(round)
}

pub(crate) fn is_sound(round: &Round) -> bool {
    round.seconds > 0.0 && round.rate.is_finite()
}

/// The server's CPU time in a round, in microseconds, and for how many
/// requests.
pub(crate) fn cpu_part(round: &Round) -> Option<Part> {
    let each = round.server_cpu_us_per_request.filter(|us| us.is_finite())?;
    let of = long(round.requests);
    Some(Part { amount: each * of, of })
}

fn rates(cell: &mut Cell, rounds: &[Round]) {
    let rates: Vec<f64> = rounds.iter().map(|round| round.rate).collect();
    let found = bootstrap::middle(&rates);
    cell.rate = found.map_or(0.0, |found| found.value);
    cell.rate_interval = found.map_or([0.0; 2], |found| found.interval);
    cell.rate_spread = spread(&rates).unwrap_or([0.0; 2]);
    cell.requests = rounds.iter().map(|round| round.requests).sum();
    cell.seconds = rounds.iter().map(|round| round.seconds).sum();
}

fn cpu(cell: &mut Cell, rounds: &[Round]) {
    let parts: Vec<Part> = rounds.iter().filter_map(cpu_part).collect();
    let found = bootstrap::quotient(&parts);
    cell.server_cpu_us_per_request = found.map(|found| found.value);
    cell.server_cpu_interval = found.map(|found| found.interval);
    let used: f64 = parts.iter().map(|part| part.amount / 1e6).sum();
    cell.server_cpu = found.map(|_| sound(used / cell.seconds));
    let generator =
        rounds.iter().map(|round| round.generator_cpu * round.seconds);
    cell.generator_cpu = sound(generator.sum::<f64>() / cell.seconds);
}

/// JSON knows neither NaN nor infinity.
fn sound(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

/// Whether the generator, not the server, was at its limit.
pub(crate) fn is_client_bound(cell: &Cell) -> bool {
    cell.generator_cpu >= BUSY * f64::from(cell.generators.max(1))
}

/// What a finding is, without how often: `starved 42` is `starved`.
pub(crate) fn kind(finding: &Finding) -> &str {
    let name = finding.name.as_str();
    let digit = name.find(|at: char| at.is_ascii_digit() || "+-".contains(at));
    match digit {
        Some(at) if at > 0 && name[..at].ends_with(' ') => name[..at].trim(),
        _ => name,
    }
}

/// Whether this cell's figures are those of a server that served everybody,
/// and rightly.
pub(crate) fn is_honest(cell: &Cell) -> bool {
    let kinds = cell.findings.iter().map(kind);
    cell.rate > 0.0
        && cell.starved == 0
        && cell.errors.values().all(|often| *often == 0)
        && !kinds.into_iter().any(|kind| kind == "failed")
}

/// The fewest peers that a worker has served, and the most.
pub(crate) fn peers_per_worker(cell: &Cell) -> Option<[u64; 2]> {
    let peers = cell.peers_per_worker.as_ref()?;
    Some([*peers.iter().min()?, *peers.iter().max()?])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp)] // Exact by construction.

    use super::super::fixture::{cell, pooled};
    use super::super::numbers::float;
    use super::super::record::Mode;
    use super::*;

    fn names(cell: &Cell) -> &str {
        &cell.verdict
    }

    #[test]
    fn a_quiet_cell_is_ok() {
        let mut quiet = cell("epoll", "c", 50_000.0, 11);
        conclude(&mut quiet, &Heard::default());
        assert_eq!(names(&quiet), "ok");
        let [low, high] = quiet.rate_interval;
        assert!(low < quiet.rate && quiet.rate < high);
        assert!(is_honest(&quiet));
        assert!((quiet.under_way.unwrap() - 50.0).abs() < 2.0);
    }

    #[test]
    fn a_pool_of_eight_starves_the_other_forty_two() {
        let mut pool = pooled("pool", "rust", 60_000.0, 3);
        conclude(&mut pool, &Heard::default());
        assert_eq!(names(&pool), "starved 42");
        assert!(pool.findings[0].why.contains("--workers"));
        assert_eq!(kind(&pool.findings[0]), "starved");
        assert!(!is_honest(&pool));
        pool.model = "iterative".into();
        conclude(&mut pool, &Heard::default());
        assert!(pool.findings[0].why.contains("one peer"));
    }

    #[test]
    fn disturbed_rounds_are_left_out_of_everything() {
        let mut noisy = cell("epoll", "c", 50_000.0, 11);
        let rounds = noisy.rounds.len();
        for round in noisy.rounds.iter_mut().take(rounds / 2) {
            round.disturbed = true;
            round.rate = 1.0;
            round.server_cpu_us_per_request = Some(1e6);
        }
        conclude(&mut noisy, &Heard::default());
        assert_eq!(names(&noisy), "disturbed");
        assert!(noisy.rate > 49_000.0);
        assert!(noisy.server_cpu_us_per_request.unwrap() < 100.0);
        for round in &mut noisy.rounds {
            round.disturbed = true;
        }
        conclude(&mut noisy, &Heard::default());
        assert!(names(&noisy).starts_with("disturbed, too few rounds"));
        assert!(noisy.rate > 0.0);
    }

    #[test]
    fn what_happened_is_said() {
        let mut worst = cell("fork", "rust", 2000.0, 5);
        worst.rounds.truncate(4);
        worst.errors.insert("ECONNRESET".into(), 1200);
        worst.network.listen_overflows = 7;
        worst.network.syn_retries = 3;
        for round in &mut worst.rounds {
            round.generator_cpu = 0.97;
        }
        conclude(&mut worst, &Heard::default());
        assert_eq!(
            names(&worst),
            "errors 1,200, client-bound, too few rounds, overflows 7, \
             syn retries 3"
        );
        assert!(worst.findings[0].why.starts_with("1,200 × ECONNRESET"));
        let kinds: Vec<&str> = worst.findings.iter().map(kind).collect();
        assert_eq!(kinds[0], "errors");
        assert_eq!(kinds[4], "syn retries");
    }

    #[test]
    fn open_loops_say_what_came_late_and_what_never_went() {
        let mut open = cell("epoll", "rust", 1000.0, 5);
        open.mode = Mode::Open;
        open.dropped = Some(12);
        open.lateness_us = open.latency_us.clone();
        open.lateness_us.as_mut().unwrap().p99 = 150_000.0;
        conclude(&mut open, &Heard::default());
        assert_eq!(names(&open), "dropped 12, late");
    }

    #[test]
    fn drift_and_latencies_that_do_not_fit_are_seen() {
        let mut odd = cell("thread", "c", 30_000.0, 9);
        for (at, round) in odd.rounds.iter_mut().enumerate() {
            round.rate *= 1.0 - 0.01 * float(at);
        }
        odd.latency_us.as_mut().unwrap().mean = 800.0;
        conclude(&mut odd, &Heard::default());
        assert!(odd.verdict.starts_with("drift -"), "{}", odd.verdict);
        assert!(odd.verdict.contains("under way "), "{}", odd.verdict);
    }

    #[test]
    fn a_server_that_failed_has_a_cell_without_numbers() {
        let mut dead = cell("epoll", "c", 1.0, 1);
        dead.rounds.clear();
        dead.latency_us = None;
        let failed = Some("epoll (c) ended: bind: EADDRINUSE".to_string());
        let heard = Heard { failed, ..Heard::default() };
        conclude(&mut dead, &heard);
        assert_eq!(names(&dead), "failed");
        assert!(dead.findings[0].why.contains("EADDRINUSE"));
        assert_eq!((dead.rate, dead.generator_cpu), (0.0, 0.0));
        assert_eq!(dead.server_cpu, None);
        let json = serde_json::to_string(&dead).unwrap();
        serde_json::from_str::<Cell>(&json).unwrap();
    }
}
