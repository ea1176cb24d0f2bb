//! Who gets a column: every task that does something with sockets, those
//! that made it, and the first one of each program.

use super::super::record::{Birth, Call, Descriptor, Event, Role, Trace};
use super::Lane;

/// Whether it is about a socket in any way.
pub(super) fn is_about_sockets(call: &Call) -> bool {
    let names =
        |all: &[Descriptor]| all.iter().any(|one| one.socket.is_some());
    call.socket.is_some()
        || matches!(call.call.as_str(), "socket" | "socketpair")
        || names(&call.made)
        || names(&call.passed)
        || names(&call.awaits)
        || call.ready.iter().any(|one| one.socket.is_some())
}

/// The columns from left to right: servers before clients, parents before
/// children. A thread that only waits for signals has none.
pub(super) fn choose(trace: &Trace) -> Vec<Lane> {
    let mut has_one = vec![false; trace.tasks.len()];
    for program in &trace.programs {
        if let Some(first) = has_one.get_mut(program.task) {
            *first = true;
        }
    }
    for event in &trace.events {
        if let Event::Call(call) = event
            && call.task < has_one.len()
            && is_about_sockets(call)
        {
            has_one[call.task] = true;
        }
    }
    // A parent comes before its children in `tasks`, so that one pass from
    // the last to the first reaches all ancestors.
    for task in (0..has_one.len()).rev() {
        if let (true, Some(parent)) = (has_one[task], trace.tasks[task].parent)
            && parent < task
        {
            has_one[parent] = true;
        }
    }
    let mut chosen: Vec<usize> =
        (0..has_one.len()).filter(|&task| has_one[task]).collect();
    chosen.sort_by_key(|&task| {
        let program = trace.tasks[task].program;
        let role = trace.programs.get(program).map(|one| one.role);
        (role == Some(Role::Client), program, task)
    });
    let place = |task: usize| chosen.iter().position(|&one| one == task);
    let places: Vec<Option<usize>> = chosen
        .iter()
        .map(|&task| trace.tasks[task].parent.and_then(place))
        .collect();
    chosen
        .iter()
        .zip(places)
        .map(|(&task, parent)| lane(trace, task, parent))
        .collect()
}

fn lane(trace: &Trace, task: usize, parent: Option<usize>) -> Lane {
    let one = &trace.tasks[task];
    let of = one.parent.map(|parent| trace.tasks[parent].tid);
    let role = trace.programs.get(one.program).map(|program| program.role);
    let subtitle = match (one.birth, of, role) {
        (Birth::Thread, Some(of), _) => format!("thread of {of}"),
        (_, Some(of), _) => format!("child of {of}"),
        (_, None, Some(Role::Server)) => "server".to_owned(),
        (_, None, Some(Role::Client)) => "client".to_owned(),
        (_, None, Some(Role::Attached)) => "attached".to_owned(),
        (_, None, _) => String::new(),
    };
    Lane {
        task,
        title: format!("{} {}", one.name, one.tid),
        subtitle,
        parent,
        first: 0,
        last: 0,
        has_ended: false,
        waited_ns: 0,
    }
}
