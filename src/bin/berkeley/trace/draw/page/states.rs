//! The strips in a lane's margin: which TCP state each of its sockets is in,
//! from the moment that it is known to the moment that another one is.

use crate::trace::record::{Event, Trace};
use crate::trace::story::{Moment, Story};

/// More strips than this beside one line, and nobody would find a socket's.
const TRACKS: usize = 3;

/// A socket in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) lane: usize,
    pub(super) socket: usize,
    pub(super) fd: Option<i32>,
    pub(super) track: usize,
    pub(super) state: String,
    pub(super) is_transition: bool,
    pub(super) from: usize,
    /// `None`: until the lane's end, or the drawing's.
    pub(super) until: Option<usize>,
}

pub(super) fn stretches(trace: &Trace, story: &Story) -> Vec<Stretch> {
    let mut done: Vec<Stretch> = Vec::new();
    let mut open: Vec<Stretch> = Vec::new();
    for (at, moment) in story.moments.iter().enumerate() {
        let Some(socket) = socket_of(trace, moment) else { continue };
        let is_it = |s: &Stretch| s.lane == moment.lane && s.socket == socket;
        let old = open.iter().position(is_it);
        if lets_go(trace, moment, socket) {
            if let Some(old) = old {
                done.push(ended(open.swap_remove(old), at));
            }
            continue;
        }
        let Some(state) = &moment.state else { continue };
        let track = match old {
            Some(old) if open[old].state == *state => continue,
            Some(old) => {
                let old = ended(open.swap_remove(old), at);
                let track = old.track;
                done.push(old);
                track
            }
            None => {
                let beside = |t: &usize| {
                    let lane = moment.lane;
                    !open.iter().any(|s| s.lane == lane && s.track == *t)
                };
                let Some(free) = (0..TRACKS).find(beside) else { continue };
                free
            }
        };
        open.push(Stretch {
            lane: moment.lane,
            socket,
            fd: descriptor(trace, moment),
            track,
            state: state.clone(),
            is_transition: moment.is_transition,
            from: at,
            until: None,
        });
    }
    for stretch in open {
        let lane = &story.lanes[stretch.lane];
        let until = lane.has_ended.then_some(lane.last);
        done.push(Stretch { until, ..stretch });
    }
    done.sort_by_key(|stretch| (stretch.lane, stretch.from));
    done
}

fn ended(stretch: Stretch, at: usize) -> Stretch {
    Stretch { until: Some(at), ..stretch }
}

/// The socket that a moment is about: what it made, or what it is called on.
/// An accept says nothing new of its listener.
pub(super) fn socket_of(trace: &Trace, moment: &Moment) -> Option<usize> {
    match trace.events.get(moment.event)? {
        Event::Call(call) => {
            let made = call.made.first().and_then(|made| made.socket);
            let is_accept = call.call.starts_with("accept");
            if is_accept && moment.state.as_deref() == Some("LISTEN") {
                return call.socket;
            }
            made.filter(|_| moment.state.is_some()).or(call.socket)
        }
        Event::State(transition) => transition.socket,
        Event::Segment(segment) => segment.from_socket,
        _ => None,
    }
}

/// The descriptor that this lane has of it.
fn descriptor(trace: &Trace, moment: &Moment) -> Option<i32> {
    let Event::Call(call) = trace.events.get(moment.event)? else {
        return None;
    };
    let socket = socket_of(trace, moment);
    let made = call.made.iter().find(|made| made.socket == socket);
    made.map(|made| made.fd).or(call.fd)
}

/// After close(2) this lane has no end of it any more, whatever the kernel
/// does with it for a while.
fn lets_go(trace: &Trace, moment: &Moment, socket: usize) -> bool {
    let Some(Event::Call(call)) = trace.events.get(moment.event) else {
        return false;
    };
    call.call == "close"
        && call.socket == Some(socket)
        && call.result == Some(0)
}

/// `3 LISTEN`
pub(super) fn title(stretch: &Stretch) -> String {
    match stretch.fd {
        Some(fd) => format!("{fd} {}", stretch.state),
        None => stretch.state.clone(),
    }
}

/// States that look alike: the strip's and the bracket's class.
pub(super) fn class(state: &str) -> &'static str {
    match state {
        "LISTEN" => "listen",
        "ESTABLISHED" => "open",
        "SYN_SENT" | "SYN_RECV" | "NEW_SYN_RECV" => "opening",
        "FIN_WAIT1" | "FIN_WAIT2" | "CLOSING" | "TIME_WAIT" => "closing",
        "CLOSE_WAIT" | "LAST_ACK" => "closed-by-peer",
        _ => "closed",
    }
}
