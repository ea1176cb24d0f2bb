//! One program: its process group, its input, its end.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getppid};

pub(crate) struct Process {
    pub(crate) name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    code: Option<i32>,
    is_gone: bool,
}

impl Process {
    /// In a process group of its own, so that a terminal's Ctrl-C reaches
    /// this tool alone, and so that the whole family can be ended by it.
    pub(crate) fn spawn(
        name: &str,
        path: &Path,
        args: &[OsString],
        folder: Option<&Path>,
        out: OwnedFd,
        err: OwnedFd,
    ) -> Result<Process> {
        let mut command = Command::new(path);
        command.args(args).process_group(0);
        // No job slots of a make or cargo further up are meant for it.
        command.env_remove("MAKEFLAGS");
        command.stdin(Stdio::piped()).stdout(out).stderr(err);
        if let Some(folder) = folder {
            command.current_dir(folder);
        }
        let tool = Pid::this();
        let follow = move || {
            set_pdeathsig(Signal::SIGTERM)?;
            // The tool may be gone already, too early for the kernel's note.
            if getppid() == tool { Ok(()) } else { Err(Errno::ESRCH.into()) }
        };
        // SAFETY: between fork and exec it makes two system calls and
        // touches no memory of other threads.
        unsafe { command.pre_exec(follow) };
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", path.display()))?;
        let stdin = child.stdin.take();
        let name = name.to_string();
        Ok(Process { name, child, stdin, code: None, is_gone: false })
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
            let status = self.child.try_wait().ok().flatten()?;
            let signal = || status.signal().map(|signal| -signal);
            self.code = status.code().or_else(signal);
        }
        self.code
    }

    /// Whether it has ended, and left nobody of its group behind. An orphan
    /// of the program is this process's child by now, and is reaped here.
    pub(crate) fn is_gone(&mut self) -> bool {
        if !self.is_gone && self.exit_code().is_some() {
            let group = Pid::from_raw(-self.pid());
            let flags = Some(WaitPidFlag::WNOHANG);
            while waitpid(group, flags)
                .is_ok_and(|status| status != WaitStatus::StillAlive)
            {
            }
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
        let _ = self.child.wait();
        let group = Pid::from_raw(-self.pid());
        while matches!(waitpid(group, None), Ok(_) | Err(Errno::EINTR)) {}
    }
}
