//! How the tool ends: as the program did, and leaving nobody behind.

use std::net::{TcpListener, TcpStream};
use std::process::Command;

use nix::sys::signal::Signal;

use super::common::{
    Finished, Language, Program, SOON, Start, ignoring, kernel, python, run,
    until,
};
use super::{Saved, calls, trace};

fn shell(script: &str) -> Finished {
    run(trace(&["-o", "/dev/null", "--"]).args(["sh", "-c", script]), b"")
}

#[test]
fn the_exit_code_is_the_programs_own() {
    assert_eq!(shell("exit 0").code, 0);
    assert_eq!(shell("exit 7").code, 7);
    assert_eq!(shell("kill -TERM $$").code, -(Signal::SIGTERM as i32));
    assert_eq!(shell("kill -KILL $$").code, -(Signal::SIGKILL as i32));
}

/// It was ignored before this tool came, and so it is to the program.
#[test]
fn an_ignored_sigchld_is_the_programs_to_see_and_not_the_tools() {
    let grep = ["-o", "/dev/null", "--", "grep", "SigIgn"];
    let mut grep = trace(&grep);
    grep.arg("/proc/self/status");
    let ignored = |grep: &mut Command| {
        let told = run(grep, b"").out();
        let mask = told.trim().rsplit('\t').next().unwrap();
        let mask = u64::from_str_radix(mask, 16).unwrap();
        mask & 1 << (Signal::SIGCHLD as u32 - 1) != 0
    };
    assert!(!ignored(&mut grep));
    assert!(ignored(ignoring(Signal::SIGCHLD, &mut grep)));
    let words = ["knock", "--no-build", "--model", "prefork", "--summary"];
    let done = run(ignoring(Signal::SIGCHLD, &mut trace(&words)), b"");
    assert_eq!((done.code, done.err()), (0, String::new()));
}

#[test]
fn what_cannot_be_started_is_3() {
    let saved = Saved::new("json");
    for (program, why) in
        [("/no/such/program", "No such file"), ("/etc/passwd", "denied")]
    {
        let done = run(&mut trace(&["-o", saved.name(), "--", program]), b"");
        assert_eq!(done.code, 3);
        let told = done.err();
        assert!(told.contains(program) && told.contains(why), "{told}");
    }
}

#[test]
fn the_program_has_the_terminal_to_itself() {
    let done = shell("echo out; echo err >&2; cat");
    assert_eq!((done.out(), done.err()), ("out\n".into(), "err\n".into()));
    let script = "cat; echo \"$@\" >&2";
    let args = ["-o", "/dev/null", "--", "sh", "-c", script, "sh"];
    let words = ["--json", "-o", "x", "--", "-p"];
    let done = run(trace(&args).args(words), b"typed\n");
    assert_eq!(done.out(), "typed\n");
    assert_eq!(done.err(), "--json -o x -- -p\n");
}

#[test]
fn the_trace_itself_goes_to_stderr() {
    let words = ["--format", "calls", "--", "sh", "-c", "echo out"];
    let done = run(&mut trace(&words), b"");
    assert_eq!(done.out(), "out\n");
    assert!(done.err().contains("exited with 0"), "{}", done.err());
}

const LISTENS: &str = "
import os, signal, socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
print('port', s.getsockname()[1], flush=True)
FORK
while True:
    s.accept()[0].close()
";

/// A Python server under a trace, and its port.
fn server(saved: &Saved, then: &str) -> Option<(Program, u16)> {
    let script = LISTENS.replace("FORK", then);
    let python = python(&script, &[])?;
    let mut command = trace(&["-o", saved.name(), "--"]);
    command.arg(python.get_program()).args(python.get_args());
    let program = Program::spawn(&mut command);
    let line = program.wait_for("port ");
    let port = line.trim_start_matches("port ").parse().unwrap();
    until(SOON, "it listens", || kernel::is_listening(port));
    Some((program, port))
}

#[test]
fn ctrl_c_ends_what_was_started_and_still_draws() {
    for stubborn in ["", "signal.signal(2, lambda *a: None)"] {
        let saved = Saved::new("json");
        let Some((mut tool, port)) = server(&saved, stubborn) else {
            return;
        };
        drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
        tool.kill(Signal::SIGINT);
        tool.wait_exit(SOON);
        assert_eq!(tool.family(), Vec::<i32>::new());
        let trace = saved.json();
        assert_eq!(calls(&trace, "listen").len(), 1);
        assert!(!calls(&trace, "accept4").is_empty());
    }
}

#[test]
fn a_killed_tracer_takes_all_that_it_started_with_it() {
    let saved = Saved::new("json");
    let forks = "for _ in range(3):\n  if os.fork() == 0: break";
    let Some((mut tool, _)) = server(&saved, forks) else { return };
    until(SOON, "all four are there", || tool.family().len() >= 5);
    tool.kill(Signal::SIGKILL);
    assert_eq!(tool.exit_code(), -(Signal::SIGKILL as i32));
    until(SOON, "nobody is left", || tool.family().is_empty());
}

/// Whether it still echoes.
fn echoes(port: u16) {
    use std::io::{Read, Write};
    let mut peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
    peer.set_read_timeout(Some(SOON)).unwrap();
    peer.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    peer.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
}

/// Whether somebody traces it.
fn is_traced(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    let status = status.unwrap();
    !status.lines().any(|line| line == "TracerPid:\t0")
}

#[test]
fn what_it_attached_to_goes_on_without_it() {
    for model in ["fork", "thread", "epoll"] {
        for signal in [Signal::SIGINT, Signal::SIGKILL] {
            let mut server = Start::new(Language::Rust, "echo_server")
                .args(["--quiet", "--model", model])
                .start();
            let pid = server.pid();
            let saved = Saved::new("json");
            let name = pid.to_string();
            let args = ["-o", saved.name(), "--pid", &name];
            let mut tool = Program::spawn(&mut trace(&args));
            tool.wait_for("attached to ");
            assert!(is_traced(pid));
            echoes(server.port());
            tool.kill(signal);
            tool.wait_exit(SOON);
            until(SOON, "nobody traces it", || !is_traced(pid));
            echoes(server.port());
            if signal == Signal::SIGINT {
                let trace = saved.json();
                let accepts = calls(&trace, "accept4");
                let succeeded = |call: &&&serde_json::Value| {
                    call["result"].as_i64() > Some(-1)
                };
                let count = accepts.iter().filter(succeeded).count();
                assert_eq!(count, 1, "{model}: {accepts:#?}");
            }
            server.kill(Signal::SIGINT);
            assert_eq!(server.exit_code(), 0, "{model}");
        }
    }
}

#[test]
fn a_process_that_is_not_there_is_3() {
    let mut gone = Command::new("true").spawn().unwrap();
    let pid = gone.id().to_string();
    gone.wait().unwrap();
    let done = run(&mut trace(&["--pid", &pid]), b"");
    assert_eq!(done.code, 3);
    assert!(done.err().contains(&pid), "{}", done.err());
}

#[test]
fn nonsense_is_2() {
    let nonsense: [&[&str]; 8] = [
        &[],
        &["knok"],
        &["knock", "--", "true"],
        &["knock", "--pid", "1"],
        &["--client", "true"],
        &["--model", "fork", "--", "true"],
        &["--format", "picture", "--", "true"],
        &["--diff", "knok"],
    ];
    for args in nonsense {
        let done = run(&mut trace(args), b"");
        assert_eq!(done.code, 2, "{args:?}: {}", done.err());
    }
}

#[test]
fn a_server_and_its_clients() {
    let Some(curl) = super::common::peer_program("curl") else { return };
    let Some(python) = super::common::interpreter() else { return };
    let saved = Saved::new("json");
    let client = format!("{} -s 127.0.0.1:{{port}}/", curl.display());
    let args = ["-o", saved.name(), "--client", &client, "--client", &client];
    let mut command = trace(&args);
    let module = ["-m", "http.server", "0", "--bind", "127.0.0.1"];
    let done = run(command.arg("--").arg(python).args(module), b"");
    assert_eq!(done.code, 0, "{}", done.err());
    let trace = saved.json();
    let roles = trace["programs"].as_array().unwrap().iter();
    let roles: Vec<&str> =
        roles.map(|program| program["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["server", "client", "client"]);
    assert_eq!(done.out().matches("</html>").count(), 2);
}

#[test]
fn a_server_that_ends_early_is_its_own_failure() {
    let args = ["--client", "true {port}", "-o", "/dev/null", "--"];
    let done = run(trace(&args).args(["sh", "-c", "exit 5"]), b"");
    assert_eq!(done.code, 5);
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let server = super::common::program(Language::Rust, "echo_server");
    let done = run(trace(&args).arg(server).arg(port), b"");
    assert_eq!(done.code, 1);
    assert!(done.err().contains("EADDRINUSE"), "{}", done.err());
}

/// The program is not ended because nobody can be told of it.
#[test]
fn a_trace_that_cannot_be_written_is_the_tools_trouble_alone() {
    let script = "sleep 0.5; echo finished; exit 6";
    for stream in [&["--stream"][..], &[]] {
        let args = [stream, &["-o", "/dev/full", "--"]].concat();
        let done = run(trace(&args).args(["sh", "-c", script]), b"");
        assert_eq!((done.out(), done.code), ("finished\n".into(), 3));
        assert!(done.err().contains("No space left"), "{}", done.err());
    }
    let nobody_reads = "exec 3>&1; { \"$0\" trace --stream -- sh -c \
        'sleep 0.5; echo finished; exit 6' 2>&1 >&3; echo $? >&3; } | true";
    let tool = super::common::program(Language::Rust, "berkeley");
    let mut shell = Command::new("sh");
    let done = run(shell.args(["-c", nobody_reads]).arg(tool), b"");
    assert_eq!(done.out(), "finished\n6\n", "{}", done.err());
}

#[test]
fn who_is_told_to_end_is_told_by_the_same_signal() {
    let tells = "
signal.signal(2, lambda *_: print('INT', flush=True))
signal.signal(15, lambda *_: (print('TERM', flush=True), os._exit(4)))";
    let saved = Saved::new("json");
    let Some((mut tool, _)) = server(&saved, tells) else { return };
    tool.kill(Signal::SIGTERM);
    tool.wait_for("TERM");
    assert_eq!(tool.exit_code(), 4);
    let heard = tool.stdout();
    assert!(!heard.iter().any(|line| line == "INT"), "{heard:?}");
}

/// The first process of a daemon is gone when it is to end.
#[test]
fn a_daemon_is_told_to_end_itself() {
    let daemon = LISTENS.replace(
        "FORK",
        "
signal.signal(2, lambda *_: (print('told', flush=True), os._exit(0)))
if os.fork(): os._exit(0)",
    );
    let Some(python) = python(&daemon, &[]) else { return };
    let args = ["--client", "true {port}", "-o", "/dev/null", "--"];
    let mut command = trace(&args);
    command.arg(python.get_program()).args(python.get_args());
    let done = run(&mut command, b"");
    assert_eq!(done.code, 0, "{}", done.err());
    assert!(done.out().ends_with("told\n"), "{}", done.out());
}

#[test]
fn a_threads_number_is_its_processes() {
    let script = "
import threading
started = threading.Event()
other = threading.Thread(target=started.wait)
other.start()
print('thread', other.native_id, flush=True)
input()
started.set()
";
    let Some(mut python) = python(script, &[]) else { return };
    let program = Program::spawn(&mut python);
    let line = program.wait_for("thread ");
    let tid = line.trim_start_matches("thread ");
    let args = ["-o", "/dev/null", "--pid", tid];
    let mut tool = Program::spawn(&mut trace(&args));
    tool.wait_for(&format!("attached to {};", program.pid()));
    tool.kill(Signal::SIGINT);
    assert_eq!(tool.exit_code(), 0);
}
