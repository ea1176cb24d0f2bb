//! What `record` writes: a script that runs again, and programs in both
//! languages that compile without a warning and make the same calls.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::common::run;
use super::{folder, shell, typed};

/// One process, several kinds of sockets.
const ALONE: &str = r#"server = socket AF_INET SOCK_STREAM
setsockopt server SO_REUSEADDR on
bind server 127.0.0.1:0
listen server 5
client = socket AF_INET SOCK_STREAM
connect client 127.0.0.1:{server.port}
peer = accept server
setsockopt client TCP_NODELAY 1
send client "hello?\n"
recv peer 4096 MSG_PEEK
recv peer
send client #5000
drain peer
getsockopt peer SO_RCVBUF
poll peer client:POLLOUT 0
select read peer client write client except peer 0.001
select 4 read client 0
setsockopt client SO_LINGER 0
close client
recv peer
close peer
close server
left right = socketpair AF_UNIX SOCK_STREAM
gift = socket AF_INET SOCK_DGRAM
setsockopt gift SO_RCVTIMEO 0.5
sendmsg left "take" fds gift
taken = recvmsg right
bind taken 127.0.0.1:0
sendto gift "to myself" 127.0.0.1:{taken.port}
recvfrom taken
fcntl left F_SETFL O_NONBLOCK
shutdown right SHUT_WR
recv left
dup left
close 77
"#;

/// A server, a client and a server's child.
const TOGETHER: &str = r#"@server listener = passive 127.0.0.1:0 5
@server conn = accept listener
@client sock = active 127.0.0.1:{@server.listener.port}
@server expect 4 *
@server fork worker
@server close conn
@worker close listener
@worker recv conn
@client send sock "for the child"
@worker expect 13 *
@worker send conn "from the child"
@client recv sock
@worker exit 0
@server waitpid
@client recv sock
@client close sock
@server close listener
"#;

/// The calls on sockets and processes that a program makes, in the order of
/// their processes' first ones.
const TRACED: &str = "trace=socket,socketpair,bind,listen,accept,accept4,\
                      connect,sendto,recvfrom,sendmsg,recvmsg,setsockopt,\
                      getsockopt,shutdown,close,dup,poll,select,\
                      pselect6,fcntl";

#[test]
fn a_recorded_script_runs_again() {
    let folder = folder("script");
    let file = folder.join("again.bk");
    let first = typed(&format!("{TOGETHER}record {}\n", file.display()));
    assert_eq!(first.code, 0, "{}{}", first.out(), first.err());
    let again = run(shell().arg("--script").arg(&file), b"");
    assert_eq!(again.code, 0, "{}{}", again.out(), again.err());
    let told = std::fs::read_to_string(&file).unwrap();
    assert!(told.contains("#   accept(3) = 4  (127.0.0.1:"), "{told}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_recorded_script_has_all_lines_but_record() {
    let folder = folder("words");
    let file = folder.join("words.bk");
    let lines = "left right = socketpair AF_UNIX SOCK_STREAM\n\
                 send left \"off the record please\"\n\
                 record = dup left\n\
                 same = record\n\
                 @other getpid # for the record\n";
    let named = file.display();
    let typed =
        typed(&format!("record {named}\n{lines}@main record({named});\n"));
    assert_eq!(typed.code, 0, "{}{}", typed.out(), typed.err());
    let told = std::fs::read_to_string(&file).unwrap();
    let kept = told.lines().filter(|line| !line.starts_with("#   "));
    assert_eq!(kept.collect::<Vec<_>>(), lines.lines().collect::<Vec<_>>());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_recorded_c_program_makes_the_same_calls() {
    for (name, session) in [("alone", ALONE), ("together", TOGETHER)] {
        let folder = folder(&format!("c-{name}"));
        let (source, binary) = (folder.join("it.c"), folder.join("it"));
        let calls = record(session, &source);
        let mut gcc = Command::new("gcc");
        gcc.args(["-std=c17", "-Wall", "-Wextra", "-Wpedantic"]);
        gcc.args(["-Wconversion", "-Werror", "-o"]).arg(&binary).arg(&source);
        let built = run(&mut gcc, b"");
        assert_eq!(built.code, 0, "{}", built.err());
        same(&calls, &traced(&binary), name);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn a_recorded_rust_program_makes_the_same_calls() {
    for (name, session) in [("alone", ALONE), ("together", TOGETHER)] {
        let folder = folder(&format!("rust-{name}"));
        let (source, binary) = (folder.join("it.rs"), folder.join("it"));
        let calls = record(session, &source);
        let deps = std::env::current_exe().unwrap();
        let deps = deps.parent().unwrap();
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition", "2024", "-D", "warnings", "-L"]).arg(deps);
        rustc.arg("--extern").arg(format!("nix={}", nix_in(deps).display()));
        let built = run(rustc.arg("-o").arg(&binary).arg(&source), b"");
        assert_eq!(built.code, 0, "{}", built.err());
        same(&calls, &traced(&binary), name);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// The calls that the session made by its own account, and its program.
fn record(session: &str, file: &Path) -> Vec<String> {
    let done = typed(&format!("{session}record {}\n", file.display()));
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
    let out = done.out();
    let mut calls = Vec::new();
    for line in out.lines() {
        let line = match line.strip_prefix('@') {
            Some(line) => line.split_once(' ').unwrap().1,
            None => line,
        };
        if line.contains(") = ") {
            calls.push(line.to_owned());
        }
    }
    calls
}

/// The library that this test was built with.
fn nix_in(deps: &Path) -> PathBuf {
    let files = deps.read_dir().unwrap().flatten().map(|file| file.path());
    let is_nix = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("libnix-") && name.ends_with(".rlib")
    };
    let changed =
        |path: &PathBuf| path.metadata().unwrap().modified().unwrap();
    files.filter(is_nix).max_by_key(changed).unwrap()
}

/// What strace sees of it.
fn traced(binary: &Path) -> Vec<String> {
    let log = binary.with_extension("log");
    let mut strace = Command::new("strace");
    // A file for each process: what blocks is in one piece there.
    strace.args(["-ff", "-q", "-e", TRACED, "-e", "signal=none", "-o"]);
    let done = run(strace.arg(&log).arg(binary), b"");
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
    let mut lines = Vec::new();
    for file in binary.parent().unwrap().read_dir().unwrap().flatten() {
        if file.file_name().to_string_lossy().starts_with("it.log.") {
            let log = std::fs::read_to_string(file.path()).unwrap();
            lines.extend(log.lines().map(str::to_owned));
        }
    }
    lines
}

/// Each call of the session, with its first argument and what it returned,
/// is among those that were traced, as often; and only a port's getsockname
/// is added, which is not traced.
fn same(told: &[String], traced: &[String], what: &str) {
    let mut missing = Vec::new();
    let mut left: Vec<String> =
        traced.iter().filter_map(|line| essence(line)).collect();
    for line in told {
        let Some(wanted) = wanted(line) else { continue };
        match left.iter().position(|call| *call == wanted) {
            Some(place) => drop(left.remove(place)),
            None => missing.push(wanted),
        }
    }
    let all = traced.join("\n");
    assert!(missing.is_empty(), "{what}: {missing:?} of {left:?} in\n{all}");
}

/// `connect 4 0`: the name, the descriptor, the result.
fn essence(line: &str) -> Option<String> {
    let (name, rest) = line.split_once('(')?;
    let (args, result) = rest.rsplit_once(" = ")?;
    let first = args.split([',', ')']).next()?;
    let result = result.split(' ').next()?;
    let name = if name == "select" { "pselect6" } else { name };
    Some(call(name, first, result))
}

/// The same of what the shell has told; `None`: no call that is traced.
fn wanted(line: &str) -> Option<String> {
    let (called, result) = line.split_once(") = ")?;
    let (name, args) = called.split_once('(')?;
    let known: Vec<&str> =
        TRACED.trim_start_matches("trace=").split(',').collect();
    let name = match name {
        "send" => "sendto",
        "recv" => "recvfrom",
        // As glibc makes it.
        "select" => "pselect6",
        "drain" | "fill" | "poll" => return None,
        other => other,
    };
    known.contains(&name).then(|| {
        let first = args.split(',').next().unwrap_or("");
        call(name, first, result.split(' ').next().unwrap_or(""))
    })
}

fn call(name: &str, first: &str, result: &str) -> String {
    format!("{name} {first} {result}")
}
