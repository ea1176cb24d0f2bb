//! The record of a trace: one event model. Every drawing is made from it,
//! `--json` prints it, and `--read` accepts it again.
//!
//! Times are in nanoseconds since the trace began. A call's time is as the
//! tracer saw it: `enter_ns` is before the kernel began with it, `exit_ns`
//! after it was done with it. So what one side sent was sent after its
//! `enter_ns`, and what the other got was there before its `exit_ns`.

use std::net::{SocketAddrV4, SocketAddrV6};

use serde::{Deserialize, Serialize};

/// What `format` says in every file.
pub(crate) const FORMAT: &str = "berkeley-trace";
/// What a later reader must know before it reads.
pub(crate) const VERSION: u32 = 1;

/// All of a trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trace {
    pub(crate) format: String,
    pub(crate) version: u32,
    /// What was asked for, as it would be typed.
    pub(crate) command: String,
    pub(crate) source: Source,
    /// Kernel and machine: `Linux 6.1.0 x86_64`.
    pub(crate) system: String,
    /// When it began: seconds since 1970.
    pub(crate) began: f64,
    pub(crate) programs: Vec<Program>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) sockets: Vec<Socket>,
    /// In the order in which they began.
    pub(crate) events: Vec<Event>,
    /// What a reader must know: what could not be seen, and why.
    pub(crate) notes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    Ptrace,
    /// A log of `strace -f -ttt -yy`.
    Strace,
}

/// A program that was started, or attached to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Program {
    pub(crate) role: Role,
    pub(crate) command: Vec<String>,
    /// Its first task: an index of `tasks`.
    pub(crate) task: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// The only one.
    Alone,
    Server,
    Client,
    /// It was running already.
    Attached,
}

/// A thread, or a process of one thread. Events name it by its index in
/// `tasks`, because the kernel gives numbers out again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) tid: i32,
    pub(crate) pid: i32,
    /// `/proc/PID/comm`, or the file's name after an exec.
    pub(crate) name: String,
    /// An index of `programs`.
    pub(crate) program: usize,
    /// An index of `tasks`.
    pub(crate) parent: Option<usize>,
    pub(crate) birth: Birth,
    pub(crate) born_ns: u64,
    pub(crate) ended_ns: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Birth {
    /// By this tool.
    Started,
    /// It was there before the trace.
    Found,
    Fork,
    Vfork,
    /// clone(2), as a process of its own.
    Clone,
    Thread,
}

/// A socket: the kernel's object, whoever holds descriptors of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Socket {
    /// 0 where the kernel's number is not known.
    pub(crate) inode: u64,
    /// The network namespace, as in `net:[4026531840]`.
    pub(crate) namespace: u64,
    /// `AF_INET`, `SOCK_STREAM`, `IPPROTO_TCP`.
    pub(crate) family: String,
    pub(crate) kind: String,
    pub(crate) protocol: String,
    /// The last that is known: `127.0.0.1:5000`, `[::1]:5000`, `/tmp/path`,
    /// `@abstract`.
    pub(crate) local: Option<String>,
    pub(crate) peer: Option<String>,
    pub(crate) listens: bool,
    /// The listener that it was accepted from: an index of `sockets`.
    pub(crate) accepted_from: Option<usize>,
    /// The other end, where it was seen: an index of `sockets`.
    pub(crate) other_end: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event {
    Call(Box<Call>),
    Birth(Born),
    Exec(Exec),
    Signal(Signal),
    /// A task was stopped for long, by a signal, or goes on again.
    Pause(Pause),
    End(Ended),
    State(Transition),
    Segment(Segment),
}

/// A system call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) task: usize,
    pub(crate) tid: i32,
    pub(crate) pid: i32,
    /// `accept4`
    pub(crate) call: String,
    /// The descriptor that it is about, where it is about one.
    pub(crate) fd: Option<i32>,
    /// That descriptor's socket: an index of `sockets`.
    pub(crate) socket: Option<usize>,
    /// In the order of the man page, in readable form. What the kernel
    /// writes is as the kernel left it.
    pub(crate) args: Vec<String>,
    /// As the C library gives it: -1 for an error. Null when it did not
    /// return: its task ended in it, or the trace did.
    pub(crate) result: Option<i64>,
    /// `ECONNREFUSED`; also `ERESTARTSYS` and its like, which no program
    /// sees: the call is then made again (or returns EINTR).
    pub(crate) errno: Option<String>,
    pub(crate) enter_ns: u64,
    pub(crate) exit_ns: Option<u64>,
    /// The address that it names, or was given.
    pub(crate) address: Option<String>,
    /// What went through it.
    pub(crate) data: Option<Payload>,
    /// Of a send that took less than it was given: the rest.
    #[serde(default)]
    pub(crate) unsent: Option<Payload>,
    /// The socket before and after it.
    pub(crate) before: Option<Look>,
    pub(crate) after: Option<Look>,
    /// Descriptors that it made: of socket, accept, socketpair, dup, and of
    /// recvmsg when some were passed.
    pub(crate) made: Vec<Descriptor>,
    /// Descriptors that it passed to somebody (SCM_RIGHTS).
    pub(crate) passed: Vec<Descriptor>,
    /// What poll, select or epoll_wait were asked about (for epoll_ctl, the
    /// one descriptor), and what of it was ready, with the events.
    pub(crate) awaits: Vec<Descriptor>,
    pub(crate) ready: Vec<Ready>,
    /// For close: whether other descriptors keep the socket open.
    pub(crate) still_held: bool,
    /// For a bind that failed with EADDRINUSE: that no socket is bound to
    /// the path, there is only a file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) nobody_there: bool,
}

/// A descriptor, and the socket behind it where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Descriptor {
    pub(crate) fd: i32,
    pub(crate) socket: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) fd: i32,
    pub(crate) socket: Option<usize>,
    /// `POLLIN|POLLHUP`, `EPOLLIN`, `in`, `out`
    pub(crate) events: String,
}

/// Bytes that went in or out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payload {
    /// The first of them, escaped as in C.
    pub(crate) text: String,
    /// How many went through.
    pub(crate) length: u64,
    /// Whether `text` has fewer.
    pub(crate) cut: bool,
}

/// What a socket was found to be at one moment. A sample: what happened in
/// between is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Look {
    /// `ESTABLISHED`; only TCP has states.
    pub(crate) state: Option<String>,
    /// Bytes that can be received; for a listener, connections that can be
    /// accepted.
    pub(crate) receive_queue: Option<u32>,
    /// Bytes not acknowledged yet; for a listener, the backlog.
    pub(crate) send_queue: Option<u32>,
}

/// A task has come to be. (Its parent and its birth are in `tasks`.)
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Born {
    pub(crate) task: usize,
    pub(crate) tid: i32,
    pub(crate) pid: i32,
    pub(crate) at_ns: u64,
    /// The sockets that it holds.
    pub(crate) holds: Vec<Descriptor>,
}

/// A task runs another program now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exec {
    pub(crate) task: usize,
    pub(crate) tid: i32,
    pub(crate) pid: i32,
    pub(crate) at_ns: u64,
    pub(crate) name: String,
    /// The sockets that it still holds.
    pub(crate) holds: Vec<Descriptor>,
}

/// A signal was delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Signal {
    pub(crate) task: usize,
    pub(crate) tid: i32,
    pub(crate) pid: i32,
    pub(crate) at_ns: u64,
    /// `SIGCHLD`, `SIGRTMIN+3`
    pub(crate) signal: String,
    /// Who sent it; for SIGCHLD, which child it is about.
    pub(crate) from_pid: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pause {
    pub(crate) task: usize,
    pub(crate) tid: i32,
    pub(crate) pid: i32,
    pub(crate) at_ns: u64,
    /// By which signal; null when it goes on.
    pub(crate) signal: Option<String>,
}

/// A task has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub(crate) task: usize,
    pub(crate) tid: i32,
    pub(crate) pid: i32,
    pub(crate) at_ns: u64,
    pub(crate) code: Option<i32>,
    /// The signal that killed it. Both null: the trace let go of it.
    pub(crate) signal: Option<String>,
    /// Or: a thread of its process has made an exec, and this one was
    /// another, or lost its number by it to the process.
    #[serde(default)]
    pub(crate) by_exec: bool,
}

/// A socket has changed its TCP state: the kernel's own report, not a sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Transition {
    pub(crate) at_ns: u64,
    /// Where it can be told: an index of `sockets`.
    pub(crate) socket: Option<usize>,
    pub(crate) local: String,
    pub(crate) peer: String,
    pub(crate) from: String,
    pub(crate) to: String,
    /// What the kernel keeps instead of a socket that it calls CLOSE here:
    /// `TIME_WAIT`, and `FIN_WAIT2` while the peer's FIN is to come. Both
    /// when it cannot be told which.
    #[serde(default)]
    pub(crate) stays: Vec<String>,
}

/// A TCP segment or UDP datagram as it went over the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Segment {
    pub(crate) at_ns: u64,
    pub(crate) from: String,
    pub(crate) to: String,
    /// The sockets of both ends, where they were seen.
    pub(crate) from_socket: Option<usize>,
    pub(crate) to_socket: Option<usize>,
    /// `SYN`, `SYN|ACK`, `PSH|ACK`, `FIN|ACK`, `RST`; `UDP`.
    pub(crate) flags: String,
    /// Relative to the first of its direction.
    pub(crate) sequence: u32,
    pub(crate) acknowledged: Option<u32>,
    pub(crate) window: u32,
    pub(crate) length: u32,
}

impl Transition {
    /// What the connection is then, where that can be told.
    pub(crate) fn becomes(&self) -> &str {
        match &self.stays[..] {
            [stays] => stays,
            _ => &self.to,
        }
    }
}

impl Event {
    /// When it happened, or began.
    pub(crate) fn at(&self) -> u64 {
        match self {
            Event::Call(call) => call.enter_ns,
            Event::Birth(born) => born.at_ns,
            Event::Exec(exec) => exec.at_ns,
            Event::Signal(signal) => signal.at_ns,
            Event::Pause(pause) => pause.at_ns,
            Event::End(ended) => ended.at_ns,
            Event::State(transition) => transition.at_ns,
            Event::Segment(segment) => segment.at_ns,
        }
    }

    /// Whose it is: an index of `tasks`. The kernel's own have none.
    pub(crate) fn task(&self) -> Option<usize> {
        match self {
            Event::Call(call) => Some(call.task),
            Event::Birth(born) => Some(born.task),
            Event::Exec(exec) => Some(exec.task),
            Event::Signal(signal) => Some(signal.task),
            Event::Pause(pause) => Some(pause.task),
            Event::End(ended) => Some(ended.task),
            Event::State(_) | Event::Segment(_) => None,
        }
    }
}

/// IPv4 through an IPv6 socket is `[::ffff:127.0.0.1]:5000` to its program
/// and `127.0.0.1:5000` on the wire,
/// and to the other side.
pub(crate) fn canonical(address: &str) -> String {
    let parsed = address.parse::<SocketAddrV6>().ok();
    let mapped = parsed.and_then(|six| {
        Some(SocketAddrV4::new(six.ip().to_ipv4_mapped()?, six.port()))
    });
    mapped.map_or_else(|| address.to_owned(), |four| four.to_string())
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn an_address_is_the_same_on_both_sides() {
        let mapped = "[::ffff:127.0.0.1]:5000";
        assert_eq!(canonical(mapped), "127.0.0.1:5000");
        for own in ["127.0.0.1:5000", "[fe80::1%2]:5000", "/tmp/path"] {
            assert_eq!(canonical(own), own);
        }
    }
}
