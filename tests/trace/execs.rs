//! Who becomes somebody else is still followed.

use super::common::{python, run};
use super::{Saved, calls, events, trace};

/// The kernel gives the process's number to whoever makes the exec, and no
/// end of it, nor of the first thread, is ever reported.
#[test]
fn a_thread_that_makes_an_exec_goes_on_as_its_process() {
    let script = "
import os, sys, threading, time
becomes = 'import socket; socket.socket().close()'
threading.Thread(target=time.sleep, args=(100,)).start()
words = [sys.executable, '-c', becomes]
threading.Thread(target=lambda: os.execv(words[0], words)).start()
time.sleep(100)";
    let Some(python) = python(script, &[]) else { return };
    let saved = Saved::new("json");
    let mut command = trace(&["-o", saved.name(), "--"]);
    command.arg(python.get_program()).args(python.get_args());
    let done = run(&mut command, b"");
    assert_eq!(done.code, 0, "{}", done.err());
    let trace = saved.json();
    let tasks = trace["tasks"].as_array().unwrap();
    let thread = tasks.len() - 1;
    let first = tasks[thread]["parent"].as_u64().unwrap();
    let first = usize::try_from(first).unwrap();
    let pid = &tasks[first]["tid"];
    let made = calls(&trace, "socket");
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!((&made[0]["tid"], &made[0]["pid"]), (pid, pid));
    assert_eq!(made[0]["task"], first);
    let ends = |task: usize| {
        let mut ends = events(&trace, "end");
        ends.retain(|end| end["task"] == task);
        assert_eq!(ends.len(), 1, "{ends:?}");
        (ends[0]["code"].as_i64(), ends[0]["by_exec"].as_bool().unwrap())
    };
    assert_eq!(ends(first), (Some(0), false));
    assert_eq!(ends(thread), (None, true));
    let all_ended = tasks.iter().all(|task| !task["ended_ns"].is_null());
    assert!(all_ended, "{tasks:?}");
}
