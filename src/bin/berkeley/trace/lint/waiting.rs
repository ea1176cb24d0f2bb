//! Waiting for the wrong thing. (`busy.rs`: not at all.) Man pages:
//! `select(2)`, `poll(2)`, `accept(2)`.

use super::super::record::Trace;
use super::super::story::calls;
use super::uses::{self, Use};
use super::{Finding, Lint, modes};

pub(super) const LARGE_SET: Lint = Lint {
    id: "select-1024",
    title: "select with a descriptor of 1024 or more",
    why: "An fd_set has 1024 bits. FD_SET of a higher descriptor writes \
          beyond it, over whatever stands there in memory; select cannot \
          wait for such a socket.",
    mend: "Use poll or epoll, or close what is FD_SETSIZE or more. select(2)",
};

pub(super) const ACCEPT_SLEEPS: Lint = Lint {
    id: "accept-sleeps",
    title: "accept slept although the listener was reported ready",
    why: "That a listener is ready says that a connection was there then. \
          Another process or thread may have taken it since, or the peer may \
          have left: a blocking accept then sleeps, and with it everybody \
          whom this loop serves.",
    mend: "Make the listener non-blocking, and go back to the loop when \
           accept says EAGAIN. accept(2)",
};

/// FD_SETSIZE, as the C library has it.
const SET_SIZE: i32 = 1024;
pub(super) fn findings(trace: &Trace) -> Vec<Finding> {
    let mut found = Vec::new();
    for uses in uses::by_task(trace) {
        found.extend(large_set(trace, &uses));
        found.extend(accept_sleeps(trace, &uses));
    }
    found
}

fn is_select(one: &Use) -> bool {
    one.is(&["select", "_newselect", "pselect6"])
}

fn large_set(trace: &Trace, uses: &[Use]) -> Option<Finding> {
    let asked = |one: &&Use| {
        is_select(one) && one.call.awaits.iter().any(|one| one.fd >= SET_SIZE)
    };
    if let Some(select) = uses.iter().find(asked) {
        let highest = select.call.awaits.iter().map(|one| one.fd).max()?;
        let says = format!("{} of descriptor {highest}", select.call.call);
        return Some(select.shows(&LARGE_SET, &[], says));
    }
    // Or it would have been asked about, and was not: others that came from
    // the same listener were.
    let (place, high) = uses.iter().enumerate().find(|(_, one)| {
        calls::is_accept(one.call)
            && one.call.made.iter().any(|made| made.fd >= SET_SIZE)
    })?;
    let listener = high.call.socket?;
    let of_listener = |socket: Option<usize>| {
        let socket = socket.and_then(|at| trace.sockets.get(at));
        socket.is_some_and(|socket| socket.accepted_from == Some(listener))
    };
    let select = uses[..place].iter().rfind(|one| {
        let awaits = &one.call.awaits;
        is_select(one) && awaits.iter().any(|one| of_listener(one.socket))
    })?;
    let made = high.call.made.first()?;
    let is_refused = uses[place..]
        .iter()
        .take_while(|one| !one.is_wait())
        .any(|one| one.is(&["close"]) && one.call.fd == Some(made.fd));
    let waits_again = uses[place..].iter().find(|one| is_select(one))?;
    if is_refused {
        return None;
    }
    let says = format!(
        "{} gave descriptor {} to a loop around {}, which never asked \
         about it",
        high.call.call, made.fd, select.call.call
    );
    Some(high.shows(&LARGE_SET, &[*waits_again], says))
}

fn accept_sleeps(trace: &Trace, uses: &[Use]) -> Option<Finding> {
    uses.iter().enumerate().find_map(|(place, wait)| {
        if !wait.is_wait() {
            return None;
        }
        let later = uses[place + 1..].iter().take_while(|one| !one.is_wait());
        let accept =
            later.into_iter().find(|one| calls::is_accept(one.call))?;
        let listener = accept.call.socket?;
        // Nobody was there, and it did not come back to say so.
        let found_nobody = accept.waits_before() == Some(0);
        let came_back = accept.fails_with(&["EAGAIN", "EWOULDBLOCK"]);
        if !wait.reports_input(listener)
            || !found_nobody
            || came_back
            || modes::waits_not(trace, listener, accept)
        {
            return None;
        }
        let name = uses::name(trace, listener);
        let (wait_call, call) = (&wait.call.call, &accept.call.call);
        let how_long = match accept.call.exit_ns {
            Some(_) => format!("for {} us", accept.lasted() / 1000),
            None => "to the end of the trace".to_string(),
        };
        let says = format!(
            "{wait_call} reported {name} ready, {call} found nobody and \
             slept {how_long}"
        );
        let found = wait.shows(&ACCEPT_SLEEPS, &[*accept], says);
        Some(Finding { socket: Some(listener), ..found })
    })
}
