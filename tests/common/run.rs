//! A program that runs to its end.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::SOON;
use super::twins::{Language, command};

/// A finished program: its exit code and its bytes.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Finished {
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into()
    }

    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into()
    }
}

/// Runs a program to its end with this standard input.
pub fn run(command: &mut Command, input: &[u8]) -> Finished {
    run_within(SOON * 2, command, input)
}

/// The same for one that may take longer.
pub fn run_within(
    limit: Duration,
    command: &mut Command,
    input: &[u8],
) -> Finished {
    command.stdin(Stdio::piped());
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let pid = Pid::from_raw(child.id().cast_signed());
    let mut stdin = child.stdin.take().unwrap();
    let done = (Mutex::new(false), Condvar::new());
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        scope.spawn(|| {
            let (lock, news) = &done;
            let wait =
                news.wait_timeout_while(lock.lock().unwrap(), limit, |done| {
                    !*done
                });
            if wait.unwrap().1.timed_out() {
                let _ = kill(pid, Signal::SIGKILL);
            }
        });
        let output = child.wait_with_output().unwrap();
        *done.0.lock().unwrap() = true;
        done.1.notify_all();
        output
    });
    let status = output.status;
    let code = status.code().unwrap_or_else(|| -status.signal().unwrap());
    Finished { code, stdout: output.stdout, stderr: output.stderr }
}

/// Runs a program of the kit to its end.
pub fn done(language: Language, name: &str, args: &[&str]) -> Finished {
    run(&mut command(language, name, args), b"")
}

/// Exit 1, one line on stderr that starts like this, nothing else there.
pub fn fails(finished: &Finished, start: &str) {
    let told = finished.err();
    assert_eq!(finished.code, 1, "{told}");
    assert!(told.starts_with(start), "{told:?}");
    assert_eq!(told.lines().count(), 1, "{told:?}");
    assert!(told.ends_with('\n'));
}
