//! Joining a program that runs, and leaving it as it was.
//!
//! Nobody can put a filter into a program from outside, so it is stopped at
//! every call; those that do not matter are not told. Should the tracer be
//! killed, the kernel lets the program go on (no PTRACE_O_EXITKILL here).
//!
//! A thread that is blocked in a call has to leave it to stop: the call ends
//! in ERESTARTSYS or the like, and is made again when the thread goes on.
//! The witness hears of one call, which began when the tracer came. (The few
//! that end in EINTR instead, epoll_wait(2) above all, do so under every
//! tracer: `signal(7)`.) Man pages: `ptrace(2)`, `proc_pid_syscall(5)`.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::sys::ptrace;
use nix::unistd::{Pid, gettid};

use super::engine::Tracer;
use super::status::Status;
use super::stops::Stop;
use super::tasks::{Place, Stage, Traced};
use super::tick::now;
use super::{Birth, End, Entry, Interest, Task, Witness, requests};

/// A thread that cannot stop now (its child has its memory, after vfork(2),
/// or a device holds it) does so later.
const PATIENCE: Duration = Duration::from_secs(2);

impl Tracer {
    /// Joins a process, with all its threads.
    pub(crate) fn attach(
        &mut self,
        pid: i32,
        witness: &mut dyn Witness,
    ) -> Result<()> {
        (self.has_joined, self.lets_go) = (true, false);
        while self.seize_threads(pid)? {}
        ensure!(self.has_process(pid), "there is no process {pid}");
        self.roots.insert(pid, None);
        let start = Instant::now();
        while start.elapsed() < PATIENCE && self.awaits_anyone() {
            self.pump_a_moment(witness);
        }
        Ok(())
    }

    /// Those that are not traced yet; whether there were any. A thread that
    /// is seized makes none that are not.
    fn seize_threads(&mut self, pid: i32) -> Result<bool> {
        let threads = fs::read_dir(format!("/proc/{pid}/task"));
        let threads = threads
            .with_context(|| format!("there is no process {pid}"))?
            .flatten();
        let mut found = false;
        for thread in threads {
            let name = thread.file_name();
            let tid = name.to_str().and_then(|name| name.parse().ok());
            let Some(tid) = tid else { continue };
            if self.tasks.contains_key(&tid) {
                continue;
            }
            match requests::seize(tid, false) {
                Ok(()) => {}
                Err(Errno::ESRCH) => continue,
                Err(Errno::EPERM) if needs_no_seizing(tid) => continue,
                Err(errno) => {
                    let why = format!("cannot trace process {pid}");
                    return Err(errno).context(why);
                }
            }
            requests::interrupt(tid);
            let (stage, place) = (Stage::Arriving, Place::Outside);
            let task = Task { tid, pid };
            self.begin(Traced {
                task,
                is_ours: false,
                has_filter: false,
                stage,
                place,
                is_paused: false,
            });
            found = true;
        }
        Ok(found)
    }

    fn awaits_anyone(&self) -> bool {
        let mut all = self.tasks.values();
        all.any(|traced| traced.stage == Stage::Arriving)
    }

    fn pump_a_moment(&mut self, witness: &mut dyn Witness) {
        let soon = Instant::now() + super::tick::TICK;
        self.pump(witness, soon, &[]);
    }

    /// Its first stop: now the witness can look at it.
    pub(super) fn arrive(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        tid: i32,
        stop: Stop,
    ) {
        let Some(traced) = self.tasks.get_mut(&tid) else { return };
        traced.stage = Stage::Told;
        let task = traced.task;
        witness.is_born(at, task, None, Birth::Found);
        if !matches!(stop, Stop::Trap | Stop::Group(_) | Stop::Signal(_)) {
            return;
        }
        let Some((entry, result)) = sits_in(tid) else { return };
        if !self.tells(entry.number) {
            return;
        }
        let wants_return =
            witness.enters(at, task, &entry) == Interest::Return;
        if is_made_again(result) {
            let place = Place::Interrupted { entry, result, wants_return };
            if let Some(traced) = self.tasks.get_mut(&tid) {
                traced.place = place;
            }
        } else if wants_return {
            witness.returns(at, task, result);
        }
    }

    /// Whether this entry is that of the call in which attaching has found
    /// it.
    pub(super) fn comes_again(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        tid: i32,
        again: Entry,
    ) -> bool {
        let Some(traced) = self.tasks.get(&tid) else { return false };
        let Place::Interrupted { entry, wants_return, .. } = traced.place
        else {
            return false;
        };
        let restart = u64::try_from(libc::SYS_restart_syscall);
        if again == entry || Ok(again.number) == restart {
            self.set_place(tid, wants_return);
            return true;
        }
        self.end_interrupted(witness, at, tid);
        false
    }

    /// A signal has come instead.
    pub(super) fn end_interrupted(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        tid: i32,
    ) {
        let Some(traced) = self.tasks.get_mut(&tid) else { return };
        if let Place::Interrupted { result, wants_return, .. } = traced.place {
            traced.place = Place::Outside;
            if wants_return {
                witness.returns(at, traced.task, result);
            }
        }
    }

    /// Leaves everybody to whom it was attached: blocked calls go on, what
    /// is stopped stays so, and signals on their way arrive.
    pub(crate) fn detach_everyone(&mut self, witness: &mut dyn Witness) {
        self.lets_go = true;
        let start = Instant::now();
        for tid in self.attached() {
            requests::interrupt(tid);
        }
        while start.elapsed() < PATIENCE && !self.attached().is_empty() {
            self.pump_a_moment(witness);
            for task in std::mem::take(&mut self.let_go) {
                if let Some(end) = self.roots.get_mut(&task.tid) {
                    *end = Some(End::Unknown);
                }
                witness.ends(now(), task, End::Unknown);
            }
        }
    }

    fn attached(&self) -> Vec<i32> {
        let others = self.tasks.values().filter(|traced| !traced.is_ours);
        others.map(|traced| traced.task.tid).collect()
    }
}

/// The call that a stopped task was taken out of, and how that ended.
fn sits_in(tid: i32) -> Option<(Entry, i64)> {
    if !requests::is_native(tid) {
        return None;
    }
    let line = fs::read_to_string(format!("/proc/{tid}/syscall")).ok()?;
    let mut words = line.split_ascii_whitespace();
    let number = words.next()?.parse::<u64>().ok()?;
    let args = words.map(|word| {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        u64::from_str_radix(digits, 16).unwrap_or(0)
    });
    let args: Vec<u64> = args.take(6).collect();
    let entry = Entry { number, args: args.try_into().ok()? };
    let result = result(tid)?;
    let was_blocked = is_made_again(result) || result == EINTR;
    was_blocked.then_some((entry, result))
}

const EINTR: i64 = -(libc::EINTR as i64);

/// ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND and ERESTART_RESTARTBLOCK,
/// which no program ever sees.
fn is_made_again(result: i64) -> bool {
    matches!(result, -514..=-512 | -516)
}

fn result(tid: i32) -> Option<i64> {
    let registers = ptrace::getregs(Pid::from_raw(tid)).ok()?;
    #[cfg(target_arch = "x86_64")]
    let result = registers.rax;
    #[cfg(target_arch = "aarch64")]
    let result = registers.regs[0];
    #[cfg(target_arch = "riscv64")]
    let result = registers.a0;
    Some(result.cast_signed())
}

/// Born to one that was seized, its stop will come; or a first thread that
/// has ended before the others of its process.
fn needs_no_seizing(tid: i32) -> bool {
    let status = Status::of(tid);
    let is_ours = status.number("TracerPid") == Some(gettid().as_raw());
    is_ours || status.field("State").is_some_and(|is| is.starts_with('Z'))
}
