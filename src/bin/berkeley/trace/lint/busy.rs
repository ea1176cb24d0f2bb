//! Loops that ask and never wait. Man pages: `poll(2)`, `select(2)`,
//! `epoll(7)`.

use std::collections::HashMap;

use super::super::record::{Call, Trace};
use super::super::story::calls;
use super::uses::{self, Use};
use super::{Finding, Lint};

pub(super) const BUSY: Lint = Lint {
    id: "busy-polling",
    title: "it asked again and again instead of waiting",
    why: "A call that never waits, in a loop, takes all of a CPU to learn \
          that nothing has happened, and takes it from those who would make \
          it happen. Nor does it wait who asks whether a socket can be \
          written to: that it nearly always can.",
    mend: "Wait with poll, select or epoll_wait until the socket is ready, \
           with a timeout that is not 0; for being writable (POLLOUT, \
           EPOLLOUT, select's second set) only while there is something \
           left to send. poll(2)",
};

/// So many in a row that brought nothing.
const BUSY_CALLS: usize = 50;
/// Less than this on average between one and the next: nothing slept there.
/// (Sleeping is not in every trace.)
const BUSY_GAP_NS: u64 = 300_000;
const SLEPT_NS: u64 = 3_000_000;

pub(super) fn findings(trace: &Trace) -> Vec<Finding> {
    let (rooms, dealings) = (rooms(trace), dealings(trace));
    let of_tasks = uses::by_task(trace);
    let tasks = of_tasks.iter();
    tasks.filter_map(|uses| busy(trace, &rooms, &dealings, uses)).collect()
}

/// One of the calls that the question is about, and whether it came back at
/// once, with nothing.
#[derive(Clone, Copy)]
struct Asked<'a> {
    is_in_vain: bool,
    /// The socket that can be written to, where that was all.
    room: Option<usize>,
    the: Use<'a>,
}

fn busy(
    trace: &Trace,
    rooms: &Rooms,
    dealings: &[Vec<u64>],
    uses: &[Use],
) -> Option<Finding> {
    let uses: Vec<Use> =
        uses.iter().filter(|one| counts(one)).copied().collect();
    let asked = asked(rooms, dealings, &uses);
    let runs = asked.chunk_by(|one, next| {
        let gap = next.the.call.enter_ns.saturating_sub(one.the.end());
        one.is_in_vain && next.is_in_vain && gap < SLEPT_NS
    });
    let longest = runs
        .filter(|run| run[0].is_in_vain && !knows_to_wait(&uses, &run[0].the))
        .max_by_key(|run| run.len())?;
    let (first, last) = (longest.first()?.the, longest.last()?.the);
    let within = last.call.enter_ns.saturating_sub(first.call.enter_ns);
    let in_calls: u64 = longest.iter().map(|one| one.the.lasted()).sum();
    let between = within.saturating_sub(in_calls);
    let count = longest.len();
    // One look at each of many is no loop.
    let mut different: Vec<_> =
        longest.iter().map(|one| (one.the.call.fd, one.room)).collect();
    different.sort_unstable();
    different.dedup();
    if count < BUSY_CALLS.max(different.len() * 4)
        || between / (count as u64) > BUSY_GAP_NS
    {
        return None;
    }
    let name = &first.call.call;
    let ms = within / 1_000_000;
    let room = longest[0].room;
    let what = match (room, &first.call.errno) {
        (Some(socket), _) => {
            let name = uses::name(trace, socket);
            format!(
                "reported that {name} can be written to, and nothing was \
                 sent"
            )
        }
        (None, Some(errno)) => format!("with {errno}"),
        (None, None) => "with nothing ready".to_string(),
    };
    let says = format!(
        "{count} calls in a row came back at once, in {ms} ms: {name} {what}"
    );
    let others = [longest[1].the, longest[2].the];
    let found = first.shows(&BUSY, &others, says);
    let socket = room.or(found.socket);
    Some(Finding { socket, ..found })
}

fn asked<'a>(
    rooms: &Rooms,
    dealings: &[Vec<u64>],
    uses: &[Use<'a>],
) -> Vec<Asked<'a>> {
    let mut next_wait = u64::MAX;
    let backwards = uses.iter().rev().map(|&the| {
        let room = rooms
            .get(&the.event)
            .filter(|room| !are_made_use_of(dealings, room, &the, next_wait));
        let is_in_vain = brings_nothing(&the) || room.is_some();
        if the.is_wait() {
            next_wait = the.end();
        }
        Asked {
            is_in_vain: is_in_vain && the.lasted() < SLEPT_NS,
            // One of them is enough to tell it from others.
            room: room.and_then(|room| room.first().copied()),
            the,
        }
    });
    let mut asked: Vec<Asked> = backwards.collect();
    asked.reverse();
    asked
}

/// Whether it moves something, or waits for something.
fn counts(one: &Use) -> bool {
    let call: &Call = one.call;
    moves(call)
        || calls::is_poll(call)
        || calls::is_reap(call)
        || calls::is_sleep(call)
}

fn moves(call: &Call) -> bool {
    calls::is_accept(call) || calls::is_receive(call) || calls::is_send(call)
}

fn brings_nothing(one: &Use) -> bool {
    let call: &Call = one.call;
    let is_not_now = one.fails_with(&["EAGAIN", "EWOULDBLOCK"]);
    let only_looks =
        one.only_looks() || calls::is_reap(call) && one.has("WNOHANG");
    moves(call) && is_not_now || only_looks && call.result == Some(0)
}

/// By event, the waits of which all that they report is that sockets can be
/// written to; and which.
type Rooms = HashMap<usize, Vec<usize>>;

fn rooms(trace: &Trace) -> Rooms {
    let mut marks = Marks::new();
    let mut rooms = Rooms::new();
    for one in uses::all(trace) {
        let call: &Call = one.call;
        if call.call == "epoll_ctl" && call.result == Some(0) {
            let awaited = call.awaits.first();
            let socket = awaited.and_then(|awaited| awaited.socket);
            if let ([epoll, .., event], Some(socket)) =
                (&call.args[..], socket)
                && let Some(mark) = mark(event)
            {
                marks.insert((call.pid, epoll, mark), socket);
            }
        } else if one.is_wait() {
            let sockets = marked_room(&marks, &one);
            let sockets = sockets.unwrap_or_else(|| room(&one));
            if !sockets.is_empty() {
                rooms.insert(one.event, sockets);
            }
        }
    }
    rooms
}

/// Which socket a process means by what it has told an epoll: some put a
/// pointer there, and Python leaves what is beside the descriptor as it was.
type Marks<'a> = HashMap<(i32, &'a str, &'a str), usize>;

/// `{events=EPOLLIN, data={u32=5, u64=5}}`
fn mark(event: &str) -> Option<&str> {
    let (_, behind) = event.split_once("u64=")?;
    Some(behind.split_once('}')?.0)
}

/// `None` where it is not known what it reports.
fn marked_room(marks: &Marks, wait: &Use) -> Option<Vec<usize>> {
    let events: Vec<&str> = wait.arg(1).split("{events=").skip(1).collect();
    let count = usize::try_from(wait.call.result?).ok()?;
    if !wait.call.call.starts_with("epoll_") || events.len() != count {
        return None;
    }
    let sockets = events.iter().map(|event| {
        let key = (wait.call.pid, wait.arg(0), mark(event)?);
        marks.get(&key).copied()
    });
    let sockets: Vec<usize> = sockets.collect::<Option<_>>()?;
    let mut names = events.iter().map(|event| event.split(',').next());
    let is_room = names.all(|name| name.is_some_and(is_output));
    Some(if is_room { sockets } else { Vec::new() })
}

fn room(wait: &Use) -> Vec<usize> {
    let ready = &wait.call.ready;
    let count = usize::try_from(wait.call.result.unwrap_or(-1));
    let sockets = ready.iter().map(|one| one.socket);
    let is_room = ready.iter().all(|one| is_output(&one.events))
        && count.is_ok_and(|count| count <= ready.len());
    let sockets: Option<Vec<usize>> = sockets.collect();
    sockets.filter(|_| is_room).unwrap_or_default()
}

/// Whether there is nothing else among these events.
fn is_output(events: &str) -> bool {
    let output = [
        "out",
        "POLLOUT",
        "EPOLLOUT",
        "POLLWRNORM",
        "EPOLLWRNORM",
        "POLLWRBAND",
        "EPOLLWRBAND",
    ];
    events.split('|').all(|event| output.contains(&event))
}

/// When, by socket, anybody did something with it that being writable may
/// have been the reason for: a send; after a connect that did not wait,
/// getsockopt; close. epoll_ctl too: the event may be given to a thread that
/// sends, and asked for again when that is done.
fn dealings(trace: &Trace) -> Vec<Vec<u64>> {
    let mut dealings = vec![Vec::new(); trace.sockets.len()];
    for one in uses::all(trace) {
        let call: &Call = one.call;
        if one.is_wait() || calls::is_receive(call) {
            continue;
        }
        let awaited = call.awaits.iter().filter_map(|one| one.socket);
        for socket in call.socket.into_iter().chain(awaited) {
            if let Some(of) = dealings.get_mut(socket) {
                of.push(call.enter_ns);
            }
        }
    }
    dealings
}

/// Whether anything was done with one of these sockets before the next wait
/// was over.
fn are_made_use_of(
    dealings: &[Vec<u64>],
    sockets: &[usize],
    wait: &Use,
    until: u64,
) -> bool {
    sockets.iter().any(|&socket| {
        let Some(all) = dealings.get(socket) else { return false };
        let next = all.partition_point(|&at| at < wait.end());
        all.get(next).is_some_and(|&at| at < until)
    })
}

/// Whether a loop that only looks waits at other times: it looks while it has
/// other work to do.
fn knows_to_wait(uses: &[Use], look: &Use) -> bool {
    let waits = |one: &&Use| one.is_wait() && !one.only_looks();
    look.only_looks()
        && uses.iter().filter(waits).any(|one| {
            one.call.call == look.call.call && one.call.fd == look.call.fd
        })
}
