//! Descriptors of sockets that nobody closed: the kernel did, when their
//! process ended, or they were open when the trace ended.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::trace::draw::names;
use crate::trace::record::{Descriptor, Event, Trace};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Open {
    pub(super) pid: i32,
    pub(super) name: String,
    pub(super) fd: i32,
    pub(super) socket: String,
    /// Whether its process has ended and left it to the kernel.
    pub(super) by_the_end: bool,
}

/// What a process holds. A thread holds what its process does.
#[derive(Default)]
struct Holder {
    task: usize,
    /// By tid; a program's first one has perhaps no birth in the trace.
    threads: BTreeSet<i32>,
    held: BTreeMap<i32, usize>,
}

impl Holder {
    fn takes(&mut self, all: &[Descriptor]) {
        for one in all {
            match one.socket {
                Some(socket) => drop(self.held.insert(one.fd, socket)),
                None => drop(self.held.remove(&one.fd)),
            }
        }
    }
}

pub(super) fn left(trace: &Trace) -> Vec<Open> {
    let mut holders: BTreeMap<i32, Holder> = BTreeMap::new();
    for program in &trace.programs {
        let Some(task) = trace.tasks.get(program.task) else { continue };
        let holder = holders.entry(task.pid).or_default();
        holder.task = program.task;
        holder.threads.insert(task.tid);
    }
    let mut left = Vec::new();
    for event in in_order(trace) {
        match event {
            Event::Birth(born) => {
                let holder = holders.entry(born.pid).or_default();
                holder.threads.insert(born.tid);
                if born.tid == born.pid {
                    holder.task = born.task;
                }
                holder.takes(&born.holds);
            }
            Event::Exec(exec) => {
                let holder = holders.entry(exec.pid).or_default();
                holder.held.clear();
                holder.takes(&exec.holds);
            }
            Event::Call(call) => {
                let holder = holders.entry(call.pid).or_default();
                holder.takes(&call.made);
                if let (Some(fd), Some(0), "close") =
                    (call.fd, call.result, call.call.as_str())
                {
                    holder.held.remove(&fd);
                }
            }
            Event::End(ended) => {
                let holder = holders.entry(ended.pid).or_default();
                holder.threads.remove(&ended.tid);
                if holder.threads.is_empty()
                    && let Some(holder) = holders.remove(&ended.pid)
                {
                    left.extend(open(trace, ended.pid, &holder, true));
                }
            }
            _ => {}
        }
    }
    for (&pid, holder) in &holders {
        left.extend(open(trace, pid, holder, false));
    }
    left
}

/// What a call made is there when it returns.
fn in_order(trace: &Trace) -> Vec<&Event> {
    let mut events: Vec<&Event> = trace.events.iter().collect();
    events.sort_by_key(|event| match event {
        Event::Call(call) if call.call != "close" => {
            call.exit_ns.unwrap_or(call.enter_ns)
        }
        event => event.at(),
    });
    events
}

fn open(
    trace: &Trace,
    pid: i32,
    holder: &Holder,
    by_the_end: bool,
) -> Vec<Open> {
    let name = trace.tasks.get(holder.task).map(|task| task.name.clone());
    let name = name.unwrap_or_default();
    let one = |(&fd, &socket): (&i32, &usize)| Open {
        pid,
        name: name.clone(),
        fd,
        socket: names::socket(trace, socket),
        by_the_end,
    };
    holder.held.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::fixture;
    use crate::trace::record::{Born, Role};

    #[test]
    fn what_was_not_closed_is_left() {
        let mut script = fixture::Script::new("server");
        let server = script.program(Role::Alone, "server", 7);
        let first = script.socket("127.0.0.1:1", "", |_| {});
        let second = script.socket("127.0.0.1:2", "", |_| {});
        script.call(server, 1, 2, "socket", &[]).makes(3, first);
        script.call(server, 3, 4, "socket", &[]).makes(4, second);
        script.call(server, 5, 6, "close", &["3"]).on(3, first);
        let still = left(&script.trace());
        assert_eq!(still.len(), 1, "{still:?}");
        assert_eq!((still[0].fd, still[0].by_the_end), (4, false));
        assert_eq!(still[0].socket, "127.0.0.1:2");
    }

    #[test]
    fn a_process_that_has_ended_left_the_rest_to_the_kernel() {
        for is_born_in_the_trace in [true, false] {
            let mut script = fixture::Script::new("server");
            let (task, tid) = (script.program(Role::Alone, "server", 7), 7);
            if is_born_in_the_trace {
                let (at_ns, holds) = (0, Vec::new());
                let born = Born { task, tid, pid: tid, at_ns, holds };
                script.event(Event::Birth(born));
            }
            let socket = script.socket("127.0.0.1:1", "", |_| {});
            script.call(task, 1, 2, "socket", &[]).makes(3, socket);
            script.exit(task, 3, 0);
            let all = left(&script.trace());
            assert_eq!(all.len(), 1, "{all:?}");
            assert!(all[0].by_the_end, "{all:?}");
        }
    }

    #[test]
    fn a_server_that_never_ends_holds_its_listener() {
        let still = left(&fixture::knock_fork());
        assert_eq!(still.len(), 1, "{still:?}");
        assert_eq!((still[0].pid, still[0].fd), (4101, 3));
    }
}
