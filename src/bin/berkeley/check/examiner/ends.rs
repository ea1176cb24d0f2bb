//! Who of this process's children has ended, and how: the programs, and
//! whoever they left to it.
//!
//! An examiner adopts orphans (PR_SET_CHILD_SUBREAPER), so that it must be
//! told of everybody's end; what a program's end was is kept until it is
//! asked for. One thread does all of this. Man pages: `wait4(2)`, `prctl(2)`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::poll;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getppid};

use crate::stage::kernel::family;
use crate::stage::{self, Interrupted, reap_any};

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Exited(i32),
    Killed(i32),
}

/// And what it had used, with the children that it waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) ending: Ending,
    pub(crate) cpu: Duration,
}

thread_local! {
    /// Every program of this examiner by its pid, and its end.
    static PROGRAMS: RefCell<HashMap<i32, Option<Ended>>> = RefCell::default();
}

/// Makes this process an examiner: it adopts orphans; SIGINT, SIGTERM and
/// SIGHUP become an `Interrupted` wherever it waits; and so does the end of
/// the thread that has started it, whose pid as a process is `tool`. After
/// the examiner has taken its place: whoever changes their user is told of
/// no parent's end any more.
pub(crate) fn guard(tool: i32) -> Result<()> {
    stage::watch()?;
    set_pdeathsig(Signal::SIGTERM)?;
    if getppid().as_raw() == tool {
        return Ok(());
    }
    // It had gone before the kernel was asked to tell.
    Err(Interrupted(libc::SIGTERM).into())
}

/// Keeps the end of this child for `ended`.
pub(super) fn expect(pid: i32) {
    PROGRAMS.with_borrow_mut(|all| all.insert(pid, None));
}

/// How this program has ended; `None` while it runs.
pub(super) fn ended(pid: i32) -> Option<Ended> {
    take_in();
    PROGRAMS.with_borrow(|all| all.get(&pid).copied().flatten())
}

/// Its number may be another's from here on.
pub(super) fn forget(pid: i32) {
    PROGRAMS.with_borrow_mut(|all| all.remove(&pid));
}

/// Reaps whoever has ended by now. Whether there is anybody left.
fn take_in() -> bool {
    loop {
        let Ok(reaped) = reap_any(-1, libc::WNOHANG) else { return false };
        let Some((pid, status, usage)) = reaped else { return true };
        let ended = Ended { ending: ending(status), cpu: usage.cpu };
        PROGRAMS.with_borrow_mut(|all| {
            all.entry(pid).and_modify(|end| *end = Some(ended));
        });
    }
}

/// `SIGSEGV`, or `signal 40`
pub(super) fn signal_name(number: i32) -> String {
    Signal::try_from(number)
        .map_or(format!("signal {number}"), |signal| signal.to_string())
}

fn ending(status: ExitStatus) -> Ending {
    match status.signal() {
        Some(signal) => Ending::Killed(signal),
        None => Ending::Exited(status.code().unwrap_or_default()),
    }
}

/// Other programs that still run.
fn others(pid: i32) -> Vec<i32> {
    PROGRAMS.with_borrow(|all| {
        let living = all.iter().filter(|(_, end)| end.is_none());
        living.map(|(pid, _)| *pid).filter(|other| *other != pid).collect()
    })
}

/// Ends this program, all that it has started, and all orphans that this
/// process has adopted: whose they were, nobody can tell. Other programs of
/// this examiner, and their families, are spared.
pub(super) fn end_family(pid: i32) {
    let me = Pid::this().as_raw();
    if ended(pid).is_none() {
        // A whole group at once: none of it can fork meanwhile.
        let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
    }
    loop {
        let spared: Vec<i32> =
            others(pid).into_iter().flat_map(family).collect();
        let mut all = family(me);
        all.retain(|one| *one != me && !spared.contains(one));
        for one in &all {
            let _ = kill(Pid::from_raw(*one), Signal::SIGKILL);
        }
        // What one of them forked meanwhile is seen the next time.
        if !take_in() || all.is_empty() {
            return;
        }
        pause();
    }
}

/// Ends whoever this program has started, and lets it end itself: a tracer
/// has its trace to write.
pub(super) fn end_children(pid: i32, patience: Duration) {
    let start = Instant::now();
    while ended(pid).is_none() {
        for child in family(pid).into_iter().filter(|child| *child != pid) {
            let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
        }
        if start.elapsed() > patience || stage::check().is_err() {
            return;
        }
        pause();
    }
}

/// For a moment, or until a signal: a child's end among others.
pub(super) fn pause() {
    let moment: u16 = 1;
    match poll(&mut [], moment) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(errno) => debug_assert!(false, "poll: {errno}"),
    }
}
