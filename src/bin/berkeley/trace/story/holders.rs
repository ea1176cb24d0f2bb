//! Who holds which sockets, and with whose end the last descriptor of one
//! went.

use std::collections::{HashMap, HashSet};

use super::super::record::{Descriptor, Event, Trace};

/// Who holds which sockets, by the process; and with whose end the last
/// descriptor of a socket went. A close says itself whether it was the last.
pub(super) fn last_holders(trace: &Trace) -> HashMap<usize, usize> {
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
