//! Real programs are watched, mostly Python's.
#![allow(clippy::unwrap_used)]

mod connections;
mod doing;
mod family;
mod growth;
mod hindered;
mod network;
mod rest;

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::{Rest, Watch};

/// Long enough for a busy machine; only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The interpreter itself: `python3` may be a script that looks for it.
static PYTHON: LazyLock<Option<String>> = LazyLock::new(|| {
    let words = ["-c", "import sys; print(sys.executable)"];
    let said = Command::new("python3").args(words).output().ok()?;
    Some(String::from_utf8(said.stdout).ok()?.trim().to_string())
});

/// A program in a group of its own, which is ended with it.
struct Program {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    is_over: bool,
}

impl Program {
    fn start(words: &[&str]) -> Program {
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Program { child, stdin, stdout, is_over: false }
    }

    /// `None`, and a word about it, where there is no Python.
    fn python(script: &str) -> Option<Program> {
        let Some(python) = PYTHON.as_deref() else {
            skip("no python3 here");
            return None;
        };
        Some(Program::start(&[python, "-S", "-u", "-c", script]))
    }

    fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    fn watch(&self) -> Watch {
        Watch::new(self.pid())
    }

    fn signal(&self, signal: Signal) {
        killpg(Pid::from_raw(self.pid()), signal).unwrap();
    }

    /// From here on its number may be somebody else's.
    fn is_waited_for(&mut self) {
        self.child.wait().unwrap();
        self.is_over = true;
    }

    fn says(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim().to_string()
    }

    fn hears(&mut self, line: &str) {
        // In one piece: it is read with one read(2).
        let line = format!("{line}\n");
        self.stdin.write_all(line.as_bytes()).unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !self.is_over {
            let _ = killpg(Pid::from_raw(self.pid()), Signal::SIGKILL);
            let _ = self.child.wait();
        }
    }
}

/// Where everything should be installed this is a failure.
fn skip(why: &str) {
    let is_tested = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!is_tested, "{why}");
    eprintln!("skipped: {why}");
}

/// Asks until the answer is good.
fn until<T: std::fmt::Debug>(
    mut ask: impl FnMut() -> T,
    is_good: impl Fn(&T) -> bool,
) -> T {
    let began = Instant::now();
    loop {
        let answer = ask();
        if is_good(&answer) {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{answer:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn comes_to(watch: &mut Watch, rest: Rest) {
    let wanted = rest;
    until(|| watch.look(), |rest| *rest == wanted);
}

fn nobody(_: SocketAddr, _: SocketAddr) -> Option<String> {
    None
}

/// What it is doing as soon as it does nothing more on its own.
fn doing_at_rest(program: &Program) -> Vec<String> {
    let mut watch = program.watch();
    let is_rest = |rest: &Rest| *rest != Rest::Active;
    until(|| watch.look(), is_rest);
    // The number is another one each time.
    let pid = format!("pid {}", program.pid());
    let lines = watch.doing(&mut nobody);
    lines.iter().map(|line| line.replace(&pid, "pid P")).collect()
}
