//! Flags that were lost, and a connect that nobody asked about. Man pages:
//! `fcntl(2)`, `connect(2)`.

use super::super::record::Trace;
use super::super::story::calls;
use super::uses::{self, Use};
use super::{Finding, Lint};

pub(super) const LOST_FLAG: Lint = Lint {
    id: "flags-lost",
    title: "F_SETFL took away flags that the socket had",
    why: "F_SETFL sets all flags, not one: those that are not in its value \
          are cleared. A socket without O_NONBLOCK sleeps in its next call, \
          and the loop around it stands still.",
    mend: "Ask first, and add: flags = fcntl(fd, F_GETFL); fcntl(fd, \
           F_SETFL, flags | O_NONBLOCK). fcntl(2)",
};

pub(super) const UNCHECKED: Lint = Lint {
    id: "connect-unchecked",
    title: "it was not asked how a non-blocking connect ended",
    why: "A socket is writable when its connect has ended, well or badly. \
          Which of both only SO_ERROR says; a program that does not ask \
          takes a refused connection for an established one.",
    mend: "When it is writable, getsockopt(fd, SOL_SOCKET, SO_ERROR): 0 is \
           connected, all else is connect's errno. connect(2)",
};

pub(super) fn findings(trace: &Trace) -> Vec<Finding> {
    let mut found = Vec::new();
    for (socket, uses) in uses::by_socket(trace).iter().enumerate() {
        found.extend(lost_flag(trace, socket, uses));
        found.extend(unchecked(trace, socket, uses));
    }
    found
}

/// The flags that F_SETFL can change, of a socket.
#[derive(Clone, Copy, Default, PartialEq)]
struct Flags {
    waits_not: bool,
    signals: bool,
}

impl Flags {
    fn of(words: &str) -> Flags {
        let has = |names: [&str; 2]| {
            words.split('|').any(|word| names.contains(&word))
        };
        Flags {
            waits_not: has(["O_NONBLOCK", "SOCK_NONBLOCK"]),
            signals: has(["FASYNC", "O_ASYNC"]),
        }
    }

    /// What was there, and goes while something else comes.
    fn loses(self, new: Flags) -> Option<&'static str> {
        match (self, new) {
            (
                Flags { waits_not: true, signals: false },
                Flags { waits_not: false, signals: true },
            ) => Some("O_NONBLOCK"),
            (
                Flags { waits_not: false, signals: true },
                Flags { waits_not: true, signals: false },
            ) => Some("O_ASYNC"),
            _ => None,
        }
    }
}

/// Clearing a flag can be meant. Setting one and losing another by it is
/// not.
fn lost_flag(trace: &Trace, socket: usize, uses: &[Use]) -> Option<Finding> {
    if !uses.iter().any(|one| one.arg(1) == "F_SETFL") {
        return None;
    }
    let mut set_by = uses::all(trace).find(|one| {
        one.call.made.iter().any(|made| made.socket == Some(socket))
    });
    let mut now = set_by.as_ref().and_then(made_with).unwrap_or_default();
    for one in uses {
        let was = now;
        now = after(was, one).unwrap_or(was);
        if one.arg(1) == "F_SETFL"
            && let Some(lost) = was.loses(now)
        {
            let says = format!("F_SETFL of {} took {lost} away", one.arg(2));
            let others = set_by.as_slice();
            return Some(one.shows(&LOST_FLAG, others, says));
        }
        if now != was {
            set_by = Some(*one);
        }
    }
    None
}

/// Whether a socket is known to be non-blocking when this call begins.
pub(super) fn waits_not(trace: &Trace, socket: usize, at: &Use) -> bool {
    let earlier = uses::all(trace).take_while(|one| one.event < at.event);
    let mut now = Flags::default();
    for one in earlier {
        if one.call.made.iter().any(|made| made.socket == Some(socket)) {
            now = made_with(&one).unwrap_or(now);
        } else if one.call.socket == Some(socket) {
            now = after(now, &one).unwrap_or(now);
        }
    }
    now.waits_not
}

/// The flags of a new socket. A copy of a descriptor has those of the first.
fn made_with(made: &Use) -> Option<Flags> {
    match made.call.call.as_str() {
        "socket" | "socketpair" => Some(Flags::of(made.arg(1))),
        "accept" | "accept4" => Some(Flags::of(made.arg(3))),
        _ => None,
    }
}

/// The flags that this call says or sets.
fn after(was: Flags, one: &Use) -> Option<Flags> {
    let is_set = one.arg(2) != "[0]";
    let result = one.call.result.filter(|result| *result >= 0)?;
    match (one.call.call.as_str(), one.arg(1)) {
        ("fcntl", "F_GETFL") => Some(Flags {
            waits_not: result & i64::from(libc::O_NONBLOCK) != 0,
            signals: result & i64::from(libc::O_ASYNC) != 0,
        }),
        ("fcntl", "F_SETFL") => Some(Flags::of(one.arg(2))),
        ("ioctl", "FIONBIO") => Some(Flags { waits_not: is_set, ..was }),
        ("ioctl", "FIOASYNC") => Some(Flags { signals: is_set, ..was }),
        _ => None,
    }
}

fn unchecked(trace: &Trace, socket: usize, uses: &[Use]) -> Option<Finding> {
    let begun = uses.iter().position(|one| {
        one.is(&["connect"]) && one.fails_with(&["EINPROGRESS"])
    })?;
    let (connect, later) = (uses[begun], &uses[begun + 1..]);
    let first = later.iter().position(|one| {
        calls::is_send(one.call) || calls::is_receive(one.call)
    })?;
    let was_asked = later[..first].iter().any(|one| {
        one.is(&["connect", "getpeername"])
            || one.is(&["getsockopt"]) && one.arg(2) == "SO_ERROR"
    });
    if was_asked {
        return None;
    }
    let moves = later[first];
    let address = connect.call.address.as_deref().unwrap_or("its peer");
    let name = &moves.call.call;
    let failures =
        ["ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"];
    if moves.fails_with(&failures) {
        let errno = moves.call.errno.as_deref()?;
        let says = format!(
            "connect to {address} was in progress; it was {name} that found \
             out: {errno}"
        );
        return Some(connect.shows(&UNCHECKED, &[moves], says));
    }
    // poll and epoll say POLLERR when it has failed; select does not.
    let between = connect.end()..moves.call.enter_ns;
    let mut selects = uses::all(trace).filter(|one| {
        one.is(&["select", "_newselect", "pselect6"])
            && between.contains(&one.call.enter_ns)
            && one.call.ready.iter().any(|ready| {
                ready.socket == Some(socket) && ready.events == "out"
            })
    });
    let select = selects.next()?;
    calls::sent(moves.call)?;
    let says = format!(
        "connect to {address} was in progress, select said writable, and \
         {name} went ahead"
    );
    Some(connect.shows(&UNCHECKED, &[select, moves], says))
}
