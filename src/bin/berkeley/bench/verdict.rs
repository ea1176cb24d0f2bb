//! What the rounds of a cell come to, and what a reader must know before
//! believing it: each finding has a name, and says what happened and what
//! helps.

use super::numbers::{count, float, long};
use super::record::{Cell, Finding, Mode, Network, Round};
use super::statistics::bootstrap::{self, Part};
use super::statistics::{series, spread};

/// With fewer rounds, an interval promises more than it holds.
pub(crate) const ENOUGH: usize = 10;
/// From this share of a CPU on, a generator is what is measured.
const BUSY: f64 = 0.9;
/// Requests that went out later than this, one in a hundred: late.
const LATE_US: f64 = 1000.0;

/// What only the one who ran the cell knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// Why there is no result: what did not work, and the server's last words.
    pub(crate) failed: Option<String>,
    /// Payload sent and received.
    pub(crate) bytes_per_request: Option<f64>,
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
    cell.under_way = cell
        .latency_us
        .as_ref()
        .map(|latency| sound(cell.rate * latency.mean / 1e6));
    cell.findings = findings(cell, heard);
    let names: Vec<&str> =
        cell.findings.iter().map(|finding| finding.name.as_str()).collect();
    cell.verdict =
        if names.is_empty() { "ok".into() } else { names.join(", ") };
}

/// The rounds that count.
pub(crate) fn counted(cell: &Cell) -> impl Iterator<Item = &Round> {
    let quiet = cell.rounds.iter().any(|round| is_good(round));
    cell.rounds
        .iter()
        .filter(move |round| is_good(round) || (!quiet && is_sound(round)))
}

/// Whether this round can stand in a comparison.
pub(crate) fn is_good(round: &Round) -> bool {
    !round.disturbed && is_sound(round)
}

fn is_sound(round: &Round) -> bool {
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

/// The gravest first.
fn findings(cell: &Cell, heard: &Heard) -> Vec<Finding> {
    if let Some(why) = &heard.failed {
        return vec![finding("failed", why.clone())];
    }
    if cell.rounds.is_empty() && cell.mode != Mode::Idle {
        let why = "nothing was measured: the run ended before its turn";
        return vec![finding("failed", why)];
    }
    let found = [
        errors(cell),
        starved(cell),
        dropped(cell),
        late(cell),
        client_bound(cell),
        disturbed(cell),
        too_few(cell),
        drift(cell),
        bimodal(cell),
        under_way(cell),
    ];
    found.into_iter().flatten().chain(network(&cell.network)).collect()
}

fn finding(name: impl Into<String>, why: impl Into<String>) -> Finding {
    Finding { name: name.into(), why: why.into() }
}

fn errors(cell: &Cell) -> Option<Finding> {
    let all: u64 = cell.errors.values().sum();
    let kinds = cell.errors.iter().filter(|(_, often)| **often > 0);
    let kinds: Vec<String> = kinds
        .map(|(what, often)| format!("{} × {what}", count(*often)))
        .collect();
    (all > 0).then(|| {
        let why = format!(
            "{}: these are no samples, and what went well beside them is not \
             ranked; the server's own messages say more, and so does the \
             same load with one peer, --concurrency 1",
            kinds.join(", ")
        );
        finding(format!("errors {}", count(all)), why)
    })
}

fn starved(cell: &Cell) -> Option<Finding> {
    let why = match cell.model.as_str() {
        _ if cell.starved == 0 => return None,
        "iterative" => {
            "so many peers got no answer at all: this design serves one peer \
             at a time, the others wait until it leaves; --mode connect \
             gives each its turn"
        }
        _ if cell.workers.is_some() => {
            "so many peers got no answer at all, and the rate is that of the \
             others: each worker serves one peer until it leaves; --workers \
             as many as there are peers serves all, --mode connect gives \
             each its turn, and where SYNs were sent again a longer \
             --backlog lets more wait"
        }
        _ => {
            "so many peers got no answer at all, and the rate is that of the \
             others: fewer peers (--concurrency), a longer --backlog where \
             SYNs were sent again, or more --workers where the server has a \
             fixed number"
        }
    };
    Some(finding(format!("starved {}", cell.starved), why))
}

fn dropped(cell: &Cell) -> Option<Finding> {
    let dropped = cell.dropped.filter(|dropped| *dropped > 0)?;
    let why = "so many requests were due and never sent, since no \
               connection was free: the server cannot keep this rate; a \
               lower --rate, or a higher --concurrency if it only needs \
               more connections";
    Some(finding(format!("dropped {}", count(dropped)), why))
}

fn late(cell: &Cell) -> Option<Finding> {
    let late = cell.lateness_us.as_ref()?;
    let why = "one request in a hundred went out over 1 ms after it was due: \
               the percentiles from the time of the send leave that wait \
               out, those from the intended time are what a peer would have \
               seen; a lower --rate or more connections (--concurrency), \
               and --generators if the generator is the busy one";
    (late.p99 > LATE_US).then(|| finding("late", why))
}

/// Whether the generator, not the server, was at its limit.
pub(crate) fn is_client_bound(cell: &Cell) -> bool {
    cell.generator_cpu >= BUSY * f64::from(cell.generators.max(1))
}

fn client_bound(cell: &Cell) -> Option<Finding> {
    let why = "the generator used its CPU up, so the rate is the \
               generator's: compare the server's CPU per request instead; \
               --generators 2 loads more where there is a CPU for it";
    is_client_bound(cell).then(|| finding("client-bound", why))
}

fn disturbed(cell: &Cell) -> Option<Finding> {
    let disturbed = cell.rounds.iter().filter(|round| round.disturbed).count();
    let all = cell.rounds.len();
    let why = if disturbed == all {
        "other processes used the CPUs in every round, so disturbed rounds \
         are all there is: on a quiet machine this can be measured"
    } else {
        "other processes used the CPUs in more than a third of the rounds; \
         those are left out, but the others may not be quite clean either: \
         end what else runs, or take more --rounds"
    };
    (disturbed * 3 > all).then(|| finding("disturbed", why))
}

fn too_few(cell: &Cell) -> Option<Finding> {
    let good = cell.rounds.iter().filter(|round| is_good(round)).count();
    let why = format!(
        "fewer than {ENOUGH} undisturbed rounds: no verdict on ratios, and \
         the intervals are too narrow; more --rounds or more --seconds"
    );
    (good < ENOUGH && !cell.rounds.is_empty())
        .then(|| finding("too few rounds", why))
}

/// The rates in which a shape would mean something: where a rate is asked
/// for, it is what was asked.
fn shaped(cell: &Cell) -> Vec<f64> {
    match cell.mode {
        Mode::Open | Mode::Idle => Vec::new(),
        _ => counted(cell).map(|round| round.rate).collect(),
    }
}

fn drift(cell: &Cell) -> Option<Finding> {
    let change = series::drift(&shaped(cell))? * 100.0;
    let why = "the rate rose or fell from the first round to the last by \
               this much, so its median is of no one state: a longer \
               warm-up or a cooler machine; ratios are taken round by round \
               and bear it";
    Some(finding(format!("drift {change:+.0} %"), why))
}

fn bimodal(cell: &Cell) -> Option<Finding> {
    series::bimodal(&shaped(cell))?;
    let why = "the rounds fall into two groups with nothing between, so the \
               median may be neither: often one of two CPU placements; \
               --cpus same or split holds one of them, and the dots of the \
               report show both";
    Some(finding("bimodal", why))
}

/// Little's law: what is under way is rate × time, and in a closed loop each
/// served peer has one request under way.
fn under_way(cell: &Cell) -> Option<Finding> {
    let is_closed = matches!(cell.mode, Mode::Pingpong | Mode::Connect);
    let found = cell.under_way.filter(|_| is_closed && cell.rate > 0.0)?;
    let served = cell.concurrency.saturating_sub(cell.starved);
    // A lone connection that is closed and made again is under way only
    // part of the time: its `close` is nobody's latency.
    if served == 0 || (served == 1 && cell.mode == Mode::Connect) {
        return None;
    }
    let served = f64::from(served);
    let why = "rate × mean latency is not the number of peers served, so one \
               of the three is wrong: some peers were served seldom, or \
               much of the time went by between the rounds; longer slices \
               (--seconds), fewer peers (--concurrency)";
    let name = format!("under way {found:.0} of {served:.0}");
    let is_off = (found - served).abs() > 0.1 * served;
    is_off.then(|| finding(name, why))
}

fn network(network: &Network) -> Vec<Finding> {
    let overflows = "so many times the accept queue was full when a \
                     handshake was done: the server accepts too slowly or \
                     its queue is too short; a longer --backlog, with \
                     net.core.somaxconn at least as long";
    let retries = "so many SYNs were sent again, the first time after a \
                   second, which is then the latency: the accept queue was \
                   full; a longer --backlog or fewer peers at once";
    let cookies = "so many handshakes went by SYN cookies: the queue of \
                   half-open connections was full; \
                   net.ipv4.tcp_max_syn_backlog or fewer peers at once";
    [
        ("overflows", network.listen_overflows, overflows),
        ("syn retries", network.syn_retries, retries),
        ("syn cookies", network.syn_cookies, cookies),
    ]
    .into_iter()
    .filter(|(_, often, _)| *often > 0)
    .map(|(name, often, why)| finding(format!("{name} {}", count(often)), why))
    .collect()
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

/// The mean number of peers a worker served, and the fewest and the most.
pub(crate) fn peers_per_worker(cell: &Cell) -> Option<[u64; 2]> {
    let peers = cell.peers_per_worker.as_ref()?;
    Some([*peers.iter().min()?, *peers.iter().max()?])
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cell, pooled};
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
        conclude(&mut dead, &Heard { failed, bytes_per_request: Some(2.0) });
        assert_eq!(names(&dead), "failed");
        assert!(dead.findings[0].why.contains("EADDRINUSE"));
        assert_eq!((dead.rate, dead.generator_cpu), (0.0, 0.0));
        assert_eq!(dead.server_cpu, None);
        let json = serde_json::to_string(&dead).unwrap();
        serde_json::from_str::<Cell>(&json).unwrap();
    }
}
