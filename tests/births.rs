//! What can go wrong before the first peer comes.

#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod common;

use std::process::Stdio;

use common::{
    Conversation, Language, Program, SOON, Start, command, in_both,
    interpreter, kernel, kill_process, run, socket_file, until,
};
use nix::sys::signal::Signal;

/// With 2 closed the connection must not become descriptor 2.
#[test]
fn a_closed_console_does_not_send_the_log_to_the_peer() {
    in_both(|language| {
        for closed in ["2>&-", "<&- >&- 2>&-"] {
            let script = format!("exec \"$@\" {closed}");
            let path = socket_file();
            let mut server = Start::new(language, "echo_server")
                .under(["sh", "-c", &script, "sh"])
                .unix(&path)
                .command();
            let mut server = Program::spawn(&mut server);
            until(SOON, "somebody listens", || {
                kernel::is_listening_at(path.to_str().unwrap())
            });
            let peer = std::os::unix::net::UnixStream::connect(&path);
            let mut peer = Conversation::Unix(peer.unwrap());
            peer.say(b"hello");
            peer.finish();
            peer.limit(SOON);
            assert_eq!(peer.rest(), b"hello");
            server.kill(Signal::SIGINT);
            assert_eq!(server.exit_code(), 0);
        }
    });
}

/// A child that inherits a locked malloc waits in a futex for ever. Without
/// pipes, as they slow the start down and hide it.
#[test]
fn no_worker_is_born_with_a_lock_that_nobody_will_open() {
    for _ in 0..60 {
        let path = socket_file();
        let mut server = command(Language::Rust, "echo_server", &["--quiet"])
            .args(["--model", "reuseport", "--unix"])
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid = server.id().cast_signed();
        let waits = |worker: &i32| {
            let place = format!("/proc/{worker}/wchan");
            let place = std::fs::read_to_string(place).unwrap_or_default();
            !place.contains("futex") && kernel::state(*worker) == Some('S')
        };
        until(SOON, "all workers wait for peers", || {
            let workers = kernel::children(pid);
            workers.len() == 8 && workers.iter().all(waits)
        });
        kill_process(pid);
        server.wait().unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}

/// A waiter that cannot watch what it must is no reason to wait for ever.
#[test]
fn who_has_no_room_for_the_way_out_says_so_and_ends() {
    let Some(python) = interpreter() else { return };
    let full = "
import os, sys
for number in range(3, 1024):
    os.dup2(0, number)
os.execv(sys.argv[1], sys.argv[1:])";
    common::allow_many_descriptors();
    in_both(|language| {
        let mut server = Start::new(language, "echo_server")
            .args(["--model", "select", "--quiet"])
            .under([python.to_str().unwrap(), "-c", full])
            .command();
        let ended = run(&mut server, b"");
        let last = "echo_server: watch: EMFILE: Too many open files \
                    (the way out)";
        let told = ended.err();
        assert_eq!(told.lines().last(), Some(last), "{told}");
        assert_eq!(ended.code, 1);
    });
}
