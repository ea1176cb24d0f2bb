//! Ctrl-C while a call blocks: the call ends, and the shell goes on.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

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
