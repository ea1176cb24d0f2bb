//! The address of a listener, and whether it can be had again. Man pages:
//! `socket(7)`, `bind(2)`.

use super::super::record::Trace;
use super::uses::{self, Use};
use super::{Finding, Lint};

pub(super) const NO_REUSE: Lint = Lint {
    id: "reuseaddr-missing",
    title: "a listener with a fixed port has no SO_REUSEADDR",
    why: "Where the server closes first, its connection stays in TIME_WAIT \
          for a minute. As long as one does, bind of the same port fails \
          with EADDRINUSE: the server cannot be started again.",
    mend: "Set SO_REUSEADDR to 1 with setsockopt before bind. socket(7)",
};

pub(super) const LATE_REUSE: Lint = Lint {
    id: "reuseaddr-late",
    title: "SO_REUSEADDR was set after bind",
    why: "It is bind that finds the address in use or not. An option that is \
          set later comes too late for it: connections in TIME_WAIT keep the \
          server from starting again.",
    mend: "Call setsockopt between socket and bind. socket(7)",
};

pub(super) fn findings(trace: &Trace) -> Vec<Finding> {
    let mut found = Vec::new();
    for (socket, uses) in uses::by_socket(trace).iter().enumerate() {
        if uses::is_tcp(&trace.sockets[socket]) {
            found.extend(reuse(trace, uses));
        }
    }
    found
}

fn reuse(trace: &Trace, uses: &[Use]) -> Option<Finding> {
    let made = uses.iter().position(|one| {
        let is_in_use = one.fails_with(&["EADDRINUSE"]);
        one.is(&["bind"]) && (one.call.result == Some(0) || is_in_use)
    })?;
    let bind = &uses[made];
    let address = bind.call.address.as_deref()?;
    let sets = |one: &&Use| {
        one.is(&["setsockopt"])
            && one.call.result == Some(0)
            && ["SO_REUSEADDR", "SO_REUSEPORT"].contains(&one.arg(2))
            && one.arg(3) != "[0]"
    };
    let is_fixed = address.rsplit_once(':').is_some_and(|(_, p)| p != "0");
    if !is_fixed || uses[..made].iter().any(|one| sets(&one)) {
        return None;
    }
    if bind.fails_with(&["EADDRINUSE"]) {
        let port = address.rsplit_once(':')?.1;
        // Against another listener the option does not help.
        let is_taken = trace.sockets.iter().any(|other| {
            let of = other.local.as_deref().and_then(|at| at.rsplit_once(':'));
            other.listens && of.is_some_and(|(_, other)| other == port)
        });
        if is_taken {
            return None;
        }
        let says = format!(
            "bind of {address} failed with EADDRINUSE, and SO_REUSEADDR was \
             not set: a connection in TIME_WAIT is enough for that"
        );
        return Some(bind.shows(&NO_REUSE, &[], says));
    }
    let listens =
        |one: &&Use| one.is(&["listen"]) && one.call.result == Some(0);
    let listen = uses[made..].iter().find(listens)?;
    if let Some(late) = uses[made..].iter().find(sets) {
        let option = late.arg(2);
        let says = format!("{option} was set after bind of {address}");
        return Some(bind.shows(&LATE_REUSE, &[*late], says));
    }
    let says = format!("bind of {address} and listen, without SO_REUSEADDR");
    Some(bind.shows(&NO_REUSE, &[*listen], says))
}
