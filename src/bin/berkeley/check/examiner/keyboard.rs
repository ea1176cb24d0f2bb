//! What is typed to a program, as it takes it: nobody waits for it here.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::termios::SpecialCharacterIndices;

use super::terminal;

#[derive(Debug, Default)]
pub(super) struct Keyboard {
    /// Until the input has ended, or nobody can read it.
    file: Option<File>,
    is_terminal: bool,
    waiting: VecDeque<u8>,
    /// Whether the last that was typed ends a line.
    is_in_line: bool,
    /// Whether a pipe is to be closed behind what waits.
    ends: bool,
}

impl Keyboard {
    pub(super) fn of(fd: OwnedFd, is_terminal: bool) -> Result<Keyboard> {
        fcntl(&fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
            .context("fcntl: O_NONBLOCK")?;
        let file = Some(File::from(fd));
        Ok(Keyboard { file, is_terminal, ..Keyboard::default() })
    }

    pub(super) fn types(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(last) = bytes.last()
            && self.file.is_some()
        {
            self.is_in_line = *last != b'\n';
            self.waiting.extend(bytes);
        }
        self.work()
    }

    /// The end of a pipe; Ctrl-D on a terminal, where a program may read on.
    pub(super) fn ends(&mut self) -> Result<()> {
        if !self.is_terminal {
            self.ends = true;
            return self.work();
        }
        let key = self.key(SpecialCharacterIndices::VEOF)?;
        // The first one hands over the line as it is.
        let times = if self.is_in_line { 2 } else { 1 };
        self.waiting.extend(vec![key; times]);
        self.is_in_line = false;
        self.work()
    }

    /// Ctrl-C; `false` where there is no terminal.
    pub(super) fn interrupts(&mut self) -> Result<bool> {
        if !self.is_terminal {
            return Ok(false);
        }
        let key = self.key(SpecialCharacterIndices::VINTR)?;
        // A terminal forgets its line for it.
        self.is_in_line = false;
        self.waiting.push_back(key);
        self.work()?;
        Ok(true)
    }

    fn key(&self, which: SpecialCharacterIndices) -> Result<u8> {
        let file = self.file.as_ref();
        file.map_or(Ok(0), |file| terminal::key(file, which))
    }

    /// Where it waits until more can be typed.
    pub(super) fn busy(&self) -> Option<BorrowedFd<'_>> {
        let file = self.file.as_ref().filter(|_| !self.waiting.is_empty());
        file.map(AsFd::as_fd)
    }

    /// Hands over what the program takes by now.
    pub(super) fn work(&mut self) -> Result<()> {
        while let Some(file) = &mut self.file
            && !self.waiting.is_empty()
        {
            let (front, _) = self.waiting.as_slices();
            match file.write(front) {
                Ok(length) => {
                    self.waiting.drain(..length);
                    if self.is_terminal {
                        terminal::pass_on(file);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // It reads no more: that is not the examiner's trouble.
                Err(error)
                    if error.kind() == ErrorKind::BrokenPipe
                        || error.raw_os_error() == Some(libc::EIO) =>
                {
                    self.file = None;
                }
                Err(error) => return Err(error).context("write: its input"),
            }
        }
        if self.ends && self.waiting.is_empty() {
            self.file = None;
        }
        Ok(())
    }
}
