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
    let mut set_by = uses::all(trace).find(|one| {
        one.call.made.iter().any(|made| made.socket == Some(socket))
    });
    let born = set_by.map(|made| {
        let place = if calls::is_accept(made.call) { 3 } else { 1 };
        Flags::of(made.arg(place))
    });
    let mut now = born.unwrap_or_default();
    for one in uses.iter().filter(|one| one.call.result.is_some()) {
        let command = one.arg(1);
        let was = now;
        match (one.call.call.as_str(), command, one.call.result?) {
            ("fcntl", "F_GETFL", flags @ 0..) => {
                now.waits_not = flags & i64::from(libc::O_NONBLOCK) != 0;
                now.signals = flags & i64::from(libc::O_ASYNC) != 0;
            }
            ("ioctl", "FIONBIO", 0) => now.waits_not = one.arg(2) != "[0]",
            ("ioctl", "FIOASYNC", 0) => now.signals = one.arg(2) != "[0]",
            ("fcntl", "F_SETFL", 0) => {
                now = Flags::of(one.arg(2));
                if let Some(lost) = was.loses(now) {
                    let says =
                        format!("F_SETFL of {} took {lost} away", one.arg(2));
                    let first = set_by.unwrap_or(*one);
                    return Some(first.shows(&LOST_FLAG, &[*one], says)).map(
                        |found| Finding {
                            socket: Some(socket),
                            task: one.call.task,
                            ..found
                        },
                    );
                }
            }
            _ => {}
        }
        if now != was {
            set_by = Some(*one);
        }
    }
    None
}

fn unchecked(trace: &Trace, socket: usize, uses: &[Use]) -> Option<Finding> {
    let place = uses.iter().position(|one| {
        one.is(&["connect"]) && one.fails_with(&["EINPROGRESS"])
    })?;
    let connect = uses[place];
    let later = &uses[place + 1..];
    let used = later.iter().position(|one| {
        calls::is_send(one.call) || calls::is_receive(one.call)
    })?;
    let was_asked = later[..used].iter().any(|one| {
        one.is(&["connect", "getpeername"])
            || one.is(&["getsockopt"]) && one.arg(2) == "SO_ERROR"
    });
    if was_asked {
        return None;
    }
    let used = later[used];
    let address = connect.call.address.as_deref().unwrap_or("its peer");
    let failures =
        ["ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"];
    let name = &used.call.call;
    if used.fails_with(&failures) {
        let errno = used.call.errno.as_deref()?;
        let says = format!(
            "connect to {address} was in progress; it was {name} that found \
             out: {errno}"
        );
        return Some(connect.shows(&UNCHECKED, &[used], says));
    }
    // poll and epoll say POLLERR when it has failed; select does not.
    let between = connect.end()..used.call.enter_ns;
    let mut selects = uses::all(trace).filter(|one| {
        one.is(&["select", "_newselect", "pselect6"])
            && between.contains(&one.call.enter_ns)
            && one.call.ready.iter().any(|ready| {
                ready.socket == Some(socket) && ready.events == "out"
            })
    });
    let select = selects.next()?;
    calls::sent(used.call)?;
    let says = format!(
        "connect to {address} was in progress, select said writable, and \
         {name} went ahead"
    );
    Some(connect.shows(&UNCHECKED, &[select, used], says))
}
