//! A running program and everything it says.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::{SOON, kernel, until};

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

#[derive(Default)]
struct Heard {
    lines: Vec<(Stream, String)>,
    ended: u8,
}

type Console = Arc<(Mutex<Heard>, Condvar)>;

/// A process that this test started. Dropped, it is killed with all its
/// descendants, and nothing else is.
pub struct Program {
    child: Child,
    console: Console,
    mark: String,
}

impl Program {
    /// Starts it with its own mark in the environment, all output captured
    /// from the first byte on.
    pub fn spawn(command: &mut Command) -> Program {
        Program::reading(command, Stdio::piped())
    }

    /// The same with something else as its standard input.
    pub fn reading(command: &mut Command, stdin: Stdio) -> Program {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{next}", std::process::id());
        command.env("STARTED_BY_TEST", &mark).stdin(stdin);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn();
        let mut child =
            child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let console = Console::default();
        listen(&console, Stream::Out, child.stdout.take().unwrap());
        listen(&console, Stream::Err, child.stderr.take().unwrap());
        let mark = format!("STARTED_BY_TEST={mark}");
        Program { child, console, mark }
    }

    pub fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    pub fn kill(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
    }

    /// As a terminal's Ctrl-C does it; for a program started in its own
    /// process group.
    pub fn kill_group(&self, signal: Signal) {
        killpg(Pid::from_raw(self.pid()), signal).unwrap();
    }

    /// Types on the program's standard input.
    pub fn type_in(&mut self, text: &[u8]) {
        let stdin = self.child.stdin.as_mut().expect("stdin is open");
        stdin.write_all(text).unwrap();
    }

    pub fn close_stdin(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Everything printed so far, in the order it arrived here.
    pub fn lines(&self) -> Vec<(Stream, String)> {
        self.console.0.lock().unwrap().lines.clone()
    }

    fn printed(&self, stream: Stream) -> Vec<String> {
        let lines = self.lines().into_iter();
        lines.filter(|(on, _)| *on == stream).map(|line| line.1).collect()
    }

    pub fn stdout(&self) -> Vec<String> {
        self.printed(Stream::Out)
    }

    pub fn stderr(&self) -> Vec<String> {
        self.printed(Stream::Err)
    }

    /// The first line that is so, printed already or within the limit.
    pub fn wait_for_line(
        &self,
        limit: Duration,
        what: &str,
        is_it: impl Fn(&str) -> bool,
    ) -> String {
        let start = Instant::now();
        let (heard, news) = &*self.console;
        let mut heard = heard.lock().unwrap();
        loop {
            let mut lines = heard.lines.iter();
            if let Some((_, line)) = lines.find(|(_, line)| is_it(line)) {
                return line.clone();
            }
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() || heard.ended == 2 {
                let lines = heard.lines.clone();
                drop(heard); // A panic would poison the lock.
                panic!("no line with {what}; printed: {lines:?}");
            }
            heard = news.wait_timeout(heard, left).unwrap().0;
        }
    }

    /// The first line that has `text` in it.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_for_line(SOON, text, |line| line.contains(text))
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end, and for the end of all it printed: a descendant
    /// that still holds its output is a failure.
    pub fn wait_exit(&mut self, limit: Duration) -> ExitStatus {
        let start = Instant::now();
        until(limit, "the program ends", || !self.is_running());
        let left = limit.saturating_sub(start.elapsed()).max(SOON / 5);
        until(left, "nobody holds its stdout and stderr any more", || {
            self.console.0.lock().unwrap().ended == 2
        });
        self.child.wait().unwrap()
    }

    /// Its exit code, or minus the number of the signal that killed it.
    pub fn exit_code(&mut self) -> i32 {
        let status = self.wait_exit(SOON);
        status.code().unwrap_or_else(|| -status.signal().unwrap())
    }

    pub fn descendants(&self) -> Vec<i32> {
        kernel::descendants(self.pid())
    }

    /// The living of its family, also those whose parent has died.
    pub fn family(&self) -> Vec<i32> {
        kernel::marked(&self.mark)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !self.is_running() {
            return;
        }
        // Stopped first, so that it makes no new child meanwhile.
        let all = [Signal::SIGSTOP, Signal::SIGKILL];
        for signal in all {
            let mut family = self.descendants();
            family.push(self.pid());
            for pid in family {
                let _ = kill(Pid::from_raw(pid), signal);
            }
        }
        let _ = self.child.wait();
    }
}

fn listen(
    console: &Console,
    stream: Stream,
    pipe: impl Read + Send + 'static,
) {
    let console = Arc::clone(console);
    std::thread::spawn(move || {
        let (mut pipe, mut line) = (BufReader::new(pipe), Vec::new());
        loop {
            line.clear();
            let got = pipe.read_until(b'\n', &mut line).unwrap_or(0);
            let mut heard = console.0.lock().unwrap();
            if got == 0 {
                heard.ended += 1;
                console.1.notify_all();
                return;
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.strip_suffix('\n').unwrap_or(&text).to_string();
            heard.lines.push((stream, text));
            console.1.notify_all();
        }
    });
}
