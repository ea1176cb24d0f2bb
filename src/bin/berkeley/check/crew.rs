//! Examiners at work: so many at once, each in a process of its own.
//!
//! An examiner that dies, or says something that is no outcome, is this
//! tool's own trouble. When the tool is interrupted it tells them to end,
//! and they end their programs; should it be killed, the kernel tells them.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
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
        let said = Vec::new();
        self.members.push(Member { seat, order, child, said, deadline });
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
