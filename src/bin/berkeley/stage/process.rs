//! One program: its process group, its pipes, its end.

use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getppid};
use serde::Serialize;

/// Where a line was printed, or that it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stream {
    #[serde(rename = "stdout")]
    Out,
    #[serde(rename = "stderr")]
    Err,
    #[serde(rename = "stdin")]
    Typed,
}

pub(crate) struct Process {
    pub(crate) name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    pipes: Vec<Pipe>,
    code: Option<i32>,
}

impl Process {
    /// In a process group of its own, so that a terminal's Ctrl-C reaches
    /// this tool alone, and so that the whole family can be ended by it.
    pub(crate) fn spawn(
        name: &str,
        path: &Path,
        args: &[OsString],
        folder: Option<&Path>,
    ) -> Result<Process> {
        let mut command = Command::new(path);
        command.args(args).process_group(0);
        // No job slots of a make or cargo further up are meant for it.
        command.env_remove("MAKEFLAGS");
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
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
        let out = child.stdout.take().map(|pipe| Pipe::new(Stream::Out, pipe));
        let err = child.stderr.take().map(|pipe| Pipe::new(Stream::Err, pipe));
        let mut process = Process {
            name: name.to_string(),
            child,
            stdin,
            pipes: Vec::new(),
            code: None,
        };
        // Read in this order: whoever says what it does on stderr does so
        // before the result goes to stdout.
        for pipe in err.into_iter().chain(out) {
            process.pipes.push(pipe?);
        }
        Ok(process)
    }

    pub(crate) fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// What is still open of its output.
    pub(crate) fn pipes(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let open = self.pipes.iter().filter(|pipe| pipe.is_open);
        open.map(|pipe| pipe.source.as_fd())
    }

    /// Reads what is there, and passes on whole lines.
    pub(crate) fn hear(
        &mut self,
        mut pass_on: impl FnMut(Stream, String),
    ) -> Result<()> {
        for pipe in &mut self.pipes {
            pipe.read(&mut pass_on)?;
        }
        Ok(())
    }

    pub(crate) fn types(&mut self, line: &str) -> Result<()> {
        let Some(stdin) = &mut self.stdin else { return Ok(()) };
        match stdin.write_all(format!("{line}\n").as_bytes()) {
            // Its end is seen where its end is waited for.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Whether nobody holds its output any more.
    pub(crate) fn is_silent(&self) -> bool {
        self.pipes.iter().all(|pipe| !pipe.is_open)
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.exit_code().is_some() && self.is_silent()
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

    /// Waits for everybody in its group, who has been killed before. An
    /// orphan of the program is this process's child by now.
    pub(crate) fn reap(&mut self) {
        let _ = self.child.wait();
        let group = Pid::from_raw(-self.pid());
        while matches!(waitpid(group, None), Ok(_) | Err(Errno::EINTR)) {}
    }
}

trait Source: Read + AsFd {}

impl<T: Read + AsFd> Source for T {}

/// One end of a pipe, and the line that is not complete yet.
struct Pipe {
    stream: Stream,
    source: Box<dyn Source>,
    line: Vec<u8>,
    is_open: bool,
}

impl Pipe {
    fn new(stream: Stream, source: impl Source + 'static) -> Result<Pipe> {
        fcntl(source.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let source = Box::new(source);
        Ok(Pipe { stream, source, line: Vec::new(), is_open: true })
    }

    fn read(
        &mut self,
        pass_on: &mut impl FnMut(Stream, String),
    ) -> Result<()> {
        let mut buffer = [0; 4096];
        while self.is_open {
            match self.source.read(&mut buffer) {
                Ok(0) => {
                    self.is_open = false;
                    // What has no line end is a line all the same.
                    if !self.line.is_empty() {
                        self.pass_on(pass_on);
                    }
                }
                Ok(got) => self.take_in(&buffer[..got], pass_on),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(()),
                    ErrorKind::Interrupted => {}
                    _ => return Err(error.into()),
                },
            }
        }
        Ok(())
    }

    fn take_in(
        &mut self,
        bytes: &[u8],
        pass_on: &mut impl FnMut(Stream, String),
    ) {
        for &byte in bytes {
            if byte == b'\n' {
                self.pass_on(pass_on);
            } else {
                self.line.push(byte);
            }
        }
    }

    fn pass_on(&mut self, pass_on: &mut impl FnMut(Stream, String)) {
        let line = String::from_utf8_lossy(&self.line);
        let line = line.trim_end_matches('\r').to_string();
        self.line.clear();
        pass_on(self.stream, line);
    }
}
