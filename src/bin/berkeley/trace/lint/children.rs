//! Children: who is waited for, who is not, and what they are left with.
//! Man pages: `wait(2)`, `fork(2)`, `signal(7)`.

use std::collections::HashMap;

use super::lives::{
    Lives, accepts, asks_to_end, is_accept, is_talk, returned,
};
use super::{Finding, Lint};
use crate::trace::record::{Birth, Call, Event};

static ZOMBIES: Lint = Lint {
    id: "zombies",
    title: "children that have ended are never waited for",
    why: "An ended child stays in the process table until its parent waits \
          for it: a zombie, seen as Z in ps(1). A server that lives long \
          fills the table, and fork(2) fails with EAGAIN.",
    mend: "In a handler of SIGCHLD: while (waitpid(-1, NULL, WNOHANG) > 0); \
           or ignore SIGCHLD at the start, and the kernel keeps no zombies, \
           wait(2).",
};

static LOST_SIGCHLD: Lint = Lint {
    id: "lost-sigchld",
    title: "one wait for several children",
    why: "Signals do not queue: children that end while SIGCHLD is pending \
          or blocked cause one SIGCHLD together, signal(7). One wait per \
          signal leaves the others zombies.",
    mend: "Wait in a loop: while (waitpid(-1, NULL, WNOHANG) > 0);",
};

static BLOCKING_WAIT: Lint = Lint {
    id: "blocking-wait",
    title: "the server waits for its child before it accepts again",
    why: "While the parent is in wait, nobody accepts: the next client is \
          served when this one is done. A child per client then gains \
          nothing over serving in turn.",
    mend: "Wait where nobody is kept waiting: in a handler of SIGCHLD, and \
           with WNOHANG, waitpid(2).",
};

static FORK_IN_THREADS: Lint = Lint {
    id: "fork-in-threads",
    title: "a process with threads forks, and the child serves",
    why: "Only the thread that calls fork(2) is in the child. A lock that \
          another thread holds at that moment (malloc's, stdio's) stays \
          locked there for ever: until execve(2) only async-signal-safe \
          functions are allowed, signal-safety(7).",
    mend: "Fork before the first thread is made; or use threads, or \
           processes, for all.",
};

static ORPHANS: Lint = Lint {
    id: "orphans",
    title: "children outlive their server with its listener",
    why: "The port stays taken: the server's next start fails with \
          EADDRINUSE, or clients get into a queue of the old children, who \
          are nobody's any more.",
    mend: "Before the parent ends: kill(2) its children and wait(2) for \
           them; or prctl(PR_SET_PDEATHSIG) in the child; and close(2) the \
           listener in children that do not accept.",
};

pub(super) fn find(lives: &Lives) -> Vec<Finding> {
    let heard = children_heard_of(lives);
    let mut all = Vec::new();
    for child in 0..lives.processes.len() {
        let Some(parent) = lives.processes[child].parent else { continue };
        all.extend(zombie(lives, &heard, parent, child));
        all.extend(lost(lives, parent, child));
        all.extend(waited_for(lives, parent, child));
        all.extend(forked_beside_threads(lives, parent, child));
        all.extend(orphan(lives, parent, child));
    }
    all
}

/// By parent and the child's pid, the signal that told of its end. A parent
/// that ignores SIGCHLD gets none.
fn children_heard_of(lives: &Lives) -> HashMap<(usize, i32), usize> {
    let all = lives.trace.events.iter().enumerate();
    let heard = all.filter_map(|(place, event)| match event {
        Event::Signal(signal) if signal.signal == "SIGCHLD" => {
            let process = lives.process(signal.task);
            Some(((process, signal.from_pid?), place))
        }
        _ => None,
    });
    heard.collect()
}

fn is_wait(call: &Call) -> bool {
    ["wait4", "waitid", "waitpid"].contains(&call.call.as_str())
}

/// Whether it took this child's end.
fn reaps(call: &Call, pid: i32) -> bool {
    let has = |text: &str| call.args.iter().any(|arg| arg.contains(text));
    match call.call.as_str() {
        "waitid" => has(&format!("si_pid={pid},")) && !has("WNOWAIT"),
        _ => is_wait(call) && call.result == Some(i64::from(pid)),
    }
}

fn accepts_after(lives: &Lives, process: usize, at_ns: u64) -> Option<usize> {
    let mut calls = lives.calls(process);
    let found =
        calls.find(|(_, call)| accepts(call) && returned(call) > at_ns);
    found.map(|(place, _)| place)
}

fn zombie(
    lives: &Lives,
    heard: &HashMap<(usize, i32), usize>,
    parent: usize,
    child: usize,
) -> Option<Finding> {
    let end = lives.processes[child].end?;
    let signal = *heard.get(&(parent, lives.pid(child)))?;
    // A log may leave waits out; hardly, where it has exit_group.
    let waits = lives.calls(parent).any(|(_, call)| is_wait(call));
    if waits || !lives.is_told(&["wait4", "waitid", "exit_group"]) {
        return None;
    }
    let at_ns = lives.trace.events[signal].at();
    let next = accepts_after(lives, parent, at_ns)?;
    Some(Finding {
        lint: &ZOMBIES,
        task: lives.processes[parent].task,
        socket: None,
        events: vec![end, signal, next],
        says: format!(
            "{}, a child of {}, has ended; its parent went on accepting and \
             never waited for it.",
            lives.who(child),
            lives.who(parent),
        ),
        times: 1,
    })
}

fn lost(lives: &Lives, parent: usize, child: usize) -> Option<Finding> {
    let (pid, end) = (lives.pid(child), lives.processes[child].end?);
    if lives.calls(parent).any(|(_, call)| reaps(call, pid)) {
        return None;
    }
    let (wait, last) =
        lives.calls(parent).rev().find(|(_, call)| is_wait(call))?;
    let takes_anybody = matches!(last.args.first()?.as_str(), "-1" | "P_ALL");
    let took_one = match last.call.as_str() {
        "waitid" => last.args.iter().any(|arg| arg.contains("si_pid=")),
        _ => last.result.is_some_and(|pid| pid > 0),
    };
    let was_there = lives.trace.events[end].at() < last.enter_ns;
    if !takes_anybody || !took_one || !was_there {
        return None;
    }
    let next = accepts_after(lives, parent, returned(last))?;
    Some(Finding {
        lint: &LOST_SIGCHLD,
        task: last.task,
        socket: None,
        events: vec![end, wait, next],
        says: format!(
            "{} had ended when {} waited; it took one child, went back to \
             accepting, and never waited for this one.",
            lives.who(child),
            lives.who(parent),
        ),
        times: 1,
    })
}

fn waited_for(lives: &Lives, parent: usize, child: usize) -> Option<Finding> {
    let pid = lives.pid(child);
    let mut waits = lives.calls(parent);
    let (place, wait) = waits.find(|(_, call)| {
        let is_patient = !call.args.iter().any(|arg| arg.contains("WNOHANG"));
        reaps(call, pid) && is_patient
    })?;
    let before = |(_, call): &(usize, &Call)| {
        accepts(call) && returned(call) < wait.enter_ns
    };
    let (accept, accepted) = lives.calls(parent).rev().find(before)?;
    let peer = accepted.made.first()?.socket?;
    lives.calls(child).find(|(_, call)| {
        is_talk(call)
            && call.socket == Some(peer)
            && call.enter_ns > wait.enter_ns
            && returned(call) < returned(wait)
    })?;
    let (next, _) = lives
        .calls(parent)
        .find(|(_, call)| is_accept(call) && call.enter_ns > returned(wait))?;
    Some(Finding {
        lint: &BLOCKING_WAIT,
        task: wait.task,
        socket: Some(peer),
        events: vec![accept, place, next],
        says: format!(
            "{} accepted nobody while {} served its peer: it was in {}.",
            lives.who(parent),
            lives.who(child),
            wait.call,
        ),
        times: 1,
    })
}

fn forked_beside_threads(
    lives: &Lives,
    parent: usize,
    child: usize,
) -> Option<Finding> {
    let process = &lives.processes[child];
    if !matches!(process.birth, Birth::Fork | Birth::Clone) {
        return None;
    }
    let (born, born_ns) = (process.born?, process.born_ns);
    let forker = lives.trace.tasks[process.task].parent?;
    let mut tasks = lives.trace.tasks.iter().enumerate();
    // One that only waits for signals holds no lock.
    let works = |task: usize| {
        lives.calls(parent).any(|(_, call)| {
            call.task == task && (is_talk(call) || is_accept(call))
        })
    };
    let (_, other) = tasks.find(|&(task, other)| {
        lives.process(task) == parent
            && task != forker
            && other.born_ns < born_ns
            && other.ended_ns.is_none_or(|ended| ended > born_ns)
            && works(task)
    })?;
    let executes = lives.trace.events.iter().find(|event| {
        matches!(event, Event::Exec(exec)
            if lives.process(exec.task) == child)
    });
    let until_ns = executes.map_or(u64::MAX, Event::at);
    let (serves, call) = lives.calls(child).find(|(_, call)| {
        (is_talk(call) || is_accept(call))
            && call.socket.is_some()
            && call.enter_ns < until_ns
    })?;
    Some(Finding {
        lint: &FORK_IN_THREADS,
        task: forker,
        socket: call.socket,
        events: vec![born, serves],
        says: format!(
            "{} forked {} while its thread {} lived.",
            lives.who(parent),
            lives.who(child),
            other.tid,
        ),
        times: 1,
    })
}

/// A child that was told to end may take so long.
const GRACE_NS: u64 = 100_000_000;

fn orphan(lives: &Lives, parent: usize, child: usize) -> Option<Finding> {
    let over = lives.ended(parent)?;
    let trace_ns = lives.trace.events.last()?.at();
    let end_ns = lives.end_ns(child).min(trace_ns);
    if end_ns < over.at_ns.saturating_add(GRACE_NS) {
        return None;
    }
    let held = lives.holdings.iter().find(|one| {
        let until = one.until.map(|place| lives.trace.events[place].at());
        one.process == child
            && lives.socket(one.socket).listens
            && one.since_ns < over.at_ns
            && until.is_none_or(|until| until >= end_ns)
            && is_own(lives, parent, one.socket)
    })?;
    // Who binds, forks and leaves at once makes a daemon of its child.
    let has_served = lives.calls(parent).any(|(_, call)| is_accept(call));
    let was_killed = over.signal.is_some();
    let signals = lives.trace.events.iter().filter_map(|event| match event {
        Event::Signal(signal) if asks_to_end(&signal.signal) => Some(signal),
        _ => None,
    });
    let mut told = signals.clone();
    let was_told = told.any(|signal| lives.process(signal.task) == parent);
    let mut told = signals;
    let child_was_told = told.any(|signal| {
        lives.process(signal.task) == child
            && signal.at_ns < over.at_ns.saturating_add(GRACE_NS)
    });
    if child_was_told || !(has_served || was_killed || was_told) {
        return None;
    }
    let process = &lives.processes[child];
    let events = [process.born, lives.processes[parent].end, process.end];
    Some(Finding {
        lint: &ORPHANS,
        task: process.task,
        socket: Some(held.socket),
        events: events.into_iter().flatten().collect(),
        says: format!(
            "{} ended, and its child {} lived on with the listener {}.",
            lives.who(parent),
            lives.who(child),
            lives.what(held),
        ),
        times: 1,
    })
}

fn is_own(lives: &Lives, process: usize, socket: usize) -> bool {
    lives.holdings.iter().any(|one| {
        one.process == process
            && one.socket == socket
            && lives.call(one.from).is_some_and(|call| call.call == "socket")
    })
}
