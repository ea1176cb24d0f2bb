//! Ctrl-C while a call blocks: the call ends, and the shell goes on.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::common::{Program, SOON, until};
use super::{accepting, shell};

#[test]
fn a_blocked_accept_is_interrupted_and_the_shell_goes_on() {
    let mut command = shell();
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let pid = Pid::from_raw(child.id().cast_signed());
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut until = |text: &str| loop {
        let line = lines.next().unwrap().unwrap();
        if line.contains(text) {
            return line;
        }
    };
    input.write_all(b"one = passive 127.0.0.1:0\naccept one\n").unwrap();
    until("> accept one");
    let actor = accepting(pid.as_raw());
    kill(pid, Signal::SIGINT).unwrap();
    let told = until("accept(3)");
    assert_eq!(told, "accept(3) = -1 EINTR (Interrupted system call)");
    input.write_all(b"getpid\nquit\n").unwrap();
    assert_eq!(until("getpid()"), format!("getpid() = {actor}"));
    assert!(child.wait().unwrap().success());
}

/// One that comes after it was looked for, and before the sleep, wakes nobody.
/// That moment cannot be met from here; but no sleep lasts.
#[test]
fn while_a_call_blocks_ctrl_c_is_looked_for_again_and_again() {
    let mut shell = Program::spawn(&mut shell());
    shell.type_in(b"one = passive 127.0.0.1:0\naccept one\n");
    accepting(shell.pid());
    let before = sleeps(shell.pid());
    until(SOON, "it has looked up", || sleeps(shell.pid()) > before + 20);
}

/// How often it has gone to sleep.
fn sleeps(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    let status = status.unwrap();
    let mut lines = status.lines();
    let count =
        lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.unwrap().trim().parse().unwrap()
}
