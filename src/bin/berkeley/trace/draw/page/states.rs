//! The strips in a lane's margin: which TCP state each of its sockets is in,
//! from the moment that it is known to the moment that another one is.

use crate::trace::record::{Event, Trace};
use crate::trace::story::{Moment, Story, What};

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
    let mut strips = Strips::default();
    for (at, moment) in story.moments.iter().enumerate() {
        match found(trace, moment) {
            Some((socket, None)) => {
                strips.end(&threads(trace, story, moment.lane), socket, at);
            }
            Some((socket, Some(state))) => strips.push(Stretch {
                lane: moment.lane,
                socket,
                fd: descriptor(trace, moment, socket),
                track: 0,
                state,
                is_transition: moment.is_transition,
                from: at,
                until: None,
            }),
            None => {}
        }
    }
    let Strips { mut done, open } = strips;
    for stretch in open {
        let lane = &story.lanes[stretch.lane];
        let until = lane.has_ended.then_some(lane.last);
        done.push(Stretch { until, ..stretch });
    }
    done.sort_by_key(|stretch| (stretch.lane, stretch.from));
    done
}

#[derive(Default)]
struct Strips {
    done: Vec<Stretch>,
    open: Vec<Stretch>,
}

impl Strips {
    fn push(&mut self, new: Stretch) {
        let is_it =
            |s: &&Stretch| s.lane == new.lane && s.socket == new.socket;
        let track = match self.open.iter().find(is_it) {
            Some(old) if old.state == new.state => return,
            // Another object keeps that than the socket, which says CLOSE.
            Some(old) if old.state == "TIME_WAIT" && new.state == "CLOSE" => {
                return;
            }
            Some(old) => old.track,
            // What was never open is in no state worth a strip.
            None if new.state == "CLOSE" => return,
            None => {
                let beside = self.open.iter().filter(|s| s.lane == new.lane);
                let taken: Vec<usize> = beside.map(|s| s.track).collect();
                let free = (0..TRACKS).find(|track| !taken.contains(track));
                let Some(free) = free else { return };
                free
            }
        };
        self.end(&[new.lane], new.socket, new.from);
        self.open.push(Stretch { track, ..new });
    }

    fn end(&mut self, lanes: &[usize], socket: usize, at: usize) {
        let is_it =
            |s: &mut Stretch| s.socket == socket && lanes.contains(&s.lane);
        let old = self.open.extract_if(.., is_it);
        self.done.extend(old.map(|s| Stretch { until: Some(at), ..s }));
    }
}

/// The lanes of one process: descriptors are theirs together.
fn threads(trace: &Trace, story: &Story, lane: usize) -> Vec<usize> {
    let pid = |lane: usize| Some(trace.tasks.get(story.lanes[lane].task)?.pid);
    let own = pid(lane);
    (0..story.lanes.len()).filter(|lane| pid(*lane) == own).collect()
}

/// The socket that a moment tells the state of. No state: after close(2)
/// this lane has no end of it any more, whatever the kernel does with it.
fn found(trace: &Trace, moment: &Moment) -> Option<(usize, Option<String>)> {
    let call = match trace.events.get(moment.event)? {
        Event::Call(call) => call,
        Event::State(transition) => {
            return Some((transition.socket?, moment.state.clone()));
        }
        _ => return None,
    };
    if matches!(moment.what, What::Waits { .. }) {
        return None;
    }
    if call.call == "close" && call.result == Some(0) {
        return Some((call.socket?, None));
    }
    let sampled = call.after.as_ref().and_then(|look| look.state.clone());
    let state = moment.state.clone().or(sampled)?;
    // An accept may tell of what it made, or of the listener.
    let made = call.made.first().and_then(|made| made.socket);
    let is_accept = call.call.starts_with("accept") && state != "LISTEN";
    let socket = if is_accept { made } else { call.socket.or(made) };
    socket.map(|socket| (socket, Some(state)))
}

/// The descriptor that this lane has of it.
fn descriptor(trace: &Trace, moment: &Moment, socket: usize) -> Option<i32> {
    let Event::Call(call) = trace.events.get(moment.event)? else {
        return None;
    };
    let made = call.made.iter().find(|made| made.socket == Some(socket));
    made.map(|made| made.fd).or(call.fd)
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
        "SYN_SENT" | "SYN_RECV" => "opening",
        "FIN_WAIT1" | "FIN_WAIT2" | "CLOSING" | "TIME_WAIT" => "closing",
        "CLOSE_WAIT" | "LAST_ACK" => "closed-by-peer",
        _ => "closed",
    }
}
