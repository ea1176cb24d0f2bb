//! The first walk through the calls, with a server and a client: as a
//! script, and typed in two shells side by side.

use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::common::{Language, ignoring, program, run};
use super::{accepting, shell, typed};

#[test]
fn one_script_plays_both_sides() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shell/walk.bk");
    let done = run(shell().args(["--script", file]), b"");
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
    assert!(done.out().contains("@server accept(3) ... blocked"));
    assert!(done.out().contains("@server accept(3) = 4  (127.0.0.1:"));
}

#[test]
fn what_is_not_as_expected_fails_the_script_and_is_named() {
    let done = typed("socket AF_INET SOCK_STREAM\nexpect -1 E*\ngetpid\n");
    assert_eq!(done.code, 1);
    let said = "line 2: expected -1 E*\n\
                got      socket(AF_INET, SOCK_STREAM, 0) = 3\n";
    assert_eq!(done.err(), said);
    assert!(!done.out().contains("getpid"), "it went on");
}

#[test]
fn every_line_is_shown_but_those_that_expect() {
    let done = typed(
        "a b = socketpair AF_UNIX SOCK_STREAM\n\
         send a \"what I expect now\"\nexpect 17\n\
         @main expect send(3) = 17\n# I expect more\n\
         recv b # expect it\n",
    );
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
    let out = done.out();
    let shown = out.lines().filter_map(|line| line.strip_prefix("> "));
    let expected = [
        "a b = socketpair AF_UNIX SOCK_STREAM",
        "send a \"what I expect now\"",
        "# I expect more",
        "recv b # expect it",
    ];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

#[test]
fn errors_are_the_kernels_by_name() {
    let done = typed(
        "one = socket AF_INET SOCK_STREAM\nbind one 127.0.0.1:0\n\
         two = socket AF_INET SOCK_STREAM\n\
         connect two 127.0.0.1:{one.port}\n\
         expect -1 ECONNREFUSED (Connection refused)\n\
         accept one\nexpect -1 EINVAL*\nrecv two\nexpect -1 ENOTCONN*\n\
         send 77 \"x\"\nexpect -1 EBADF*\n",
    );
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
}

#[test]
fn status_says_that_an_end_can_be_read() {
    let done = typed(
        "one = passive 127.0.0.1:0 1\n\
         two = active 127.0.0.1:{one.port}\nthree = accept one\n\
         close two\nrecv three\nexpect 0 \"\"\nstatus three\n",
    );
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
    let ready = "ready: POLLIN|POLLOUT|POLLRDHUP";
    assert!(done.out().contains(ready), "{}", done.out());
}

#[test]
fn descriptors_are_passed_and_children_inherit_them() {
    let done = typed(
        "left right = socketpair AF_UNIX SOCK_STREAM\n\
         gift = passive 127.0.0.1:0 3\n\
         sendmsg left \"take\" fds gift\ntaken = recvmsg right\n\
         expect 4 \"take\" with [6]\n\
         fork worker\n@worker send left \"from the child\"\n\
         recv right\nexpect 14 \"from the child\"\n\
         @worker exit 3\nwaitpid\nexpect <pid> (exit status 3)\n\
         fill left\nexpect <n> (*, then EAGAIN)\n\
         send left #5000 MSG_DONTWAIT\nexpect -1 EAGAIN*\n\
         drain right\nstatus taken\n",
    );
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
    assert!(done.out().contains("  6 taken  AF_INET SOCK_STREAM"));
    assert!(done.out().contains("0 to be accepted, backlog 3"));
}

/// Some that start others ignore SIGCHLD, and an exec keeps that.
#[test]
fn an_actors_children_are_its_own_to_wait_for() {
    let lines = "fork worker\n@worker exit 3\n@main waitpid\n\
                 expect <pid> (exit status 3)\n";
    let mut shell = shell();
    let done = run(ignoring(Signal::SIGCHLD, &mut shell), lines.as_bytes());
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
}

/// A terminal with a shell in it.
struct Pane(String);

impl Pane {
    fn open(name: &str) -> Pane {
        let name = format!("berkeley-{name}-{}", std::process::id());
        let tool = program(Language::Rust, "berkeley");
        let tool = format!("'{}' shell", tool.display());
        let pane = Pane(name);
        let size = ["-x", "100", "-y", "40"];
        let new = ["-f", "/dev/null", "new-session", "-d"];
        let done = pane.tmux(&[&new[..], &size, &[&tool]].concat());
        assert!(done.is_ok(), "{done:?}");
        pane.wait_for("berkeley>");
        pane
    }

    fn tmux(&self, words: &[&str]) -> Result<String, String> {
        let output =
            Command::new("tmux").args(["-L", &self.0]).args(words).output();
        let output = output.map_err(|error| error.to_string())?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            return Ok(said(&output.stdout));
        }
        Err(said(&output.stderr))
    }

    fn types(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]).unwrap();
        self.tmux(&["send-keys", "Enter"]).unwrap();
    }

    fn pid(&self) -> i32 {
        let asks = ["display-message", "-p", "#{pane_pid}"];
        self.tmux(&asks).unwrap().trim().parse().unwrap()
    }

    /// What is on the screen, once this is.
    fn wait_for(&self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let screen =
                self.tmux(&["capture-pane", "-p"]).unwrap_or_default();
            if screen.contains(text) {
                return screen;
            }
            assert!(Instant::now() < deadline, "no `{text}` in:\n{screen}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]);
    }
}

#[test]
fn two_shells_in_two_terminals_talk_to_each_other() {
    if Command::new("tmux").arg("-V").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "tmux is not installed");
        eprintln!("skipped: tmux is not installed");
        return;
    }
    let (server, client) = (Pane::open("server"), Pane::open("client"));
    server.types("listener = socket AF_INET SOCK_STREAM IPPROTO_IP");
    server.wait_for("socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3");
    server.types("bind listener 127.0.0.1:0");
    server.wait_for("bind(3) = 0");
    server.types("listen listener 1");
    server.wait_for("listen(3) = 0");
    server.types("getsockname listener");
    let screen = server.wait_for("getsockname(3) = 0");
    let (_, named) = screen.rsplit_once("getsockname(3) = 0  (").unwrap();
    let (address, _) = named.split_once(')').unwrap();
    server.types("conn = accept listener");

    client.types("sock = socket AF_INET SOCK_STREAM IPPROTO_IP");
    client.wait_for("IPPROTO_IP) = 3");
    client.types(&format!("connect sock {address}"));
    client.wait_for("connect(3) = 0");
    server.wait_for("accept(3) = 4  (127.0.0.1:");
    client.types("send sock \"Hey, can you hear me?\"");
    client.wait_for("send(3) = 21");
    server.types("recv conn 4096");
    server.wait_for("recv(4) = 21  \"Hey, can you hear me?\"");
    server.types("send conn \"Yes, I can hear you.\"");
    server.wait_for("send(4) = 20");
    server.types("close conn");
    client.types("recv sock 4096");
    client.wait_for("recv(3) = 20  \"Yes, I can hear you.\"");
    client.types("close sock");
    client.wait_for("close(3) = 0");
    server.types("close listener");
    server.wait_for("close(3) = 0");

    // Ctrl-C ends the call, not the shell; and the line completes itself.
    server.types("again = passive 127.0.0.1:0");
    server.types("accept again");
    accepting(server.pid());
    server.tmux(&["send-keys", "C-c"]).unwrap();
    server.wait_for("accept(3) = -1 EINTR (Interrupted system call)");
    server.tmux(&["send-keys", "-l", "getsockn"]).unwrap();
    server.tmux(&["send-keys", "Tab"]).unwrap();
    server.tmux(&["send-keys", "-l", " again"]).unwrap();
    server.tmux(&["send-keys", "Enter"]).unwrap();
    server.wait_for("> getsockname again");
}
