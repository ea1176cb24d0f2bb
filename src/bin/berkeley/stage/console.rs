//! What all programs on a stage print, in the order in which they did.
//!
//! Out of two pipes a reader cannot tell which line came first. So standard
//! output and standard error of every program are datagram sockets of their
//! own, all connected to one: each write(2) arrives there as one datagram, in
//! one queue, with its sender's address. Man page: `unix(7)` (an autobound
//! address is in the abstract namespace: no file).

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use anyhow::Result;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, UnixAddr, bind, connect, getsockname,
    recvfrom, socket,
};
use serde::Serialize;

use super::Who;

/// Where a line was printed, or that it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Stream {
    #[serde(rename = "stdout")]
    Out,
    #[serde(rename = "stderr")]
    Err,
    #[serde(rename = "stdin")]
    Typed,
}

/// The one that hears them all.
pub(crate) struct Console {
    receiver: OwnedFd,
    address: UnixAddr,
    voices: Vec<Voice>,
    buffer: Vec<u8>,
}

/// One stream of one program, and its line that is not complete yet.
struct Voice {
    address: UnixAddr,
    who: Who,
    stream: Stream,
    line: Vec<u8>,
}

/// No datagram is larger: net.core.wmem_default allows 212,992 bytes.
const LARGEST: usize = 256 * 1024;

impl Console {
    pub(crate) fn open() -> Result<Console> {
        let (receiver, address) = bound(SockFlag::SOCK_NONBLOCK)?;
        let buffer = vec![0; LARGEST];
        Ok(Console { receiver, address, voices: Vec::new(), buffer })
    }

    /// What a program is to write to. A full queue lets it wait.
    pub(crate) fn voice(
        &mut self,
        who: Who,
        stream: Stream,
    ) -> Result<OwnedFd> {
        let (sender, address) = bound(SockFlag::empty())?;
        connect(sender.as_raw_fd(), &self.address)?;
        self.voices.push(Voice { address, who, stream, line: Vec::new() });
        Ok(sender)
    }

    /// Passes on all whole lines that are there by now.
    pub(crate) fn hear(
        &mut self,
        pass_on: &mut impl FnMut(Who, Stream, String),
    ) -> Result<()> {
        let receiver = self.receiver.as_raw_fd();
        loop {
            let (length, from) =
                match recvfrom::<UnixAddr>(receiver, &mut self.buffer) {
                    Err(Errno::EAGAIN) => return Ok(()),
                    Err(Errno::EINTR) => continue,
                    heard => heard?,
                };
            let known = |voice: &&mut Voice| Some(voice.address) == from;
            if let Some(voice) = self.voices.iter_mut().find(known) {
                for &byte in &self.buffer[..length] {
                    match byte {
                        b'\n' => voice.pass_on(pass_on),
                        byte => voice.line.push(byte),
                    }
                }
            }
        }
    }

    /// A program is gone: what has no line end is a line all the same.
    pub(crate) fn finish(
        &mut self,
        who: Who,
        pass_on: &mut impl FnMut(Who, Stream, String),
    ) {
        let of_it = self.voices.iter_mut().filter(|voice| voice.who == who);
        for voice in of_it.filter(|voice| !voice.line.is_empty()) {
            voice.pass_on(pass_on);
        }
    }
}

impl AsFd for Console {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.receiver.as_fd()
    }
}

impl Voice {
    fn pass_on(&mut self, pass_on: &mut impl FnMut(Who, Stream, String)) {
        let line = String::from_utf8_lossy(&self.line);
        let line = line.trim_end_matches('\r').to_string();
        self.line.clear();
        pass_on(self.who, self.stream, line);
    }
}

/// A datagram socket with an address that the kernel chose.
fn bound(flags: SockFlag) -> Result<(OwnedFd, UnixAddr)> {
    let flags = flags | SockFlag::SOCK_CLOEXEC;
    let (family, kind) = (AddressFamily::Unix, SockType::Datagram);
    let socket = socket(family, kind, flags, None)?;
    bind(socket.as_raw_fd(), &UnixAddr::new_unnamed())?;
    let address = getsockname(socket.as_raw_fd())?;
    Ok((socket, address))
}
