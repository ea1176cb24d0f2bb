//! What each task of the program is doing at this moment, in words.

use std::fmt::Write;

use nix::sys::signal::Signal;

use super::Namer;
use super::call::{Activity, Call, activity};
use super::descriptors::Tables;
use super::family::{Family, Member};
use super::fold::{Deed, folded};
use super::stat::{
    EXIT_CODE, PARENT, STARTED, SYSTEM_TIME, Stat, THREADS, USER_TIME,
};
use super::waits::{Awaited, awaited};

/// What is said when there is no process to speak of.
pub(crate) const NOBODY: &str = "no process of the program is left";

/// As many descriptors as are told of one call.
const TOLD: usize = 4;

pub(super) fn lines(family: &Family, name: Namer<'_>) -> Vec<String> {
    let mut tables = Tables::read();
    let mut deeds = Vec::new();
    let mut members: Vec<(i32, &Member)> = family.members().collect();
    // In the order of their births, which that of their numbers need not be.
    members.sort_by_key(|(pid, _)| {
        let started = Stat::of(*pid).and_then(|stat| stat.number(STARTED));
        (started.unwrap_or(u64::MAX), *pid)
    });
    for (pid, member) in members {
        for &tid in &member.tasks {
            deeds.extend(deed(pid, tid, &mut tables, name));
        }
    }
    if deeds.is_empty() {
        return vec![NOBODY.to_string()];
    }
    folded(&deeds)
}

fn deed(
    pid: i32,
    tid: i32,
    tables: &mut Tables,
    name: Namer<'_>,
) -> Option<Deed> {
    let stat = Stat::of_task(pid, tid)?;
    let (verb, rest) = match stat.state() {
        'Z' | 'X' if tid != pid => return None,
        'Z' | 'X' => ended(&stat),
        'R' => ("is running".to_string(), used(&stat)),
        'T' => ("is stopped by a signal".to_string(), String::new()),
        't' => ("is stopped by its tracer".to_string(), String::new()),
        state => match activity(pid, tid) {
            Activity::Running => ("is running".to_string(), used(&stat)),
            Activity::Call(call) => in_call(pid, tid, &call, tables, name),
            Activity::Kernel(Some(at)) => {
                (format!("is blocked in the kernel, in {at}"), String::new())
            }
            _ if state == 'D' => {
                ("waits for a disk, or for memory".to_string(), String::new())
            }
            _ => ("is blocked".to_string(), String::new()),
        },
    };
    let process = stat.name().to_string();
    let tid = (tid != pid).then_some(tid);
    Some(Deed { pid, tid, name: process, verb, rest })
}

fn used(stat: &Stat) -> String {
    let seconds = stat.seconds(&[USER_TIME, SYSTEM_TIME]);
    format!(" ({seconds:.1} s of CPU so far)")
}

/// A zombie: nobody has waited for it, or nobody could yet.
fn ended(stat: &Stat) -> (String, String) {
    if stat.number::<usize>(THREADS).is_some_and(|threads| threads > 1) {
        let verb = "has ended its first thread; others go on";
        return (verb.to_string(), String::new());
    }
    let status = stat.number(EXIT_CODE).unwrap_or(0);
    let how = match (libc::WTERMSIG(status), libc::WEXITSTATUS(status)) {
        (0, code) => format!("has ended with exit code {code}"),
        (signal, _) => {
            let name = Signal::try_from(signal).map(Signal::as_str);
            let name = name.map_or(format!("signal {signal}"), str::to_owned);
            format!("was killed by {name}")
        }
    };
    let parent = stat.number::<i32>(PARENT).unwrap_or(0);
    if parent == std::process::id().cast_signed() {
        return (how, String::new());
    }
    let verb = format!("is a zombie: it {how}");
    (verb, format!(", and its parent, pid {parent}, has not waited for it"))
}

fn in_call(
    pid: i32,
    tid: i32,
    call: &Call,
    tables: &mut Tables,
    name: Namer<'_>,
) -> (String, String) {
    let called = call.name();
    let for_a_time = call.ends_by_time(pid);
    let limited = if for_a_time { ", for a limited time," } else { "" };
    if let Some(list) = awaited(tid, call) {
        let verb = format!("waits{limited} in {called}");
        return (verb, listed(tid, &list, tables, name));
    }
    if let Some(fd) = call.descriptor() {
        let what = tables.says(tid, fd, name);
        let rest = format!("({fd}); fd {fd} {what}");
        return (format!("is blocked{limited} in {called}"), rest);
    }
    let verb = match &*called {
        "nanosleep" | "clock_nanosleep" => format!("sleeps ({called})"),
        "futex" | "futex_wait" | "futex_waitv" => {
            format!("waits{limited} for another thread, or a lock ({called})")
        }
        "wait4" | "waitid" => format!("waits for a child to end ({called})"),
        "pause" | "rt_sigsuspend" | "rt_sigtimedwait" => {
            format!("waits{limited} for a signal ({called})")
        }
        "restart_syscall" => "waits on, in a call that a signal has stopped \
            (restart_syscall)"
            .to_string(),
        _ => format!("is blocked{limited} in {called}"),
    };
    (verb, String::new())
}

/// ` for fd 3 and fd 4; fd 3 listens on …; fd 4 is its connection to A`
fn listed(
    tid: i32,
    list: &[Awaited],
    tables: &mut Tables,
    name: Namer<'_>,
) -> String {
    let told = &list[..list.len().min(TOLD)];
    let mut words: Vec<String> = told
        .iter()
        .map(|Awaited { fd, to_write }| {
            format!("fd {fd}{}", if *to_write { " (to write)" } else { "" })
        })
        .collect();
    let left = list.len() - told.len();
    if left > 0 {
        words.push(format!("{left} more"));
    }
    let mut text = match &words[..] {
        [] => " for no descriptor".to_string(),
        [one] => format!(" for {one}"),
        [all @ .., end] => format!(" for {} and {end}", all.join(", ")),
    };
    for Awaited { fd, .. } in told {
        let what = tables.says(tid, *fd, name);
        let _ = write!(text, "; fd {fd} {what}");
    }
    text
}
