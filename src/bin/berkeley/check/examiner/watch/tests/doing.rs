use std::net::SocketAddr;

use super::network::connected;
use super::{Program, Rest, comes_to, doing_at_rest, until};

/// The only line about a script that says `ready`.
fn does(script: &str) -> Option<String> {
    let script = format!("import os, signal, socket, time\n{script}");
    let mut program = Program::python(&script)?;
    let ready = program.says();
    let lines = doing_at_rest(&program);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let (_, port) = ready.split_once(' ').unwrap_or_default();
    let line = lines[0].replace(&format!(":{port}"), ":PORT");
    // Whatever version it is.
    let (before, rest) = line.split_once(" (python").unwrap();
    let (_, rest) = rest.split_once(')').unwrap();
    Some(format!("{before}{rest}"))
}

#[test]
fn a_call_is_told_with_what_it_waits_for() {
    let server = "l = socket.create_server(('127.0.0.1', 0))\n\
        print('ready', l.getsockname()[1])\n";
    for (script, wanted) in [
        (
            "print('ready'); os.read(0, 1)",
            "pid P is blocked in read(0); fd 0 is its standard input, a pipe",
        ),
        ("print('ready'); time.sleep(1000)", "pid P sleeps (CALL)"),
        ("print('ready'); signal.pause()", "pid P waits for a signal (pause)"),
        (
            &format!("{server}l.accept()"),
            "pid P is blocked in accept4(3); fd 3 listens on 127.0.0.1:PORT",
        ),
        (
            &format!("{server}import select\nselect.select([l], [], [])"),
            "pid P waits in CALL for fd 3; fd 3 listens on 127.0.0.1:PORT",
        ),
        (
            &format!(
                "{server}import select\np = select.poll()\np.register(l)\n\
                p.register(0, 1)\np.poll()"
            ),
            "pid P waits in CALL for fd 3 and fd 0; fd 3 listens on \
            127.0.0.1:PORT; fd 0 is its standard input, a pipe",
        ),
        (
            &format!(
                "{server}import select\np = select.epoll()\np.register(l)\n\
                p.poll(1000)"
            ),
            "pid P waits, for a limited time, in CALL for fd 3; fd 3 listens \
            on 127.0.0.1:PORT",
        ),
        (
            "a, b = socket.socketpair(); print('ready'); a.recv(1)",
            "pid P is blocked in recvfrom(3); fd 3 is an AF_UNIX socket",
        ),
    ] {
        let Some(line) = does(script) else { return };
        let calls = [
            "clock_nanosleep",
            "pselect6",
            "select",
            "epoll_pwait",
            "epoll_wait",
            "ppoll",
            "poll",
        ];
        let wants_call = wanted.contains("CALL");
        let call = calls.iter().find(|call| line.contains(**call));
        let line = match call {
            Some(call) if wants_call => line.replace(call, "CALL"),
            _ => line,
        };
        assert_eq!(line, wanted);
    }
}

#[test]
fn a_peer_has_the_name_that_the_caller_knows() {
    let Some(mut program) = Program::python(
        "import socket\n\
        l = socket.create_server(('127.0.0.1', 0))\n\
        print(l.getsockname()[1])\n\
        c, at = l.accept()\n\
        print(c.recv(1), c.recv(1))\n",
    ) else {
        return;
    };
    let at = format!("127.0.0.1:{}", program.says());
    let client = connected(&at);
    let (own, peer) =
        (super::network::own(&client), super::network::peer(&client));
    let mut watch = program.watch();
    let mut name = |local: SocketAddr, remote: SocketAddr| {
        assert_eq!((local, remote), (peer, own));
        Some("A".to_string())
    };
    let mut doing = || watch.doing(&mut name).concat();
    let is_there = |line: &String| line.contains("recvfrom");
    let line = until(&mut doing, is_there);
    let wanted = "is blocked in recvfrom(4); fd 4 is its connection to A";
    assert!(line.ends_with(wanted), "{line}");
}

#[test]
fn a_pool_is_two_lines() {
    let Some(mut program) = Program::python(
        "import threading, os\n\
        e = threading.Event()\n\
        for _ in range(40): threading.Thread(target=e.wait).start()\n\
        print('ready'); os.read(0, 1)\n",
    ) else {
        return;
    };
    program.says();
    let lines = doing_at_rest(&program);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].contains("is blocked in read(0)"), "{lines:?}");
    assert!(lines[1].contains("waits for another thread, or a lock (futex)"));
    assert_eq!(lines[2], "39 more threads like it");
}

#[test]
fn who_runs_is_told_with_what_it_has_used() {
    let program = Program::start(&["sh", "-c", "while :; do :; done"]);
    let mut watch = program.watch();
    let mut doing = || watch.doing(&mut super::nobody).concat();
    let lines = |text: &String| {
        text.contains(" (sh) is running (") && !text.contains("(0.0 s")
    };
    until(&mut doing, lines);
}

#[test]
fn a_zombie_is_told_with_its_end_and_its_parent() {
    let Some(mut program) = Program::python(
        "import os\n\
        for how in (lambda: os._exit(5), lambda: os.kill(os.getpid(), 9)):\n\
        \tif os.fork() == 0: how()\n\
        print('ready'); os.read(0, 1)\n",
    ) else {
        return;
    };
    program.says();
    let mut watch = program.watch();
    comes_to(&mut watch, Rest::Asleep);
    let wait_for_both = |growth: &usize| *growth == 2;
    until(|| watch.growth().zombies, wait_for_both);
    let parent = format!(
        "and its parent, pid {}, has not waited for it",
        program.pid()
    );
    let lines = watch.doing(&mut super::nobody);
    assert_eq!(lines.len(), 3, "{lines:?}");
    for how in ["has ended with exit code 5", "was killed by SIGKILL"] {
        let words = format!("is a zombie: it {how}, {parent}");
        assert!(lines.iter().any(|line| line.ends_with(&words)), "{lines:?}");
    }
}
