//! When a socket's TCP state is news.

use std::collections::{HashMap, HashSet};

use super::super::record::{Event, Trace, Transition};
use super::moments::Drafts;
use super::{Moment, What};

/// A kernel's report and a tracer's stop are not taken by the same hand.
const SLACK: u64 = 50_000;

/// A moment of its own for each transition that no call explains. Those that
/// one does confirm its state.
pub(super) fn transitions(
    trace: &Trace,
    lane_of: &HashMap<usize, usize>,
    connection_of: &[Option<usize>],
    drafts: &mut Drafts,
) {
    let mut calls: HashMap<usize, Vec<(u64, u64, usize)>> = HashMap::new();
    for (at, call) in super::connections::calls_of(trace) {
        let own = call.made.iter().map(|one| one.socket);
        for socket in own.chain([call.socket]).flatten() {
            let exit = call.exit_ns.unwrap_or(u64::MAX);
            calls.entry(socket).or_default().push((call.enter_ns, exit, at));
        }
    }
    for (at, event) in trace.events.iter().enumerate() {
        let Event::State(transition) = event else { continue };
        let Some(socket) = transition.socket else { continue };
        let all = calls.get(&socket).map_or(&[][..], Vec::as_slice);
        // What a connection went through before anybody accepted it.
        let accepted = all.first().copied().filter(|&(_, exit, at)| {
            transition.at_ns <= exit
                && matches!(&trace.events[at],
                    Event::Call(call) if super::calls::is_accept(call)
                        && call.socket != Some(socket))
        });
        let explains = accepted.or_else(|| {
            let mut all = all.iter().copied();
            all.find(|&call| explains(trace, call, transition))
        });
        if let Some((_, exit, call)) = explains
            && let Some(&last) = drafts.ends.get(&call)
            // What followed another after the call is somebody else's doing.
            && (transition.at_ns <= exit || !drafts.moments[last].is_transition)
        {
            drafts.moments[last].state =
                Some(transition.becomes().to_string());
            drafts.moments[last].is_transition = true;
            continue;
        }
        let until = |call: &&(u64, u64, usize)| call.0 <= transition.at_ns;
        let holder = all.iter().rfind(until).or_else(|| all.first());
        let lane = holder.and_then(|&(_, _, call)| {
            lane_of.get(&trace.events[call].task()?).copied()
        });
        let Some(lane) = lane else { continue };
        let text = holder.and_then(|&(_, _, at)| number(trace, at, socket));
        let place = drafts.moments.len();
        drafts.begins.insert(at, place);
        drafts.ends.insert(at, place);
        drafts.moments.push(Moment {
            at_ns: transition.at_ns,
            lane,
            event: at,
            connection: connection_of.get(socket).copied().flatten(),
            what: What::State,
            text: text.unwrap_or_default(),
            state: Some(transition.becomes().to_string()),
            is_transition: true,
            is_bad: false,
        });
    }
}

/// The descriptor that this call had of a socket: a lane may have many.
fn number(trace: &Trace, call: usize, socket: usize) -> Option<String> {
    let Event::Call(call) = &trace.events[call] else { return None };
    let made = call.made.iter().find(|one| one.socket == Some(socket));
    let own = call.fd.filter(|_| call.socket == Some(socket));
    made.map(|one| one.fd).or(own).map(|fd| fd.to_string())
}

/// A call explains what happens while it is made. One that waits does so
/// only at its end: what happened before is what it waited for.
fn explains(
    trace: &Trace,
    (enter, exit, at): (u64, u64, usize),
    transition: &Transition,
) -> bool {
    let Event::Call(call) = &trace.events[at] else { return false };
    let from = match exit.checked_sub(enter) {
        Some(time) if time > 6 * SLACK && call.call != "connect" => {
            exit.saturating_sub(SLACK)
        }
        _ => enter,
    };
    let is_then = from <= transition.at_ns + SLACK
        && transition.at_ns <= exit.saturating_add(SLACK);
    let sampled = call.after.as_ref().and_then(|look| look.state.as_ref());
    let is_act = matches!(
        call.call.as_str(),
        "connect" | "listen" | "shutdown" | "close"
    );
    // The peer's FIN came beside a receive that did not meet it; and what
    // becomes of a listener is not its accept's doing.
    let is_beside = super::calls::is_accept(call)
        && call.socket == transition.socket
        || transition.becomes() == "CLOSE_WAIT"
            && !super::calls::meets_end(call);
    let is_found = sampled.is_some_and(|it| it == transition.becomes());
    is_then && (is_act || is_found) && !is_beside
}

/// The states that calls found, where they are not what was known already.
/// `order` is the causal one.
pub(super) fn news(trace: &Trace, moments: &mut [Moment]) {
    let mut known: HashMap<usize, String> = HashMap::new();
    // When the kernel reports a change, a sample only comes too early or too
    // late.
    let reported: HashSet<(usize, &str)> = trace
        .events
        .iter()
        .filter_map(|event| match event {
            Event::State(it) => Some((it.socket?, it.becomes())),
            _ => None,
        })
        .collect();
    for moment in moments {
        let (socket, sampled) = match &trace.events[moment.event] {
            Event::Call(call)
                if !matches!(moment.what, What::Waits { .. }) =>
            {
                let made = call.made.first().and_then(|one| one.socket);
                let state =
                    call.after.as_ref().and_then(|it| it.state.clone());
                // An accept tells of the socket that it made.
                if super::calls::is_accept(call) {
                    (made, state.filter(|it| it != "LISTEN"))
                } else {
                    (call.socket.or(made), state)
                }
            }
            Event::State(transition) => (transition.socket, None),
            _ => continue,
        };
        let Some(socket) = socket else { continue };
        let sampled =
            sampled.filter(|it| !reported.contains(&(socket, it.as_str())));
        let Some(state) = moment.state.clone().or(sampled) else { continue };
        // TIME_WAIT is kept by another object than the socket, which says
        // CLOSE meanwhile.
        let stays = known.get(&socket).is_some_and(|it| it == "TIME_WAIT");
        if stays && state == "CLOSE" {
            moment.state = None;
            continue;
        }
        // What a new socket is says nothing.
        let is_first = !known.contains_key(&socket);
        let is_news = known.get(&socket) != Some(&state)
            && !(is_first && state == "CLOSE");
        moment.state = is_news.then(|| state.clone());
        known.insert(socket, state);
    }
}
