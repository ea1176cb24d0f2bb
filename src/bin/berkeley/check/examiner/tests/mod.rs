//! The examiner on real programs, each time in a process of its own: what it
//! hears, what it leaves behind (nothing), where it is.

#![allow(clippy::unwrap_used)]

mod input;
mod left_behind;
mod place;
mod running;
mod terminal;
mod traced;

use std::env;
use std::ffi::OsString;
use std::panic::UnwindSafe;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::poll;
use nix::unistd::{Pid, getppid};

use super::ends::{Ended, Ending, guard};
use super::program::Program;
use super::start::{Input, Output, Start};
use crate::apart::in_a_child;
use crate::stage::{self, kernel::family};

/// Long enough for a busy machine; only a failure waits for it.
const SOON: Duration = Duration::from_secs(40);

/// In a process that is an examiner, of which nobody is left in the end.
fn as_examiner(work: impl FnOnce() + UnwindSafe) {
    in_a_child(|| {
        guard(getppid().as_raw()).unwrap();
        work();
        let me = Pid::this().as_raw();
        assert_eq!(family(me), [me]);
    });
}

fn argv(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn command(words: &[&str]) -> Start {
    Start { argv: argv(words), ..Start::default() }
}

fn sh(script: &str) -> Start {
    command(&["sh", "-c", script])
}

fn on_terminal(start: Start) -> Start {
    let (input, output) = (Input::Terminal, Output::Terminals);
    Start { input, output, ..start }
}

/// Waits for news of it; an error when the examiner was told to stop.
fn listen(program: &mut Program) -> Result<()> {
    stage::check()?;
    let moment: u16 = 50;
    match poll(&mut program.watched(), moment) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(errno) => return Err(errno.into()),
    }
    program.attend()?;
    stage::check()
}

/// Listens until it is so.
fn until(program: &mut Program, mut is_so: impl FnMut(&Program) -> bool) {
    let since = Instant::now();
    program.attend().unwrap();
    while !is_so(program) {
        assert!(since.elapsed() < SOON, "{program:?}");
        listen(program).unwrap();
    }
}

fn until_printed(program: &mut Program, text: &str) {
    until(program, |program| out(program).contains(text));
}

/// Until it has ended, and all that it printed is there.
fn to_the_end(program: &mut Program) -> Ended {
    until(program, |program| {
        let heard = [program.stdout(), program.stderr()];
        program.ended().is_some() && heard.iter().all(|heard| heard.is_over())
    });
    program.ended().unwrap()
}

fn out(program: &Program) -> String {
    program.stdout().printed().text
}

fn err(program: &Program) -> String {
    program.stderr().printed().text
}

/// Waits for a state of the world.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < SOON, "not in time: {what}");
        super::ends::pause();
    }
}

/// Whether this machine has a program; it must where the tests are to be
/// complete.
fn has(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg("--version").stdin(Stdio::null());
    let asked = asked.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_there = asked.is_ok_and(|status| status.success());
    if !is_there {
        assert!(env::var_os("CI").is_none(), "there is no {program}");
        eprintln!("skipped: there is no {program}");
    }
    is_there
}
