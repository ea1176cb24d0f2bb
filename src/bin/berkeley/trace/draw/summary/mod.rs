//! A trace summed up: how often each call was made and what came of it, who
//! waited for how long and on what, what went through each connection, and
//! which sockets nobody closed.

mod open;
mod text;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::trace::record::{Call, Event, Trace};
use crate::trace::story::{Story, What};

use super::names;
use open::Open;
pub(crate) use text::text;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Summary {
    /// From the first event to the last.
    span_ns: u64,
    /// The busiest first.
    calls: Vec<Calls>,
    tasks: Vec<Worker>,
    connections: Vec<Traffic>,
    left_open: Vec<Open>,
}

/// All calls of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Calls {
    call: String,
    count: u64,
    /// By errno.
    errors: BTreeMap<String, u64>,
    /// From entry to return, waiting included.
    inside_ns: u64,
    longest_ns: u64,
    /// What of it was waiting for somebody.
    waited_ns: u64,
}

/// How a task spent its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Worker {
    tid: i32,
    pid: i32,
    name: String,
    life_ns: u64,
    waited_ns: u64,
    /// `accept4 on 127.0.0.1:5000`: the longest first.
    on: Vec<Cause>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Cause {
    what: String,
    times: u64,
    waited_ns: u64,
}

/// What went through a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Traffic {
    kind: String,
    client: String,
    server: String,
    /// Bytes from the client to the server, and back.
    up: u64,
    down: u64,
}

pub(crate) fn of(trace: &Trace, story: &Story) -> Summary {
    let waits = waits(story);
    let connections = story.connections.iter().map(|one| Traffic {
        kind: one.kind.clone(),
        client: one.client.address.clone(),
        server: one.server.address.clone(),
        up: one.up,
        down: one.down,
    });
    Summary {
        span_ns: span(trace),
        calls: calls(trace, &waits),
        tasks: tasks(trace, &waits),
        connections: connections.collect(),
        left_open: open::left(trace),
    }
}

/// How long each event that waited did, by its place.
fn waits(story: &Story) -> BTreeMap<usize, u64> {
    let mut waits = BTreeMap::new();
    for moment in &story.moments {
        let What::Waits { until } = moment.what else { continue };
        let end = until.and_then(|until| story.moments.get(until));
        let end = end.map_or(story.span_ns, |end| end.at_ns);
        waits.insert(moment.event, end.saturating_sub(moment.at_ns));
    }
    waits
}

fn span(trace: &Trace) -> u64 {
    let end = |event: &Event| match event {
        Event::Call(call) => call.exit_ns.unwrap_or(call.enter_ns),
        event => event.at(),
    };
    trace.events.iter().map(end).max().unwrap_or(0)
}

fn calls(trace: &Trace, waits: &BTreeMap<usize, u64>) -> Vec<Calls> {
    let mut calls: BTreeMap<&str, Calls> = BTreeMap::new();
    for (at, event) in trace.events.iter().enumerate() {
        let Event::Call(call) = event else { continue };
        let row = calls.entry(&call.call).or_default();
        row.count += 1;
        if let Some(errno) = &call.errno {
            *row.errors.entry(errno.clone()).or_default() += 1;
        }
        let exit = call.exit_ns.unwrap_or(call.enter_ns);
        let inside = exit.saturating_sub(call.enter_ns);
        row.inside_ns += inside;
        row.longest_ns = row.longest_ns.max(inside);
        row.waited_ns += waits.get(&at).copied().unwrap_or(0);
    }
    let named =
        |(name, row): (&str, Calls)| Calls { call: name.to_owned(), ..row };
    let mut rows: Vec<Calls> = calls.into_iter().map(named).collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.inside_ns, row.count)));
    rows
}

fn tasks(trace: &Trace, waits: &BTreeMap<usize, u64>) -> Vec<Worker> {
    let end = span(trace);
    let rows = trace.tasks.iter().map(|task| Worker {
        tid: task.tid,
        pid: task.pid,
        name: task.name.clone(),
        life_ns: task.ended_ns.unwrap_or(end).saturating_sub(task.born_ns),
        waited_ns: 0,
        on: Vec::new(),
    });
    let mut rows: Vec<Worker> = rows.collect();
    for (&at, &waited_ns) in waits {
        let Some(Event::Call(call)) = trace.events.get(at) else { continue };
        let row = &mut rows[call.task];
        row.waited_ns += waited_ns;
        let what = on(trace, call);
        match row.on.iter_mut().find(|cause| cause.what == what) {
            Some(cause) => {
                cause.times += 1;
                cause.waited_ns += waited_ns;
            }
            None => row.on.push(Cause { what, times: 1, waited_ns }),
        }
    }
    for row in &mut rows {
        row.on.sort_by_key(|cause| std::cmp::Reverse(cause.waited_ns));
    }
    rows
}

/// `accept4 on 127.0.0.1:5000`, `epoll_wait`
fn on(trace: &Trace, call: &Call) -> String {
    let mut awaited = call.awaits.iter().filter_map(|one| one.socket);
    let others = awaited.clone().count().saturating_sub(1);
    match call.socket.or_else(|| awaited.next()) {
        Some(socket) => {
            let socket = names::socket(trace, socket);
            let others = match others {
                0 => String::new(),
                others => format!(" and {others} more"),
            };
            format!("{} on {socket}{others}", call.call)
        }
        None => call.call.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::fixture;

    fn summed(trace: &Trace) -> Summary {
        of(trace, &Story::tell(trace))
    }

    #[test]
    fn every_call_is_counted_once() {
        for trace in fixture::all() {
            let is_call = |event: &&Event| matches!(event, Event::Call(_));
            let number = trace.events.iter().filter(is_call).count() as u64;
            let counted = summed(&trace).calls;
            let counted = counted.iter().map(|row| row.count).sum::<u64>();
            assert_eq!(counted, number);
        }
    }

    #[test]
    fn errors_are_counted_by_their_names() {
        let summary = summed(&fixture::refusal());
        let connect = summary.calls.iter().find(|row| row.call == "connect");
        let errors = &connect.unwrap().errors;
        assert_eq!(errors.get("ECONNREFUSED"), Some(&1), "{errors:?}");
    }

    #[test]
    fn who_waits_in_accept_is_said_to() {
        let trace = fixture::knock_fork();
        let summary = summed(&trace);
        let server = &summary.tasks[0];
        assert!(server.waited_ns > 8_000_000, "{server:?}");
        assert!(server.waited_ns <= server.life_ns, "{server:?}");
        assert_eq!(server.on[0].what, "accept4 on 127.0.0.1:5000");
    }

    #[test]
    fn bytes_are_those_of_the_conversation() {
        let summary = summed(&fixture::knock_fork());
        let [connection] = &summary.connections[..] else {
            panic!("{:?}", summary.connections)
        };
        assert_eq!((connection.up, connection.down), (31, 36));
    }
}
