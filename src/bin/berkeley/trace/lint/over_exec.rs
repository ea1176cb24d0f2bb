//! Sockets that a program was left with when it was executed. Man page:
//! `execve(2)`.

use super::descriptors::is_within;
use super::lives::{Holding, Lives, accepts};
use super::{Finding, Lint};
use crate::trace::record::Event;

static OVER_EXEC: Lint = Lint {
    id: "inherited-over-exec",
    title: "a program that was executed got a socket it does not use",
    why: "Descriptors stay open over execve(2). The new program knows \
          nothing of the socket, and holds it to its end: the peer gets no \
          FIN, the port stays taken.",
    mend: "Make sockets with SOCK_CLOEXEC: socket(2), accept4(2); or set \
           FD_CLOEXEC, fcntl(2).",
};

pub(super) fn find(lives: &Lives) -> Vec<Finding> {
    let mut all: Vec<Finding> = Vec::new();
    for (place, event) in lives.trace.events.iter().enumerate() {
        let Event::Exec(exec) = event else { continue };
        let process = lives.process(exec.task);
        if lives.ended(process).is_none() {
            continue;
        }
        let unused = lives.holdings.iter().filter(|held| {
            let own = held.process == process && held.fd > 2;
            own && exec.holds.iter().any(|one| one.fd == held.fd)
                && held.since_ns <= exec.at_ns
                && is_open_until(lives, held, exec.at_ns)
                && is_made_by_call(lives, held.socket)
                && !is_used_since(lives, held, exec.at_ns)
                && !is_on_its_way(lives, held)
        });
        let unused: Vec<&Holding> = unused.collect();
        let Some(first) = unused.first() else { continue };
        let maker = maker(lives, first.socket);
        let names: Vec<String> =
            unused.iter().map(|held| lives.what(held)).collect();
        let them = if names.len() == 1 { "it" } else { "them" };
        all.push(Finding {
            lint: &OVER_EXEC,
            task: exec.task,
            socket: Some(first.socket),
            events: maker.into_iter().chain([place]).collect(),
            says: format!(
                "{} {} holds {} and never uses {them}.",
                exec.name,
                exec.pid,
                names.join(", ")
            ),
            times: 1,
        });
    }
    all
}

fn is_open_until(lives: &Lives, held: &Holding, at_ns: u64) -> bool {
    let until = held.until.map(|place| lives.trace.events[place].at());
    until.is_none_or(|until| until > at_ns)
}

/// The call that made it. The two ends of socketpair(2) are often held to
/// learn of the other's end, and for nothing else.
fn maker(lives: &Lives, socket: usize) -> Option<usize> {
    let mut of_it = lives.holdings.iter();
    let made = of_it.find(|one| {
        let call = lives.call(one.from);
        one.socket == socket
            && call.is_some_and(|call| call.call == "socket" || accepts(call))
    });
    made.map(|one| one.from)
}

fn is_made_by_call(lives: &Lives, socket: usize) -> bool {
    maker(lives, socket).is_some()
}

fn is_used_since(lives: &Lives, held: &Holding, at_ns: u64) -> bool {
    lives.about(held.socket).any(|(_, call)| {
        let by = lives.process(call.task);
        is_within(lives, by, held.process) && call.enter_ns >= at_ns
    })
}

/// Whether it was given to this process's parent over an exec, and is used
/// there: a shell that runs other programs before the one that it is for.
fn is_on_its_way(lives: &Lives, held: &Holding) -> bool {
    let mut at = lives.processes[held.process].parent;
    while let Some(process) = at {
        let was_given = lives.trace.events.iter().any(|event| {
            matches!(event, Event::Exec(exec)
            if lives.process(exec.task) == process
                && exec.at_ns <= held.since_ns
                && exec.holds.iter().any(|one| {
                    one.socket == Some(held.socket)
                }))
        });
        let is_used = lives.about(held.socket).any(|(_, call)| {
            lives.process(call.task) == process
                && call.call != "close"
                && call.enter_ns >= held.since_ns
        });
        if was_given && is_used {
            return true;
        }
        at = lives.processes[process].parent;
    }
    false
}
