//! Ends of connections that took bytes with them. Man pages: `close(2)`,
//! `shutdown(2)`, `tcp(7)`.

use super::super::record::{Event, Trace};
use super::super::story::calls;
use super::uses::{self, Use};
use super::{Finding, Lint};

pub(super) const UNREAD: Lint = Lint {
    id: "unread-reset",
    title: "a socket was closed while received bytes waited in it",
    why: "TCP then ends the connection with an RST instead of a FIN: the \
          peer gets ECONNRESET, and may lose even what was sent to it \
          before.",
    mend: "Read to the end (recv returns 0) before close; say that no more \
           will be sent with shutdown(SHUT_WR) first. tcp(7)",
};

pub(super) const EARLY_CLOSE: Lint = Lint {
    id: "close-for-shutdown",
    title: "it closed where it should have shut down one direction",
    why: "close ends both directions. What the peer answers afterwards is \
          met by an RST, and the peer's next call fails with ECONNRESET or \
          EPIPE.",
    mend: "Say the end of the question with shutdown(SHUT_WR), read the \
           answer until recv returns 0, and only then close. shutdown(2)",
};

pub(super) fn findings(trace: &Trace) -> Vec<Finding> {
    let all = uses::by_socket(trace);
    let mut found = Vec::new();
    let passed = uses::passed(trace);
    for (socket, uses) in all.iter().enumerate() {
        if passed.contains(&socket) {
            continue;
        }
        let end = &trace.sockets[socket];
        let is_abort =
            || uses.iter().any(|one| calls::sets_no_linger(one.call));
        if !uses::is_tcp(end) || end.listens || is_abort() {
            continue;
        }
        let peer = end.other_end.and_then(|other| all.get(other));
        let peer = peer.map_or(&[][..], Vec::as_slice);
        let unread = unread(trace, uses, peer);
        found.extend(unread.or_else(|| early(trace, uses, peer)));
    }
    found
}

/// Where the last descriptor of a socket goes, by close or with its process.
struct Gone {
    at_ns: u64,
    /// The close, or the end of the process.
    event: usize,
    is_close: bool,
}

fn gone(trace: &Trace, uses: &[Use]) -> Option<Gone> {
    if let Some(close) = uses.iter().find(|one| uses::is_gone_with(uses, one))
    {
        let (at_ns, event) = (close.call.enter_ns, close.event);
        return Some(Gone { at_ns, event, is_close: true });
    }
    // Its only user's end closes it, unless somebody has inherited it.
    let last = uses.last()?.call;
    if uses.iter().any(|one| one.is(&["close"]) || one.call.pid != last.pid) {
        return None;
    }
    let has_children = trace.tasks.iter().any(|task| {
        let parent = task.parent.map(|parent| trace.tasks[parent].pid);
        parent == Some(last.pid) && task.pid != last.pid
    });
    if has_children {
        return None;
    }
    let mut events = trace.events.iter().enumerate();
    events.find_map(|(event, what)| match what {
        Event::End(end) if end.pid == last.pid && end.tid == end.pid => {
            // Killed, it could not have done better.
            end.code?;
            Some(Gone { at_ns: end.at_ns, event, is_close: false })
        }
        _ => None,
    })
}

/// A call of the peer that told it of the RST.
fn told<'a>(peer: &[Use<'a>], at_ns: u64) -> Option<Use<'a>> {
    let mut told = peer.iter().filter(|one| one.end() > at_ns);
    told.find(|one| calls::meets_reset(one.call)).copied()
}

fn unread(trace: &Trace, uses: &[Use], peer: &[Use]) -> Option<Finding> {
    let gone = gone(trace, uses)?;
    let close = uses.iter().find(|one| one.event == gone.event);
    // Without a close, what it did last with the socket left them there.
    let look = match close {
        Some(close) => close.call.before.as_ref()?,
        None => uses.last()?.call.after.as_ref()?,
    };
    let (waits, state) = (look.receive_queue?, look.state.as_deref()?);
    let told = told(peer, gone.at_ns);
    // After a FIN the peer may be gone already, and nobody hears the RST.
    let hits = matches!(state, "ESTABLISHED" | "FIN_WAIT1" | "FIN_WAIT2")
        || state == "CLOSE_WAIT" && told.is_some();
    if waits == 0 || !hits {
        return None;
    }
    let last = uses.last()?;
    let by = if gone.is_close { "close" } else { "the end of its process" };
    let name = uses::name(trace, last.call.socket?);
    let heard = match told {
        Some(told) => format!(
            "; the peer's {} failed with {}",
            told.call.call,
            told.call.errno.as_deref()?
        ),
        None => String::new(),
    };
    let says = format!("{by} with {waits} bytes of {name} unread{heard}");
    let mut found = close.unwrap_or(last).shows(&UNREAD, &[], says);
    if !gone.is_close {
        found.events.push(gone.event);
    }
    found.events.extend(told.map(|told| told.event));
    found.events.sort_unstable();
    Some(found)
}

/// It sent a question, did not read the answer, and that met an RST.
fn early(trace: &Trace, uses: &[Use], peer: &[Use]) -> Option<Finding> {
    let gone = gone(trace, uses)?;
    let before = uses.iter().filter(|one| one.event != gone.event);
    let before: Vec<&Use> = before.collect();
    let asks = before.iter().any(|one| one.is(&["connect"]));
    let question = before.iter().rposition(|one| {
        calls::sent(one.call).is_some_and(|length| length > 0)
    })?;
    let has_listened = before[question..].iter().any(|one| {
        calls::says_end(one.call)
            || calls::meets_end(one.call)
            || calls::meets_reset(one.call)
            || calls::received(one.call).is_some_and(|length| length > 0)
    });
    let answer = peer
        .iter()
        .find(|one| calls::is_send(one.call) && one.end() > gone.at_ns)?;
    let state = answer.call.after.as_ref()?.state.as_deref();
    let told = match state {
        Some("CLOSE") => *answer,
        _ => told(peer, gone.at_ns)?,
    };
    if !asks || has_listened || answer.event > told.event {
        return None;
    }
    let what = match &told.call.errno {
        Some(errno) => format!("failed with {errno}"),
        None => "met an RST".to_string(),
    };
    let by = if gone.is_close { "closed" } else { "ended" };
    let says = format!(
        "{by} with the answer to come: the peer's {} {what}",
        told.call.call
    );
    let mut found = before[question].shows(&EARLY_CLOSE, &[], says);
    found.events.extend([gone.event, answer.event, told.event]);
    found.events.sort_unstable();
    found.events.dedup();
    Some(found)
}
