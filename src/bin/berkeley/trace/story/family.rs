//! Who made whom, and who was told of whose end.

use std::collections::HashMap;

use super::super::record::{Birth, Call, Event, Trace};
use super::connections::calls_of;
use super::{Kind, Link, calls, words};

/// The children that calls made: by the event of the call, the child's task.
pub(super) fn births(trace: &Trace) -> HashMap<usize, usize> {
    let mut forks: HashMap<usize, Vec<(usize, &Call)>> = HashMap::new();
    for (event, call) in calls_of(trace) {
        if calls::is_fork(call) {
            forks.entry(call.task).or_default().push((event, call));
        }
    }
    let mut births = HashMap::new();
    for (child, task) in trace.tasks.iter().enumerate() {
        let made = task.parent.and_then(|parent| forks.get(&parent));
        // Numbers are given out again, and differ between namespaces.
        let covers = |call: &Call| {
            call.enter_ns <= task.born_ns
                && call.exit_ns.is_none_or(|exit| exit >= task.born_ns)
        };
        let tid = Some(i64::from(task.tid));
        let of = made.into_iter().flatten().filter(|(event, call)| {
            let is_free = !births.contains_key(event);
            is_free && (call.result == tid || covers(call))
        });
        let nearest = of.min_by_key(|(_, call)| {
            let is_other = call.result.is_some() && call.result != tid;
            (is_other, call.enter_ns.abs_diff(task.born_ns))
        });
        if let Some(&(event, _)) = nearest {
            births.insert(event, child);
        }
    }
    births
}

pub(super) fn birth_links(
    trace: &Trace,
    births: &HashMap<usize, usize>,
) -> Vec<Link> {
    let made: HashMap<usize, usize> =
        births.iter().map(|(&event, &child)| (child, event)).collect();
    let born = trace.events.iter().enumerate().filter_map(|(at, event)| {
        let Event::Birth(born) = event else { return None };
        let how = trace.tasks.get(born.task)?.birth;
        let label = match how {
            Birth::Thread => "thread",
            Birth::Vfork => "vfork",
            Birth::Clone => "clone",
            _ => "fork",
        };
        Some(Link {
            from: Some(*made.get(&born.task)?),
            to: Some(at),
            connection: None,
            kind: Kind::Birth,
            label: label.to_owned(),
            bytes: 0,
        })
    });
    born.collect()
}

/// From the end of a child to its parent's SIGCHLD, and to the wait that
/// took it where that had waited for it.
pub(super) fn exit_links(trace: &Trace) -> Vec<Link> {
    let mut ends: HashMap<i32, Vec<(usize, u64, String)>> = HashMap::new();
    for (at, event) in trace.events.iter().enumerate() {
        if let Event::End(ended) = event
            && ended.tid == ended.pid
        {
            let one = (at, ended.at_ns, words::end(ended));
            ends.entry(ended.pid).or_default().push(one);
        }
    }
    let mut links: Vec<Link> = Vec::new();
    let mut link = |pid: i32, to: usize, at: u64, parent: i32| {
        // The tracer may see a child's end a little after its parent does.
        let known = ends.get(&pid).into_iter().flatten();
        let nearest = known.min_by_key(|(_, end, _)| end.abs_diff(at));
        let Some((from, _, label)) = nearest else { return };
        let is_child = match &trace.events[*from] {
            Event::End(ended) => trace.tasks[ended.task]
                .parent
                .is_some_and(|of| trace.tasks[of].pid == parent),
            _ => false,
        };
        if is_child {
            links.push(Link {
                from: Some(*from),
                to: Some(to),
                connection: None,
                kind: Kind::Exit,
                label: label.clone(),
                bytes: 0,
            });
        }
    };
    for (to, event) in trace.events.iter().enumerate() {
        match event {
            Event::Signal(signal) if signal.signal == "SIGCHLD" => {
                if let Some(pid) = signal.from_pid {
                    link(pid, to, signal.at_ns, signal.pid);
                }
            }
            Event::Call(call) if calls::is_reap(call) => {
                if let (Some(pid), Some(exit)) = (reaped(call), call.exit_ns) {
                    link(pid, to, exit, call.pid);
                }
            }
            _ => {}
        }
    }
    links
}

/// The child whose end this call was told.
pub(super) fn reaped(call: &Call) -> Option<i32> {
    if call.call != "waitid" {
        return call
            .result
            .and_then(|pid| i32::try_from(pid).ok())
            .filter(|&pid| pid > 0);
    }
    let told = call.args.iter().find_map(|arg| arg.split_once("si_pid="))?;
    let digits = told.1.find(|c: char| !c.is_ascii_digit());
    told.1[..digits.unwrap_or(told.1.len())].parse().ok()
}
