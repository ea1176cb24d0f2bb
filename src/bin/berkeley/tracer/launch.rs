//! How a traced program begins: fork, then seize the copy, then exec.
//!
//! PTRACE_TRACEME would be simpler, but what begins so cannot stay stopped
//! by SIGSTOP or a terminal: only a seized task tells the two kinds of stop
//! apart. So the copy waits at a pipe until it has been seized. Man pages:
//! `fork(2)`, `execve(2)`, `signal-safety(7)`.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::{mem, ptr};

use anyhow::{Result, ensure};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::{self, ForkResult, Pid, fork, pipe2, setpgid};

use super::engine::Tracer;
use super::filter::Filter;
use super::program::{CannotStart, c_string, find};
use super::stops::Stop;
use super::tasks::{Place, Stage, Traced};
use super::tick::now;
use super::{Birth, Task, Witness, requests};

/// A program, and what is its own when it begins. The rest it has from the
/// tool.
#[derive(Debug, Default)]
pub(crate) struct Launch {
    pub(crate) argv: Vec<OsString>,
    /// A process group of its own: a terminal's Ctrl-C does not reach it,
    /// and the terminal is not its to read from.
    pub(crate) own_group: bool,
    /// It begins with SIGCHLD ignored: its dead children are nobody's.
    pub(crate) ignores_children: bool,
    /// The CPUs that it is kept to; none: wherever the tool may be.
    pub(crate) cpus: Vec<usize>,
    pub(crate) stdin: Option<OwnedFd>,
    pub(crate) stdout: Option<OwnedFd>,
    pub(crate) stderr: Option<OwnedFd>,
}

impl Tracer {
    /// Starts a program; its first call is told before this returns. When
    /// it cannot be started, the error is a `CannotStart`, and what the
    /// witness may have been told is of a program that never was.
    pub(crate) fn start(
        &mut self,
        launch: Launch,
        witness: &mut dyn Witness,
    ) -> Result<Task> {
        let program = launch.argv.first().cloned().unwrap_or_default();
        let cannot = |errno| {
            let program = program.clone();
            anyhow::Error::new(CannotStart { program, errno })
        };
        let filter = self.filter();
        let has_filter = filter.is_some();
        let prepared = Prepared::of(launch, filter).map_err(cannot)?;
        let (pid, go, mut failure) = prepared.fork()?;
        if let Err(error) = seize(pid) {
            // It hears of it at the pipe, and ends.
            drop(go);
            let _ = requests::next_of(pid);
            return Err(error.context("cannot trace"));
        }
        let task = Task { tid: pid, pid };
        let (stage, place) = (Stage::Launching, Place::Outside);
        let begun = Traced {
            task,
            is_ours: true,
            has_filter,
            stage,
            place,
            is_paused: false,
        };
        self.begin(begun);
        self.roots.insert(pid, None);
        witness.is_born(now(), task, None, Birth::Started);
        File::from(go).write_all(b"!")?;
        self.go_on(pid, 0);
        while self.is_launching(pid) {
            self.answer_next(witness);
        }
        let mut errno = [0; mem::size_of::<i32>()];
        if failure.read_exact(&mut errno).is_ok() {
            let errno = Errno::from_raw(i32::from_ne_bytes(errno));
            self.roots.remove(&pid);
            return Err(cannot(errno));
        }
        Ok(task)
    }
}

/// Stops it at the pipe.
fn seize(pid: i32) -> Result<()> {
    requests::seize(pid, true)?;
    requests::interrupt(pid);
    let stop = Stop::of(requests::next_of(pid)?);
    ensure!(stop == Stop::Trap, "it ended before it began");
    Ok(())
}

/// All that the copy needs, made before it is one: a process may have forked
/// while another of its threads held the lock of the allocator.
struct Prepared {
    path: CString,
    argv: Vec<*const libc::c_char>,
    /// Into which those point.
    _words: Vec<CString>,
    filter: Option<Filter>,
    cpus: Option<CpuSet>,
    launch: Launch,
}

impl Prepared {
    fn of(launch: Launch, filter: Option<Filter>) -> Result<Prepared, Errno> {
        let program = launch.argv.first().ok_or(Errno::ENOENT)?;
        let path = c_string(find(program)?.as_os_str())?;
        let words = launch.argv.iter().map(|word| c_string(word));
        let words = words.collect::<Result<Vec<CString>, Errno>>()?;
        let argv = words.iter().map(|word| word.as_ptr());
        let argv = argv.chain([ptr::null()]).collect();
        let mut cpus = (!launch.cpus.is_empty()).then(CpuSet::new);
        if let Some(set) = &mut cpus {
            for &cpu in &launch.cpus {
                set.set(cpu)?;
            }
        }
        Ok(Prepared { path, argv, _words: words, filter, cpus, launch })
    }

    /// Its number; the pipe at which it waits for one byte; and the one that
    /// tells why it could not exec, or closes when it could.
    fn fork(mut self) -> Result<(i32, OwnedFd, File)> {
        let (waits, go) = pipe2(OFlag::O_CLOEXEC)?;
        let (failure, fails) = pipe2(OFlag::O_CLOEXEC)?;
        // SAFETY: the copy makes system calls alone, on what exists already,
        // and leaves by exec or _exit.
        match unsafe { fork() }? {
            ForkResult::Parent { child } => {
                Ok((child.as_raw(), go, File::from(failure)))
            }
            ForkResult::Child => {
                drop(go);
                let errno = self.become_program(&waits) as i32;
                let _ = unistd::write(&fails, &errno.to_ne_bytes());
                // SAFETY: ends this process, without what exit(3) would do
                // to what it shares with its parent.
                unsafe { libc::_exit(127) }
            }
        }
    }

    fn become_program(&mut self, waits: &OwnedFd) -> Errno {
        if let Err(errno) = self.prepare(waits) {
            return errno;
        }
        // SAFETY: both are ended as execve(2) wants them, and the words that
        // `argv` points to are kept as long.
        unsafe { libc::execv(self.path.as_ptr(), self.argv.as_ptr()) };
        Errno::last()
    }

    fn prepare(&mut self, waits: &OwnedFd) -> Result<(), Errno> {
        let mut byte = [0];
        while matches!(unistd::read(waits, &mut byte), Err(Errno::EINTR)) {}
        if byte == [0] {
            return Err(Errno::ESRCH);
        }
        if self.launch.own_group {
            setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
        }
        let launch = &self.launch;
        if let Some(stdin) = &launch.stdin {
            unistd::dup2_stdin(stdin.as_fd())?;
        }
        if let Some(stdout) = &launch.stdout {
            unistd::dup2_stdout(stdout.as_fd())?;
        }
        if let Some(stderr) = &launch.stderr {
            unistd::dup2_stderr(stderr.as_fd())?;
        }
        if let Some(cpus) = &self.cpus {
            sched_setaffinity(Pid::from_raw(0), cpus)?;
        }
        // Rust programs ignore it, and an exec would keep that.
        // SAFETY: no handler of this program is set.
        unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
        if launch.ignores_children {
            // SAFETY: as above.
            unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
        }
        self.filter.as_mut().map_or(Ok(()), Filter::install)
    }
}
