//! An actor: a process with a descriptor table of its own, which makes the
//! calls that it is told to make, one after the other.
//!
//! Its descriptors are those of a program that has just been started: 0, 1
//! and 2 are open, the next one is 3. A signal interrupts its calls: the
//! handler does nothing, and there is no SA_RESTART.

use std::fs::File;

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::unistd::{ForkResult, Pid, dup2_stdin, fork, setpgid};

use super::call::{Answer, Call};
use super::channel::Channel;
use super::commands;
use super::parse::OWN;

/// A new process, and this side's end of the channel to it.
pub(super) fn start() -> Result<(Pid, Channel), Errno> {
    let (ours, theirs) = Channel::pair()?;
    // SAFETY: the shell has one thread when it starts an actor.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok((child, ours)),
        ForkResult::Child => {
            drop(ours);
            settle_in(&theirs);
            play(theirs)
        }
    }
}

/// As in a program that was just started. What cannot be had is done
/// without.
fn settle_in(channel: &Channel) {
    // Whatever becomes of the shell. The one that it forks itself stays.
    let _ = set_pdeathsig(Signal::SIGKILL);
    // Ctrl-C is for the shell, which then says whose call it ends.
    let _ = setpgid(Pid::from_raw(0), Pid::from_raw(0));
    if let Ok(nothing) = File::open("/dev/null") {
        let _ = dup2_stdin(&nothing);
    }
    let own = channel.fd().cast_unsigned();
    // SAFETY: what else was open belongs to the shell's half of the fork,
    // which is never run here again.
    unsafe {
        libc::close_range(3, own - 1, 0);
        libc::close_range(own + 1, u32::MAX, 0);
    }
    let handler = SigHandler::Handler(interrupted);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler does nothing at all.
    let _ = unsafe { sigaction(Signal::SIGINT, &action) };
}

extern "C" fn interrupted(_: i32) {}

/// Until it is told to end, or nobody is left to tell it anything.
fn play(mut channel: Channel) -> ! {
    loop {
        let Ok(Some((call, _))) = channel.receive::<Call>() else { end(0) };
        if call.name == "fork" {
            channel = forked(channel);
            continue;
        }
        let answer = commands::make(&call);
        let told = channel.send(&answer, None);
        if answer.ends || told.is_err() {
            end(i32::try_from(answer.value).unwrap_or(1));
        }
    }
}

/// Forks; both go on here, each with its own channel.
fn forked(channel: Channel) -> Channel {
    let (ours, theirs) = match Channel::pair() {
        Ok(pair) => pair,
        Err(errno) => {
            let _ = channel.send(&Answer::failed(errno), None);
            return channel;
        }
    };
    // SAFETY: an actor has one thread.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => theirs,
        Ok(ForkResult::Parent { child }) => {
            let answer = Answer::good(child.as_raw().into(), "");
            let _ = channel.send(&answer, Some(&ours));
            channel
        }
        Err(errno) => {
            let _ = channel.send(&Answer::failed(errno), None);
            channel
        }
    }
}

/// Nothing of the shell that this was a copy of is to be flushed or undone.
fn end(code: i32) -> ! {
    // SAFETY: it ends the only thread.
    unsafe { libc::_exit(code) }
}

/// Whether an actor sleeps in a call, other than the wait for its next
/// order: the line of `/proc/PID/syscall`, which says in which.
pub(super) fn sleeps_in(pid: Pid) -> Option<String> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/syscall")).ok()?;
    let mut words = line.split_ascii_whitespace();
    let number: i64 = words.next()?.parse().ok()?;
    let first = words.next()?.strip_prefix("0x")?;
    let first = i64::from_str_radix(first, 16).ok()?;
    let waits = number == libc::SYS_recvmsg && first >= i64::from(OWN);
    (number >= 0 && !waits).then_some(line)
}

/// What a descriptor of an actor is: `socket:[1234]`.
fn name_of(pid: Pid, fd: i32) -> Option<String> {
    let link = std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok()?;
    link.to_str().map(str::to_owned)
}

/// The descriptors of an actor: numbers, and what each is.
pub(super) fn open(pid: Pid) -> Vec<(i32, String)> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd"));
    let entries = entries.into_iter().flatten().flatten();
    let numbers = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let mut open: Vec<(i32, String)> = numbers
        .filter(|fd| *fd < OWN)
        .filter_map(|fd| Some((fd, name_of(pid, fd)?)))
        .collect();
    open.sort_unstable();
    open
}
