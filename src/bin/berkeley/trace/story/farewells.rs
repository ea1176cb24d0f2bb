//! How a stream ends: by a FIN from whoever closes or shuts it down last, or
//! by a reset.

use std::collections::{HashMap, HashSet};

use super::super::record::{Call, Descriptor, Event, Trace};
use super::connections::{Ends, calls_of, is_stream};
use super::{Kind, Link, calls};

/// Which event did what to a socket first.
#[derive(Default)]
struct Marks {
    /// Its last descriptor is gone.
    gone: HashMap<usize, usize>,
    /// It said that it would send no more.
    says_end: HashMap<usize, usize>,
    meets_end: HashMap<usize, usize>,
    meets_reset: HashMap<usize, usize>,
    /// Its close is a reset: SO_LINGER of 0.
    no_linger: HashSet<usize>,
}

pub(super) fn links(trace: &Trace, ends: &Ends) -> Vec<Link> {
    let marks = marks(trace);
    let mut links = Vec::new();
    for (at, connection) in ends.connections.iter().enumerate() {
        let sides = (connection.client.socket, connection.server.socket);
        let is_stream = |socket: Option<usize>| {
            socket.is_some_and(|at| is_stream(&trace.sockets[at]))
        };
        if !is_stream(sides.0) && !is_stream(sides.1) {
            continue;
        }
        for (near, far) in [sides, (sides.1, sides.0)] {
            let fin = fin(trace, &marks, at, near, far);
            // FIN is a word of TCP's; who did not hear of another end was
            // not told by a segment either.
            let is_tcp = connection.kind == "TCP";
            let fin = fin.filter(|fin| is_tcp || fin.to.is_some());
            links.extend(fin.map(|mut fin| {
                if !is_tcp {
                    "end".clone_into(&mut fin.label);
                }
                fin
            }));
            links.extend(reset(&marks, at, near, far));
        }
    }
    links
}

fn marks(trace: &Trace) -> Marks {
    let mut marks = Marks { gone: last_holders(trace), ..Marks::default() };
    for (event, call) in calls_of(trace) {
        let Some(socket) = call.socket else { continue };
        if calls::says_end(call) {
            marks.says_end.entry(socket).or_insert(event);
        }
        if calls::meets_end(call) {
            marks.meets_end.entry(socket).or_insert(event);
        }
        if calls::meets_reset(call) {
            marks.meets_reset.entry(socket).or_insert(event);
        }
        if calls::is_last_close(call) {
            marks.gone.insert(socket, event);
        }
        if calls::sets_no_linger(call) {
            marks.no_linger.insert(socket);
        }
    }
    marks
}

/// From `near`, which ends its direction, to the receive of `far` that was
/// told.
fn fin(
    trace: &Trace,
    marks: &Marks,
    connection: usize,
    near: Option<usize>,
    far: Option<usize>,
) -> Option<Link> {
    let of = |all: &HashMap<usize, usize>, socket: Option<usize>| {
        socket.and_then(|socket| all.get(&socket).copied())
    };
    let told =
        of(&marks.meets_end, far).filter(|_| !shuts_itself(trace, marks, far));
    let gone = of(&marks.gone, near)
        .filter(|&gone| told.is_some() || !aborts(trace, marks, near, gone));
    let from = of(&marks.says_end, near).or(gone);
    // After a reset there is nobody to be told.
    let is_over = of(&marks.meets_reset, near).is_some()
        || of(&marks.meets_reset, far).is_some();
    let is_worth = told.is_some() || !is_over && from.is_some();
    let is_ours = near.is_some() || told.is_some();
    (is_worth && is_ours).then(|| Link {
        from,
        to: told,
        connection: Some(connection),
        kind: Kind::Fin,
        label: "FIN".to_owned(),
        bytes: 0,
    })
}

/// A socket that was shut down for reading is told of an end, too.
fn shuts_itself(trace: &Trace, marks: &Marks, far: Option<usize>) -> bool {
    let end = far.and_then(|far| marks.says_end.get(&far));
    end.is_some_and(|&event| match &trace.events[event] {
        Event::Call(call) => {
            call.args.get(1).is_some_and(|how| how == "SHUT_RDWR")
                && marks.meets_end[&far.unwrap_or(0)] > event
        }
        _ => false,
    })
}

fn aborts(
    trace: &Trace,
    marks: &Marks,
    near: Option<usize>,
    gone: usize,
) -> bool {
    let leaves_bytes = match &trace.events[gone] {
        Event::Call(call) => call
            .before
            .as_ref()
            .and_then(|look| look.receive_queue)
            .is_some_and(|bytes| bytes > 0),
        _ => false,
    };
    leaves_bytes || near.is_some_and(|near| marks.no_linger.contains(&near))
}

/// From whatever made `near` reset the connection to the call of `far` that
/// was told.
fn reset(
    marks: &Marks,
    connection: usize,
    near: Option<usize>,
    far: Option<usize>,
) -> Option<Link> {
    let to = *marks.meets_reset.get(&far?)?;
    // EPIPE after one's own shutdown is nobody else's doing.
    let from = near.and_then(|near| marks.gone.get(&near).copied());
    let is_own = marks.says_end.contains_key(&far?) && from.is_none();
    (!is_own).then(|| Link {
        from,
        to: Some(to),
        connection: Some(connection),
        kind: Kind::Reset,
        label: "RST".to_owned(),
        bytes: 0,
    })
}

/// Who holds which sockets, by the process; and with whose end the last
/// descriptor of a socket went. A close says itself whether it was the last.
fn last_holders(trace: &Trace) -> HashMap<usize, usize> {
    let mut holders: HashMap<usize, HashSet<(i32, i32)>> = HashMap::new();
    let mut held: HashMap<i32, HashMap<i32, usize>> = HashMap::new();
    let mut threads: HashMap<i32, usize> = HashMap::new();
    for task in trace.tasks.iter().filter(|task| task.ended_ns.is_some()) {
        *threads.entry(task.pid).or_default() += 1;
    }
    let mut gone = HashMap::new();
    for (at, event) in by_exit(trace) {
        match event {
            Event::Call(call) => {
                for one in &call.made {
                    take(&mut held, &mut holders, call.pid, one);
                }
                if call.call == "close"
                    && let Some(fd) = call.fd
                {
                    drop_one(&mut held, &mut holders, call.pid, fd);
                }
            }
            Event::Birth(born) => {
                for one in &born.holds {
                    take(&mut held, &mut holders, born.pid, one);
                }
            }
            Event::Exec(exec) => {
                let kept: HashSet<i32> =
                    exec.holds.iter().map(|one| one.fd).collect();
                let all = held.entry(exec.pid).or_default();
                let lost: Vec<i32> = all
                    .keys()
                    .copied()
                    .filter(|fd| !kept.contains(fd))
                    .collect();
                for fd in lost {
                    drop_one(&mut held, &mut holders, exec.pid, fd);
                }
            }
            Event::End(ended) => {
                let left = threads.entry(ended.pid).or_insert(1);
                *left = left.saturating_sub(1);
                if *left > 0 {
                    continue;
                }
                let all: Vec<i32> = held
                    .get(&ended.pid)
                    .map(|all| all.keys().copied().collect())
                    .unwrap_or_default();
                for fd in all {
                    let last =
                        drop_one(&mut held, &mut holders, ended.pid, fd);
                    if let Some(socket) = last {
                        gone.insert(socket, at);
                    }
                }
            }
            _ => {}
        }
    }
    gone
}

/// What a call does to the descriptors it has done when it returns.
fn by_exit(trace: &Trace) -> Vec<(usize, &Event)> {
    let mut sorted: Vec<(usize, &Event)> =
        trace.events.iter().enumerate().collect();
    sorted.sort_by_key(|(_, event)| match event {
        Event::Call(call) if call.call != "close" => {
            call.exit_ns.unwrap_or(call.enter_ns)
        }
        other => other.at(),
    });
    sorted
}

type Held = HashMap<i32, HashMap<i32, usize>>;
type Holders = HashMap<usize, HashSet<(i32, i32)>>;

fn take(held: &mut Held, holders: &mut Holders, pid: i32, one: &Descriptor) {
    if let Some(socket) = one.socket {
        held.entry(pid).or_default().insert(one.fd, socket);
        holders.entry(socket).or_default().insert((pid, one.fd));
    }
}

/// The socket, if nobody holds it any more.
fn drop_one(
    held: &mut Held,
    holders: &mut Holders,
    pid: i32,
    fd: i32,
) -> Option<usize> {
    let socket = held.get_mut(&pid)?.remove(&fd)?;
    let all = holders.get_mut(&socket)?;
    all.remove(&(pid, fd));
    all.is_empty().then_some(socket)
}

/// `connect` on one side, `accept` on the other.
pub(super) fn handshakes(ends: &Ends) -> Vec<Link> {
    let event = |all: &HashMap<usize, usize>, socket: Option<usize>| {
        all.get(&socket?).copied()
    };
    let mut links = Vec::new();
    for (at, connection) in ends.connections.iter().enumerate() {
        let from = event(&ends.connects, connection.client.socket);
        let to = event(&ends.accepts, connection.server.socket);
        if from.is_some() || to.is_some() {
            links.push(Link {
                from,
                to,
                connection: Some(at),
                kind: Kind::Handshake,
                label: format!("connection {}", at + 1),
                bytes: 0,
            });
        }
    }
    links
}

/// Descriptors that went from one process to another.
pub(super) fn passed(trace: &Trace, ends: &Ends) -> Vec<Link> {
    let mut underway: Vec<(usize, &Call, Descriptor)> = Vec::new();
    let mut links = Vec::new();
    for (event, call) in calls_of(trace) {
        for &one in &call.passed {
            underway.push((event, call, one));
        }
    }
    for (event, call) in calls_of(trace) {
        if !calls::is_receive(call) {
            continue;
        }
        for one in &call.made {
            let is_it = |(_, sent, passed): &(usize, &Call, Descriptor)| {
                passed.socket == one.socket
                    && passed.socket.is_some()
                    && sent
                        .socket
                        .and_then(|socket| ends.other(socket))
                        .is_none_or(|other| Some(other) == call.socket)
            };
            let Some(place) = underway.iter().position(is_it) else {
                continue;
            };
            let (from, _, passed) = underway.remove(place);
            links.push(Link {
                from: Some(from),
                to: Some(event),
                connection: None,
                kind: Kind::Descriptor,
                label: format!("descriptor {}", passed.fd),
                bytes: 0,
            });
        }
    }
    links
}
