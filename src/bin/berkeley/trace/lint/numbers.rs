//! Numbers that stand for nothing any more, or for something else: close(2)
//! gives a number back, and the next socket(2) or accept(2) takes the lowest
//! one that is free.

use std::collections::HashMap;

use super::lives::{Lives, is_accept, is_receive, is_talk, returned};
use super::{Finding, Lint};
use crate::trace::record::Call;

static DOUBLE_CLOSE: Lint = Lint {
    id: "double-close",
    title: "a descriptor is closed twice",
    why: "EBADF is the lucky case. As soon as another thread, or a library, \
          opens something in between, it gets the same number, and the \
          second close(2) closes that.",
    mend: "Close in one place; set the variable to -1 there. After EINTR, \
           too, the descriptor is gone: close(2).",
};

static CLOSED_BY_ANOTHER: Lint = Lint {
    id: "closed-by-another-thread",
    title: "a thread closes a descriptor that another one still uses",
    why: "Threads share their descriptors. What the other thread does next \
          with the number fails with EBADF, or goes to whoever accept(2) or \
          socket(2) has given the number to meanwhile: bytes reach the wrong \
          peer. A call that another thread is in already is not woken by \
          close(2), and keeps the connection open.",
    mend: "One thread owns a descriptor, and it alone calls close(2). Others \
           who want to end it call shutdown(2), which wakes the owner.",
};

/// Who gave a number back.
struct Closed<'a> {
    place: usize,
    call: &'a Call,
}

pub(super) fn find(lives: &Lives) -> Vec<Finding> {
    let processes = 0..lives.processes.len();
    processes
        .flat_map(|process| {
            let mut found = of_process(lives, process);
            if !found.iter().any(|one| one.lint == &CLOSED_BY_ANOTHER) {
                found.extend(closed_under(lives, process));
            }
            found
        })
        .collect()
}

/// A thread is in a call on a descriptor, and another one closes that: the
/// call goes on, whatever it brings.
fn closed_under(lives: &Lives, process: usize) -> Option<Finding> {
    let closes = lives.calls(process).filter(|(_, call)| {
        call.call == "close" && call.result == Some(0) && call.socket.is_some()
    });
    closes.into_iter().find_map(|(place, close)| {
        let (under, call) = lives.calls(process).find(|(_, call)| {
            call.task != close.task
                && call.socket == close.socket
                && call.fd == close.fd
                && (is_receive(call) || is_accept(call))
                && call.enter_ns < close.enter_ns
                && returned(call) > close.exit_ns.unwrap_or(u64::MAX)
        })?;
        // Woken by shutdown(2), it was on its way out.
        let is_woken = lives.about(close.socket?).any(|(_, other)| {
            other.call == "shutdown" && other.enter_ns < close.enter_ns
        });
        let goes_on = lives.calls(process).any(|(other, call)| {
            other != under
                && call.enter_ns > close.enter_ns
                && (is_talk(call) || is_accept(call))
        });
        // Who was told to end may leave its threads where they are.
        let told = lives.told_to_end_ns(process);
        let is_ending = told.is_some_and(|told| told < close.enter_ns);
        if is_woken || !goes_on || is_ending {
            return None;
        }
        let fd = call.fd?;
        let next = lives.calls(process).find(|(_, next)| {
            next.task == call.task
                && next.fd == Some(fd)
                && next.enter_ns > returned(call)
                && next.socket.is_some()
                && next.socket != call.socket
        });
        let then = match next {
            Some((_, next)) => format!(
                " Its next call, {}({fd}), went to another connection.",
                next.call
            ),
            None => String::new(),
        };
        let events = [under, place].into_iter().chain(next.map(|one| one.0));
        Some(Finding {
            lint: &CLOSED_BY_ANOTHER,
            task: close.task,
            socket: close.socket,
            events: events.collect(),
            says: format!(
                "Thread {} of {} was in {}({fd}) when thread {} closed \
                 {fd}.{then}",
                lives.trace.tasks[call.task].tid,
                lives.who(process),
                call.call,
                lives.trace.tasks[close.task].tid,
            ),
            times: 1,
        })
    })
}

fn of_process(lives: &Lives, process: usize) -> Vec<Finding> {
    let mut calls: Vec<(usize, &Call)> = lives.calls(process).collect();
    calls.sort_by_key(|(_, call)| match call.call.as_str() {
        "close" => call.enter_ns,
        _ => call.exit_ns.unwrap_or(call.enter_ns),
    });
    let mut closed: HashMap<i32, Closed> = HashMap::new();
    let mut found = Vec::new();
    for (at, &(place, call)) in calls.iter().enumerate() {
        for made in &call.made {
            closed.remove(&made.fd);
        }
        let Some(fd) = call.fd else { continue };
        let is_bad = call.errno.as_deref() == Some("EBADF");
        if is_bad && !is_sweep(&calls, at) {
            let before = closed.get(&fd);
            let wrong =
                before.and_then(|before| wrong(lives, before, place, call));
            if wrong.is_some() {
                closed.remove(&fd);
            }
            found.extend(wrong);
        } else if call.call == "close" && !is_bad {
            if call.socket.is_some() {
                closed.insert(fd, Closed { place, call });
            } else {
                closed.remove(&fd);
            }
        }
    }
    found
}

/// Whether it belongs to a loop that closes whatever there may be.
fn is_sweep(calls: &[(usize, &Call)], at: usize) -> bool {
    let call = calls[at].1;
    let near = calls[..at].iter().rev().take(1).chain(calls.get(at + 1));
    let mut others = near.map(|&(_, other)| other);
    call.call == "close"
        && others.any(|other| {
            let both = other.fd.zip(call.fd);
            other.call == "close"
                && other.task == call.task
                && other.errno.as_deref() == Some("EBADF")
                && both.is_some_and(|(one, fd)| one.abs_diff(fd) == 1)
        })
}

fn wrong(
    lives: &Lives,
    before: &Closed,
    place: usize,
    call: &Call,
) -> Option<Finding> {
    let fd = call.fd?;
    let task = |task: usize| lives.trace.tasks[task].tid;
    let process = lives.process(call.task);
    if before.call.task == call.task {
        return (call.call == "close").then(|| Finding {
            lint: &DOUBLE_CLOSE,
            task: call.task,
            socket: before.call.socket,
            events: vec![before.place, place],
            says: format!(
                "{} closed {fd}, and closed {fd} again: EBADF.",
                lives.who(process)
            ),
            times: 1,
        });
    }
    let had = lives.holdings.iter().find(|one| {
        one.process == process
            && one.fd == fd
            && one.until == Some(before.place)
    });
    let from = had.map(|held| held.from);
    Some(Finding {
        lint: &CLOSED_BY_ANOTHER,
        task: before.call.task,
        socket: before.call.socket,
        events: from.into_iter().chain([before.place, place]).collect(),
        says: format!(
            "Thread {} of {} closed {fd}; then thread {} called {}({fd}): \
             EBADF.",
            task(before.call.task),
            lives.who(process),
            task(call.task),
            call.call,
        ),
        times: 1,
    })
}
