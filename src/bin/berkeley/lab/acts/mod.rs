//! The calls that the programs of an experiment make: one act is one call.
//!
//! An act is made as it is written here (`make`), and shown as somebody would
//! type it in C and in Rust (`in_c`, `in_rust`): all come from one value, so
//! that what is shown is what ran. Descriptors are numbers; in the text `s3`
//! is descriptor 3.

mod in_c;
mod in_rust;
mod make;
mod moves;
mod names;
mod options;
mod plain;
mod work;

use std::net::SocketAddrV4;

use serde::{Deserialize, Serialize};

pub(crate) use in_c::c;
pub(crate) use in_rust::rust;
pub(crate) use make::make;
pub(crate) use names::{errno, ready_words, signal};

/// One call, or what a program does between calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Act {
    Socket { family: i32, kind: i32 },
    SocketPair,
    Bind { fd: i32, to: Place },
    Listen { fd: i32, backlog: i32 },
    Connect { fd: i32, to: Place },
    Accept { fd: i32 },
    Send { fd: i32, bytes: Bytes, flags: i32 },
    Recv { fd: i32, size: usize, flags: i32 },
    SendTo { fd: i32, bytes: Bytes, to: Place },
    RecvFrom { fd: i32, size: usize, flags: i32 },
    Pass { fd: i32, passed: i32 },
    Take { fd: i32 },
    Shutdown { fd: i32, how: i32 },
    Close { fd: i32 },
    Set { fd: i32, option: Switch, value: i32 },
    Get { fd: i32, option: Switch },
    Linger { fd: i32, seconds: i32 },
    NonBlocking { fd: i32 },
    Poll { fd: i32, events: i16, timeout: i32 },
    EpollCreate,
    EpollAdd { epoll: i32, fd: i32, is_exclusive: bool },
    EpollWait { epoll: i32 },
    Unlink { path: String },
    Fork { seat: usize },
    Thread { seat: usize },
    Wait { flags: i32 },
    Catch { signal: i32, how: How },
    Caught,
    Add { count: i64 },
    Lock,
    Work { ms: i32 },
    Exit { code: i32 },
}

/// Where a socket is, or is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    At(SocketAddrV4),
    Path(String),
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Bytes {
    Text(String),
    /// As many zeros.
    Many(usize),
}

/// The options that experiments set or ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Switch {
    ReuseAddr,
    ReusePort,
    SendBuffer,
    ReceiveBuffer,
    Error,
    NoDelay,
    QuickAck,
    Linger2,
    DeferAccept,
}

/// What is to happen when a signal comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum How {
    Default,
    Ignore,
    /// A handler that counts; and a call that waits then fails with EINTR,
    Count,
    /// or is made again by the kernel (SA_RESTART).
    CountAndRestart,
}

/// What came of an act.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Came {
    pub(crate) result: i64,
    pub(crate) errno: i32,
    /// What was received, the beginning of it.
    pub(crate) data: Vec<u8>,
    /// Whom it came from, or whose connection was accepted.
    pub(crate) address: Option<String>,
    /// Descriptors that it made, beside the result.
    pub(crate) made: Vec<i32>,
    /// The value of an option; what poll(2) says; a signal that came; the
    /// CPU that it was on.
    pub(crate) value: i64,
    /// From when to when it ran, in ns: between them others did.
    pub(crate) ran: Vec<(u64, u64)>,
}

impl Came {
    /// As messages have it: `3`, `EADDRINUSE`.
    pub(crate) fn words(&self) -> String {
        match self.errno {
            0 => self.result.to_string(),
            number => errno(number),
        }
    }

    pub(crate) fn fd(&self) -> i32 {
        i32::try_from(self.result).unwrap_or(-1)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }
}

impl Bytes {
    pub(crate) fn len(&self) -> usize {
        match self {
            Bytes::Text(text) => text.len(),
            Bytes::Many(count) => *count,
        }
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Bytes {
        Bytes::Text(text.to_owned())
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::At(address) => write!(out, "{address}"),
            Place::Path(path) => write!(out, "{path}"),
        }
    }
}
