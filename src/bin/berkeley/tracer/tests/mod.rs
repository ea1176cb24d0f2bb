//! The engine on real programs: what is told, in which order, and what the
//! programs notice of it (nothing).

#![allow(clippy::unwrap_used)]

mod attached;
mod births;
mod calls;
mod ends;
mod forbidden;
mod left;
mod running;
mod signals;
mod witness;

use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::sys::prctl::set_child_subreaper;
use nix::unistd::pipe2;

use super::status::Status;
use super::{End, Launch, Scope, Task, Tracer};
use witness::Notes;

/// Long enough for a busy machine; only a failure waits for it.
const SOON: Duration = Duration::from_secs(60);

fn argv(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn launch(words: &[&str]) -> Launch {
    Launch { argv: argv(words), own_group: true, ..Launch::default() }
}

fn sh(script: &str) -> Launch {
    launch(&["/bin/sh", "-c", script])
}

fn python(script: &str) -> Launch {
    launch(&[&python_path(), "-c", script])
}

/// The interpreter itself: `python3` may be a script that looks for it.
fn python_path() -> String {
    let ask = ["-c", "import sys; print(sys.executable)"];
    let said = Command::new("python3").args(ask).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_string()
}

fn calls(numbers: &[libc::c_long]) -> Scope {
    let numbers = numbers.iter().map(|n| u64::try_from(*n).unwrap());
    Scope::Calls(numbers.collect())
}

/// What became of a program, from its start to the end of everybody.
fn told(scope: Scope, launch: Launch) -> (Notes, End) {
    let mut tracer = Tracer::new(scope).unwrap();
    let mut notes = Notes::default();
    let task = tracer.start(launch, &mut notes).unwrap();
    pump_to_the_end(&mut tracer, &mut notes);
    (notes, tracer.end_of(task.pid).unwrap())
}

fn pump_to_the_end(tracer: &mut Tracer, notes: &mut Notes) {
    tracer.pump(notes, Instant::now() + SOON, &[]);
    assert!(!tracer.is_anyone_left(), "{:?}: {notes:?}", living(tracer));
}

/// The processes that live, in order.
fn living(tracer: &Tracer) -> Vec<i32> {
    let pids = tracer.tasks.values().map(|traced| traced.task.pid);
    let mut pids: Vec<i32> = pids.collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}

/// Pumps until something is so.
fn pump_until(
    tracer: &mut Tracer,
    notes: &mut Notes,
    mut is_so: impl FnMut(&Notes) -> bool,
) {
    let start = Instant::now();
    while !is_so(notes) {
        assert!(start.elapsed() < SOON, "{notes:?}");
        let moment = Instant::now() + Duration::from_millis(2);
        tracer.pump(notes, moment, &[]);
    }
}

/// Everything that a program prints, read when it is over: less than a pipe
/// holds.
fn heard() -> (OwnedFd, OwnedFd) {
    pipe2(OFlag::O_CLOEXEC).unwrap()
}

fn all_of(pipe: OwnedFd) -> String {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::from(pipe).read_to_string(&mut text).unwrap();
    text
}

/// Whether there is a process of this number that has not ended.
fn lives(pid: i32) -> bool {
    !matches!(state(pid), 'Z' | 'X')
}

/// `R`, `S`, `T`; as if dead when there is none.
fn state(pid: i32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let stat = stat.unwrap_or_default();
    let rest = stat.rsplit_once(") ").map(|(_, rest)| rest);
    rest.and_then(|rest| rest.chars().next()).unwrap_or('X')
}

fn tracer_of(pid: i32) -> i32 {
    Status::of(pid).number("TracerPid").unwrap()
}
