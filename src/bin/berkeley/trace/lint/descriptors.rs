//! Descriptors that somebody holds who should have let go of them: after
//! fork(2), after the end of a connection. (`over_exec.rs`: after execve(2).)

use std::collections::BTreeMap;

use super::lives::{
    Holding, Lives, accepts, is_accept, is_talk, is_wait_for_many, meets_end,
    returned,
};
use super::{Finding, Lint};
use crate::trace::record::{Birth, Event};

static PARENT_KEEPS_PEER: Lint = Lint {
    id: "parent-keeps-peer",
    title: "the parent keeps the connection that its child serves",
    why: "fork(2) copies descriptors. A connection ends with the last of \
          them: while the parent has its copy, the child's close(2) sends no \
          FIN, the peer waits for the end in vain, and the parent runs out \
          of descriptors.",
    mend: "In the parent, close(2) the accepted socket right after fork(2).",
};

static CHILD_KEEPS_LISTENER: Lint = Lint {
    id: "child-keeps-listener",
    title: "the child keeps the listener while it serves",
    why: "fork(2) copies the listening socket, too. While a child has it, \
          the port stays taken when the server ends, and clients are still \
          put into a queue that nobody accepts from.",
    mend: "In the child, close(2) the listener before serving.",
};

static LEAK: Lint = Lint {
    id: "descriptor-leak",
    title: "connections that are over are never closed",
    why: "recv(2) gave 0: the peer is done. Until close(2) the socket stays \
          in CLOSE_WAIT and its descriptor is taken; at RLIMIT_NOFILE \
          accept(2) fails with EMFILE.",
    mend: "close(2) the socket on every way out of serving: at the end of \
           input, and after an error.",
};

pub(super) fn find(lives: &Lives) -> Vec<Finding> {
    let mut all = Vec::new();
    for holding in &lives.holdings {
        all.extend(parent_keeps_peer(lives, holding));
        all.extend(child_keeps_listener(lives, holding));
    }
    all.extend(leaks(lives));
    all
}

fn parent_keeps_peer(lives: &Lives, held: &Holding) -> Option<Finding> {
    let accept = lives.call(held.from).filter(|call| accepts(call))?;
    if !lives.is_told(&["close"]) {
        return None;
    }
    let parent = held.process;
    let child = lives.children(parent).find(|&child| {
        inherits(lives, child, held.socket) && talks(lives, child, held.socket)
    })?;
    let born_ns = lives.processes[child].born_ns;
    let mut later = lives.calls(parent);
    let goes_on = later.any(|(_, call)| {
        (is_accept(call) || is_wait_for_many(call)) && call.enter_ns > born_ns
    });
    let end = last_of(lives, child, held.socket);
    let late = late_close(lives, held, end);
    let fate = match late {
        _ if lives.is_never_closed(held) => "never closed its own copy",
        Some(_) => "kept its own copy until it had accepted the next one",
        None => return None,
    };
    let mut about = lives.about(held.socket);
    let has_a_use_for_it = about.any(|(_, call)| {
        lives.process(call.task) == parent
            && call.enter_ns > born_ns
            && (is_talk(call) || is_wait_for_many(call))
    });
    if !goes_on || has_a_use_for_it || passes_on(lives, held) {
        return None;
    }
    let born = lives.processes[child].born;
    let events = [Some(held.from), born, end].into_iter().flatten();
    Some(Finding {
        lint: &PARENT_KEEPS_PEER,
        task: accept.task,
        socket: Some(held.socket),
        events: events.chain(late.into_iter().flatten()).collect(),
        says: format!(
            "{} accepted {} and forked {} to serve it, but {fate}.",
            lives.who(parent),
            lives.what(held),
            lives.who(child),
        ),
        times: 1,
    })
}

/// The parent accepts the next one, and only then closes its copy of the
/// last: a variable that got a new value, in a language that closes then.
fn late_close(
    lives: &Lives,
    held: &Holding,
    end: Option<usize>,
) -> Option<[usize; 2]> {
    let place = held.until?;
    let close = lives.call(place).filter(|call| call.call == "close")?;
    let (next, accept) = lives.calls(held.process).find(|(_, call)| {
        accepts(call)
            && call.enter_ns > held.since_ns
            && returned(call) <= close.enter_ns
    })?;
    // The peer has waited for its end meanwhile.
    let is_over = lives.trace.events[end?].at() < returned(accept);
    is_over.then_some([next, place])
}

/// Whether it was born with this socket.
fn inherits(lives: &Lives, child: usize, socket: usize) -> bool {
    let born = lives.processes[child].born;
    lives.holdings.iter().any(|one| {
        one.process == child && one.socket == socket && Some(one.from) == born
    })
}

fn talks(lives: &Lives, process: usize, socket: usize) -> bool {
    lives
        .about(socket)
        .any(|(_, call)| lives.process(call.task) == process && is_talk(call))
}

fn passes_on(lives: &Lives, held: &Holding) -> bool {
    lives.calls(held.process).any(|(_, call)| {
        call.passed.iter().any(|one| one.socket == Some(held.socket))
    })
}

/// How this process lets go of the socket: its close, or its end.
fn last_of(lives: &Lives, process: usize, socket: usize) -> Option<usize> {
    let mut held = lives.holdings.iter();
    held.find(|one| one.process == process && one.socket == socket)?.until
}

fn child_keeps_listener(lives: &Lives, held: &Holding) -> Option<Finding> {
    let child = held.process;
    let process = &lives.processes[child];
    let is_inherited = process.born == Some(held.from)
        && matches!(process.birth, Birth::Fork | Birth::Clone);
    if !is_inherited
        || !lives.socket(held.socket).listens
        || !lives.is_never_closed(held)
        || !lives.is_told(&["close"])
        || executes(lives, child)
    {
        return None;
    }
    let mut about = lives.about(held.socket);
    if about.any(|(_, call)| is_within(lives, lives.process(call.task), child))
    {
        return None;
    }
    let (talk, call) = lives.calls(child).find(|(_, call)| {
        let from = call.socket.map(|one| lives.socket(one).accepted_from);
        is_talk(call) && from == Some(Some(held.socket))
    })?;
    let events = [process.born, Some(talk), process.end];
    Some(Finding {
        lint: &CHILD_KEEPS_LISTENER,
        task: call.task,
        socket: Some(held.socket),
        events: events.into_iter().flatten().collect(),
        says: format!(
            "{} serves its peer, and holds the listener {} to its end.",
            lives.who(child),
            lives.what(held),
        ),
        times: 1,
    })
}

fn executes(lives: &Lives, process: usize) -> bool {
    lives.trace.events.iter().any(|event| {
        matches!(event, Event::Exec(exec)
            if lives.process(exec.task) == process)
    })
}

/// Whether it is this process or descends from it.
pub(super) fn is_within(
    lives: &Lives,
    process: usize,
    ancestor: usize,
) -> bool {
    let mut at = Some(process);
    while let Some(process) = at {
        if process == ancestor {
            return true;
        }
        at = lives.processes[process].parent;
    }
    false
}

fn leaks(lives: &Lives) -> Vec<Finding> {
    let mut by_process: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
    if lives.is_told(&["close"]) {
        for held in &lives.holdings {
            let all = by_process.entry(held.process).or_default();
            all.extend(leak(lives, held));
        }
    }
    // One that is left may be on its way to its close.
    by_process.retain(|_, all| all.len() > 1);
    by_process.into_values().flatten().collect()
}

fn leak(lives: &Lives, held: &Holding) -> Option<Finding> {
    let accept = lives.call(held.from)?;
    let comes = accepts(accept) || accept.call == "recvmsg";
    if !comes || !lives.is_never_closed(held) {
        return None;
    }
    let process = held.process;
    let own = |task: usize| lives.process(task) == process;
    let (end, call) = lives
        .about(held.socket)
        .find(|(_, call)| own(call.task) && meets_end(call))?;
    let (_, last) = lives.about(held.socket).next_back()?;
    if last.exit_ns.is_none() || last.errno.as_deref() == Some("EAGAIN") {
        return None;
    }
    let over = returned(call);
    let mut later = lives.calls(process).filter(|(_, other)| {
        other.enter_ns >= over && other.socket != Some(held.socket)
    });
    let turns_away = later.any(|(_, other)| other.task == call.task)
        || lives.trace.tasks[call.task].ended_ns.is_some();
    let (next, _) = lives
        .calls(process)
        .find(|(_, other)| accepts(other) && returned(other) > over)?;
    let next_ns = lives.trace.events[next].at();
    // Who said that nothing more will come may still be sent to.
    let is_of_use = lives.about(held.socket).any(|(_, other)| {
        own(other.task) && is_talk(other) && other.enter_ns > next_ns
    });
    (turns_away && !is_of_use).then(|| Finding {
        lint: &LEAK,
        task: call.task,
        socket: Some(held.socket),
        events: vec![held.from, end, next],
        says: format!(
            "{} was told the end of {} and went on to others without closing \
             it.",
            lives.who(process),
            lives.what(held),
        ),
        times: 1,
    })
}
