//! One stream that a program prints to, heard as fast as it prints.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::check::report::Printed;

/// So much is kept; the rest is counted.
const KEPT: usize = 1 << 20;
/// So much is taken at once, at most: somebody else may have news, too.
const AT_ONCE: usize = 4 << 20;

#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Until whoever could print to it has closed it.
    source: Option<File>,
    bytes: Vec<u8>,
    left_out: u64,
}

impl Heard {
    pub(super) fn from(source: OwnedFd) -> Result<Heard> {
        fcntl(&source, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
            .context("fcntl: O_NONBLOCK")?;
        let source = Some(File::from(source));
        Ok(Heard { source, ..Heard::default() })
    }

    /// What has been printed, from the first byte on.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether what comes now is not kept any more.
    pub(super) fn is_full(&self) -> bool {
        self.left_out > 0
    }

    /// Whether nobody can print to it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.source.is_none()
    }

    pub(crate) fn printed(&self) -> Printed {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        Printed { text, left_out: self.left_out }
    }

    pub(super) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.source.as_ref().map(AsFd::as_fd)
    }

    /// Takes what there is by now. Whether something was new: of a program
    /// that prints without end, what is not kept is no news any more.
    pub(super) fn hear(&mut self) -> Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let (mut taken, before) = (0, self.bytes.len());
        while taken < AT_ONCE {
            let Some(source) = &mut self.source else { return Ok(true) };
            match source.read(&mut buffer) {
                Ok(0) => self.source = None,
                // What a terminal says when its last user has gone.
                Err(error) if error.raw_os_error() == Some(libc::EIO) => {
                    self.source = None;
                }
                Ok(length) => {
                    taken += length;
                    self.keep(&buffer[..length]);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("read: its output"),
            }
        }
        Ok(self.bytes.len() > before)
    }

    fn keep(&mut self, news: &[u8]) {
        let room = KEPT - self.bytes.len();
        let (kept, rest) = news.split_at(news.len().min(room));
        self.bytes.extend_from_slice(kept);
        self.left_out += rest.len() as u64;
    }
}
