//! Signals that end more than they should.

use super::lives::{
    Lives, accepts, asks_to_end, is_accept, is_talk, is_wait_for_many,
    returned,
};
use super::{Finding, Lint};
use crate::trace::record::{Call, Event, Signal};

static EINTR: Lint = Lint {
    id: "eintr-is-no-end",
    title: "an interrupted call is taken for the end",
    why: "A signal whose handler was set without SA_RESTART makes a call \
          that waits return -1 with EINTR. Nothing is wrong with the socket: \
          signal(7).",
    mend: "On EINTR make the same call again; or set the handler with \
           SA_RESTART, sigaction(2), for the calls that heed it.",
};

static SIGPIPE: Lint = Lint {
    id: "sigpipe",
    title: "killed by SIGPIPE",
    why: "Who sends on a connection that the peer has closed or reset gets \
          EPIPE, and, before that, SIGPIPE, which kills the whole process: \
          one client that leaves early ends the service of all.",
    mend: "send(2) with MSG_NOSIGNAL, or ignore SIGPIPE at the start, \
           signal(7); then treat EPIPE as the end of this one peer.",
};

pub(super) fn find(lives: &Lives) -> Vec<Finding> {
    let processes = 0..lives.processes.len();
    let mut all: Vec<Finding> = Vec::new();
    for process in processes {
        all.extend(broken_pipe(lives, process));
        all.extend(interrupted(lives, process));
    }
    all
}

fn broken_pipe(lives: &Lives, process: usize) -> Option<Finding> {
    let ended = lives.ended(process)?;
    if ended.signal.as_deref() != Some("SIGPIPE") {
        return None;
    }
    let (place, call) =
        lives.calls(process).rev().find(|(_, call)| is_talk(call))?;
    if call.errno.as_deref() != Some("EPIPE") {
        return None;
    }
    let socket = call.socket?;
    Some(Finding {
        lint: &SIGPIPE,
        task: call.task,
        socket: Some(socket),
        events: [Some(place), lives.processes[process].end]
            .into_iter()
            .flatten()
            .collect(),
        says: format!(
            "{} sent on descriptor {}, whose peer was gone, and died of it.",
            lives.who(process),
            call.fd?,
        ),
        times: 1,
    })
}

/// Who is told of children, windows and the like is not told to end.
const HARMLESS: [&str; 4] = ["SIGCHLD", "SIGWINCH", "SIGCONT", "SIGURG"];

fn interrupted(lives: &Lives, process: usize) -> Option<Finding> {
    let calls: Vec<(usize, &Call)> = lives.calls(process).collect();
    let places = 0..calls.len();
    places.rev().find_map(|at| {
        let (place, call) = calls[at];
        let is_about = call.socket.is_some()
            || call.awaits.iter().any(|one| one.socket.is_some());
        let waits = is_accept(call) || is_talk(call) || is_wait_for_many(call);
        let errno = call.errno.as_deref().unwrap_or_default();
        let is_cut = errno == "EINTR" || errno.starts_with("ERESTART");
        if !is_about || !waits || !is_cut {
            return None;
        }
        let signal = signal_at(lives, call)?;
        let end = taken_for_the_end(lives, process, call, &calls[at + 1..])?;
        let who = lives.who(process);
        let Event::Signal(Signal { signal: name, .. }) =
            &lives.trace.events[signal]
        else {
            return None;
        };
        Some(Finding {
            lint: &EINTR,
            task: call.task,
            socket: call.socket,
            events: vec![place, signal, end],
            says: format!(
                "{name} interrupted {} of {who}, which never called it \
                 again.",
                call.call,
            ),
            times: 1,
        })
    })
}

/// The signal that cut it short, where all that its process heard from then
/// on was harmless.
fn signal_at(lives: &Lives, call: &Call) -> Option<usize> {
    let process = lives.process(call.task);
    let heard = lives.trace.events.iter().enumerate();
    let mut heard = heard.filter_map(|(place, event)| match event {
        Event::Signal(signal)
            if lives.process(signal.task) == process
                && signal.at_ns >= call.enter_ns =>
        {
            Some((place, signal))
        }
        _ => None,
    });
    let (place, first) = heard.next()?;
    let is_it = first.task == call.task
        && HARMLESS.contains(&first.signal.as_str())
        && heard.all(|(_, signal)| !asks_to_end(&signal.signal));
    is_it.then_some(place)
}

/// What shows that it was: the process ends as failed and speaks to nobody
/// any more; or it closes this socket at once, and goes on with others.
fn taken_for_the_end(
    lives: &Lives,
    process: usize,
    call: &Call,
    later: &[(usize, &Call)],
) -> Option<usize> {
    let goes_on = |other: &Call| {
        is_talk(other) || is_accept(other) || is_wait_for_many(other)
    };
    // The handler's own.
    let is_reap = |other: &Call| other.call.starts_with("wait");
    let mut same = later.iter().filter(|(_, other)| other.task == call.task);
    let (place, next) = *same.find(|(_, other)| !is_reap(other))?;
    let closes = next.call == "close"
        && next.socket.is_some()
        && next.socket == call.socket;
    let next_accepts = later
        .iter()
        .any(|(_, other)| accepts(other) && returned(other) > next.enter_ns);
    if closes && !is_accept(call) && next_accepts {
        return Some(place);
    }
    if later.iter().any(|(_, other)| goes_on(other)) {
        return None;
    }
    let ended = lives.ended(process)?;
    let fails = ended.code.is_some_and(|code| code != 0);
    if fails { lives.processes[process].end } else { None }
}
