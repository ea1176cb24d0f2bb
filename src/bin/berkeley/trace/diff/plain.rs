//! A call as it is compared: without what differs from run to run.
//!
//! Descriptors become names, ports become PORT, pids and pointers are left
//! out, and of a birth only the flags are kept: where the runtime puts a
//! stack, and how much of it goes to its thread-local storage, is its own
//! affair. A call that a signal interrupted is made again, and counts then.

use super::super::record::Call;
use super::named::Names;
use super::words::Words;

/// A call of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) call: String,
    /// `recvfrom(peer, "Okay\n", 280, 0, NULL, NULL) = 5`
    pub(super) text: String,
    /// The same without its result.
    pub(super) asked: String,
    /// The one peer that it is about: an index of the trace's sockets.
    pub(super) peer: Option<usize>,
    /// A wait for several descriptors, and which of them were ready.
    pub(super) is_round: bool,
    /// The last of these that the task has made.
    pub(super) is_last_round: bool,
}

impl Said {
    /// Whether it wakes all who wait for a peer.
    pub(super) fn is_the_end(&self) -> bool {
        self.asked.starts_with("shutdown(listener")
            && self.asked.ends_with("SHUT_RDWR)")
    }

    /// Whether it reaps a child only if one has ended.
    pub(super) fn is_look(&self) -> bool {
        self.call == "wait4" && self.asked.contains("WNOHANG")
    }

    /// The end of a task by a signal.
    pub(super) fn killed(signal: &str) -> Said {
        let text = format!("killed by {signal}");
        Said {
            call: String::new(),
            asked: text.clone(),
            text,
            peer: None,
            is_round: false,
            is_last_round: false,
        }
    }
}

const BIRTHS: [&str; 4] = ["fork", "vfork", "clone", "clone3"];
const REAPS: [&str; 2] = ["wait4", "waitid"];
const ENDS: [&str; 2] = ["exit", "exit_group"];
const ROUNDS: [&str; 6] =
    ["poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait"];

/// The call in words; `None` when it is none of those that are compared.
pub(super) fn said(call: &Call, names: &mut Names<'_>) -> Option<Said> {
    if !is_compared(call) || !has_happened(call) {
        return None;
    }
    let name = call.call.as_str();
    let known = names.of_call(call);
    let is_round = ROUNDS.contains(&name) && call.awaits.len() != 1;
    let mut args = match name {
        _ if BIRTHS.contains(&name) => vec![flags(call)],
        _ if REAPS.contains(&name) => reaped(call),
        _ => args(call, &known, &names.sockets.ports),
    };
    if let Some(time) = args.get_mut(place_of_time(name)) {
        *time = names.time(time, is_round);
    }
    let asked = format!("{name}({})", args.join(", "));
    let text = match result(call, names) {
        Some(result) => format!("{asked} = {result}"),
        None => asked.clone(),
    };
    let sockets = [&call.made, &call.passed, &call.awaits];
    let others = sockets.into_iter().flatten();
    let others = others.filter(|_| !is_round).filter_map(|one| one.socket);
    let mut peers = call
        .socket
        .into_iter()
        .chain(others)
        .filter(|&socket| names.sockets.is_peer(socket));
    Some(Said {
        call: name.to_string(),
        text,
        asked,
        peer: peers.next(),
        is_round,
        is_last_round: false,
    })
}

fn is_compared(call: &Call) -> bool {
    let name = call.call.as_str();
    let lists = [&call.made, &call.passed, &call.awaits];
    let mut all = lists.into_iter().flatten();
    let is_lock = |arg: &String| arg.contains("_SETLK");
    call.socket.is_some()
        || all.any(|one| one.socket.is_some())
        || BIRTHS.contains(&name)
        || REAPS.contains(&name)
        || ENDS.contains(&name)
        || name.starts_with("epoll_")
        || ["socket", "socketpair"].contains(&name)
        || name == "fcntl" && call.args.iter().any(is_lock)
}

/// Whether it has returned, and not only to be made again. Who ends does not
/// return from that.
fn has_happened(call: &Call) -> bool {
    let errno = call.errno.as_deref().unwrap_or_default();
    let is_again = errno == "EINTR" || errno.starts_with("ERESTART");
    let ends = ENDS.contains(&call.call.as_str());
    !is_again && (call.result.is_some() || ends)
}

/// `CLONE_VM | CLONE_FS`, in pieces that a narrow pane can break.
fn flags(call: &Call) -> String {
    let text = call.args.join(", ");
    let end = |c: char| !(c.is_ascii_alphanumeric() || "_|".contains(c));
    let words = text.split(end).flat_map(|word| word.split('|'));
    let flags: Vec<&str> = words
        .filter(|word| word.starts_with("CLONE_") || *word == "SIGCHLD")
        .collect();
    flags.join(" | ")
}

/// Which child, and how: its number is left out.
fn reaped(call: &Call) -> Vec<String> {
    let mut args = call.args.clone();
    for arg in &mut args {
        if arg.parse::<i32>().is_ok_and(|pid| pid > 0) {
            *arg = "a child".to_string();
        } else if arg.starts_with("0x") {
            *arg = "...".to_string();
        }
    }
    args
}

fn args(call: &Call, known: &[(i32, String)], ports: &[u16]) -> Vec<String> {
    let name = call.call.as_str();
    let is_epoll = ["epoll_ctl", "epoll_wait", "epoll_pwait"].contains(&name);
    let arg = |(at, arg): (usize, &String)| {
        let is_fd = match (name, at) {
            (_, 0) if is_epoll => return "epoll".to_string(),
            // What was ready is its result.
            ("epoll_wait" | "epoll_pwait", 1) => return "...".to_string(),
            ("epoll_ctl", 2)
            | ("select" | "pselect6", 1..=3)
            | ("socketpair", 3) => true,
            _ => at == 0 && call.fd.is_some_and(|fd| *arg == fd.to_string()),
        };
        Words::new(known, ports, is_fd).of(arg)
    };
    call.args.iter().enumerate().map(arg).collect()
}

/// Which argument says how long a call may wait.
fn place_of_time(name: &str) -> usize {
    match name {
        "poll" | "ppoll" => 2,
        "epoll_wait" | "epoll_pwait" => 3,
        "select" | "pselect6" => 4,
        _ => usize::MAX,
    }
}

fn result(call: &Call, names: &mut Names<'_>) -> Option<String> {
    if let Some(errno) = &call.errno {
        return Some(errno.clone());
    }
    let result = call.result?;
    let name = call.call.as_str();
    let made: Vec<String> = call
        .made
        .iter()
        .filter_map(|made| made.socket)
        .map(|socket| names.name(socket))
        .collect();
    let ready = call.ready.iter().map(|one| {
        let name = match one.socket {
            Some(socket) => names.name(socket),
            None => format!("fd {}", one.fd),
        };
        format!("{name} {}", one.events)
    });
    let ready: Vec<String> = ready.collect();
    let is_thread = || call.args.iter().any(|arg| arg.contains("_THREAD"));
    Some(if BIRTHS.contains(&name) && is_thread() {
        "a thread".to_string()
    } else if BIRTHS.contains(&name) || REAPS.contains(&name) && result > 0 {
        "a child".to_string()
    } else if name == "recvmsg" && !made.is_empty() {
        format!("{result}, with {}", made.join(", "))
    } else if !made.is_empty() && name != "socketpair" {
        made.join(", ")
    } else if !ready.is_empty() {
        ready.join(", ")
    } else {
        result.to_string()
    })
}
