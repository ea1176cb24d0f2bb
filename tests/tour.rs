//! What the tour promises: it is true, complete, and leaves nobody behind.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use common::{
    Finished, Language, Program, SOON, program, run, until, without,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// One tour at a time: several of them, beside all other tests, would
/// measure the machine's patience.
fn alone() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The servers are played under each of three models.
const LABS: [(&str, &[&str]); 11] = [
    ("simple", &[]),
    ("echo", &["fork", "thread", "epoll"]),
    ("knock", &["fork", "thread", "epoll"]),
    ("roster", &["fork", "thread", "epoll"]),
    ("supply", &["fork", "thread", "epoll"]),
    ("udp", &[]),
    ("dumb_net", &[]),
    ("one_to_one", &[]),
    ("http_get", &[]),
    ("socket_tools", &[]),
    ("worker_demo", &["thread", "fork"]),
];

/// What comes after them, once for both languages.
const TOOLS: [&str; 4] = ["ladder", "bench", "check", "lab"];

/// The tool among the programs that cargo and make have built for the tests.
fn tour(args: &[&str]) -> Command {
    program(Language::C, "knock");
    let mut command = Command::new(program(Language::Rust, "berkeley"));
    command.args(["tour", "--no-build"]).args(args);
    command
}

fn finished(args: &[&str]) -> Finished {
    let _alone = alone();
    run(&mut tour(args), b"")
}

/// What a tool printed.
fn printed(act: &Value) -> Vec<&str> {
    let lines = act["lines"].as_array().unwrap().iter();
    let lines = lines.filter(|line| line["stream"] == "stdout");
    lines.map(|line| line["text"].as_str().unwrap()).collect()
}

fn json(finished: &Finished) -> Value {
    serde_json::from_slice(&finished.stdout).unwrap()
}

/// The only one here that runs all of it.
#[test]
fn every_lab_is_good_in_both_languages_and_so_is_every_tool() {
    let finished = finished(&["--json"]);
    let all = json(&finished);
    let acts = all["acts"].as_array().unwrap();
    let bad: Vec<&Value> =
        acts.iter().filter(|act| act["ok"] != true).collect();
    assert!(bad.is_empty(), "{}", serde_json::to_string_pretty(&bad).unwrap());
    assert_eq!(finished.code, 0, "{}", finished.err());
    assert_eq!(all["good"], true);
    assert!(all["seconds"].as_f64().unwrap() > 0.0);

    let mut expected = Vec::new();
    for (lab, models) in LABS {
        for language in ["rust", "c"] {
            if models.is_empty() {
                expected.push((lab, Some(language), None));
            }
            let models = models.iter().map(|&model| Some(model));
            expected.extend(models.map(|model| (lab, Some(language), model)));
        }
    }
    expected.extend(TOOLS.map(|tool| (tool, None, None)));
    let played = acts.iter().map(|act| {
        let text = |key: &str| act[key].as_str();
        (text("step").unwrap(), text("language"), text("model"))
    });
    assert_eq!(played.collect::<Vec<_>>(), expected);
    let bench = acts.iter().find(|act| act["step"] == "bench").unwrap();
    let text = printed(bench).join("\n");
    for row in ["\nfork ", "\nthread ", "what it says\n"] {
        assert!(text.contains(row), "{text}");
    }
}

#[test]
fn the_record_has_both_sides_and_what_a_peer_costs() {
    let finished = finished(&["--json", "--language", "rust", "echo"]);
    let all = json(&finished);
    let of = |act: usize, role: &str, stream: &str| -> Vec<String> {
        let lines = all["acts"][act]["lines"].as_array().unwrap().iter();
        lines
            .filter(|line| line["role"] == role && line["stream"] == stream)
            .map(|line| line["text"].as_str().unwrap().to_string())
            .collect()
    };
    let reply = "This is the message. It will be repeated.";
    for act in 0..3 {
        assert_eq!(of(act, "client", "stdout"), [reply]);
        let log = of(act, "server", "stderr");
        assert_eq!(log.last().unwrap(), "quitting echo server");
    }
    let cost = |act: usize| {
        let cost = &all["acts"][act]["one_more_peer"];
        (cost["processes"].as_u64(), cost["threads"].as_u64())
    };
    assert_eq!(cost(0), (Some(1), Some(1)), "fork: a child");
    assert_eq!(cost(1), (Some(0), Some(1)), "thread: a thread");
    assert_eq!(cost(2), (Some(0), Some(0)), "epoll: nothing");
}

#[test]
fn what_a_pipe_gets_is_plain_and_fits_eighty_columns() {
    let labs = ["simple", "echo", "knock", "one_to_one", "worker_demo"];
    let steps = [&labs[..], &["ladder", "check", "lab"]].concat();
    let finished = finished(&steps);
    assert_eq!((finished.code, finished.err().as_str()), (0, ""));
    assert!(!finished.stdout.contains(&b'\x1b'), "an escape code in a pipe");
    // What one would type is as long as the way to the programs.
    let tool = program(Language::Rust, "berkeley");
    let folder = tool.parent().unwrap().to_str().unwrap();
    let text = finished.out().replace(folder, "target/debug");
    let long = text.lines().find(|line| line.chars().count() > 80);
    assert_eq!(long, None);
    assert!(text.contains("b'hello'"), "{text}");
    let ladder = "fork() = ";
    let typed = "$ target/debug/berkeley trace knock --model fork\n";
    assert!(text.contains(ladder) && text.contains(typed), "{text}");
    let mistake = "static bool hear(int peer, char *line, size_t size)\n";
    let hint = "hint      One recv is not one line.\n";
    assert!(text.contains(mistake) && text.contains(hint), "{text}");
    let (observed, why) = ("\n  Observed, and checked\n", "\n  Why\n");
    assert!(text.contains(observed) && !text.contains(why), "{text}");
}

#[test]
fn the_calls_of_both_sides_are_drawn_as_a_ladder() {
    for (language, more) in [("rust", ""), ("c", " --language c")] {
        let finished = finished(&["--json", "--language", language, "ladder"]);
        let all = json(&finished);
        let act = &all["acts"][0];
        let command = format!("berkeley trace knock --model fork{more}");
        assert_eq!(act["commands"][0]["command"], *command);
        assert_eq!(act["why"], Value::Null);
        let lines = printed(act);
        let text = lines.join("\n");
        for drawn in
            ["connection 1", "fork() = ", "\"Knock, knock\\n\"", "FIN"]
        {
            assert!(text.contains(drawn), "{drawn}: {text}");
        }
        let head = lines.iter().find(|line| line.contains("child of "));
        let head = head.unwrap().split_whitespace().collect::<Vec<_>>();
        assert!(matches!(*head, ["server", "child", "of", _, "client"]));
        let long = lines.iter().find(|line| line.chars().count() > 78);
        assert_eq!(long, None);
        assert!(!text.contains('\x1b'), "{text}");
    }
}

#[test]
fn a_pipe_to_wider_paper_says_so_by_columns() {
    let _alone = alone();
    let finished = run(tour(&["lab"]).env("COLUMNS", "100"), b"");
    let text = finished.out();
    let of = |start: &str| {
        let mut lines = text.lines();
        lines.find(|line| line.starts_with(start)).unwrap().chars().count()
    };
    assert_eq!((of("── lab: "), of("  ── blocking: ")), (100, 100), "{text}");
}

/// It is found by the check, and by the case that is about it alone.
#[test]
fn the_planted_mistake_is_caught() {
    let finished = finished(&["--json", "--full", "check"]);
    let all = json(&finished);
    let text = printed(&all["acts"][0]).join("\n");
    assert_eq!(finished.code, 0, "{text}");
    assert!(text.contains("FAILED  split: "), "{text}");
    assert!(text.contains("4 passed, 1 failed"), "{text}");
}

#[test]
fn the_same_steps_without_some_of_them() {
    let finished = finished(&["--json", "--skip", "lab,simple", "lab", "udp"]);
    let all = json(&finished);
    let acts = all["acts"].as_array().unwrap().iter();
    let steps: Vec<&Value> = acts.map(|act| &act["step"]).collect();
    assert_eq!(steps, ["udp", "udp"]);
}

#[test]
fn what_is_not_allowed_here_is_left_out_and_why_is_said() {
    let _alone = alone();
    let mut command = tour(&["--language", "rust", "ladder", "check", "udp"]);
    let finished = run(without(libc::SYS_ptrace, &mut command), b"");
    let text = finished.out();
    assert_eq!(finished.code, 0, "{text}");
    let why = "ladder: left out: cannot trace anybody here: EPERM";
    assert!(text.contains(why), "{text}");
    let why = "check: left out: one_recv is in C, not asked for";
    assert!(text.contains(why), "{text}");
    assert!(text.contains("1 of 1 as they should be"), "{text}");
}

#[test]
fn without_a_network_of_their_own_the_tools_are_good_all_the_same() {
    let _alone = alone();
    let mut command = tour(&["check", "lab"]);
    let finished = run(without(libc::SYS_unshare, &mut command), b"");
    assert_eq!(finished.code, 0, "{}", finished.out());
}

/// On a terminal, where there would be colour and progress.
#[test]
fn no_color_is_honoured_on_a_terminal() {
    let Some(script) = common::peer_program("script") else { return };
    let shown = |no_color: &str| {
        let tool = program(Language::Rust, "berkeley");
        let line = format!("{} tour --no-build simple", tool.display());
        let mut command = Command::new(&script);
        command.args(["-qec", &line, "/dev/null"]);
        command.env("TERM", "xterm").env("NO_COLOR", no_color);
        let _alone = alone();
        run(&mut command, b"").out()
    };
    assert!(shown("").contains("\x1b[32m"), "green on a terminal");
    assert!(!shown("1").contains("\x1b[3"), "no colour when not wanted");
}

#[test]
fn an_interrupted_tour_shows_what_there_is_and_leaves_nobody_behind() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let _alone = alone();
        let mut tool = Program::spawn(&mut tour(&["echo", "worker_demo"]));
        until(SOON, "a server with a child is running", || {
            tool.descendants().len() > 1
        });
        kill(Pid::from_raw(tool.pid()), signal).unwrap();
        assert_eq!(tool.exit_code(), code, "{:?}", tool.lines());
        tool.wait_for("── summary");
        until(SOON, "nobody is left", || tool.family().is_empty());
    }
}

#[test]
fn a_tool_that_is_interrupted_ends_and_the_tour_with_it() {
    let _alone = alone();
    let mut tool = Program::spawn(&mut tour(&["bench", "lab"]));
    until(SOON, "the servers of the bench and its generator", || {
        tool.descendants().len() > 3
    });
    kill(Pid::from_raw(tool.pid()), Signal::SIGINT).unwrap();
    assert_eq!(tool.exit_code(), 130, "{:?}", tool.lines());
    tool.wait_for("bench: stopped");
    until(SOON, "nobody is left", || tool.family().is_empty());
    assert!(!tool.stdout().concat().contains("lab blocking"));
}

#[test]
fn even_a_killed_tour_leaves_nobody_behind() {
    let _alone = alone();
    let mut tool = Program::spawn(&mut tour(&["echo", "knock"]));
    until(SOON, "a server is running", || !tool.descendants().is_empty());
    kill(Pid::from_raw(tool.pid()), Signal::SIGKILL).unwrap();
    assert_eq!(tool.exit_code(), -9);
    until(SOON, "its servers have ended", || tool.family().is_empty());
}

#[test]
fn a_missing_program_is_named_and_the_rest_goes_on() {
    let place = Elsewhere::with(
        "missing",
        &["simple_server", "simple_client", "knock"],
    );
    let finished = place.tour(&["simple", "knock"]);
    assert_eq!(finished.code, 1, "{}", finished.err());
    let text = finished.out();
    assert!(text.contains("missing"), "{text}");
    assert!(text.contains("knock_client"), "{text}");
    assert!(text.contains("b'hello'"), "the other lab went on: {text}");
}

#[test]
fn a_tour_without_any_program_could_not_run() {
    let place = Elsewhere::with("nothing", &[]);
    let finished = place.tour(&["simple"]);
    assert_eq!(finished.code, 3, "{}", finished.out());
}

#[test]
fn without_python_a_server_of_the_kit_answers_and_it_says_so() {
    let mut command = tour(&["dumb_net", "http_get"]);
    let _alone = alone();
    let finished = run(command.env("PATH", "/nowhere"), b"");
    let text = finished.out();
    assert_eq!(finished.code, 0, "{text}");
    assert_eq!(text.matches("echo_server of this kit").count(), 2, "{text}");
}

/// A program that is not what it should be, in a place of its own.
#[test]
fn a_wrong_answer_is_shown_with_what_was_expected() {
    let place = Elsewhere::with("wrong", &["simple_server"]);
    place.plant("simple_client", "echo surprise; exit 0");
    let finished = place.tour(&["simple"]);
    assert_eq!(finished.code, 1);
    let text = finished.out();
    assert!(text.contains("fell short"), "{text}");
}

/// Not what cannot be had here, but what should be and is not.
#[test]
fn a_tool_that_finds_the_kit_broken_makes_the_tour_fall_short() {
    let place = Elsewhere::with("broken", &["knock_client"]);
    place.plant("knock", "exit 1");
    place.plant("echo_server", "exit 1");
    for step in ["ladder", "bench"] {
        let finished = place.tour(&[step]);
        let text = finished.out();
        assert_eq!(finished.code, 1, "{text}");
        assert!(text.contains(&format!("{step}: fell short: ")), "{text}");
    }
}

#[test]
fn bad_usage_is_two() {
    for args in [
        &["nosuchstep"][..],
        &["--language", "cobol"],
        &["--nosuch"],
        &["lab", "--skip", "lab"],
    ] {
        assert_eq!(finished(args).code, 2, "{args:?}");
    }
}

/// The tool outside any checkout, with these programs beside it.
struct Elsewhere(PathBuf);

impl Elsewhere {
    fn with(name: &str, programs: &[&str]) -> Elsewhere {
        // A child that another test makes just now would have the file open
        // for writing, and nobody could run it: ETXTBSY.
        let _alone = alone();
        let name = format!("elsewhere-{name}-{}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let tool = program(Language::Rust, "berkeley");
        // A copy: a link would lead the tool back to where it comes from.
        fs::copy(tool, folder.join("berkeley")).unwrap();
        for name in programs {
            let path = program(Language::Rust, name);
            symlink(path, folder.join(name)).unwrap();
        }
        Elsewhere(folder)
    }

    /// A program that is none of the kit's.
    fn plant(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let _alone = alone();
        let path = self.0.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn tour(&self, args: &[&str]) -> Finished {
        let mut command = Command::new(self.0.join("berkeley"));
        command.args(["tour", "--language", "rust"]).args(args);
        let _alone = alone();
        run(&mut command, b"")
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
