//! What a reader must know before believing a cell: each finding has a name,
//! and says what happened and what helps.

use super::numbers::{count, float};
use super::record::{Cell, Finding, Mode, Network};
use super::statistics::series;
use super::verdict::{ENOUGH, Heard, counted, is_client_bound, is_good};

/// Requests that went out later than this, one in a hundred: late.
const LATE_US: f64 = 1000.0;

/// How far a count of what is under way may be off, for reasons that nobody
/// need know.
const SLACK: f64 = 0.1;

/// The gravest first.
pub(crate) fn findings(cell: &Cell, heard: &Heard) -> Vec<Finding> {
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
        under_way(cell, heard),
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
        _ if cell.mode == Mode::Idle => {
            "so many peers were connected by the kernel alone and wait in \
             the listen queue: each worker is busy with one peer that stays, \
             so their memory is not that of served peers; --workers as many \
             as there are peers serves all"
        }
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

/// The rates in which a shape would mean something: of disturbed rounds it
/// would be that of the others' work, and where a rate is asked for, it is
/// what was asked.
fn shaped(cell: &Cell) -> Vec<f64> {
    let good = cell.rounds.iter().filter(|round| is_good(round));
    match cell.mode {
        Mode::Open | Mode::Idle => Vec::new(),
        _ => good.map(|round| round.rate).collect(),
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
/// served peer has one request under way, except at the end of a turn: then
/// no new request begins, and the last answer may be as late as the slowest
/// hundredth. As large a share of the turn as that may be missing.
fn under_way(cell: &Cell, heard: &Heard) -> Option<Finding> {
    let is_closed = matches!(cell.mode, Mode::Pingpong | Mode::Connect);
    let found = cell.under_way.filter(|_| is_closed && cell.rate > 0.0)?;
    let served = cell.concurrency.saturating_sub(cell.starved);
    // A lone connection that is closed and made again is under way only
    // part of the time: its `close` is nobody's latency.
    if served == 0 || (served == 1 && cell.mode == Mode::Connect) {
        return None;
    }
    let served = f64::from(served);
    let turn = heard.slice_seconds.or_else(|| {
        let rounds = counted(cell).count();
        (rounds > 0).then(|| cell.seconds / float(rounds))
    })?;
    let last_answers = cell.latency_us.as_ref()?.p99 / 1e6 / turn;
    let least = served * (1.0 - last_answers.min(1.0)) * (1.0 - SLACK);
    let most = served * (1.0 + SLACK);
    let why = "rate × mean latency should be the number of peers served \
               (each has one request under way), and it is not: some peers \
               had to wait far longer than others, or the generator was too \
               busy to ask again at once; fewer peers (--concurrency) or a \
               longer --slice";
    let name = format!("under way {found:.0} of {served:.0}");
    let is_off = !(least..=most).contains(&found);
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
