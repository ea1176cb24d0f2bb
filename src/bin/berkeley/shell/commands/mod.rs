//! The calls, a file per family: what each takes, what it is about, and how
//! an actor makes it.

mod births;
mod lookups;
mod messages;
mod names;
pub(super) mod options;
mod processes;
mod transfer;
mod waiting;

use std::fmt::Write;

use nix::errno::Errno;

use super::call::{Address, Answer, Arg, Bytes, Call};

/// A call that can be typed.
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) takes: &'static [Take],
    /// What it does, in a sentence or two.
    pub(super) what: &'static str,
    /// `EADDRINUSE: somebody has this address`, a line each.
    pub(super) errors: &'static [&'static str],
    pub(super) man: &'static str,
    /// Lines that can be typed as they are.
    pub(super) example: &'static str,
    pub(super) make: fn(&Args) -> Answer,
}

/// An argument of a call.
pub(super) struct Take {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What it is when it is left out; `None`: it may not be.
    pub(super) otherwise: Option<&'static str>,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Fd,
    Domain,
    Type,
    Protocol,
    Number,
    /// How many bytes there is room for.
    Room,
    Flags,
    How,
    Address,
    Bytes,
    Option,
    Value,
    Events,
    Sets,
    /// `0.5`, or NULL.
    Seconds,
    Fds,
    /// One of the symbols of this call, with its number.
    Symbol(&'static [(&'static str, i64)]),
    Word,
}

pub(super) const fn needs(name: &'static str, kind: Kind) -> Take {
    Take { name, kind, otherwise: None }
}

pub(super) const fn may(
    name: &'static str,
    kind: Kind,
    otherwise: &'static str,
) -> Take {
    Take { name, kind, otherwise: Some(otherwise) }
}

const FAMILIES: [&[Command]; 8] = [
    births::COMMANDS,
    names::COMMANDS,
    transfer::COMMANDS,
    messages::COMMANDS,
    options::COMMANDS,
    waiting::COMMANDS,
    processes::COMMANDS,
    lookups::COMMANDS,
];

/// All of them, in the order of their families.
pub(super) fn all() -> impl Iterator<Item = &'static Command> {
    FAMILIES.into_iter().flatten()
}

/// The names of each family's.
pub(super) fn families() -> impl Iterator<Item = Vec<&'static str>> {
    FAMILIES.into_iter().map(|of| of.iter().map(|it| it.name).collect())
}

pub(super) fn find(name: &str) -> Option<&'static Command> {
    all().find(|command| command.name == name)
}

impl Command {
    /// `bind FD ADDRESS`, `recv FD [SIZE] [FLAGS]`
    pub(super) fn usage(&self) -> String {
        let mut usage = self.name.to_owned();
        for take in self.takes {
            let _ = match take.otherwise {
                None => write!(usage, " {}", take.name),
                Some(_) => write!(usage, " [{}]", take.name),
            };
        }
        usage
    }
}

/// In the actor: makes the call.
pub(super) fn make(call: &Call) -> Answer {
    match find(&call.name) {
        Some(command) => (command.make)(&Args(&call.args)),
        None => Answer::failed(Errno::ENOSYS),
    }
}

/// The arguments of a call, each as the call wants it. They were parsed by
/// the same table, so that what is asked for is there.
pub(super) struct Args<'a>(&'a [Arg]);

impl Args<'_> {
    fn fd(&self, place: usize) -> i32 {
        match self.0.get(place) {
            Some(Arg::Fd(fd)) => *fd,
            _ => -1,
        }
    }

    fn long(&self, place: usize) -> i64 {
        match self.0.get(place) {
            Some(Arg::Number(value) | Arg::Symbol(value, _)) => *value,
            _ => 0,
        }
    }

    /// As a C int, whatever was typed.
    #[allow(clippy::cast_possible_truncation)] // As C would do it.
    fn int(&self, place: usize) -> i32 {
        self.long(place) as i32
    }

    fn size(&self, place: usize) -> usize {
        usize::try_from(self.long(place)).unwrap_or(0)
    }

    /// `None`: a NULL.
    fn address(&self, place: usize) -> Option<&Address> {
        match self.0.get(place) {
            Some(Arg::Address(address)) => Some(address),
            _ => None,
        }
    }

    fn bytes(&self, place: usize) -> Vec<u8> {
        match self.0.get(place) {
            Some(Arg::Bytes(bytes)) => bytes.all(),
            Some(Arg::Word(word)) => word.clone().into_bytes(),
            _ => Vec::new(),
        }
    }

    fn word(&self, place: usize) -> Option<&str> {
        match self.0.get(place) {
            Some(Arg::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn arg(&self, place: usize) -> &Arg {
        self.0.get(place).unwrap_or(&Arg::Nothing)
    }
}

/// A size in memory as the calls take it.
fn length(bytes: &[u8]) -> libc::socklen_t {
    libc::socklen_t::try_from(bytes.len()).unwrap_or(libc::socklen_t::MAX)
}

/// What was sent and received, as it is shown.
fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 256;
    let payload = crate::trace::escaped(bytes, SHOWN);
    let more = if payload.cut { "..." } else { "" };
    format!("\"{}\"{more}", payload.text)
}

/// The text of a string argument, for errors and notes.
pub(super) fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(&bytes.all()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_call_says_what_it_is() {
        let mut names = BTreeSet::new();
        for command in all() {
            assert!(names.insert(command.name), "{} twice", command.name);
            assert!(command.what.ends_with('.'), "{}", command.name);
            assert!(command.man.contains('('), "{}", command.name);
            let shown = command.example.contains(command.name);
            assert!(shown, "{} has no example", command.name);
        }
    }
}
