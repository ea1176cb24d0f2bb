//! How a stream ends: by a FIN from whoever closes or shuts it down last, or
//! by a reset.

use std::collections::{HashMap, HashSet};

use super::super::record::{Event, Trace};
use super::connections::{Ends, calls_of, is_stream};
use super::holders::last_holders;
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
    let unread = told.is_none().then(|| closed_since(trace, marks, from, far));
    let unread = unread.flatten();
    let label = if unread.is_some() { "FIN unread" } else { "FIN" };
    (is_worth && is_ours).then(|| Link {
        from,
        to: told.or(unread),
        connection: Some(connection),
        kind: Kind::Fin,
        label: label.to_owned(),
        bytes: 0,
    })
}

/// The close of `far` that came after an end which it never read.
fn closed_since(
    trace: &Trace,
    marks: &Marks,
    from: Option<usize>,
    far: Option<usize>,
) -> Option<usize> {
    let said = trace.events.get(from?)?.at();
    let gone = *marks.gone.get(&far?)?;
    (trace.events[gone].at() > said).then_some(gone)
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
