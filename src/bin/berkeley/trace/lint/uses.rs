//! What was done with each socket, in order: what most mistakes are found
//! in.

use std::collections::HashSet;

use super::super::record::{Call, Event, Socket, Trace};
use super::super::story::calls;
use super::Finding;

/// A call, and its place in the trace's events.
#[derive(Clone, Copy)]
pub(super) struct Use<'a> {
    pub(super) event: usize,
    pub(super) call: &'a Call,
}

/// All calls, in the order in which they began.
pub(super) fn all(trace: &Trace) -> impl Iterator<Item = Use<'_>> {
    let events = trace.events.iter().enumerate();
    events.filter_map(|(event, what)| match what {
        Event::Call(call) => Some(Use { event, call }),
        _ => None,
    })
}

/// The calls about each of the trace's sockets.
pub(super) fn by_socket(trace: &Trace) -> Vec<Vec<Use<'_>>> {
    let mut uses = vec![Vec::new(); trace.sockets.len()];
    for one in all(trace) {
        if let Some(of) = one.call.socket.and_then(|at| uses.get_mut(at)) {
            of.push(one);
        }
    }
    uses
}

/// The calls of each of the trace's tasks.
pub(super) fn by_task(trace: &Trace) -> Vec<Vec<Use<'_>>> {
    let mut uses = vec![Vec::new(); trace.tasks.len()];
    for one in all(trace) {
        if let Some(of) = uses.get_mut(one.call.task) {
            of.push(one);
        }
    }
    uses
}

impl Use<'_> {
    pub(super) fn is(&self, names: &[&str]) -> bool {
        names.contains(&self.call.call.as_str())
    }

    pub(super) fn fails_with(&self, errors: &[&str]) -> bool {
        let errno = self.call.errno.as_deref();
        errno.is_some_and(|errno| errors.contains(&errno))
    }

    /// An argument as it stands there.
    pub(super) fn arg(&self, place: usize) -> &str {
        self.call.args.get(place).map_or("", String::as_str)
    }

    pub(super) fn has(&self, flag: &str) -> bool {
        calls::has_flag(self.call, flag)
    }

    /// How many bytes a receive had room for, where that is plain.
    pub(super) fn room(&self) -> Option<u64> {
        let is_plain = self.is(&["read", "recvfrom", "recv"]);
        is_plain.then(|| self.arg(2).parse().ok())?
    }

    pub(super) fn end(&self) -> u64 {
        self.call.exit_ns.unwrap_or(u64::MAX)
    }

    pub(super) fn lasted(&self) -> u64 {
        self.end().saturating_sub(self.call.enter_ns)
    }

    /// Bytes, or connections, that wait before it, and after it.
    pub(super) fn waits_before(&self) -> Option<u32> {
        self.call.before.as_ref()?.receive_queue
    }

    pub(super) fn waits_after(&self) -> Option<u32> {
        self.call.after.as_ref()?.receive_queue
    }

    pub(super) fn is_wait(&self) -> bool {
        calls::is_poll(self.call)
    }

    /// poll, select or epoll_wait that only looks.
    pub(super) fn only_looks(&self) -> bool {
        let place = match self.call.call.as_str() {
            "poll" | "ppoll" => 2,
            "select" | "_newselect" | "pselect6" => 4,
            "epoll_wait" | "epoll_pwait" | "epoll_pwait2" => 3,
            _ => return false,
        };
        let zero = ["{tv_sec=0, tv_usec=0}", "{tv_sec=0, tv_nsec=0}", "0"];
        zero.contains(&self.arg(place))
    }

    /// Whether it reports this socket as ready to be read, or accepted from.
    pub(super) fn reports_input(&self, socket: usize) -> bool {
        let input = ["in", "POLLIN", "EPOLLIN", "POLLRDNORM", "EPOLLRDNORM"];
        self.call.ready.iter().any(|ready| {
            let mut events = ready.events.split('|');
            ready.socket == Some(socket)
                && events.any(|event| input.contains(&event))
        })
    }

    /// A finding that begins with this call.
    pub(super) fn shows(
        &self,
        lint: &'static super::Lint,
        others: &[Use],
        says: String,
    ) -> Finding {
        let mut events = vec![self.event];
        events.extend(others.iter().map(|other| other.event));
        events.sort_unstable();
        events.dedup();
        Finding {
            lint,
            task: self.call.task,
            socket: self.call.socket,
            events,
            says,
            times: 1,
        }
    }
}

/// Whether a socket went with this call: nobody did anything with it later.
/// (On a busy machine, a child may have closed its copy before it is looked
/// at who is left after its parent's close.)
pub(super) fn is_gone_with(uses: &[Use], close: &Use) -> bool {
    calls::is_last_close(close.call)
        && !uses.iter().any(|one| one.call.enter_ns > close.call.enter_ns)
}

/// The sockets that were passed to somebody else (SCM_RIGHTS): while one is
/// underway, no descriptor shows that it is held.
pub(super) fn passed(trace: &Trace) -> HashSet<usize> {
    let passed = all(trace).flat_map(|one| &one.call.passed);
    passed.filter_map(|descriptor| descriptor.socket).collect()
}

pub(super) fn is_stream(socket: &Socket) -> bool {
    socket.kind.starts_with("SOCK_STREAM")
}

pub(super) fn is_tcp(socket: &Socket) -> bool {
    is_stream(socket) && socket.family.starts_with("AF_INET")
}

/// `127.0.0.1:5000`, or how else it can be told.
pub(super) fn name(trace: &Trace, socket: usize) -> String {
    let socket = &trace.sockets[socket];
    match (&socket.peer, &socket.local) {
        (Some(peer), _) if !socket.listens => peer.clone(),
        (_, Some(local)) => local.clone(),
        _ => "its peer".to_string(),
    }
}
