//! A stage: programs are started, heard and ended here, by one thread.
//!
//! Everything is waited for as a state of the world: a line that was printed,
//! a row in /proc/net, a process that is gone. Nothing outlives the stage: a
//! program has a process group of its own, which is killed and reaped when
//! the stage is dropped; a grandchild whose parent died becomes this
//! process's child (PR_SET_CHILD_SUBREAPER); and should this process be
//! killed itself, the kernel sends each program a SIGTERM (PR_SET_PDEATHSIG).
//! Man pages: `prctl(2)`, `setpgid(2)`, `poll(2)`.

mod console;
mod interrupt;
pub(crate) mod kernel;
mod process;
mod reap;

use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::Signal;

use console::Console;
pub(crate) use console::Stream;
pub(crate) use interrupt::{Interrupted, check, sender, take, watch};
use process::{Process, ending};
pub(crate) use reap::{Usage, end_the_rest, reap_any};

/// Long enough for a busy machine; only a failure waits for it.
const SOON: Duration = Duration::from_secs(10);

/// How often a state is looked at that nothing announces.
const LOOK: u16 = 2;

/// How long nobody looks whether the tool was told to stop, in ms.
const MOMENT: u16 = 100;

/// A line that somebody printed, or that was typed to them.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) who: Who,
    pub(crate) stream: Stream,
    pub(crate) text: String,
}

/// One of the programs on a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who(usize);

/// What did not come true, in words for a user.
#[derive(Debug)]
pub(crate) struct FellShort(pub(crate) String);

impl std::fmt::Display for FellShort {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for FellShort {}

/// An error that is a finding, not a trouble of this tool.
pub(crate) fn fell_short<T>(why: impl Into<String>) -> anyhow::Result<T> {
    Err(FellShort(why.into()).into())
}

/// Programs that run at the same time, and what they said, in order.
pub(crate) struct Stage {
    console: Console,
    processes: Vec<Process>,
    heard: Vec<Heard>,
}

impl Stage {
    pub(crate) fn open() -> anyhow::Result<Stage> {
        let console = Console::open()?;
        Ok(Stage { console, processes: Vec::new(), heard: Vec::new() })
    }

    /// Starts a program; `name` is what messages call it.
    pub(crate) fn start(
        &mut self,
        name: &str,
        path: &Path,
        args: &[OsString],
        folder: Option<&Path>,
    ) -> anyhow::Result<Who> {
        let mut command = Command::new(path);
        command.args(args);
        if let Some(folder) = folder {
            command.current_dir(folder);
        }
        self.launch(name, command)
    }

    /// The same for a command that has more to it.
    pub(crate) fn launch(
        &mut self,
        name: &str,
        command: Command,
    ) -> anyhow::Result<Who> {
        interrupt::check()?;
        let who = Who(self.processes.len());
        let out = self.console.voice(who, Stream::Out)?;
        let err = self.console.voice(who, Stream::Err)?;
        let process = Process::spawn(name, command, out, err)?;
        self.processes.push(process);
        Ok(who)
    }

    pub(crate) fn pid(&self, who: Who) -> i32 {
        self.processes[who.0].pid()
    }

    /// Waits until the program listens, and says on which TCP port.
    pub(crate) fn listens(&mut self, who: Who) -> anyhow::Result<u16> {
        self.port(who, "listens on a TCP port", kernel::listening_port)
    }

    /// Waits until the program has a UDP socket, and says on which port.
    pub(crate) fn is_bound(&mut self, who: Who) -> anyhow::Result<u16> {
        self.port(who, "has a UDP port", kernel::datagram_port)
    }

    fn port(
        &mut self,
        who: Who,
        what: &str,
        port: fn(&[i32]) -> Option<u16>,
    ) -> anyhow::Result<u16> {
        let mut found = None;
        self.until(what, who, |stage| {
            found = port(&kernel::family(stage.pid(who)));
            found.is_some()
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Waits until the program has printed this line.
    pub(crate) fn says(&mut self, who: Who, line: &str) -> anyhow::Result<()> {
        self.until(&format!("says \"{line}\""), who, |stage| {
            let mut heard = stage.heard.iter();
            heard.any(|heard| {
                heard.who == who
                    && heard.text == line
                    && heard.stream != Stream::Typed
            })
        })
    }

    /// Waits for something that is so because of this program. When the
    /// program ends first, it has fallen short.
    pub(crate) fn until(
        &mut self,
        what: &str,
        who: Who,
        mut is_so: impl FnMut(&Stage) -> bool,
    ) -> anyhow::Result<()> {
        let start = Instant::now();
        while !is_so(self) {
            let has_ended = self.is_gone(who)?;
            self.listen()?;
            if is_so(self) {
                break;
            }
            let name = &self.processes[who.0].name;
            if has_ended {
                let why = self.last_words(who);
                return fell_short(format!("{name} ended early{why}"));
            }
            if start.elapsed() > SOON {
                let limit = SOON.as_secs();
                let why = format!("not within {limit} s: {name} {what}");
                return fell_short(why);
            }
        }
        Ok(())
    }

    /// Types a line on the program's standard input.
    pub(crate) fn types(
        &mut self,
        who: Who,
        line: &str,
    ) -> anyhow::Result<()> {
        let text = line.to_string();
        self.heard.push(Heard { who, stream: Stream::Typed, text });
        self.processes[who.0].types(line)
    }

    /// Waits for the end of the program and of its whole family. The end
    /// must be as expected: an exit code, or minus the signal that killed it.
    pub(crate) fn ends(
        &mut self,
        who: Who,
        expected: i32,
    ) -> anyhow::Result<()> {
        let start = Instant::now();
        while !self.is_gone(who)? {
            self.listen()?;
            if start.elapsed() > SOON {
                let process = &mut self.processes[who.0];
                let how = match process.exit_code() {
                    Some(_) => "ended, but left processes behind for",
                    None => "did not end within",
                };
                let (name, limit) = (&process.name, SOON.as_secs());
                return fell_short(format!("{name} {how} {limit} s"));
            }
        }
        let code = self.processes[who.0].exit_code().unwrap_or_default();
        if code != expected {
            let name = self.processes[who.0].name.clone();
            let words = self.last_words(who);
            let (got, wanted) = (ending(code), ending(expected));
            return fell_short(format!("{name} {got}, not {wanted}{words}"));
        }
        Ok(())
    }

    /// Tells its last line so far and its seconds, whenever one of them is
    /// new, for as long as the program runs; returns its exit code.
    pub(crate) fn follow(
        &mut self,
        who: Who,
        mut tell: impl FnMut(&str, u64),
    ) -> anyhow::Result<i32> {
        let start = Instant::now();
        let mut told = None;
        loop {
            interrupt::check()?;
            // Whoever is followed may be measuring who uses the CPUs.
            self.overhear(MOMENT)?;
            let is_gone = self.is_gone(who)?;
            let news = (self.heard.len(), start.elapsed().as_secs());
            if told != Some(news) {
                told = Some(news);
                let last = self.heard.last();
                tell(last.map_or("", |heard| heard.text.trim()), news.1);
            }
            if is_gone {
                let code = self.processes[who.0].exit_code();
                return Ok(code.unwrap_or_default());
            }
        }
    }

    /// How it ended, when it has: it should still be running.
    pub(crate) fn has_ended(
        &mut self,
        who: Who,
    ) -> anyhow::Result<Option<String>> {
        self.hear()?;
        let process = &mut self.processes[who.0];
        let Some(code) = process.exit_code() else { return Ok(None) };
        let name = process.name.clone();
        let words = self.last_words(who);
        Ok(Some(format!("{name} ended under load, {}{words}", ending(code))))
    }

    /// Tells the whole group to end, gives it some time, and ends it.
    pub(crate) fn put_down(
        &mut self,
        who: Who,
        patience: Duration,
    ) -> anyhow::Result<()> {
        self.processes[who.0].signal_all(Signal::SIGTERM);
        let start = Instant::now();
        while !self.is_gone(who)? && start.elapsed() < patience {
            self.listen()?;
        }
        self.processes[who.0].end();
        Ok(())
    }

    /// Passes a signal on that has interrupted this tool, and hears what the
    /// program has to say to that, for some time.
    pub(crate) fn pass_on(
        &mut self,
        who: Who,
        signal: Signal,
        patience: Duration,
    ) -> anyhow::Result<()> {
        self.signal(who, signal);
        let start = Instant::now();
        while !self.is_gone(who)? && start.elapsed() < patience {
            self.overhear(LOOK)?;
        }
        Ok(())
    }

    /// What the program and its family used in their lives, once all of
    /// them are gone.
    pub(crate) fn usage(&self, who: Who) -> Option<Usage> {
        self.processes[who.0].usage()
    }

    /// As a user's Ctrl-C, or `kill`.
    pub(crate) fn signal(&mut self, who: Who, signal: Signal) {
        self.processes[who.0].signal(signal);
    }

    /// Whether the program and its family have ended; all that they printed
    /// has been heard then.
    fn is_gone(&mut self, who: Who) -> anyhow::Result<bool> {
        if !self.processes[who.0].is_gone() {
            return Ok(false);
        }
        self.hear()?;
        let heard = &mut self.heard;
        self.console.finish(who, &mut |who, stream, text| {
            heard.push(Heard { who, stream, text });
        });
        Ok(true)
    }

    /// Takes in what is printed within the next moment.
    fn listen(&mut self) -> anyhow::Result<()> {
        interrupt::check()?;
        self.overhear(LOOK)
    }

    /// Whether or not this tool was told to stop.
    fn overhear(&mut self, wait_ms: u16) -> anyhow::Result<()> {
        let mut fds = [PollFd::new(self.console.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, wait_ms) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        self.hear()
    }

    /// Hears everybody until one of these has something to be read. Whoever
    /// is not heard while he prints has to wait in the end.
    pub(crate) fn listen_until(
        &mut self,
        others: &[BorrowedFd<'_>],
    ) -> anyhow::Result<()> {
        loop {
            interrupt::check()?;
            let all = [&[self.console.as_fd()], others].concat();
            let mut fds: Vec<PollFd<'_>> = all
                .into_iter()
                .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
                .collect();
            match poll(&mut fds, MOMENT) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            let has_come = |fd: &PollFd<'_>| fd.any().unwrap_or_default();
            let is_there = fds[1..].iter().any(has_come);
            self.hear()?;
            if is_there {
                return Ok(());
            }
        }
    }

    fn hear(&mut self) -> anyhow::Result<()> {
        let heard = &mut self.heard;
        self.console.hear(&mut |who, stream, text| {
            heard.push(Heard { who, stream, text });
        })
    }

    /// All lines so far, in the order in which they came.
    pub(crate) fn heard(&self) -> &[Heard] {
        &self.heard
    }

    /// The lines of one program on one stream.
    pub(crate) fn lines(&self, who: Who, stream: Stream) -> Vec<&str> {
        let heard = self.heard.iter();
        heard
            .filter(|heard| heard.who == who && heard.stream == stream)
            .map(|heard| heard.text.as_str())
            .collect()
    }

    /// The last thing on its standard error, when there is one.
    fn last_words(&self, who: Who) -> String {
        let lines = self.lines(who, Stream::Err);
        lines.last().map_or(String::new(), |line| format!(": {line}"))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for process in &mut self.processes {
            process.end();
        }
    }
}
