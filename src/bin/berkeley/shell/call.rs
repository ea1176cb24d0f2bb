//! A call as it goes from the shell to the actor that makes it, and the
//! answer that comes back.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use berkeley::sockets::Cause;
use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use super::sets::Sets;
use crate::trace::{address_text, symbols};

/// `bind(3, 127.0.0.1:50000)`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) args: Vec<Arg>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Arg {
    Fd(i32),
    Number(i64),
    /// A number that has a name: `AF_INET`, `MSG_PEEK|MSG_DONTWAIT`.
    Symbol(i64, String),
    Address(Address),
    Bytes(Bytes),
    /// Level and option.
    Option(i32, i32),
    Value(Value),
    /// What poll(2) is asked about.
    Events(Vec<(i32, i16)>),
    /// And select(2).
    Sets(Sets),
    /// Descriptors to be passed on.
    Fds(Vec<i32>),
    Word(String),
    /// It was left out.
    Nothing,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Bytes {
    Text(Vec<u8>),
    /// `#5000`: so many, the alphabet over and over.
    Count(usize),
}

impl Bytes {
    pub(super) fn all(&self) -> Vec<u8> {
        match self {
            Bytes::Text(text) => text.clone(),
            Bytes::Count(count) => {
                (b'a'..=b'z').cycle().take(*count).collect()
            }
        }
    }
}

/// An address as bind(2) takes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Address {
    V4(SocketAddrV4),
    V6(SocketAddrV6),
    Path(String),
    Abstract(String),
    /// AF_UNSPEC: connect(2) to it takes a datagram socket's peer away.
    Unspecified,
}

impl Address {
    /// As the struct of its family lies in memory.
    pub(super) fn raw(&self) -> Vec<u8> {
        let family = |family: i32| {
            let [a, b, ..] = family.to_ne_bytes();
            let [c, d, ..] = family.to_be_bytes();
            if cfg!(target_endian = "big") { vec![c, d] } else { vec![a, b] }
        };
        match self {
            Address::V4(at) => {
                let mut raw = family(libc::AF_INET);
                raw.extend(at.port().to_be_bytes());
                raw.extend(at.ip().octets());
                raw.extend([0; 8]);
                raw
            }
            Address::V6(at) => {
                let mut raw = family(libc::AF_INET6);
                raw.extend(at.port().to_be_bytes());
                raw.extend(at.flowinfo().to_be_bytes());
                raw.extend(at.ip().octets());
                raw.extend(at.scope_id().to_ne_bytes());
                raw
            }
            Address::Path(path) => {
                let mut raw = family(libc::AF_UNIX);
                raw.extend(path.as_bytes());
                raw.push(0);
                raw
            }
            Address::Abstract(name) => {
                let mut raw = family(libc::AF_UNIX);
                raw.push(0);
                raw.extend(name.as_bytes());
                raw
            }
            Address::Unspecified => {
                let mut raw = family(libc::AF_UNSPEC);
                raw.extend([0; 14]);
                raw
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&address_text(&self.raw()))
    }
}

/// What an option is set to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Value {
    Int(i32),
    /// Whether, and for how many seconds.
    Linger(i32, i32),
    /// Microseconds.
    Time(i64),
    /// A group, and the interface's address.
    Group4(Ipv4Addr, Ipv4Addr),
    /// A group, and the interface's number.
    Group6(Ipv6Addr, u32),
    Interface(Ipv4Addr),
    Text(String),
}

impl Value {
    /// As it lies in memory.
    pub(super) fn raw(&self) -> Vec<u8> {
        match self {
            Value::Int(value) => value.to_ne_bytes().to_vec(),
            Value::Linger(on, seconds) => {
                [on.to_ne_bytes(), seconds.to_ne_bytes()].concat()
            }
            Value::Time(micros) => {
                let parts = [micros / 1_000_000, micros % 1_000_000];
                parts.map(i64::to_ne_bytes).concat()
            }
            Value::Group4(group, interface) => {
                [group.octets(), interface.octets()].concat()
            }
            Value::Group6(group, index) => {
                let mut raw = group.octets().to_vec();
                raw.extend(index.to_ne_bytes());
                raw
            }
            Value::Interface(ip) => ip.octets().to_vec(),
            Value::Text(text) => {
                let mut raw = text.as_bytes().to_vec();
                raw.push(0);
                raw
            }
        }
    }
}

/// What came of a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) value: i64,
    /// `ECONNREFUSED (Connection refused)`, when it failed.
    pub(super) error: String,
    /// What else it told: an address, bytes.
    pub(super) note: String,
    /// More of it than fits a line.
    pub(super) lines: Vec<String>,
    /// Descriptors that there are now.
    pub(super) made: Vec<i32>,
    /// Who made it is no more: exit(3).
    pub(super) ends: bool,
}

impl Answer {
    pub(super) fn good(value: i64, note: impl Into<String>) -> Answer {
        Answer { value, note: note.into(), ..Answer::default() }
    }

    pub(super) fn failed(errno: Errno) -> Answer {
        Answer { value: -1, error: words(errno), ..Answer::default() }
    }

    /// The result of a call that returns a number, or -1 and an errno.
    pub(super) fn of(result: Result<i64, Errno>) -> Answer {
        match result {
            Ok(value) => Answer::good(value, ""),
            Err(errno) => Answer::failed(errno),
        }
    }

    /// The same of a call that makes a descriptor.
    pub(super) fn made(result: Result<i32, Errno>) -> Answer {
        let mut answer = Answer::of(result.map(i64::from));
        answer.made.extend(result.ok());
        answer
    }
}

impl fmt::Display for Answer {
    /// `4  (127.0.0.1:41234)`, `-1 ECONNREFUSED (Connection refused)`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.value)?;
        if !self.error.is_empty() {
            write!(out, " {}", self.error)?;
        }
        if !self.note.is_empty() {
            write!(out, "  {}", self.note)?;
        }
        Ok(())
    }
}

/// `ECONNREFUSED (Connection refused)`
pub(super) fn words(errno: Errno) -> String {
    let said = Cause::Errno(errno).to_string();
    match said.split_once(": ") {
        Some((symbol, text)) => format!("{symbol} ({text})"),
        None => said,
    }
}

impl fmt::Display for Call {
    /// `accept(3)`, `socket(AF_INET, SOCK_STREAM, 0)`: of a call on a
    /// descriptor this alone, and of what has options, which one.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<String> = match &self.args[..] {
            [Arg::Fd(fd), option @ Arg::Option(..), ..] => {
                vec![fd.to_string(), option.to_string()]
            }
            [Arg::Fd(fd), command @ Arg::Symbol(..), ..]
                if ["fcntl", "ioctl", "shutdown"]
                    .contains(&self.name.as_str()) =>
            {
                vec![fd.to_string(), command.to_string()]
            }
            // The name is the shell's, not the call's.
            _ if self.name == "fork" => Vec::new(),
            [Arg::Fd(fd), Arg::Fd(other), ..] => {
                vec![fd.to_string(), other.to_string()]
            }
            [Arg::Fd(fd), ..] => vec![fd.to_string()],
            all => {
                let there = all.iter().filter(|arg| **arg != Arg::Nothing);
                there.map(ToString::to_string).collect()
            }
        };
        write!(out, "{}({})", self.name, shown.join(", "))
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::Fd(fd) => write!(out, "{fd}"),
            Arg::Number(number) => write!(out, "{number}"),
            Arg::Symbol(_, name) => out.write_str(name),
            Arg::Address(address) => write!(out, "{address}"),
            Arg::Bytes(Bytes::Count(count)) => write!(out, "#{count}"),
            Arg::Bytes(Bytes::Text(text)) => {
                let shown = crate::trace::escaped(text, 64);
                write!(out, "\"{}\"", shown.text)
            }
            Arg::Option(level, option) => {
                out.write_str(&symbols::option_name(*level, *option))
            }
            Arg::Value(value) => write!(out, "{value:?}"),
            Arg::Events(events) => {
                let one = |(fd, events): &(i32, i16)| {
                    format!("{fd}:{}", symbols::events(*events))
                };
                let all: Vec<String> = events.iter().map(one).collect();
                out.write_str(&all.join(", "))
            }
            Arg::Sets(sets) => write!(out, "{sets}"),
            Arg::Fds(fds) => write!(out, "{fds:?}"),
            Arg::Word(word) => write!(out, "\"{word}\""),
            Arg::Nothing => out.write_str("NULL"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_read_as_the_manual_has_them() {
        let accept = Call { name: "accept".into(), args: vec![Arg::Fd(3)] };
        let answer = Answer::good(4, "(127.0.0.1:41234)");
        let line = format!("{accept} = {answer}");
        assert_eq!(line, "accept(3) = 4  (127.0.0.1:41234)");
        let refused = Answer::failed(Errno::ECONNREFUSED).to_string();
        assert_eq!(refused, "-1 ECONNREFUSED (Connection refused)");
    }

    #[test]
    fn an_address_lies_in_memory_as_its_struct_does() {
        let shown = |address: Address| address.to_string();
        let v4 = Address::V4(SocketAddrV4::new([127, 0, 0, 1].into(), 80));
        assert_eq!(shown(v4), "127.0.0.1:80");
        let v6 = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 0, 0);
        assert_eq!(shown(Address::V6(v6)), "[::1]:80");
        assert_eq!(shown(Address::Path("/tmp/a".into())), "/tmp/a");
        assert_eq!(shown(Address::Abstract("a".into())), "@a");
    }
}
