//! A program under this tool's own tracer: one process more, between the
//! examiner and the program, that has the program's streams and its end.

use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::ends::{self, Ended, Ending, ended};
use super::heard::Heard;
use super::start::{NotStarted, Start};
use crate::stage;

/// Long enough for a busy machine; only a failure waits for it.
const SOON: Duration = Duration::from_secs(30);

/// This tool, as it will trace the program.
pub(super) fn command(start: &Start, file: &Path) -> Result<Command> {
    let file = absolute(file).context("the trace's file")?;
    let mut command = Command::new(tool());
    command
        .args(["trace", "--format", "json", "--payload", "256"])
        .arg("--leave-interrupts")
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
/// limits. One that has come and gone meanwhile is said to be the tracer.
pub(super) fn root(
    tracer: i32,
    start: &Start,
    stderr: &mut Heard,
) -> Result<i32, NotStarted> {
    let since = Instant::now();
    loop {
        stage::check().map_err(NotStarted::Trouble)?;
        if let Some(end) = ended(tracer) {
            stderr.hear()?;
            refusal(end, stderr.bytes(), start)?;
            return Ok(tracer);
        }
        if let Some(child) = first_child(tracer) {
            // It waits for its tracer before its exec, most likely; if not,
            // it may have children by now.
            for pid in stage::kernel::family(child) {
                let _ = start.limits.put_on(pid);
            }
            if has_done_exec(child) {
                return Ok(child);
            }
        }
        if since.elapsed() > SOON {
            let limit = SOON.as_secs();
            let why = anyhow!("the tracer started nothing within {limit} s");
            return Err(why.into());
        }
        ends::pause();
    }
}

/// The words of a tracer that could not start its program, and ended by
/// itself.
fn refusal(
    end: Ended,
    stderr: &[u8],
    start: &Start,
) -> Result<(), NotStarted> {
    if end.ending != Ending::Exited(3) {
        return Ok(());
    }
    let text = String::from_utf8_lossy(stderr);
    let said = text.lines().last().and_then(|l| l.strip_prefix("berkeley: "));
    let Some(said) = said else { return Ok(()) };
    let program = start.argv.first().cloned().unwrap_or_default();
    let cannot = format!("cannot start {}: ", program.display());
    match said.strip_prefix(&cannot) {
        Some(why) => Err(NotStarted::CannotStart { program, why: why.into() }),
        None => Err(anyhow!("{said}").into()),
    }
}

/// Orphans, which it adopts, come behind.
fn first_child(pid: i32) -> Option<i32> {
    let file = format!("/proc/{pid}/task/{pid}/children");
    if let Ok(children) = fs::read_to_string(file) {
        return children.split_whitespace().next()?.parse().ok();
    }
    // A kernel without CONFIG_PROC_CHILDREN.
    stage::kernel::family(pid).get(1).copied()
}

/// `include/linux/sched.h`
const PF_FORKNOEXEC: u64 = 0x40;

/// Whether it is another program than its parent was.
fn has_done_exec(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    let stat = stat.unwrap_or_default();
    let flags = stat.rsplit_once(')').and_then(|(_, fields)| {
        fields.split_whitespace().nth(6)?.parse::<u64>().ok()
    });
    flags.is_some_and(|flags| flags & PF_FORKNOEXEC == 0)
}
