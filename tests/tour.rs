//! What `berkeley tour` promises: it is true, complete, and leaves nothing
//! behind.

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

fn json(finished: &Finished) -> Value {
    serde_json::from_slice(&finished.stdout).unwrap()
}

#[test]
fn every_lab_is_good_in_both_languages_under_every_model() {
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
                expected.push((lab, language, None));
            }
            let models = models.iter().map(|&model| Some(model));
            expected.extend(models.map(|model| (lab, language, model)));
        }
    }
    let played = acts.iter().map(|act| {
        let text = |key: &str| act[key].as_str();
        (text("lab").unwrap(), text("language").unwrap(), text("model"))
    });
    assert_eq!(played.collect::<Vec<_>>(), expected);
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
    let finished = finished(&labs);
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
    let next = "try  target/debug/berkeley trace knock --model fork\n";
    assert!(text.contains(ladder) && text.contains(next), "{text}");
}

#[test]
fn the_calls_of_both_sides_are_drawn_as_a_ladder() {
    for (language, more) in [("rust", ""), ("c", " --language c")] {
        let finished = finished(&["--json", "--language", language, "knock"]);
        let ladder = &json(&finished)["ladder"];
        let command = format!("berkeley trace knock --model fork{more}");
        assert_eq!(ladder["command"], *command);
        assert_eq!(ladder["why"], Value::Null);
        let lines = ladder["lines"].as_array().unwrap().iter();
        let lines: Vec<&str> =
            lines.map(|line| line.as_str().unwrap()).collect();
        let text = lines.join("\n");
        for drawn in
            ["connection 1", "fork() = ", "\"Knock, knock\\n\"", "FIN"]
        {
            assert!(text.contains(drawn), "{drawn}: {text}");
        }
        let head = lines.iter().find(|line| line.contains("child of "));
        let head = head.unwrap().split_whitespace().collect::<Vec<_>>();
        assert!(matches!(*head, ["server", "child", "of", _, "client"]));
        let long = lines.iter().find(|line| line.chars().count() > 80);
        assert_eq!(long, None);
        assert!(!text.contains('\x1b'), "{text}");
    }
    let without = finished(&["--json", "--language", "rust", "simple"]);
    assert_eq!(json(&without)["ladder"], Value::Null);
}

#[test]
fn where_nobody_may_be_traced_it_says_so_and_is_good() {
    let _alone = alone();
    let mut command = tour(&["--language", "rust", "knock"]);
    let finished = run(without(libc::SYS_ptrace, &mut command), b"");
    let text = finished.out();
    assert_eq!(finished.code, 0, "{text}");
    let why = "there is none here: cannot trace anybody here: EPERM";
    assert!(text.contains(why), "{text}");
    assert!(!text.contains("berkeley trace"), "{text}");
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
fn an_interrupted_tour_leaves_nobody_behind() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let _alone = alone();
        let mut tool = Program::spawn(&mut tour(&["echo", "worker_demo"]));
        until(SOON, "a server with a child is running", || {
            tool.descendants().len() > 1
        });
        kill(Pid::from_raw(tool.pid()), signal).unwrap();
        assert_eq!(tool.exit_code(), code, "{:?}", tool.lines());
        until(SOON, "nobody is left", || tool.family().is_empty());
    }
}

#[test]
fn a_tour_that_is_interrupted_at_its_ladder_does_not_go_on() {
    let _alone = alone();
    let labs = ["--language", "rust", "knock", "roster"];
    let mut tool = Program::spawn(&mut tour(&labs));
    // The last line before it.
    tool.wait_for("type Knock, knock and tell it a joke");
    kill(Pid::from_raw(tool.pid()), Signal::SIGINT).unwrap();
    assert_eq!(tool.exit_code(), 130, "{:?}", tool.lines());
    until(SOON, "nobody is left", || tool.family().is_empty());
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
    use std::os::unix::fs::PermissionsExt;
    let place = Elsewhere::with("wrong", &["simple_server"]);
    let liar = place.0.join("simple_client");
    fs::write(&liar, "#!/bin/sh\necho surprise\nexit 0\n").unwrap();
    fs::set_permissions(&liar, fs::Permissions::from_mode(0o755)).unwrap();
    let finished = place.tour(&["simple"]);
    assert_eq!(finished.code, 1);
    let text = finished.out();
    assert!(text.contains("fell short"), "{text}");
}

#[test]
fn bad_usage_is_two() {
    for args in [&["nosuchlab"][..], &["--language", "cobol"], &["--nosuch"]] {
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
