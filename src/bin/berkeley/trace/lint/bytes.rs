//! Bytes that were not sent, and ends that were not seen. Man pages:
//! `send(2)`, `recv(2)`.

use super::super::record::{Call, Event, Trace};
use super::super::story::{bytes, calls};
use super::uses::{self, Use};
use super::{Finding, Lint};

pub(super) const SHORT_SEND: Lint = Lint {
    id: "short-send",
    title: "a short send was taken for a whole one",
    why: "send and write may take only the first part of what they are \
          given, when the socket's buffer is nearly full or a signal comes. \
          The rest was never sent: the peer gets a stream with a hole in it, \
          or an end too early.",
    mend: "Look at the result and send again from there until all is sent \
           (on a non-blocking socket, when it is writable again). send(2)",
};

pub(super) const EOF_SPIN: Lint = Lint {
    id: "end-ignored",
    title: "the end of the stream was not taken for the end",
    why: "recv that returns 0 says that the peer will send no more, ever. \
          Each further recv returns 0 again at once: the loop takes a whole \
          CPU, and the socket stays in CLOSE_WAIT.",
    mend: "Leave the loop and close the socket when recv returns 0. recv(2)",
};

pub(super) const DEAD_SEND: Lint = Lint {
    id: "send-after-reset",
    title: "it went on sending after the connection was gone",
    why: "After ECONNRESET or EPIPE nothing that is sent arrives anywhere. \
          Every further send fails with EPIPE, and raises SIGPIPE, which \
          ends a program that does not ignore it.",
    mend: "Take the first ECONNRESET or EPIPE for the end of this peer: \
           close its socket, and serve the others. send(2)",
};

/// So often 0 was received in a row: twice can be a loop within a loop that
/// both look for the end.
const SPIN: usize = 3;

pub(super) fn findings(trace: &Trace) -> Vec<Finding> {
    let mut found = Vec::new();
    let passed = uses::passed(trace);
    for (socket, uses) in uses::by_socket(trace).iter().enumerate() {
        if !uses::is_stream(&trace.sockets[socket]) {
            continue;
        }
        if !passed.contains(&socket) {
            found.extend(short_send(trace, uses));
        }
        found.extend(end_ignored(trace, uses));
        found.extend(dead_send(uses));
    }
    found
}

fn short_send(trace: &Trace, uses: &[Use]) -> Option<Finding> {
    let mut short = uses.iter().enumerate();
    short.find_map(|(place, short)| {
        let rest = short.call.unsent.as_ref()?;
        let sent = calls::sent(short.call).filter(|sent| *sent > 0)?;
        let fate = fate(trace, short, &uses[place + 1..])?;
        let (next, what) = match fate {
            Fate::Lost(next) => (next, "the next one began with other bytes"),
            Fate::Closed(next) if next.is(&["shutdown"]) => {
                (next, "then it said that this was all")
            }
            Fate::Closed(next) => (next, "then the socket was closed"),
        };
        let (name, left) = (&short.call.call, rest.length);
        let says = format!("{name} took {sent} bytes and left {left}; {what}");
        Some(short.shows(&SHORT_SEND, &[next], says))
    })
}

/// What has become of the rest of a short send.
enum Fate<'a> {
    /// Other bytes were sent in its place.
    Lost(Use<'a>),
    Closed(Use<'a>),
}

/// `None` also when it was tried to send the rest, or when the peer was gone.
fn fate<'a>(
    trace: &Trace,
    short: &Use,
    later: &[Use<'a>],
) -> Option<Fate<'a>> {
    let rest = short.call.unsent.as_ref()?;
    for &next in later.iter().filter(|next| next.call.enter_ns > short.end()) {
        let call = next.call;
        if calls::is_send(call) && calls::sent(call).is_some() {
            let sent = call.data.as_ref()?;
            let differ = bytes::differ(&rest.text, &sent.text);
            return differ.then_some(Fate::Lost(next));
        }
        // For these there was no room either; but they are not the rest.
        if next.fails_with(&["EAGAIN", "EWOULDBLOCK"])
            && given(call).is_some_and(|it| bytes::differ(&rest.text, it))
        {
            let comes_later = later.iter().any(|one| {
                let sent = one.call.data.as_ref();
                calls::sent(one.call).is_some()
                    && one.call.enter_ns > next.end()
                    && sent
                        .is_none_or(|it| !bytes::differ(&rest.text, &it.text))
            });
            return (!comes_later).then_some(Fate::Lost(next));
        }
        let is_trouble = calls::is_send(call)
            || calls::meets_end(call)
            || calls::has_failed(call);
        if is_trouble {
            return None;
        }
        let is_end = calls::says_end(call) || uses::is_gone_with(later, &next);
        if is_end {
            let state = call.before.as_ref().and_then(|at| at.state.clone());
            let is_alive = state.is_none_or(|state| {
                ["ESTABLISHED", "CLOSE_WAIT"].contains(&state.as_str())
            });
            let gave_up = waited(trace, short, call.enter_ns);
            return (is_alive && !gave_up).then_some(Fate::Closed(next));
        }
    }
    None
}

/// What a send began with that took nothing, as it stands in its arguments.
fn given(call: &Call) -> Option<&str> {
    let written = call.args.get(1).filter(|_| calls::is_send(call))?;
    let text = match written.split_once("iov_base=") {
        Some((_, first)) => first,
        None => written,
    };
    let text = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = text.find(|one| {
        let ends = one == '"' && !escaped;
        escaped = one == '\\' && !escaped;
        ends
    })?;
    Some(&text[..end])
}

/// Whether it waited for something, or was called away: then the peer may
/// have been given up, which is no mistake.
fn waited(trace: &Trace, short: &Use, until: u64) -> bool {
    let own = short.call.pid;
    let between = trace
        .events
        .iter()
        .filter(|event| (short.end()..until).contains(&event.at()));
    between.into_iter().any(|event| match event {
        Event::Call(call) => call.pid == own && calls::is_poll(call),
        Event::Signal(signal) => signal.pid == own,
        _ => false,
    })
}

fn end_ignored(trace: &Trace, uses: &[Use]) -> Option<Finding> {
    let receives = uses.iter().filter(|one| calls::is_receive(one.call));
    let receives: Vec<&Use> = receives.collect();
    let runs = receives.chunk_by(|one, next| {
        calls::meets_end(one.call)
            && calls::meets_end(next.call)
            && one.call.pid == next.call.pid
    });
    let met = |run: &&[&Use]| calls::meets_end(run[0].call);
    let longest = runs.filter(met).max_by_key(|run| run.len())?;
    if longest.len() < SPIN {
        return None;
    }
    let peer = uses::name(trace, longest[0].call.socket?);
    let name = &longest[0].call.call;
    let times = longest.len();
    let says =
        format!("{name} from {peer} returned 0, and again: {times} times");
    let others: Vec<Use> = longest[1..SPIN].iter().map(|one| **one).collect();
    Some(longest[0].shows(&EOF_SPIN, &others, says))
}

fn dead_send(uses: &[Use]) -> Option<Finding> {
    let first = uses.iter().find(|one| calls::meets_reset(one.call))?;
    let later: Vec<Use> = uses
        .iter()
        .filter(|one| {
            calls::is_send(one.call)
                && one.call.task == first.call.task
                && one.call.enter_ns > first.end()
                && one.fails_with(&["EPIPE", "ECONNRESET"])
        })
        .copied()
        .collect();
    let next = later.first()?;
    let times = match later.len() {
        1 => "once".to_string(),
        times => format!("{times} times"),
    };
    let errno = first.call.errno.as_deref()?;
    let says = format!(
        "{} failed with {errno}, and it sent {times} more",
        first.call.call
    );
    Some(first.shows(&DEAD_SEND, &[*next], says))
}
