//! Each program and its twin: the same command line, and the same network
//! calls in the same order with the same arguments.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::scope;

use common::{
    Case, Language, SOON, Start, command, kernel, peer_program, program, run,
    scripted, until,
};

/// Every lab program but the first two, which have no options at all. (The
/// generator is no lab program: its twin is a part of the tool.)
fn programs() -> Vec<String> {
    let twins = Path::new(env!("CARGO_MANIFEST_DIR")).join("c_compare");
    let files = fs::read_dir(twins).unwrap().flatten();
    let names = files.filter_map(|file| {
        let name = file.file_name().into_string().ok()?;
        Some(name.strip_suffix(".c")?.to_string())
    });
    let mut names: Vec<_> =
        names.filter(|name| !name.starts_with("simple_")).collect();
    names.retain(|name| name != "generator");
    names.sort();
    assert!(names.len() > 5, "{names:?}");
    names
}

#[test]
fn help_and_version_are_the_same_to_the_byte() {
    let mut broken = Vec::new();
    for name in programs() {
        for option in ["--help", "-h", "--version", "-V"] {
            let [rust, c] = Language::BOTH.map(|language| {
                let mut command = command(language, &name, &[option]);
                let done = run(&mut command, b"");
                assert_eq!(done.code, 0, "{language}: {name} {option}");
                assert_eq!(done.err(), "");
                done.out()
            });
            if rust != c {
                broken.push(format!("{name} {option}:\n{rust}---\n{c}"));
            }
            if option == "--version" {
                assert_eq!(rust, format!("{name} 0.1.0\n"));
            }
            let example = rust.contains("Example");
            assert!(option != "--help" || example, "{name}: no example");
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_same_command_lines_are_refused() {
    let wrong: [&[&str]; 15] = [
        &["knock", "--por", "0"],
        &["knock", "-p", "0", "-p", "0"],
        &["knock", "-p", "0", "--quiet=yes"],
        &["knock", "-p", "0", "--quiet", "--quiet"],
        &["knock", "-p", "0", "extra"],
        &["knock", "-p", "0", "--framing", "Recv"],
        &["knock", "-p", "0", "--model", "FORK"],
        &["echo_server", "--", "--quiet"],
        &["echo_server", "0", "--buffer", "0"],
        &["echo_server", "0", "1"],
        &["roster_server", "--port"],
        &["roster_server", "-x"],
        &["supply_server", "-p", "0"],
        &["supply_server", "0", "1"],
        &["supply_server", "--buffer", "7"],
    ];
    for args in wrong {
        let codes = Language::BOTH.map(|language| {
            let mut command = command(language, args[0], &args[1..]);
            run(&mut command, b"").code
        });
        assert_eq!(codes, [2, 2], "{args:?}");
    }
}

#[test]
fn the_same_spellings_are_understood() {
    let right: [&[&str]; 7] = [
        &["-p0"],
        &["-p=0"],
        &["--port=0"],
        &["--model=fork", "--port", "0"],
        &["--quiet", "-p", "0", "--grace=0.5"],
        &["--idle-timeout", "1.5", "-p", "0"],
        &["-p", "0", "--host=127.0.0.1", "--"],
    ];
    for args in right {
        for language in Language::BOTH {
            let mut command = command(language, "knock", args);
            let knock = common::Program::spawn(&mut command);
            knock.wait_for("Running knock, knock server on port ");
        }
    }
}

/// A folder for the trace, one file for each process and thread.
fn trace_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("trace-{}-{next}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn strace(folder: &Path) -> Option<Vec<String>> {
    let strace = peer_program("strace")?.to_str()?.to_string();
    let file = folder.join("of").to_str()?.to_string();
    let words = ["-ff", "-qq", "-s", "200", "-e", "trace=network"];
    let words = words.map(str::to_string);
    let end = ["-e", "signal=none", "-o"].map(str::to_string);
    Some([&[strace][..], &words, &end, &[file]].concat())
}

/// The calls of every process and thread, without what differs from run to
/// run: descriptors, ports, process ids. Who comes first does not matter.
fn calls(folder: &Path) -> Vec<Vec<String>> {
    let files = fs::read_dir(folder).unwrap().flatten();
    let texts = files.map(|file| fs::read_to_string(file.path()).unwrap());
    let mut all: Vec<Vec<String>> = texts
        .map(|text| {
            let lines = text.lines().filter(|line| has_returned(line));
            lines.map(plain).filter(|call| !is_of_the_end(call)).collect()
        })
        .filter(|calls: &Vec<String>| !calls.is_empty())
        .collect();
    all.sort();
    fs::remove_dir_all(folder).unwrap();
    all
}

/// Whether the line ends in a value. A call that a signal interrupts is made
/// again; one in which its process ends is cut anywhere: `= ?`,
/// `<unfinished ...>`, `<detached ...>`, even before its name.
fn has_returned(line: &str) -> bool {
    let value = line.rsplit_once(" = ").map_or("", |(_, value)| value);
    let number = value.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    number && !value.contains("EINTR")
}

/// Who is not back in `accept4` when the listener is shut down need not call
/// it any more.
fn is_of_the_end(call: &str) -> bool {
    call.starts_with("accept4(") && call.ends_with("EINVAL (Invalid argument)")
}

fn plain(line: &str) -> String {
    let mut line = line.to_string();
    for before in ["htons(", "cmsg_data=[", "pid="] {
        line = without_numbers(&line, before, |c| c.is_ascii_digit());
    }
    // Where nothing was written, strace shows where it would have been.
    line = without_numbers(&line, "0x", |c| c.is_ascii_hexdigit());
    // The peer's port is in the message that passes its descriptor on.
    if let Some((before, after)) = line.split_once("iov_base=\"")
        && let Some((_, after)) = after.split_once("\", iov_len")
    {
        line = format!("{before}iov_base, iov_len{after}");
    }
    // And in the roster's greeting.
    if let Some((before, after)) = line.split_once("clientid")
        && let Some((_, after)) = after.split_once("\", ")
    {
        line = format!("{before}clientid\", {after}");
    }
    let (name, rest) = line.split_once('(').unwrap_or((&line, ""));
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let (rest, value) = rest.rsplit_once(" = ").unwrap_or((rest, ""));
    let makes = ["socket", "accept4"].contains(&name);
    let fine = value.bytes().all(|byte| byte.is_ascii_digit());
    let value = if makes && fine { "a descriptor" } else { value };
    format!("{name}({} = {value}", rest.trim_end())
}

fn without_numbers(line: &str, before: &str, is: fn(char) -> bool) -> String {
    let mut parts = line.split(before);
    let mut plain = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let rest = part.trim_start_matches(is);
        plain.push_str(before);
        plain.push_str(rest);
    }
    plain
}

/// What a server does from its start to SIGINT, with one peer between.
fn served(
    language: Language,
    name: &str,
    model: &'static str,
) -> Option<Vec<Vec<String>>> {
    let folder = trace_folder();
    let args = ["--model", model, "--workers", "2", "--quiet"];
    let start = Start::new(language, name).args(args);
    let mut server = start.under(strace(&folder)?).start();
    let own = kernel::children(server.pid())[0];
    let case = Case { language, model };
    // A peer that comes early may be accepted between two births.
    until(SOON, "both workers are there", || {
        !case.has_worker_processes() || kernel::children(own).len() == 2
    });
    let mut peer = server.connect();
    match name {
        "knock" => {
            for (said, heard) in [
                (&b"Knock, knock\n"[..], &b"Who's there?\n"[..]),
                (b"Spell\n", b"Spell who?\n"),
                (b"Okay\n", b"Ha, ha, ha!\n"),
            ] {
                peer.say(said);
                peer.expect(heard);
            }
        }
        "echo_server" => {
            peer.say(b"hello\n");
            peer.expect(b"hello\n");
        }
        "supply_server" => {
            for (said, heard) in
                [(&b"5\n"[..], &b"ABCDE"[..]), (b"3\n2\r\n", b"ABCAB")]
            {
                peer.say(said);
                peer.expect(heard);
            }
            peer.say(b"no\n");
        }
        _ => drop(std::io::Read::read(&mut peer, &mut [0; 29]).unwrap()),
    }
    peer.finish();
    peer.expect_last(b"");
    // Not to signal into the conversation's last calls.
    until(SOON, "the conversation is over", || {
        kernel::is_over(server.port(), peer.port())
    });
    let signal = nix::sys::signal::SIGINT;
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(own), signal).unwrap();
    assert_eq!(server.exit_code(), 0);
    let mut calls = calls(&folder);
    if ["select", "poll", "epoll", "reuseport"].contains(&model) {
        // Whether a loop hears of the end from its listener or from the
        // eventfd first is nobody's promise.
        for one in &mut calls {
            one.retain(|call| !call.contains("SHUT_RDWR"));
        }
    }
    if model == "prefork-fdpass" {
        // Nor is it whether the parent hears of the free child or of the
        // signal first, or ends before its listener is shut down.
        for one in &mut calls {
            one.retain(|call| {
                !call.starts_with("recvfrom(, \"f\"")
                    && !call.contains("SHUT_RDWR")
                    && !call.starts_with("sendto(, \"f\"")
                    && !call.ends_with("MSG_CMSG_CLOEXEC) = 0")
                    && !call.contains("ECONNRESET")
            });
        }
    }
    calls.retain(|one| !one.is_empty());
    calls.sort();
    Some(calls)
}

fn compare(what: &str, rust: &[Vec<String>], c: &[Vec<String>]) -> String {
    if rust == c {
        return String::new();
    }
    let text = |calls: &[Vec<String>]| {
        let all = calls.iter().map(|one| one.join("\n"));
        all.collect::<Vec<_>>().join("\n-\n")
    };
    format!("{what}\n== rust\n{}\n== c\n{}\n", text(rust), text(c))
}

#[test]
fn servers_make_the_same_network_calls() {
    if peer_program("strace").is_none() {
        return;
    }
    let models = [
        "iterative",
        "fork",
        "prefork",
        "prefork-mutex",
        "prefork-fdpass",
        "thread",
        "prethread",
        "pool",
        "select",
        "poll",
        "epoll",
        "reuseport",
    ];
    let mut broken = String::new();
    for name in ["knock", "echo_server", "roster_server", "supply_server"] {
        for model in models {
            let [rust, c] = Language::BOTH
                .map(|language| served(language, name, model).unwrap());
            let what = format!("{name} --model {model}");
            broken.push_str(&compare(&what, &rust, &c));
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn knock_calls_what_graders_look_for() {
    if peer_program("strace").is_none() {
        return;
    }
    for language in Language::BOTH {
        for model in common::MODELS {
            let calls = served(language, "knock", model).unwrap().concat();
            let has = |start: &str, part: &str| {
                calls
                    .iter()
                    .any(|call| call.starts_with(start) && call.contains(part))
            };
            let all = [
                ("accept4(", "SOCK_CLOEXEC"),
                ("recvfrom(", "\"Knock, knock\\n\", 280, "),
                ("sendto(", "\"Who's there?\\n\", 13, MSG_NOSIGNAL"),
                ("shutdown(", "SHUT_WR"),
                ("setsockopt(", "SO_REUSEADDR, [1]"),
            ];
            for (start, part) in all {
                let what = format!("{language}/{model}: {start} {part}");
                assert!(has(start, part), "{what}: {calls:#?}");
            }
            assert!(!has("getpeername(", ""), "{language}/{model}");
        }
    }
}

/// What a client does with the server that this script is.
fn visited(
    language: Language,
    name: &str,
    args: &[&str],
    typed: &[u8],
    script: &[(&[u8], &[u8])],
) -> Option<Vec<Vec<String>>> {
    let folder = trace_folder();
    let strace = strace(&folder)?;
    scope(|scope| {
        let (port, server) = scripted(scope, |mut peer| {
            for (heard, said) in script {
                peer.expect(heard);
                peer.say(said);
            }
            peer.finish();
            peer.rest_or_reset();
        });
        let mut client = Command::new(&strace[0]);
        client.args(&strace[1..]).arg(program(language, name));
        let args = args.iter().map(|arg| arg.replace("PORT", &port));
        let done = run(client.args(args), typed);
        assert_eq!(done.code, 0, "{language} {name}: {}", done.err());
        server.join().unwrap();
    });
    Some(calls(&folder))
}

type Visit<'a> =
    (&'a str, &'a [&'a str], &'a [u8], &'a [(&'a [u8], &'a [u8])]);

#[test]
fn clients_make_the_same_network_calls() {
    if peer_program("strace").is_none() {
        return;
    }
    let visits: [Visit; 5] = [
        (
            "knock_client",
            &["127.0.0.1", "PORT", "Spell", "Okay"],
            b"",
            &[
                (b"Knock, knock\n", b"Who's there?\n"),
                (b"Spell\n", b"Spell who?\n"),
                (b"Okay\n", b"Ha, ha, ha!\n"),
            ],
        ),
        (
            "echo_client",
            &["hello", "--host", "127.0.0.1", "--port", "PORT"],
            b"",
            &[(b"hello", b"hello")],
        ),
        ("dumb_net", &["127.0.0.1", "PORT"], b"x\n", &[(b"x\r\n", b"y")]),
        ("one_to_one", &["127.0.0.1", "PORT"], b"x\n\n", &[(b"x\n", b"y\n")]),
        ("simple_client", &["127.0.0.1", "PORT"], b"", &[(b"hello", b"")]),
    ];
    let mut broken = String::new();
    for (name, args, typed, script) in visits {
        let [rust, c] = Language::BOTH.map(|language| {
            visited(language, name, args, typed, script).unwrap()
        });
        broken.push_str(&compare(name, &rust, &c));
    }
    assert!(broken.is_empty(), "{broken}");
}
