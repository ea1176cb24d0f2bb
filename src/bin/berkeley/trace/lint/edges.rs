//! Edge-triggered events that were not used up. Man page: `epoll(7)`.

use super::super::record::Trace;
use super::super::story::calls;
use super::uses::{self, Use};
use super::{Finding, Lint};

pub(super) const NOT_DRAINED: Lint = Lint {
    id: "edge-not-drained",
    title: "an edge-triggered descriptor was not read to its end",
    why: "With EPOLLET epoll_wait tells only what is new. Of what was left \
          it says nothing more: it stays there until the peer sends again, \
          and a peer that waits for an answer never does.",
    mend: "After each event receive (or accept) until EAGAIN, on a \
           non-blocking socket. epoll(7)",
};

pub(super) fn findings(trace: &Trace) -> Vec<Finding> {
    let mut found = Vec::new();
    for uses in uses::by_task(trace) {
        found.extend(not_drained(trace, &uses));
    }
    found
}

fn is_epoll_wait(one: &Use) -> bool {
    one.is(&["epoll_wait", "epoll_pwait", "epoll_pwait2"])
}

fn not_drained(trace: &Trace, uses: &[Use]) -> Option<Finding> {
    uses.iter().enumerate().find_map(|(place, wait)| {
        if !is_epoll_wait(wait) {
            return None;
        }
        let later = &uses[place + 1..];
        let again = later.iter().position(is_epoll_wait)?;
        let (between, next) = (&later[..again], later[again]);
        // One that only looks may come back to what was left.
        if next.only_looks() {
            return None;
        }
        let told = wait.call.ready.iter().filter_map(|ready| ready.socket);
        let mut told = told.filter(|&socket| wait.reports_input(socket));
        told.find_map(|socket| {
            let last = between.iter().rfind(|one| takes(one, socket))?;
            let left = left(last)?;
            let is_mistake = is_edge_triggered(trace, socket, wait)
                && !comes_back(trace, last, socket);
            let says = says(trace, socket, last, left, &next);
            let found = wait.shows(&NOT_DRAINED, &[*last, next], says);
            let found = Finding { socket: Some(socket), ..found };
            is_mistake.then_some(found)
        })
    })
}

fn says(
    trace: &Trace,
    socket: usize,
    last: &Use,
    left: u32,
    next: &Use,
) -> String {
    let (name, wait) = (&last.call.call, &next.call.call);
    let is_accept = calls::is_accept(last.call);
    let what = if is_accept { "connections" } else { "bytes" };
    let of = uses::name(trace, socket);
    format!(
        "after {name} {left} {what} of {of} were left, and {wait} waits for \
         new ones"
    )
}

fn takes(one: &Use, socket: usize) -> bool {
    one.call.socket == Some(socket)
        && (calls::is_receive(one.call) || calls::is_accept(one.call))
}

/// What is left after the last call that took something.
fn left(last: &Use) -> Option<u32> {
    if last.call.result? <= 0 {
        return None;
    }
    let left = if calls::is_accept(last.call) {
        last.waits_before()?.saturating_sub(1)
    } else {
        last.waits_after()?
    };
    (left > 0).then_some(left)
}

/// The last that was asked for this socket, by whichever thread.
fn is_edge_triggered(trace: &Trace, socket: usize, wait: &Use) -> bool {
    let asked = uses::all(trace).filter(|one| {
        one.is(&["epoll_ctl"])
            && one.call.result == Some(0)
            && one.call.enter_ns < wait.end()
            && one
                .call
                .awaits
                .first()
                .is_some_and(|of| of.socket == Some(socket))
    });
    let words = ["EPOLLET", "EPOLLONESHOT"];
    let has = asked.last().map(|last| {
        let events = last.arg(3).trim_start_matches("{events=");
        let events = events.split(", ").next().unwrap_or_default();
        words.map(|word| events.split('|').any(|event| event == word))
    });
    // Whoever arms it again is told at once of what was left.
    has == Some([true, false])
}

/// Whether it is read again without being told to: by another thread, or
/// from a list of its own.
fn comes_back(trace: &Trace, last: &Use, socket: usize) -> bool {
    let later = || uses::all(trace).filter(|one| one.end() > last.end());
    let told = later().filter(|one| one.reports_input(socket));
    let told = told.map(|one| one.end()).min().unwrap_or(u64::MAX);
    later().any(|one| {
        takes(&one, socket) && (last.end()..told).contains(&one.call.enter_ns)
    })
}
