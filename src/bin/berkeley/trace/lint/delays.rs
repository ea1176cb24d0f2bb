//! Small sends that wait for each other. Man page: `tcp(7)`.

use super::super::record::Trace;
use super::super::story::calls;
use super::uses::{self, Use};
use super::{Finding, Lint};

pub(super) const HELD_BACK: Lint = Lint {
    id: "nagle-delay",
    title: "the second of two small sends was held back",
    why: "As long as a small segment is not acknowledged, TCP keeps the next \
          small one back (Nagle's algorithm). The peer has only the first \
          part, nothing to answer yet, and so acknowledges late: some 40 ms \
          pass, each time.",
    mend: "Send a whole message with one call (writev takes several \
           buffers), or set TCP_NODELAY. tcp(7)",
};

/// The least that the kernel waits with an acknowledgement is 40 ms.
const LATE_NS: u64 = 35_000_000;
/// What fits into one segment everywhere.
const SMALL: u64 = 1460;
/// What is sent at once is there at once, on the same machine.
const PROMPT_NS: u64 = 10_000_000;

pub(super) fn findings(trace: &Trace) -> Vec<Finding> {
    let all = uses::by_socket(trace);
    let mut found = Vec::new();
    for (socket, uses) in all.iter().enumerate() {
        let end = &trace.sockets[socket];
        let peer = end.other_end.and_then(|other| all.get(other));
        if let (true, Some(peer)) = (uses::is_tcp(end), peer) {
            found.extend(held_back(uses, peer));
        }
    }
    found
}

fn held_back(uses: &[Use], peer: &[Use]) -> Option<Finding> {
    let sets = |one: &Use| {
        one.is(&["setsockopt"])
            && ["TCP_NODELAY", "TCP_CORK"].contains(&one.arg(2))
    };
    if uses.iter().any(sets) {
        return None;
    }
    let talk: Vec<&Use> = uses
        .iter()
        .filter(|one| calls::is_send(one.call) || calls::is_receive(one.call))
        .collect();
    let mut late = talk.windows(3).filter_map(|three| {
        let [one, two, answer] = three else { return None };
        let sent = calls::sent(two.call)?;
        let first = calls::sent(one.call)?;
        let is_pair = first > 0
            && first.max(sent) < SMALL
            && calls::received(answer.call).is_some()
            && !two.has("MSG_MORE")
            && !one.has("MSG_MORE");
        // The first is on its way still: that is what holds the second back.
        let queue = two.call.after.as_ref()?.send_queue?;
        if !is_pair || u64::from(queue) <= sent {
            return None;
        }
        let arrival = peer.iter().find(|got| {
            calls::received(got.call).is_some_and(|length| length > 0)
                && got.waits_before() == Some(0)
                && got.end() > two.end()
        })?;
        let waited = arrival.end().saturating_sub(two.end());
        let was_there = arrival.call.enter_ns < two.end() + PROMPT_NS;
        // Who goes on meanwhile loses nothing: small sends go together then,
        // which is what Nagle's algorithm is for.
        let waits_for_it = answer.end() >= arrival.end();
        let is_late = was_there && waits_for_it && waited >= LATE_NS;
        is_late.then_some((*one, *two, *arrival, waited))
    });
    let (one, two, arrival, waited) = late.next()?;
    let times = 1 + late.count();
    let sizes = (calls::sent(one.call)?, calls::sent(two.call)?);
    let says = format!(
        "sends of {} and {} bytes; the peer got the second {} ms later",
        sizes.0,
        sizes.1,
        waited / 1_000_000
    );
    let found = one.shows(&HELD_BACK, &[*two, arrival], says);
    Some(Finding { times, ..found })
}
