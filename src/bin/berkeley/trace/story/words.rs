//! A moment in a few words: the name of the call, what it is about, and what
//! came of it.
//!
//! `send` and `recv` are the names of the C library for sendto and recvfrom
//! without an address; `fork` is what it calls a clone of the whole process.
//! The kernel has no calls of these names, so that only these are translated.

use super::super::record::{
    Birth, Born, Call, Descriptor, Ended, Exec, Signal, Socket,
};
use super::calls;

/// `TCP`, `UDP`, `UNIX`; whatever else there is by its family.
pub(super) fn kind(socket: &Socket) -> String {
    let is_stream = socket.kind.starts_with("SOCK_STREAM");
    let is_datagram = socket.kind.starts_with("SOCK_DGRAM");
    match socket.family.as_str() {
        "AF_INET" | "AF_INET6" if is_stream => "TCP".to_owned(),
        "AF_INET" | "AF_INET6" if is_datagram => "UDP".to_owned(),
        other => other.trim_start_matches("AF_").to_owned(),
    }
}

/// What a call of socket(2) asks for.
fn asked(call: &Call) -> String {
    let arg = |at: usize| call.args.get(at).map_or("", String::as_str);
    let bare = arg(1).split('|').next().unwrap_or("");
    let short = match (arg(0), bare) {
        ("AF_INET", "SOCK_STREAM") => "TCP",
        ("AF_INET", "SOCK_DGRAM") => "UDP",
        ("AF_INET6", "SOCK_STREAM") => "TCP, IPv6",
        ("AF_INET6", "SOCK_DGRAM") => "UDP, IPv6",
        ("AF_UNIX", "SOCK_STREAM") => "UNIX",
        (family, kind) => {
            let kind = kind.trim_start_matches("SOCK_");
            return format!("{}, {kind}", family.trim_start_matches("AF_"));
        }
    };
    short.to_owned()
}

pub(super) fn numbers(descriptors: &[Descriptor]) -> String {
    let numbers: Vec<String> =
        descriptors.iter().map(|one| one.fd.to_string()).collect();
    numbers.join(", ")
}

fn has_no_address(call: &Call) -> bool {
    call.address.is_none()
        && call.args.get(4).is_none_or(|address| address == "NULL")
}

fn name(call: &Call, birth: Option<Birth>) -> &str {
    match (call.call.as_str(), birth) {
        ("sendto", _) if has_no_address(call) => "send",
        ("recvfrom", _) if has_no_address(call) => "recv",
        ("clone" | "clone3", Some(Birth::Fork)) => "fork",
        ("clone" | "clone3", Some(Birth::Vfork)) => "vfork",
        (name, _) => name,
    }
}

/// `connect(3, 127.0.0.1:5000)`. `birth` is that of the child which the call
/// made.
pub(super) fn head(call: &Call, birth: Option<Birth>) -> String {
    let about = about(call, birth);
    format!("{}({about})", name(call, birth))
}

fn about(call: &Call, birth: Option<Birth>) -> String {
    let arg = |at: usize| call.args.get(at).map_or("", String::as_str);
    let fd = call.fd.map_or_else(String::new, |fd| fd.to_string());
    let address = || call.address.as_deref().unwrap_or(arg(1));
    match call.call.as_str() {
        "socket" | "socketpair" => asked(call),
        "bind" | "connect" => format!("{fd}, {}", address()),
        "shutdown" => format!("{fd}, {}", arg(1).replace("SHUT_", "")),
        "setsockopt" => format!("{fd}, {}, {}", arg(2), arg(3)),
        "getsockopt" => format!("{fd}, {}", arg(2)),
        // Whatever else it sets stood there before.
        "fcntl" if arg(2) == "O_RDWR|O_NONBLOCK" => {
            format!("{fd}, F_SETFL, O_NONBLOCK")
        }
        "fcntl" => join(&[&fd, arg(1), arg(2)]),
        "listen" | "dup2" | "dup3" => format!("{fd}, {}", arg(1)),
        "epoll_ctl" => {
            let how = arg(1).replace("EPOLL_CTL_", "");
            format!("{}, {how}, {}", arg(0), numbers(&call.awaits))
        }
        "epoll_wait" | "epoll_pwait" | "epoll_pwait2" => fd,
        "sendto" => with_address(call, fd),
        "sendmsg" if !call.passed.is_empty() => {
            format!("{fd}, passes {}", numbers(&call.passed))
        }
        "recvfrom" | "read" => {
            let flags = if call.call == "read" { "0" } else { arg(3) };
            let flags = if flags == "0" { "" } else { flags };
            join(&[&fd, arg(2), flags])
        }
        _ if calls::is_poll(call) => numbers(&call.awaits),
        _ if calls::is_fork(call) && birth == Some(Birth::Thread) => {
            "thread".to_owned()
        }
        _ => fd,
    }
}

fn with_address(call: &Call, fd: String) -> String {
    match &call.address {
        Some(address) => format!("{fd}, {address}"),
        None => fd,
    }
}

fn join(parts: &[&str]) -> String {
    let parts: Vec<&str> =
        parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// ` = 4  127.0.0.1:41234`, without its blank. Nothing where 0 only says
/// that it has been done.
pub(super) fn tail(call: &Call) -> String {
    if let Some(errno) = &call.errno {
        return if calls::is_interrupted(call) && errno != "EINTR" {
            "interrupted".to_owned()
        } else {
            format!("= {errno}")
        };
    }
    let Some(result) = call.result else { return String::new() };
    if (calls::is_accept(call) || call.call == "recvfrom")
        && let Some(address) = &call.address
    {
        return format!("= {result}  {address}");
    }
    let names = matches!(call.call.as_str(), "getsockname" | "getpeername");
    if let (Some(address), true) = (&call.address, names) {
        return format!("= {address}");
    }
    if let ("getsockopt", Some(value)) = (&*call.call, call.args.get(3)) {
        return format!("= {value}");
    }
    if calls::is_poll(call) && !call.ready.is_empty() {
        return format!("= {result}  {}", ready(call));
    }
    if call.call == "socketpair" {
        return format!("= {}", numbers(&call.made));
    }
    if call.call == "recvmsg" && !call.made.is_empty() {
        return format!("= {result}  gets {}", numbers(&call.made));
    }
    let counts = calls::is_send(call)
        || calls::is_receive(call)
        || calls::is_poll(call)
        || calls::is_fork(call)
        || calls::is_reap(call);
    let tells = counts || !call.made.is_empty() || result != 0;
    if tells { format!("= {result}") } else { String::new() }
}

/// `4 IN, 5 IN|HUP`
fn ready(call: &Call) -> String {
    let bare = |events: &str| {
        let events: Vec<&str> = events
            .split('|')
            .map(|one| one.trim_start_matches("EPOLL"))
            .map(|one| one.trim_start_matches("POLL"))
            .collect();
        events.join("|")
    };
    let ready: Vec<String> = call
        .ready
        .iter()
        .map(|one| format!("{} {}", one.fd, bare(&one.events)))
        .collect();
    ready.join(", ")
}

pub(super) fn whole(call: &Call, birth: Option<Birth>) -> String {
    let (head, tail) = (head(call, birth), tail(call));
    if tail.is_empty() { head } else { format!("{head} {tail}") }
}

/// A process has descriptors of its own; a thread shares them.
pub(super) fn birth(born: &Born, how: Birth) -> String {
    match (how, born.holds.is_empty()) {
        (Birth::Thread, _) => "starts".to_owned(),
        (_, true) => "holds no socket".to_owned(),
        (_, false) => format!("holds {}", numbers(&born.holds)),
    }
}

pub(super) fn end(ended: &Ended) -> String {
    match (&ended.signal, ended.code) {
        (Some(signal), _) => signal.clone(),
        (None, Some(code)) => format!("exit {code}"),
        _ if ended.by_exec => "ended by an exec".to_owned(),
        (None, None) => "not followed any more".to_owned(),
    }
}

/// The return of a call that has waited says what it gave, even if that is
/// nothing but 0.
pub(super) fn tail_of_wait(call: &Call) -> String {
    let tail = tail(call);
    if tail.is_empty() { "= 0".to_owned() } else { tail }
}

pub(super) fn exec(exec: &Exec) -> String {
    format!("exec {}", exec.name)
}

/// raise(3) and abort(3) are calls of nobody else.
pub(super) fn signal(signal: &Signal) -> String {
    if signal.from_pid == Some(signal.pid) {
        format!("{} from itself", signal.signal)
    } else {
        signal.signal.clone()
    }
}

/// Signals that ask a program to go are no failure of its own.
pub(super) fn is_bad_end(ended: &Ended) -> bool {
    let asks = ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL", "SIGQUIT"];
    match &ended.signal {
        Some(signal) => !asks.contains(&signal.as_str()),
        None => ended.code.is_some_and(|code| code != 0),
    }
}
