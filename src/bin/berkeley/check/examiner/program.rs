//! The program of a case: started, typed to, heard, told and ended.
//!
//! Nothing here waits for it, but where it says so. It has a process group of
//! its own, or a session when it has a terminal; nothing that it starts
//! outlives it here, since the examiner adopts all of it (`ends.rs`).

use std::fs;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::time::Duration;

use anyhow::Result;
use nix::poll::{PollFd, PollFlags};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getpgid};

use super::ends::{self, Ended, Ending};
use super::heard::Heard;
use super::keyboard::Keyboard;
use super::spawn::{self, Streams};
use super::start::{Input, NotStarted, Start};
use super::streams::{input, output};
use super::traced;
use crate::stage::kernel::family;

/// For a tracer to write its trace.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Program {
    /// The examiner's child, and its process group: the program, or its
    /// tracer.
    pid: i32,
    root: i32,
    /// Readable once it has ended; none on kernels before 5.3.
    end: Option<OwnedFd>,
    keyboard: Keyboard,
    stdout: Heard,
    stderr: Heard,
    echo: Heard,
    is_over: bool,
    /// What it was sent from here, while it ran.
    sent: Vec<Signal>,
}

impl Program {
    /// Returns when the program runs, or has run.
    pub(crate) fn start(start: &Start) -> Result<Program, NotStarted> {
        let (keyboard, echo, stdin) = input(start.input)?;
        let (stdout, out) = output(start.output)?;
        let (stderr, err) = output(start.output)?;
        let has_terminal = start.input == Input::Terminal;
        let streams =
            Streams { stdin, stdout: out, stderr: err, has_terminal };
        let (pid, link) = spawn::spawn(start, streams)?;
        ends::expect(pid);
        let end = pidfd(pid);
        let is_over = false;
        let root = pid;
        // From here on its `Drop` ends it.
        let mut program = Program {
            pid,
            root,
            end,
            keyboard,
            stdout,
            stderr,
            echo,
            is_over,
            sent: Vec::new(),
        };
        if let Some(link) = link {
            let stderr = &mut program.stderr;
            program.root = traced::root(pid, &link, start, stderr)?;
        }
        Ok(program)
    }

    /// The program's first process.
    pub(crate) fn root(&self) -> i32 {
        self.root
    }

    /// Whether its first process has ended, whoever it has left behind. The
    /// number may be another's then.
    pub(crate) fn has_ended(&self) -> bool {
        let ended = ends::ended(self.pid).is_some();
        ended || self.root != self.pid && !lives(self.root)
    }

    /// How it ended, once it has. Its tracer waits for all whom it has left
    /// behind: when there is one, only `end` makes sure of an answer.
    pub(crate) fn ended(&self) -> Option<Ended> {
        ends::ended(self.pid)
    }

    /// The same in a sentence.
    pub(crate) fn end_words(&self) -> Option<String> {
        Some(match self.ended()?.ending {
            Ending::Exited(code) => {
                format!("the program has ended with exit code {code}")
            }
            Ending::Killed(number) => {
                let name = ends::signal_name(number);
                let is_ours = self.sent.iter().any(|it| *it as i32 == number);
                let by_whom = if is_ours { ", by this check" } else { "" };
                format!("the program was killed by {name}{by_whom}")
            }
        })
    }

    /// Whether there is a tracer, and has something to write.
    pub(crate) fn is_still_traced(&self) -> bool {
        self.root != self.pid && self.ended().is_none()
    }

    /// The program's processes, its tracer not among them.
    pub(crate) fn family(&self) -> Vec<i32> {
        if ends::ended(self.pid).is_some() {
            return Vec::new();
        }
        let mut all = family(self.pid);
        all.retain(|pid| self.root == self.pid || *pid != self.pid);
        all
    }

    pub(crate) fn stdout(&self) -> &Heard {
        &self.stdout
    }

    pub(crate) fn stderr(&self) -> &Heard {
        &self.stderr
    }

    #[cfg(test)]
    /// What the terminal of its input shows: what was typed, and what the
    /// program prints there and not to its standard output.
    pub(crate) fn echo(&self) -> &Heard {
        &self.echo
    }

    /// Types this, now or as soon as it can be taken.
    pub(crate) fn types(&mut self, bytes: &[u8]) -> Result<()> {
        self.keyboard.types(bytes)
    }

    /// Ends its input behind what was typed: Ctrl-D on a terminal.
    pub(crate) fn ends_input(&mut self) -> Result<()> {
        self.keyboard.ends()
    }

    /// As a user's Ctrl-C: typed on a terminal, else sent to its group.
    pub(crate) fn interrupts(&mut self) -> Result<()> {
        self.has_sent(Signal::SIGINT);
        if !self.keyboard.interrupts()? {
            self.signal_group(Signal::SIGINT);
        }
        Ok(())
    }

    /// To its first process, as `kill` does.
    pub(crate) fn signal(&mut self, signal: Signal) {
        self.has_sent(signal);
        if !self.has_ended() {
            let _ = kill(Pid::from_raw(self.root), signal);
        }
    }

    fn has_sent(&mut self, signal: Signal) {
        if !self.has_ended() {
            self.sent.push(signal);
        }
    }

    /// To its process group; the tracer, which is in it, gets none.
    pub(crate) fn signal_group(&self, signal: Signal) {
        let group = Pid::from_raw(self.pid);
        if self.root == self.pid {
            if ends::ended(self.pid).is_none() {
                let _ = killpg(group, signal);
            }
            return;
        }
        for pid in self.family().into_iter().map(Pid::from_raw) {
            if getpgid(Some(pid)) == Ok(group) {
                let _ = kill(pid, signal);
            }
        }
    }

    /// What is to be polled for it; `attend` when one of them has news.
    pub(crate) fn watched(&self) -> Vec<PollFd<'_>> {
        let heard = [&self.stdout, &self.stderr, &self.echo];
        let heard = heard.into_iter().filter_map(Heard::source);
        // Without an end it is over, and stays readable.
        let end = self.end.as_ref().map(AsFd::as_fd);
        let end = end.filter(|_| ends::ended(self.pid).is_none());
        let read = |fd| PollFd::new(fd, PollFlags::POLLIN);
        let busy = self.keyboard.busy();
        let busy = busy.map(|fd| PollFd::new(fd, PollFlags::POLLOUT));
        heard.chain(end).map(read).chain(busy).collect()
    }

    /// Hears what was printed, types what waits, reaps who has ended. Never
    /// blocks. Whether it has printed something.
    pub(crate) fn attend(&mut self) -> Result<bool> {
        self.keyboard.work()?;
        let mut has_news = false;
        for heard in [&mut self.stdout, &mut self.stderr, &mut self.echo] {
            // Who prints without an end is busy, and gets nowhere.
            let is_kept = !heard.is_full();
            has_news |= !heard.is_over() && heard.hear()? && is_kept;
        }
        ends::ended(self.pid);
        Ok(has_news)
    }

    /// Ends the program and all that has come of it. It waits until nobody is
    /// left, and for a tracer until it has written its trace; what was
    /// printed has been heard then.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.has_sent(Signal::SIGKILL);
        if self.root != self.pid {
            ends::end_children(self.pid, PATIENCE);
        }
        self.end_now();
        self.attend()?;
        Ok(())
    }

    fn end_now(&mut self) {
        if !self.is_over {
            self.is_over = true;
            ends::end_family(self.pid);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end_now();
        ends::forget(self.pid);
    }
}

fn pidfd(pid: i32) -> Option<OwnedFd> {
    // SAFETY: it takes two numbers, and makes a descriptor.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let fd = i32::try_from(fd).ok().filter(|fd| *fd >= 0)?;
    // SAFETY: it has just been made, and nobody else knows it.
    Some(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Whether there is such a process, and no zombie.
fn lives(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    let stat = stat.unwrap_or_default();
    let state = stat.rsplit_once(") ").map(|(_, fields)| fields);
    state.is_some_and(|state| !state.starts_with(['Z', 'X']))
}
