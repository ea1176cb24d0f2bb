//! Examiners at work: so many at once, each in a process of its own.
//!
//! An examiner that dies, or says something that is no outcome, is this
//! tool's own trouble. When the tool is interrupted it tells them to end,
//! and they end their programs; should it be killed, the kernel tells them.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Pid, getppid};

use super::examiner::Order;
use super::report::{Outcome, Result as Came};
use crate::stage::kernel::family;

/// Longer than anything that an examiner waits for, by a scale of 1.
const LONGEST: f64 = 900.0;

/// How often somebody looks whether the tool was told to stop, in ms.
const MOMENT: u16 = 100;

/// The examiners that are at work.
#[derive(Default)]
pub(crate) struct Crew {
    members: Vec<Member>,
}

/// What a member is at: which case of which sitting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) sitting: usize,
    pub(crate) case: usize,
}

struct Member {
    seat: Seat,
    order: Order,
    child: Child,
    said: Vec<u8>,
    deadline: Instant,
    /// It took too long, and was ended for that.
    is_late: bool,
    /// How many the kernel had killed for want of memory by then.
    starved: Option<u64>,
}

impl Crew {
    pub(crate) fn size(&self) -> usize {
        self.members.len()
    }

    /// Sets one to work.
    pub(crate) fn hire(&mut self, seat: Seat, order: Order) -> Result<()> {
        let tool =
            std::env::current_exe().context("where is this program?")?;
        let mut command = Command::new(tool);
        command.arg("examine").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        let boss = Pid::this();
        let follow = move || {
            set_pdeathsig(Signal::SIGTERM)?;
            if getppid() == boss { Ok(()) } else { Err(Errno::ESRCH.into()) }
        };
        // SAFETY: between fork and exec it makes two system calls and
        // touches no memory of other threads.
        unsafe { command.pre_exec(follow) };
        let mut child = command.spawn().context("cannot start an examiner")?;
        let words = serde_json::to_vec(&order)?;
        if let Some(mut stdin) = child.stdin.take() {
            match stdin.write_all(&words) {
                // Its end is seen where its end is waited for.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                written => written?,
            }
        }
        if let Some(stdout) = &child.stdout {
            fcntl(stdout, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        }
        let scale = order.time_scale.max(1.0);
        let deadline =
            Instant::now() + Duration::from_secs_f64(LONGEST * scale);
        self.members.push(Member {
            seat,
            order,
            child,
            said: Vec::new(),
            deadline,
            is_late: false,
            starved: starved(),
        });
        Ok(())
    }

    /// Waits for a moment, and returns those who are done.
    pub(crate) fn work(&mut self) -> Result<Vec<(Seat, Outcome)>> {
        let outputs: Vec<BorrowedFd<'_>> = self
            .members
            .iter()
            .filter_map(|member| Some(member.child.stdout.as_ref()?.as_fd()))
            .collect();
        let mut fds: Vec<PollFd<'_>> = outputs
            .into_iter()
            .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
            .collect();
        match poll(&mut fds, MOMENT) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let mut done = Vec::new();
        let mut place = 0;
        while place < self.members.len() {
            if self.members[place].has_ended()? {
                let member = self.members.swap_remove(place);
                done.push((member.seat, member.outcome()?));
            } else {
                place += 1;
            }
        }
        if done.iter().any(|(_, outcome)| outcome.result == Came::Trouble) {
            self.end_orphans();
        }
        Ok(done)
    }

    /// An examiner that was killed, by its program maybe, could end nobody:
    /// what it had started is this process's now, and nobody's at work.
    fn end_orphans(&self) {
        let me = Pid::this().as_raw();
        let at_work = self.members.iter();
        let at_work: Vec<i32> = at_work
            .flat_map(|member| family(member.child.id().cast_signed()))
            .collect();
        for pid in family(me) {
            if pid != me && !at_work.contains(&pid) {
                let pid = Pid::from_raw(pid);
                let _ = kill(pid, Signal::SIGKILL);
                let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
            }
        }
    }
}

impl Member {
    fn has_ended(&mut self) -> Result<bool> {
        if Instant::now() > self.deadline {
            self.is_late = true;
            self.child.kill()?;
            return Ok(true);
        }
        let Some(stdout) = &mut self.child.stdout else { return Ok(true) };
        let mut piece = [0; 16 << 10];
        loop {
            match stdout.read(&mut piece) {
                Ok(0) => return Ok(true),
                Ok(length) => self.said.extend(&piece[..length]),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(false),
                    ErrorKind::Interrupted => {}
                    _ => return Err(error.into()),
                },
            }
        }
    }

    fn outcome(mut self) -> Result<Outcome> {
        let ended = self.child.wait()?;
        if let Ok(outcome) = serde_json::from_slice(&self.said) {
            return Ok(outcome);
        }
        let mut words = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut words)?;
        }
        // Or it was told to stop, and not by this tool, which would not ask.
        let told = ended.code().map(|code| code - 128);
        let told = told.filter(|it| [1, 2, 15].contains(it));
        let signal = ended.signal().or(told).filter(|_| !self.is_late);
        if let Some(number) = signal {
            return Ok(Outcome {
                id: self.order.case.clone(),
                result: Came::Trouble,
                because: Some(killed(number, [self.starved, starved()])),
                was_killed: true,
                ..Outcome::default()
            });
        }
        let last = words.lines().last();
        let last = last.map_or(String::new(), |line| format!(": {line}"));
        Ok(Outcome {
            id: self.order.case.clone(),
            result: Came::Trouble,
            because: Some(format!("the examiner ended early ({ended}){last}")),
            ..Outcome::default()
        })
    }
}

/// Who has sent a signal, the kernel tells nobody but who gets it, and of
/// SIGKILL not even him: what is known is who has not.
fn killed(number: i32, starved: [Option<u64>; 2]) -> String {
    let signal = Signal::try_from(number)
        .map_or(format!("signal {number}"), |signal| signal.to_string());
    let but = match starved {
        [Some(before), Some(now)] if before == now => {
            "nor did the kernel, for want of memory"
        }
        [Some(_), Some(_)] => {
            "but the kernel has ended somebody for want of memory"
        }
        _ => "and whether the kernel lacked memory is not known",
    };
    format!(
        "the examiner was killed by {signal}, maybe by the program itself \
         (kill(2) of its parent); this check did not send it, {but}"
    )
}

/// How many processes the kernel has killed for want of memory, if it says.
fn starved() -> Option<u64> {
    let counters = fs::read_to_string("/proc/vmstat").ok()?;
    let mut lines = counters.lines();
    lines.find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok())
}

/// Whoever is still at work is told to end, and waited for.
impl Drop for Crew {
    fn drop(&mut self) {
        for member in &self.members {
            let pid = Pid::from_raw(member.child.id().cast_signed());
            let _ = kill(pid, Signal::SIGTERM);
        }
        for member in &mut self.members {
            let _ = member.child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::killed;

    #[test]
    fn who_may_have_killed_an_examiner_is_named() {
        let told = killed(9, [Some(3), Some(3)]);
        let words = "the examiner was killed by SIGKILL, maybe by the \
                     program itself (kill(2) of its parent); this check did \
                     not send it, nor did the kernel, for want of memory";
        assert_eq!(told, words);
        let told = killed(15, [Some(3), Some(4)]);
        assert!(
            told.ends_with(
                "but the kernel has ended somebody for want \
                                of memory"
            ),
            "{told}"
        );
        assert!(killed(9, [None, None]).ends_with("is not known"));
    }
}
