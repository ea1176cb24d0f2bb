//! The README is true: every command it shows does what it says there.

#![allow(clippy::unwrap_used)] // A surprise is a failure.

mod common;

use std::collections::HashMap;
use std::env;
use std::path::Path;
use std::process::Command;

use common::{Language, Start, peer_program, program, run};

const README: &str = include_str!("../README.md");

/// Commands that build, or are themselves the whole: the tour has tests of
/// its own, and these here are run by the one command that is left.
const HELD_ELSEWHERE: [&str; 6] = [
    "cargo run --release -- tour",
    "cargo run --release -- bench",
    "cargo test",
    "cargo build --release --bins",
    "make -C c_compare",
    "export PATH=\"$PWD/target/release:$PATH\"",
];

const SERVERS: [&str; 5] =
    ["knock", "echo_server", "roster_server", "supply_server", "one_to_one"];

/// The lines of the shell blocks, each with the text block that follows it,
/// if one does.
fn commands() -> Vec<(String, Option<String>)> {
    let blocks: Vec<_> = README.split("```").skip(1).step_by(2).collect();
    let mut commands = Vec::new();
    for (block, next) in blocks.iter().zip(blocks[1..].iter().chain([&""])) {
        let Some(lines) = block.strip_prefix("sh\n") else { continue };
        let shown = next.strip_prefix("text\n").map(str::to_owned);
        commands.extend(
            lines.lines().map(|line| (line.to_owned(), shown.clone())),
        );
    }
    commands
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Where in the line the name of a server stands.
fn server_in(line: &str) -> Option<usize> {
    if line.starts_with("berkeley ") {
        return None;
    }
    words(line).iter().position(|word| SERVERS.contains(word))
}

/// The server of such a line, on a port that the kernel chooses instead.
fn start(line: &str, at: usize) -> Start {
    let words = words(line);
    let mut rest = words[at + 1..].iter().filter(|word| **word != "server");
    let mut args = Vec::new();
    while let Some(word) = rest.next() {
        match *word {
            "-p" => drop(rest.next()),
            port if port.parse::<u16>().is_ok() => {}
            word => args.push(word),
        }
    }
    let server = Start::new(Language::Rust, words[at]).args(args);
    server.under(&words[..at])
}

/// Runs a line as the shell would, with the kit's programs on its PATH.
fn shell(line: &str) -> common::Finished {
    let knock = program(Language::Rust, "knock");
    let path = format!(
        "{}:{}",
        knock.parent().unwrap().display(),
        env::var("PATH").unwrap()
    );
    run(Command::new("sh").args(["-c", line]).env("PATH", path), b"")
}

#[test]
fn every_server_it_shows_listens_and_ends_at_ctrl_c() {
    for (line, _) in commands() {
        let Some(at) = server_in(&line) else { continue };
        if at > 0 && peer_program(words(&line)[0]).is_none() {
            continue;
        }
        let mut server = start(&line, at).start();
        if at == 0 {
            assert_eq!(server.interrupt(), 0, "{line}");
        } else {
            // strace ends with what it traces.
            common::until(common::SOON, "strace has its child", || {
                !server.descendants().is_empty()
            });
            let traced = server.descendants()[0];
            let traced = nix::unistd::Pid::from_raw(traced);
            nix::sys::signal::kill(traced, nix::sys::signal::SIGINT).unwrap();
            assert_eq!(server.exit_code(), 0, "{line}");
            server.wait_for("accept4(3, ");
        }
    }
}

#[test]
fn every_client_it_shows_gets_the_answer_that_is_printed_there() {
    let mut servers = HashMap::new();
    for (line, shown) in commands() {
        if let Some(at) = server_in(&line) {
            if let [.., port @ ("5000" | "5001")] | [_, _, port, ..] =
                words(&line)[..]
                && at == 0
                && line.starts_with("knock")
            {
                let server = start(&line, at).start();
                servers.entry(port.to_owned()).or_insert(server);
            }
            continue;
        }
        let Some(port) = ["5000", "5001"].into_iter().find(|port| {
            words(&line).contains(port) && !HELD_ELSEWHERE.contains(&&*line)
        }) else {
            continue;
        };
        if line.contains("| nc ") && peer_program("nc").is_none() {
            continue;
        }
        let real = servers[port].port().to_string();
        let done = shell(&line.replace(port, &real));
        assert_eq!(done.code, 0, "{line}: {}", done.err());
        assert_eq!(Some(done.out()), shown, "{line}");
    }
    assert_eq!(servers.len(), 2);
}

/// What is shown here was built for the tests, and files go nowhere that
/// would stay.
fn without_building(line: &str) -> String {
    let files = env!("CARGO_TARGET_TMPDIR");
    let bench = format!("berkeley bench --no-build -o '{files}/readme'");
    line.replace("berkeley bench", &bench)
        .replace("berkeley trace", "berkeley trace --no-build")
        .replace(" -o knock", &format!(" -o {files}/knock"))
}

#[test]
fn every_other_command_it_shows_works() {
    for (line, _) in commands() {
        let is_client =
            line.contains("127.0.0.1") && !line.starts_with("berkeley ");
        if server_in(&line).is_some()
            || is_client
            || HELD_ELSEWHERE.contains(&&*line)
        {
            continue;
        }
        let foreign = ["socat ", "curl ", "python3 "];
        let mut missing = foreign.iter().filter(|name| {
            line.contains(**name) && peer_program(name.trim()).is_none()
        });
        if missing.next().is_some() {
            continue;
        }
        let done = shell(&without_building(&line));
        let code = match () {
            // Nobody listens there.
            () if line.contains("127.0.0.1:9/") => 7,
            // It is shown for what it does wrong.
            () if line.contains("--framing recv") => 1,
            () => 0,
        };
        assert_eq!(done.code, code, "{line}: {}", done.err());
        if line.starts_with("worker_demo") {
            let counter = if line.contains("fork") { "0" } else { "40" };
            let last = format!("counter: {counter}\n");
            assert!(done.out().ends_with(&last), "{line}");
        }
    }
}

#[test]
fn every_file_it_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let quoted = README.split('`').skip(1).step_by(2);
    let is_path = |name: &&str| {
        name.starts_with("src/") || name.starts_with("c_compare/")
    };
    let names: Vec<_> = quoted.filter(is_path).collect();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        let found = match name.split_once('*') {
            None => root.join(name).exists(),
            Some((start, end)) => {
                let (folder, start) = start.rsplit_once('/').unwrap();
                let files = root.join(folder).read_dir().unwrap();
                let names = files.map(|file| file.unwrap().file_name());
                names
                    .map(|name| name.into_string().unwrap())
                    .any(|name| name.starts_with(start) && name.ends_with(end))
            }
        };
        assert!(found, "{name}");
    }
}
