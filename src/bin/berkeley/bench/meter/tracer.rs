//! Which system calls a server makes, counted one by one.
//!
//! Each call stops the caller twice, so nothing is timed meanwhile. The
//! tracer is this thread: while the server's stops are answered (`pump`), a
//! generator in another process does its work. A signal is passed on as it
//! came, and a program that is stopped by SIGSTOP or by a terminal stays
//! stopped until its SIGCONT: only PTRACE_SEIZE can tell the two apart.
//! Man page: `ptrace(2)`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::family::family;
use super::stops::{Ear, LOOK, go_on, look_at, seize};
use super::syscalls;
use crate::stage::kernel;

/// Long enough for a busy machine; only a failure waits for it.
const SOON: Duration = Duration::from_secs(10);

/// How long a server has for its own way out.
const PATIENCE: Duration = Duration::from_secs(2);

/// A program under trace, with all its children and threads.
pub(crate) struct Tracer {
    pid: Pid,
    /// Processes and threads that have not ended.
    live: BTreeSet<i32>,
    /// By number, while a window is open.
    counts: Option<HashMap<u64, u64>>,
}

impl Tracer {
    /// Starts a program. It inherits what this thread has: the CPUs to which
    /// it is kept.
    pub(crate) fn start(path: &Path, args: &[OsString]) -> Result<Tracer> {
        let mut command = Command::new(path);
        command.args(args).process_group(0);
        command.stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let follow = || {
            set_pdeathsig(Signal::SIGTERM)?;
            Ok(ptrace::traceme()?)
        };
        // SAFETY: between fork and exec it makes two system calls and
        // touches no memory of other threads.
        unsafe { command.pre_exec(follow) };
        let pid = command
            .spawn()
            .with_context(|| format!("cannot start {}", path.display()))?
            .id();
        let pid = Pid::from_raw(pid.cast_signed());
        let live = BTreeSet::from([pid.as_raw()]);
        let tracer = Tracer { pid, live, counts: None };
        seize(pid).context("cannot trace")?;
        Ok(tracer)
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    /// Waits until it listens, and says on which TCP port.
    pub(crate) fn listens(&mut self) -> Result<u16> {
        let (pid, start) = (self.pid(), Instant::now());
        let mut port = None;
        self.pump(|| {
            port = kernel::listening_port(&family(pid));
            port.is_some() || start.elapsed() > SOON
        })?;
        port.context("it did not listen on a TCP port while it was traced")
    }

    /// Answers the program's stops until the caller has what it waits for.
    pub(crate) fn pump(
        &mut self,
        mut until: impl FnMut() -> bool,
    ) -> Result<()> {
        let ear = Ear::open()?;
        while !until() {
            if self.live.is_empty() {
                bail!("it ended while it was traced");
            }
            let start = Instant::now();
            while start.elapsed() < LOOK {
                if !self.answer_next() {
                    ear.wait();
                }
            }
        }
        Ok(())
    }

    /// Counts from here on.
    pub(crate) fn open_window(&mut self) {
        self.counts = Some(HashMap::new());
    }

    /// Each call by name, and how often it was begun since the window was
    /// opened.
    pub(crate) fn close_window(&mut self) -> BTreeMap<String, u64> {
        let counts = self.counts.take().unwrap_or_default().into_iter();
        counts.map(|(call, count)| (syscalls::name(call), count)).collect()
    }

    /// Ends it as Ctrl-C would; by force when it does not follow.
    pub(crate) fn end(mut self) {
        let _ = kill(self.pid, Signal::SIGINT);
        self.wait_for_end(PATIENCE);
    }

    fn wait_for_end(&mut self, limit: Duration) {
        let start = Instant::now();
        let _ = self.pump(|| start.elapsed() > limit);
    }

    /// Takes one stop, if there is one, and lets the program go on.
    fn answer_next(&mut self) -> bool {
        let Some((pid, status)) = self.next_stop() else { return false };
        if libc::WIFSTOPPED(status) {
            self.live.insert(pid);
            self.answer(pid, status);
        } else {
            self.live.remove(&pid);
        }
        true
    }

    /// Its group first: that is everyone, unless it makes new groups. Then
    /// each on its own; a wait for all children would take the ends of
    /// processes that are somebody else's.
    fn next_stop(&mut self) -> Option<(i32, i32)> {
        if let Ok(Some(stop)) = look_at(-self.pid()) {
            return Some(stop);
        }
        let mut found = None;
        self.live.retain(|&pid| {
            if found.is_some() {
                return true;
            }
            let look = look_at(pid);
            found = look.unwrap_or_default();
            // It may have ended before its parent's stop told of it.
            look.is_ok()
        });
        found
    }

    fn answer(&mut self, pid: i32, status: i32) {
        let (signal, event) = (libc::WSTOPSIG(status), status >> 16);
        let stopped_for_long =
            [libc::SIGSTOP, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];
        if signal == libc::SIGTRAP | 0x80 {
            self.count(pid);
            go_on(libc::PTRACE_SYSCALL, pid, 0);
        } else if event == libc::PTRACE_EVENT_STOP
            && stopped_for_long.contains(&signal)
        {
            go_on(libc::PTRACE_LISTEN, pid, 0);
        } else if event != 0 {
            self.meet_newcomer(pid, event);
            go_on(libc::PTRACE_SYSCALL, pid, 0);
        } else {
            go_on(libc::PTRACE_SYSCALL, pid, signal);
        }
    }

    fn count(&mut self, pid: i32) {
        let Some(counts) = &mut self.counts else { return };
        let Ok(info) = ptrace::syscall_info(Pid::from_raw(pid)) else {
            return;
        };
        if info.op == libc::PTRACE_SYSCALL_INFO_ENTRY {
            // SAFETY: `op` says that the kernel has filled in this one.
            let number = unsafe { info.u.entry.nr };
            *counts.entry(number).or_default() += 1;
        }
    }

    fn meet_newcomer(&mut self, pid: i32, event: i32) {
        let births = [
            libc::PTRACE_EVENT_FORK,
            libc::PTRACE_EVENT_VFORK,
            libc::PTRACE_EVENT_CLONE,
        ];
        if births.contains(&event) {
            let newcomer = ptrace::getevent(Pid::from_raw(pid));
            let newcomer =
                newcomer.ok().and_then(|pid| i32::try_from(pid).ok());
            self.live.extend(newcomer);
        }
    }
}

/// All are gone when this returns, unless the kernel holds one of them.
impl Drop for Tracer {
    fn drop(&mut self) {
        if !self.live.is_empty() {
            let _ = killpg(self.pid, Signal::SIGKILL);
        }
        for &pid in &self.live {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        self.wait_for_end(SOON);
        // Children that the program itself had not reaped.
        while let Ok(Some(_)) = look_at(-self.pid()) {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use nix::errno::Errno;

    use super::*;

    fn traced(script: &str) -> Tracer {
        let args = ["-c".into(), script.into()];
        Tracer::start(Path::new("/bin/sh"), &args).unwrap()
    }

    fn calls_until_its_end(script: &str) -> BTreeMap<String, u64> {
        let mut tracer = traced(script);
        tracer.open_window();
        let ended = tracer.pump(|| false).unwrap_err();
        assert_eq!(ended.to_string(), "it ended while it was traced");
        tracer.close_window()
    }

    #[test]
    fn each_call_of_each_process_is_counted_once() {
        let asks =
            "i=0; while [ $i -lt 100 ]; do kill -0 $$; i=$((i+1)); done";
        let calls =
            calls_until_its_end(&format!("{asks}; ({asks}; :) & wait"));
        assert_eq!(calls["kill"], 200);
        assert_eq!(calls["exit_group"], 2);
    }

    #[test]
    fn a_signal_arrives_once_and_means_what_it_meant() {
        let counts =
            "n=0; trap 'n=$((n+1))' USR1; kill -USR1 $$; kill -USR1 $$";
        let exact = "[ $n = 2 ] && /bin/true";
        let calls = calls_until_its_end(&format!("{counts}; {exact}; :"));
        assert_eq!(calls["execve"], 1, "the trap ran: {calls:?}");
        let calls = calls_until_its_end("kill -KILL $$; kill -0 $$");
        assert_eq!(calls["kill"], 1);
    }

    #[test]
    fn what_is_stopped_stays_so_until_it_is_continued() {
        let mut tracer = traced("while :; do kill -0 $$; done");
        let calls_meanwhile = |tracer: &mut Tracer| {
            tracer.open_window();
            let mut looks = 0;
            let enough = || {
                looks += 1;
                looks > 50
            };
            tracer.pump(enough).unwrap();
            tracer.close_window().values().sum::<u64>()
        };
        assert!(calls_meanwhile(&mut tracer) > 0);
        kill(tracer.pid, Signal::SIGSTOP).unwrap();
        calls_meanwhile(&mut tracer);
        assert_eq!(calls_meanwhile(&mut tracer), 0);
        kill(tracer.pid, Signal::SIGCONT).unwrap();
        calls_meanwhile(&mut tracer);
        assert!(calls_meanwhile(&mut tracer) > 0);
        tracer.end();
    }

    #[test]
    fn nobody_is_left_of_a_program_that_will_not_end() {
        // As the tool does: its orphans are this process's.
        nix::sys::prctl::set_child_subreaper(true).unwrap();
        let mut tracer = traced("trap '' INT; (while :; do :; done) & wait");
        let pid = tracer.pid();
        let mut all = Vec::new();
        let has_forked = || {
            all = family(pid);
            all.len() == 2
        };
        tracer.pump(has_forked).unwrap();
        drop(tracer);
        for pid in all {
            assert_eq!(kill(Pid::from_raw(pid), None), Err(Errno::ESRCH));
        }
    }
}
