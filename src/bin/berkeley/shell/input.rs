//! Lines from a file or a pipe. While none is there, what blocked actors
//! have to tell is told.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::interrupt;

pub(super) struct Lines {
    from: File,
    read: Vec<u8>,
    is_over: bool,
}

/// What came.
pub(super) enum Came {
    Line(String),
    /// Something from an actor, perhaps.
    Nothing,
    Interrupt,
    End,
}

impl Lines {
    pub(super) fn of(from: File) -> Lines {
        Lines { from, read: Vec::new(), is_over: false }
    }

    /// The next line, or that there is none for a while.
    pub(super) fn next(&mut self, wait: u16) -> Result<Came> {
        loop {
            if let Some(end) = self.read.iter().position(|it| *it == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Ok(Came::Line(text(&line)));
            }
            if self.is_over {
                let rest = std::mem::take(&mut self.read);
                let is_end = rest.is_empty();
                let last = Came::Line(text(&rest));
                return Ok(if is_end { Came::End } else { last });
            }
            if interrupt::taken() {
                return Ok(Came::Interrupt);
            }
            let mut fds = [PollFd::new(self.from.as_fd(), PollFlags::POLLIN)];
            match poll(&mut fds, PollTimeout::from(wait)) {
                Ok(0) => return Ok(Came::Nothing),
                Ok(_) => {}
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err(errno.into()),
            }
            let mut room = [0; 4096];
            match self.from.read(&mut room) {
                Ok(0) => self.is_over = true,
                Ok(got) => self.read.extend(&room[..got]),
                Err(error)
                    if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end().to_owned()
}
