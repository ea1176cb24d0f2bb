//! Room for what is received: far too little of it, or not enough for a
//! datagram. Man pages: `recv(2)`, `udp(7)`.

use super::super::record::{Socket, Trace};
use super::super::story::calls;
use super::uses::{self, Use};
use super::{Finding, Lint};

pub(super) const BYTE_READS: Lint = Lint {
    id: "byte-reads",
    title: "bytes that were there were read one by one",
    why: "Each call goes into the kernel and back for one byte, when one \
          call would have brought all that waits. This is hundreds of times \
          slower than a buffer.",
    mend: "Receive into a buffer of some thousand bytes, and take lines or \
           bytes out of that. recv(2)",
};

pub(super) const CUT_DATAGRAM: Lint = Lint {
    id: "cut-datagram",
    title: "a datagram did not fit, and its rest is lost",
    why: "A receive takes one whole datagram. What does not fit into the \
          buffer is thrown away, and the result does not show it: the next \
          receive begins with the next datagram.",
    mend: "Make room for the longest datagram of the protocol (65,507 bytes \
           fit into one of UDP over IPv4), or look for MSG_TRUNC. recv(2)",
};

/// A protocol may have a few bytes in front that say how long the rest is.
const MANY: usize = 16;

pub(super) fn findings(trace: &Trace) -> Vec<Finding> {
    let mut found = Vec::new();
    for (socket, uses) in uses::by_socket(trace).iter().enumerate() {
        let Socket { family, kind, .. } = &trace.sockets[socket];
        let is_talk = family.starts_with("AF_INET") || family == "AF_UNIX";
        if uses::is_stream(&trace.sockets[socket]) {
            found.extend(byte_reads(trace, uses));
        } else if is_talk && kind.starts_with("SOCK_DGRAM") {
            found.extend(cut_datagrams(trace, socket, uses));
        }
    }
    found
}

fn byte_reads(trace: &Trace, uses: &[Use]) -> Option<Finding> {
    let one_byte = |one: &Use| {
        one.room() == Some(1) && calls::received(one.call) == Some(1)
    };
    let receives = uses.iter().filter(|one| calls::is_receive(one.call));
    let receives: Vec<Use> = receives.copied().collect();
    let runs = receives.chunk_by(|one, next| {
        one_byte(one) && one_byte(next) && one.call.task == next.call.task
    });
    let more_waits =
        |one: &&Use| one.waits_after().is_some_and(|waits| waits > 0);
    let longest = runs
        .filter(|run| one_byte(&run[0]))
        .max_by_key(|run| run.iter().filter(more_waits).count())?;
    let times = longest.iter().filter(more_waits).count();
    if times < MANY {
        return None;
    }
    let first = longest.iter().find(more_waits)?;
    let waits = longest.iter().filter_map(Use::waits_after).max()?;
    let peer = uses::name(trace, first.call.socket?);
    let name = &first.call.call;
    let says = format!(
        "{times} times {name} took 1 byte from {peer} while others waited, \
         up to {waits} of them"
    );
    let others = &longest[1..longest.len().min(3)];
    Some(first.shows(&BYTE_READS, others, says))
}

fn cut_datagrams(
    trace: &Trace,
    socket: usize,
    uses: &[Use],
) -> Option<Finding> {
    let is_full = |one: &Use| {
        one.room().is_some() && one.room() == calls::received(one.call)
    };
    let paired = if uses.iter().any(is_full) {
        whole(trace, socket, uses)
    } else {
        Vec::new()
    };
    let mut cut = uses.iter().filter_map(|one| {
        let got = calls::received(one.call)?;
        if one.is(&["recvmsg"]) {
            let flags = one.arg(1).rsplit_once("msg_flags=")?.1;
            let is_cut = flags.trim_end_matches('}').split('|');
            let is_cut = is_cut.into_iter().any(|flag| flag == "MSG_TRUNC");
            return is_cut.then_some((one, got, None));
        }
        // With this flag the result says how long it was.
        let room =
            one.room().filter(|room| !one.has("MSG_TRUNC") && got == *room)?;
        let waited = one.waits_before().map(u64::from);
        let sent = paired.iter().find(|(event, _)| *event == one.event);
        let sent = sent.map(|(_, length)| *length);
        let whole = waited.filter(|waited| *waited > room).or(sent)?;
        (whole > room).then_some((one, got, Some(whole)))
    });
    let (first, got, whole) = cut.next()?;
    let times = 1 + cut.count();
    let name = &first.call.call;
    let says = match whole {
        Some(whole) => format!(
            "{name} had room for {got} bytes, the datagram had {whole}"
        ),
        None => format!(
            "{name} got {got} bytes of a longer datagram, as MSG_TRUNC says"
        ),
    };
    let found = first.shows(&CUT_DATAGRAM, &[], says);
    Some(Finding { times, ..found })
}

/// How long the datagrams were that these receives got, where all that was
/// sent to the socket was seen: one after the other, and none is missing.
fn whole(trace: &Trace, socket: usize, uses: &[Use]) -> Vec<(usize, u64)> {
    let own = trace.sockets[socket].local.as_deref();
    let sends = uses::all(trace).filter(|one| {
        let to = one.call.address.as_deref();
        let from = one.call.socket.and_then(|at| trace.sockets.get(at));
        let to = to.or_else(|| from?.peer.as_deref());
        calls::sent(one.call).is_some() && own.is_some() && to == own
    });
    let receives =
        uses.iter().filter(|one| calls::received(one.call).is_some());
    let mut lengths = Vec::new();
    for (sent, got) in sends.zip(receives) {
        let (Some(sent), Some(data)) = (&sent.call.data, &got.call.data)
        else {
            break;
        };
        if !sent.text.starts_with(&data.text) || sent.length < data.length {
            break;
        }
        lengths.push((got.event, sent.length));
    }
    lengths
}
