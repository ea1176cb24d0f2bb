//! Moments from events: what is shown at all, what waited, and what of it
//! reads as one wait although signals interrupted it.

use std::collections::{HashMap, HashSet};

use super::super::record::{Birth, Call, Event, Trace};
use super::connections::{Ends, calls_of};
use super::lanes::is_about_sockets;
use super::noise::Hidden;
use super::{Lane, Link, Moment, What, calls, words};

/// Shorter than this, a call has hardly been asleep: a tracer's two stops
/// take up to a tenth of it.
const NOTICED: u64 = 300_000;
/// How many calls a signal's handler may make before the interrupted call
/// is made again.
const IN_HANDLER: usize = 16;

/// What is known about the events before there are moments.
pub(super) struct Known<'a> {
    pub(super) trace: &'a Trace,
    pub(super) hidden: Hidden,
    pub(super) lane_of: HashMap<usize, usize>,
    pub(super) ends: &'a Ends,
    /// The conversation of a datagram's call.
    pub(super) talks: HashMap<usize, usize>,
    /// The child that a call made.
    pub(super) births: HashMap<usize, usize>,
    pub(super) links: &'a [Link],
    /// Sockets that were shut down.
    pub(super) shut: HashSet<usize>,
}

/// Moments by lane and time, and which one is an event's first and last.
#[derive(Default)]
pub(super) struct Drafts {
    pub(super) moments: Vec<Moment>,
    pub(super) begins: HashMap<usize, usize>,
    pub(super) ends: HashMap<usize, usize>,
}

pub(super) fn lanes_by_task(lanes: &[Lane]) -> HashMap<usize, usize> {
    lanes.iter().enumerate().map(|(at, lane)| (lane.task, at)).collect()
}

pub(super) fn draft(known: &Known) -> Drafts {
    let chains = chains(known.trace);
    let is_continued: HashMap<usize, usize> =
        chains.iter().map(|(&first, &next)| (next, first)).collect();
    let causes = causes(known);
    let mut drafts = Drafts::default();
    for (at, event) in known.trace.events.iter().enumerate() {
        let lane = event.task().and_then(|task| known.lane_of.get(&task));
        let Some(&lane) = lane else { continue };
        if known.hidden.is_before(event) {
            continue;
        }
        if let Event::Call(call) = event {
            if is_continued.contains_key(&at) || !shows(known, at, call) {
                continue;
            }
            let mut turns = vec![at];
            let mut next = chains.get(&at);
            while let Some(&turn) = next {
                turns.push(turn);
                next = chains.get(&turn);
            }
            drafts.call(known, &causes, lane, &turns);
        } else if let Some((what, text)) = other(known, event) {
            drafts.push(known, lane, at, event.at(), what, text);
        }
    }
    drafts
}

/// Which call takes up an interrupted one: by the event of the first, that
/// of the second.
fn chains(trace: &Trace) -> HashMap<usize, usize> {
    let mut by_task: HashMap<usize, Vec<(usize, &Call)>> = HashMap::new();
    for (at, call) in calls_of(trace) {
        by_task.entry(call.task).or_default().push((at, call));
    }
    let mut chains = HashMap::new();
    for made in by_task.values() {
        for (place, (at, call)) in made.iter().enumerate() {
            if !calls::is_interrupted(call) || !calls::can_wait(call) {
                continue;
            }
            let later = made[place + 1..].iter().take(IN_HANDLER);
            let again = later.clone().find(|(_, next)| {
                next.call == "restart_syscall"
                    || next.call == call.call && next.fd == call.fd
            });
            if let Some((next, _)) = again {
                chains.insert(*at, *next);
            }
        }
    }
    chains
}

/// When the latest cause of what a call received began.
fn causes(known: &Known) -> HashMap<usize, u64> {
    let mut causes: HashMap<usize, u64> = HashMap::new();
    for link in known.links {
        if let (Some(from), Some(to)) = (link.from, link.to) {
            let began = known.trace.events[from].at();
            let latest = causes.entry(to).or_default();
            *latest = began.max(*latest);
        }
    }
    causes
}

fn shows(known: &Known, at: usize, call: &Call) -> bool {
    if known.hidden.has(call) {
        return false;
    }
    if is_about_sockets(call) || calls::is_poll(call) {
        return true;
    }
    if calls::is_fork(call) {
        let child = known.births.get(&at);
        let is_thread = child.map_or_else(
            || call.args.iter().any(|arg| arg.contains("CLONE_THREAD")),
            |&child| known.trace.tasks[child].birth == Birth::Thread,
        );
        let has_lane =
            child.is_some_and(|child| known.lane_of.contains_key(child));
        return has_lane || !is_thread;
    }
    if calls::is_reap(call) {
        // A child's handler asks until nobody is left.
        let finds_none = calls::has_flag(call, "WNOHANG")
            && super::family::reaped(call).is_none();
        return !finds_none && call.errno.as_deref() != Some("ECHILD");
    }
    calls::is_sleep(call) && has_waited(call, None)
}

fn has_waited(call: &Call, cause: Option<u64>) -> bool {
    let Some(exit) = call.exit_ns else { return calls::can_wait(call) };
    calls::can_wait(call)
        && (exit.saturating_sub(call.enter_ns) > NOTICED
            || cause.is_some_and(|cause| cause > call.enter_ns)
                && calls::waits_for_another(call))
}

fn other(known: &Known, event: &Event) -> Option<(What, String)> {
    match event {
        Event::Birth(born) => {
            let how = known.trace.tasks[born.task].birth;
            let is_told = match how {
                Birth::Started => false,
                Birth::Found => !born.holds.is_empty(),
                _ => true,
            };
            is_told.then(|| (What::Birth, words::birth(born, how)))
        }
        Event::Exec(exec) => Some((What::Exec, words::exec(exec))),
        Event::Signal(signal) => Some((What::Signal, words::signal(signal))),
        Event::Pause(pause) => Some((
            What::Pause,
            pause.signal.as_ref().map_or_else(
                || "goes on".to_owned(),
                |signal| format!("stopped by {signal}"),
            ),
        )),
        Event::End(ended) => Some((What::End, words::end(ended))),
        Event::Call(_) | Event::State(_) | Event::Segment(_) => None,
    }
}

impl Drafts {
    fn push(
        &mut self,
        known: &Known,
        lane: usize,
        event: usize,
        at_ns: u64,
        what: What,
        text: String,
    ) -> usize {
        let place = self.moments.len();
        let is_bad = match (&known.trace.events[event], what) {
            (_, What::Waits { .. }) => false,
            (Event::Call(call), _) => {
                calls::has_failed(call) && !is_told_to_stop(known, call)
            }
            (Event::End(ended), _) => words::is_bad_end(ended),
            _ => false,
        };
        self.moments.push(Moment {
            at_ns,
            lane,
            event,
            connection: connection(known, event),
            what,
            text,
            state: None,
            is_transition: false,
            is_bad,
        });
        self.begins.entry(event).or_insert(place);
        self.ends.insert(event, place);
        place
    }

    /// One call; or one that was interrupted, in all its turns.
    fn call(
        &mut self,
        known: &Known,
        causes: &HashMap<usize, u64>,
        lane: usize,
        turns: &[usize],
    ) {
        let call = |event: usize| match &known.trace.events[event] {
            Event::Call(call) => &**call,
            _ => unreachable!("turns are calls"),
        };
        let (first, last) = (turns[0], turns[turns.len() - 1]);
        let (begun, done) = (call(first), call(last));
        let how = known
            .births
            .get(&first)
            .map(|&child| known.trace.tasks[child].birth);
        let cause = causes.get(&last).copied();
        if turns.len() == 1 && !has_waited(begun, cause) {
            let at = if calls::is_receive(begun) || calls::is_accept(begun) {
                begun.exit_ns.unwrap_or(begun.enter_ns)
            } else {
                begun.enter_ns
            };
            let text = words::whole(begun, how);
            self.push(known, lane, first, at, What::Call, text);
            return;
        }
        let begins = self.push(
            known,
            lane,
            first,
            begun.enter_ns,
            What::Waits { until: None },
            words::head(begun, how),
        );
        let mut done_at = begins;
        if let Some(exit) = done.exit_ns {
            let what = What::Returns { since: begins };
            let text = words::tail_of_wait(done);
            done_at = self.push(known, lane, last, exit, what, text);
            self.moments[begins].what = What::Waits { until: Some(done_at) };
        }
        for &turn in turns {
            self.begins.insert(turn, begins);
            self.ends.insert(turn, done_at);
        }
    }
}

/// An accept that somebody ended by shutting its listener down.
fn is_told_to_stop(known: &Known, call: &Call) -> bool {
    calls::is_accept(call)
        && call.errno.as_deref() == Some("EINVAL")
        && call.socket.is_some_and(|socket| known.shut.contains(&socket))
}

fn connection(known: &Known, event: usize) -> Option<usize> {
    let Event::Call(call) = &known.trace.events[event] else { return None };
    let of = |socket: Option<usize>| {
        known.ends.of_socket.get(socket?).copied().flatten()
    };
    let made = || call.made.first().and_then(|one| of(one.socket));
    known.talks.get(&event).copied().or_else(|| of(call.socket)).or_else(made)
}
