//! A program's three streams: its own ends, and the examiner's.

use std::fs::File;
use std::os::fd::OwnedFd;

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::unistd::pipe2;

use super::heard::Heard;
use super::keyboard::Keyboard;
use super::start::{Input, Output};
use super::terminal;

/// Who types, what the terminal shows, and the program's end.
pub(super) fn input(kind: Input) -> Result<(Keyboard, Heard, OwnedFd)> {
    match kind {
        Input::Nothing => {
            let nothing = nothing()?;
            Ok((Keyboard::default(), Heard::default(), nothing))
        }
        Input::Pipe => {
            let (reads, writes) = pipe2(OFlag::O_CLOEXEC).context("pipe2")?;
            let keyboard = Keyboard::of(writes, false)?;
            Ok((keyboard, Heard::default(), reads))
        }
        Input::Terminal => {
            let opened = terminal::open(false)?;
            let shown = opened.master.try_clone().context("dup")?;
            let keyboard = Keyboard::of(opened.master, true)?;
            Ok((keyboard, Heard::from(shown)?, opened.slave))
        }
    }
}

pub(super) fn output(kind: Output) -> Result<(Heard, OwnedFd)> {
    match kind {
        Output::Pipes => {
            let (reads, writes) = pipe2(OFlag::O_CLOEXEC).context("pipe2")?;
            Ok((Heard::from(reads)?, writes))
        }
        Output::Terminals => {
            let opened = terminal::open(true)?;
            Ok((Heard::from(opened.master)?, opened.slave))
        }
    }
}

/// For the input of who has none.
fn nothing() -> Result<OwnedFd> {
    let null = File::open("/dev/null").context("open: /dev/null")?;
    Ok(null.into())
}
