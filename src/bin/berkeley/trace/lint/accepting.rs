//! accept(2) fails, and what the server makes of it.

use super::lives::{Lives, is_accept, is_wait_for_many};
use super::{Finding, Lint};
use crate::trace::record::Call;

static ENDS_THE_SERVER: Lint = Lint {
    id: "accept-error-ends-server",
    title: "one failed accept ends the server",
    why: "Some errors of accept(2) are about one connection, or pass: a \
          client that left the queue again (ECONNABORTED), a table that is \
          full for now (EMFILE, ENFILE, ENOBUFS), a network that failed \
          (EPROTO, EHOSTUNREACH, ...). All other clients lose their server \
          over it.",
    mend: "Go on accepting after these errors, accept(2) has the list; after \
           EMFILE and the like pause first.",
};

static SPIN: Lint = Lint {
    id: "emfile-spin",
    title: "accept fails with EMFILE again and again, without a pause",
    why: "The connection that cannot be accepted stays in the queue, so the \
          listener stays readable: the loop takes all of the CPU, and that \
          from those who could close a descriptor.",
    mend: "Pause, or leave the listener out of poll(2) until a descriptor \
           was closed; or keep a spare one to close, accept the peer with, \
           and turn it away.",
};

/// Of which accept(2) says that they are about one peer, or a full table.
const PASSING: [&str; 12] = [
    "ECONNABORTED",
    "EMFILE",
    "ENFILE",
    "ENOBUFS",
    "ENOMEM",
    "EPROTO",
    "ENETDOWN",
    "ENOPROTOOPT",
    "EHOSTDOWN",
    "ENONET",
    "EHOSTUNREACH",
    "ENETUNREACH",
];

/// As many failures in a row are no retry any more.
const MANY: usize = 20;
/// Who waits at least this long between two of them pauses.
const PAUSE_NS: u64 = 5_000_000;

pub(super) fn find(lives: &Lives) -> Vec<Finding> {
    let mut all = Vec::new();
    for process in 0..lives.processes.len() {
        all.extend(ends_the_server(lives, process));
        all.extend(spins(lives, process));
    }
    all
}

fn ends_the_server(lives: &Lives, process: usize) -> Option<Finding> {
    let (place, call) = lives
        .calls(process)
        .rev()
        .find(|(_, call)| is_accept(call) || is_wait_for_many(call))?;
    let errno = call.errno.as_deref()?;
    lives.ended(process)?.code?;
    let is_told = lives.told_to_end_ns(process).is_some();
    if !is_accept(call) || !PASSING.contains(&errno) || is_told {
        return None;
    }
    let end = lives.processes[process].end?;
    Some(Finding {
        lint: &ENDS_THE_SERVER,
        task: call.task,
        socket: call.socket,
        events: vec![place, end],
        says: format!(
            "{} failed with {errno} in {}, and the process ended.",
            call.call,
            lives.who(process)
        ),
        times: 1,
    })
}

fn spins(lives: &Lives, process: usize) -> Option<Finding> {
    let run = longest_run(lives, process);
    let pairs = run.iter().zip(run.iter().skip(1));
    let gap =
        |one: &Call, next: &Call| next.enter_ns.saturating_sub(one.enter_ns);
    let mut gaps: Vec<u64> =
        pairs.map(|((_, one), (_, next))| gap(one, next)).collect();
    gaps.sort_unstable();
    let middle = *gaps.get(gaps.len() / 2)?;
    if run.len() < MANY || middle >= PAUSE_NS {
        return None;
    }
    let (_, call) = run[0];
    Some(Finding {
        lint: &SPIN,
        task: call.task,
        socket: call.socket,
        events: run.iter().take(3).map(|(place, _)| *place).collect(),
        says: format!(
            "{} called {} {} times in a row, and each failed with {}.",
            lives.who(process),
            call.call,
            run.len(),
            call.errno.as_deref()?,
        ),
        times: 1,
    })
}

/// The most accepts without a descriptor for them, with nothing between them
/// but the news that there is somebody to be accepted.
fn longest_run<'a>(
    lives: &'a Lives,
    process: usize,
) -> Vec<(usize, &'a Call)> {
    let mut longest = Vec::new();
    let mut run = Vec::new();
    for (place, call) in lives.calls(process) {
        let errno = call.errno.as_deref();
        let is_full = matches!(errno, Some("EMFILE" | "ENFILE"));
        let tells_at_once =
            is_wait_for_many(call) && call.result.is_some_and(|n| n > 0);
        if is_accept(call) && is_full {
            run.push((place, call));
        } else if !tells_at_once {
            run = keep_longer(&mut longest, run);
        }
    }
    keep_longer(&mut longest, run);
    longest
}

/// An empty one to go on with.
fn keep_longer<T>(longest: &mut Vec<T>, run: Vec<T>) -> Vec<T> {
    if run.len() > longest.len() {
        *longest = run;
    }
    Vec::new()
}
