//! One program: its process group, its input, its end.

use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getppid};

use super::reap::{Usage, reap};

pub(crate) struct Process {
    pub(crate) name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    code: Option<i32>,
    usage: Usage,
    is_gone: bool,
}

impl Process {
    /// In a process group of its own, so that a terminal's Ctrl-C reaches
    /// this tool alone, and so that the whole family can be ended by it.
    pub(crate) fn spawn(
        name: &str,
        mut command: Command,
        out: OwnedFd,
        err: OwnedFd,
    ) -> Result<Process> {
        command.process_group(0);
        // No job slots of a make or cargo further up are meant for it.
        command.env_remove("MAKEFLAGS");
        command.stdin(Stdio::piped()).stdout(out).stderr(err);
        let tool = Pid::this();
        let follow = move || {
            set_pdeathsig(Signal::SIGTERM)?;
            // The tool may be gone already, too early for the kernel's note.
            if getppid() == tool { Ok(()) } else { Err(Errno::ESRCH.into()) }
        };
        // SAFETY: between fork and exec it makes two system calls and
        // touches no memory of other threads.
        unsafe { command.pre_exec(follow) };
        let mut child = command.spawn().with_context(|| {
            let path = Path::new(command.get_program());
            format!("cannot start {}", path.display())
        })?;
        let stdin = child.stdin.take();
        let name = name.to_string();
        let usage = Usage::default();
        Ok(Process { name, child, stdin, code: None, usage, is_gone: false })
    }

    pub(crate) fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    pub(crate) fn types(&mut self, line: &str) -> Result<()> {
        let Some(stdin) = &mut self.stdin else { return Ok(()) };
        match stdin.write_all(format!("{line}\n").as_bytes()) {
            // Its end is seen where its end is waited for.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Once it has been waited for, its number may be somebody else's.
    pub(crate) fn signal(&mut self, signal: Signal) {
        if self.exit_code().is_none() {
            let _ = kill(Pid::from_raw(self.pid()), signal);
        }
    }

    /// The same for its whole group.
    pub(crate) fn signal_all(&mut self, signal: Signal) {
        if self.exit_code().is_none() {
            let _ = killpg(Pid::from_raw(self.pid()), signal);
        }
    }

    /// Its exit code, or minus the signal that killed it; `None` while it
    /// runs.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        if self.code.is_none() {
            self.wait(libc::WNOHANG);
        }
        self.code
    }

    /// `Child` could wait for it too, but does not tell what it used.
    fn wait(&mut self, flags: i32) {
        if let Ok(Some((status, usage))) = reap(self.pid(), flags) {
            let signal = || status.signal().map(|signal| -signal);
            self.code = status.code().or_else(signal);
            self.usage += usage;
        }
    }

    /// What it and its family have used, once they are gone.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.is_gone.then_some(self.usage)
    }

    /// Whether it has ended, and left nobody of its group behind. An orphan
    /// of the program is this process's child by now, and is reaped here.
    pub(crate) fn is_gone(&mut self) -> bool {
        if !self.is_gone && self.exit_code().is_some() {
            let group = -self.pid();
            while let Ok(Some((_, usage))) = reap(group, libc::WNOHANG) {
                self.usage += usage;
            }
            let group = Pid::from_raw(group);
            self.is_gone = kill(group, None) == Err(Errno::ESRCH);
        }
        self.is_gone
    }

    /// Ends it and its whole group, whatever they are doing.
    pub(crate) fn end(&mut self) {
        if self.is_gone() {
            return;
        }
        let _ = killpg(Pid::from_raw(self.pid()), Signal::SIGKILL);
        if self.code.is_none() {
            self.wait(0);
        }
        while reap(-self.pid(), 0).is_ok() {}
    }
}

/// An exit code, or minus the signal, in words.
pub(super) fn ending(code: i32) -> String {
    match Signal::try_from(-code) {
        Ok(signal) => format!("ended by {signal}"),
        Err(_) => format!("exit code {code}"),
    }
}
