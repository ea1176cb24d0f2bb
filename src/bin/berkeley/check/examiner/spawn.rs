//! From a copy of the examiner to the program: what the copy does before it
//! is one. Man pages: `fork(2)`, `execve(2)`, `signal-safety(7)`.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{self, AccessFlags, Pid, access, getppid, pipe2, setpgid};

use super::limits::Limits;
use super::start::{NotStarted, Output, Start};
use super::traced;
use crate::tracer::find;

pub(super) struct Streams {
    pub(super) stdin: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
    /// Whether its input is to be its controlling terminal.
    pub(super) has_terminal: bool,
}

/// The pid of the program, or of its tracer, and then the link to that. It
/// has done its exec.
pub(super) fn spawn(
    start: &Start,
    streams: Streams,
) -> Result<(i32, Option<OwnedFd>), NotStarted> {
    let empty = OsString::new();
    let program = start.argv.first().unwrap_or(&empty);
    if let Some(folder) = &start.folder
        && !folder.is_dir()
    {
        let folder = folder.display();
        return Err(anyhow!("there is no folder {folder}").into());
    }
    let there = start.folder.clone().unwrap_or_default();
    let found = locate(program, start.folder.as_deref()).map_err(|errno| {
        NotStarted::because(program, &there.join(program), errno)
    })?;
    let file = there.join(&found);
    let mut links = None;
    let mut command = if let Some(file) = &start.traced {
        let (_, its) = links.insert(traced::link()?);
        traced::command(start, file, its)?
    } else {
        let mut command = Command::new(found);
        command.arg0(program).args(&start.argv[1..]);
        command
    };
    surround(&mut command, start);
    let (told, tells) = pipe2(OFlag::O_CLOEXEC).context("pipe2")?;
    let has_terminal = streams.has_terminal;
    command.stdin(streams.stdin);
    command.stdout(streams.stdout).stderr(streams.stderr);
    // A tracer is not to be limited; it is the program that will be.
    let limits = start.limits.clone();
    let limits = start.traced.is_none().then_some(limits);
    let (link, its) = links.unzip();
    let examiner = Pid::this();
    let become_ready = move || {
        ready(examiner, has_terminal, limits.as_ref(), its.as_ref()).map_err(
            |(step, errno)| {
                let _ = unistd::write(&tells, step.as_bytes());
                errno.into()
            },
        )
    };
    // SAFETY: between fork and exec it makes system calls, on what exists
    // already, and allocates nothing.
    unsafe { command.pre_exec(become_ready) };
    let spawned = command.spawn();
    // With it goes this end of the pipe.
    drop(command);
    let error = match spawned {
        Ok(child) => return Ok((child.id().cast_signed(), link)),
        Err(error) => error,
    };
    let mut step = String::new();
    let _ = File::from(told).read_to_string(&mut step);
    let errno = Errno::from_raw(error.raw_os_error().unwrap_or_default());
    let is_fork = matches!(
        errno,
        Errno::EAGAIN | Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE
    );
    match &*step {
        "" if is_fork => Err(anyhow!("fork: {errno}").into()),
        "" => Err(NotStarted::because(program, &file, errno)),
        step => Err(anyhow!("{step}: {errno}").into()),
    }
}

/// Where it is said with a folder, from where the program is to be.
fn locate(program: &OsStr, folder: Option<&Path>) -> Result<PathBuf, Errno> {
    let (path, folder) = match folder {
        Some(folder) if program.as_encoded_bytes().contains(&b'/') => {
            (Path::new(program), folder)
        }
        _ => return find(program),
    };
    let there = folder.join(path);
    access(&there, AccessFlags::X_OK)?;
    if there.is_dir() { Err(Errno::EACCES) } else { Ok(path.into()) }
}

fn surround(command: &mut Command, start: &Start) {
    // No job slots of a make or cargo further up are meant for it.
    command.env_remove("MAKEFLAGS");
    if start.output == Output::Terminals {
        // Else some would print control sequences for a better one.
        command.env("TERM", "dumb");
    }
    for (name, value) in &start.environment {
        command.env(name, value);
    }
    if let Some(folder) = &start.folder {
        command.current_dir(folder);
    }
}

type Step = (&'static str, Errno);

/// In the copy: all that a program cannot be given from outside.
fn ready(
    examiner: Pid,
    has_terminal: bool,
    limits: Option<&Limits>,
    link: Option<&OwnedFd>,
) -> Result<(), Step> {
    if has_terminal {
        unistd::setsid().map_err(|errno| ("setsid", errno))?;
        // SAFETY: the request takes a number, and descriptor 0 is open.
        let taken = unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) };
        let taken = Errno::result(taken);
        taken.map_err(|errno| ("ioctl: TIOCSCTTY", errno))?;
    } else {
        let own = Pid::from_raw(0);
        setpgid(own, own).map_err(|errno| ("setpgid", errno))?;
    }
    set_pdeathsig(Signal::SIGKILL).map_err(|errno| ("prctl", errno))?;
    // The examiner may be gone already, too early for the kernel's note.
    if getppid() != examiner {
        return Err(("getppid", Errno::ESRCH));
    }
    // Whoever started this tool may have ignored some, which would last: a
    // shell SIGINT for what is in its background, others SIGCHLD.
    for signal in 1..=libc::SIGSYS {
        // SAFETY: the default is nobody's function. (Two cannot be changed.)
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // Nor are their descriptors the program's. On kernels before 5.11 there
    // is no such call.
    let (first, last) = (3_u32, u32::MAX);
    let mark = libc::CLOSE_RANGE_CLOEXEC;
    // SAFETY: it marks descriptors, and closes none before the exec.
    unsafe { libc::syscall(libc::SYS_close_range, first, last, mark) };
    if let Some(link) = link {
        fcntl(link, FcntlArg::F_SETFD(FdFlag::empty()))
            .map_err(|errno| ("fcntl: the link to the tracer", errno))?;
    }
    limits.map_or(Ok(()), |limits| {
        limits.put_on(0).map_err(|errno| ("prlimit", errno))
    })
}
