//! `--watch`: checked again when a file changes, however it is written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use super::check;
use super::class::{GOOD, LAB};
use super::common::{Program, SOON, peer_program, until};
use super::usage::own_lab;

const THIRD: &str = "
case   third
title  it echoes, once more
points 1
needs  ready
why    To be the last.
steps
  A connects
  A sends \"bye\"
  A expects \"bye\"
";

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn watch(folder: &Path, name: &str) -> Command {
    let mut watch = check(&["--watch", "--jobs", "1", "--lab"]);
    watch.arg(own_lab(&(LAB.to_owned() + THIRD), name));
    watch.args(["--", "python3", "server.py", "{port}"]);
    watch.current_dir(folder);
    watch.env("STARTS", folder.join("starts"));
    watch.env("GO", folder.join("go"));
    watch
}

/// Waits until it has said this so often.
fn says(program: &Program, text: &str, times: usize) {
    until(SOON, text, || {
        let lines = program.stdout();
        lines.iter().filter(|line| line.contains(text)).count() >= times
    });
}

fn ends(mut program: Program) {
    program.kill(Signal::SIGINT);
    assert_eq!(program.exit_code(), 130);
    until(SOON, "nobody is left", || program.family().is_empty());
}

const WAITS: &str = "-- waits until server.py changes --";

#[test]
fn an_editors_rename_is_a_change_and_what_failed_comes_first() {
    if peer_program("python3").is_none() {
        return;
    }
    let folder = folder("watch-rename");
    let file = folder.join("server.py");
    let bad = GOOD.replace("sendall(said)", "sendall(said[-3:] and b'hello')");
    fs::write(&file, bad).unwrap();
    let program = Program::spawn(&mut watch(&folder, "watch-rename"));
    says(&program, WAITS, 1);
    says(&program, "3 of 4 points; 2 passed, 1 failed", 1);
    // As some do it: the old one aside, and a new one into its place.
    fs::rename(&file, folder.join("server.py~")).unwrap();
    fs::write(folder.join("4913"), GOOD).unwrap();
    fs::rename(folder.join("4913"), &file).unwrap();
    says(&program, "-- server.py changed --", 1);
    says(&program, WAITS, 2);
    says(&program, "4 of 4 points; 3 passed", 1);
    let lines = program.stdout();
    let order: Vec<&str> = lines
        .iter()
        .filter(|line| line.starts_with("ok") || line.starts_with("FAILED  "))
        .filter_map(|line| line.split_once(" s  ")?.1.split(':').next())
        .collect();
    let first = ["ready", "echoes", "third"];
    let second = ["ready", "third", "echoes"];
    assert_eq!(order, [first, second].concat());
    // A module beside it is a part of it.
    fs::write(folder.join("more.py"), "").unwrap();
    says(&program, "-- more.py changed --", 1);
    says(&program, WAITS, 3);
    ends(program);
    let left = fs::read_dir(&folder).unwrap().count();
    assert_eq!(left, 4, "server.py, server.py~, more.py, starts");
}

#[test]
fn what_changes_during_a_check_is_not_lost() {
    if peer_program("python3").is_none() {
        return;
    }
    let folder = folder("watch-during");
    let file = folder.join("server.py");
    let waits = "while not os.path.exists(os.environ['GO']): time.sleep(0.01)";
    fs::write(&file, GOOD.replace("# waits", waits)).unwrap();
    let mut watch = watch(&folder, "watch-during");
    let program = Program::spawn(&mut watch);
    let starts = folder.join("starts");
    until(SOON, "it is started", || starts.exists());
    fs::write(&file, GOOD.replace("sendall(said)", "sendall(b'')")).unwrap();
    fs::write(folder.join("go"), "").unwrap();
    says(&program, "-- server.py changed --", 1);
    says(&program, WAITS, 1);
    let lines = program.stdout();
    let changed = lines.iter().position(|it| it.contains("changed"));
    let waits = lines.iter().position(|it| it.contains(WAITS));
    assert!(changed < waits, "{lines:?}");
    says(&program, "1 of 4 points", 1);
    ends(program);
}

/// It would go on for ever otherwise.
#[test]
fn a_program_that_writes_its_own_files_is_not_run_for_ever() {
    if peer_program("python3").is_none() {
        return;
    }
    let folder = folder("watch-own");
    let writes = "open('notes.py', 'a').write('#\\n')";
    let text = GOOD.replace("# waits", writes);
    fs::write(folder.join("server.py"), text).unwrap();
    let program = Program::spawn(&mut watch(&folder, "watch-own"));
    says(&program, "-- notes.py changes whenever this runs --", 1);
    says(&program, WAITS, 1);
    ends(program);
}
