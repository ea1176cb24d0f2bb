//! What can go wrong before the first peer comes.

#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod common;

use std::process::Stdio;

use common::{
    Conversation, Language, Program, SOON, Start, command, in_both, kernel,
    kill_process, socket_file, until,
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
