//! A program under this tool's own tracer: one process more, between the
//! examiner and the program, that has the program's streams and its end.

use std::mem;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf, absolute};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd;

use super::ends::{self, ended};
use super::heard::Heard;
use super::start::{NotStarted, Start};
use crate::stage;

/// Long enough for a busy machine; only a failure waits for it.
const SOON: Duration = Duration::from_secs(30);

/// Between the examiner, whose end comes first and does not block, and a
/// tracer.
pub(super) fn link() -> Result<(OwnedFd, OwnedFd)> {
    let (family, kind) = (AddressFamily::Unix, SockType::Stream);
    let flags = SockFlag::SOCK_CLOEXEC;
    let (ours, its) =
        socketpair(family, kind, None, flags).context("socketpair")?;
    fcntl(&ours, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
        .context("fcntl: O_NONBLOCK")?;
    Ok((ours, its))
}

/// This tool, as it will trace the program.
pub(super) fn command(
    start: &Start,
    file: &Path,
    link: &OwnedFd,
) -> Result<Command> {
    let file = absolute(file).context("the trace's file")?;
    let mut command = Command::new(tool());
    command
        .args(["trace", "--format", "json", "--payload", "256"])
        .args(["--examiner", &link.as_raw_fd().to_string()])
        .arg("-o")
        .arg(file)
        .arg("--")
        .args(&start.argv);
    Ok(command)
}

/// Also when its file has been replaced meanwhile.
#[cfg(not(test))]
pub(super) fn tool() -> PathBuf {
    "/proc/self/exe".into()
}

/// Beside the tests of it, when it has been built.
#[cfg(test)]
pub(super) fn tool() -> PathBuf {
    let tests = std::env::current_exe().unwrap_or_default();
    let folder = tests.parent().and_then(Path::parent);
    folder.unwrap_or(Path::new("")).join("berkeley")
}

/// The program that this tracer has started, once it is one and has its
/// limits.
pub(super) fn root(
    tracer: i32,
    link: &OwnedFd,
    start: &Start,
    stderr: &mut Heard,
) -> Result<i32, NotStarted> {
    let since = Instant::now();
    let mut pid = [0; mem::size_of::<i32>()];
    loop {
        stage::check().map_err(NotStarted::Trouble)?;
        match unistd::read(link, &mut pid) {
            Ok(0) if ended(tracer).is_some() => {
                stderr.hear()?;
                return Err(refusal(stderr.bytes(), start));
            }
            Ok(length) if length == pid.len() => break,
            Ok(_) | Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(errno) => {
                return Err(anyhow!("read: the tracer: {errno}").into());
            }
        }
        if since.elapsed() > SOON {
            let limit = SOON.as_secs();
            let why = anyhow!("the tracer started nothing within {limit} s");
            return Err(why.into());
        }
        ends::pause();
    }
    let root = i32::from_ne_bytes(pid);
    // It may have ended already.
    let _ = start.limits.put_on(root);
    // A tracer that has gone is seen as what it is when its end is.
    let _ = unistd::write(link, b"!");
    Ok(root)
}

/// What a tracer has said that started no program.
fn refusal(stderr: &[u8], start: &Start) -> NotStarted {
    let text = String::from_utf8_lossy(stderr);
    let last = text.lines().last().unwrap_or("the tracer ended");
    let said = last.strip_prefix("berkeley: ").unwrap_or(last);
    let program = start.argv.first().cloned().unwrap_or_default();
    let cannot = format!("cannot start {}: ", program.display());
    match said.strip_prefix(&cannot) {
        Some(why) => {
            let there = start.folder.clone().unwrap_or_default();
            let file = there.join(&program);
            NotStarted::with(&program, &file, why.into())
        }
        None => anyhow!("{said}").into(),
    }
}
