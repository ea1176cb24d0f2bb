//! Runs that are ended before they are over.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::common::{Program, SOON, kernel, until};
use super::{bench, cells, folder};

#[test]
fn an_interrupt_keeps_what_there_is_and_leaves_nobody() {
    let here = folder("interrupt");
    let mut command = bench(&["--models", "epoll,fork,prefork"]);
    command.args(["--mode", "idle,pingpong", "--concurrency", "20"]);
    command.args(["--rounds", "100000", "--json", "so-far.json"]);
    let mut tool = Program::spawn(command.current_dir(&here));
    let family = || kernel::descendants(tool.pid());
    let has_begun = || {
        // The six servers of the second part, and the generator.
        family().len() >= 7 + 2 * 20
    };
    until(SOON * 3, "the servers are under load", has_begun);
    let started = family();
    tool.kill(Signal::SIGINT);
    assert_eq!(tool.wait_exit(SOON).code(), Some(130));
    for pid in started {
        let is_gone = || matches!(kernel::state(pid), None | Some('Z'));
        until(SOON, "its processes are gone", is_gone);
    }
    let text = fs::read_to_string(here.join("so-far.json")).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(record["interrupted"], true);
    let idle = |cell: &&Value| cell["mode"] == "idle";
    assert_eq!(cells(&record).iter().filter(idle).count(), 6);
}

#[test]
fn a_killed_generator_ends_the_run_but_keeps_what_there_is() {
    let here = folder("generator");
    let mut command = bench(&["--models", "epoll,fork", "--json", "out"]);
    command.args(["--mode", "pingpong", "--concurrency", "20"]);
    command.args(["--rounds", "100000"]);
    let mut tool = Program::spawn(command.current_dir(&here));
    let family = || kernel::descendants(tool.pid());
    until(SOON, "all are connected", || family().len() >= 5 + 2 * 20);
    let is_generator = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline"));
        line.is_ok_and(|line| line.ends_with(b"--orders\0"))
    };
    let generator = family().into_iter().find(is_generator).unwrap();
    kill(Pid::from_raw(generator), Signal::SIGKILL).unwrap();
    assert_eq!(tool.wait_exit(SOON).code(), Some(3));
    let text = fs::read_to_string(here.join("out")).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(record["interrupted"], true);
    assert_eq!(cells(&record).len(), 4);
}
