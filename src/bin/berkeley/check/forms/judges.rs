//! Programs that this kit did not write, as judges of what it writes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, fs, process, thread};

/// The path of a program, or a line that says that a test is skipped. With
/// `CI=true` all of them have to be there.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut paths = env::split_paths(&folders).map(|it| it.join(name));
    let found = paths.find(|path| path.is_file());
    if found.is_none() {
        skip(&format!("{name} not found"));
    }
    found
}

/// A test that cannot run here says so, by name.
pub(super) fn skip(why: &str) {
    let test = thread::current();
    let test = test.name().unwrap_or("a case").to_owned();
    let in_ci = env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!in_ci, "{test} may not be skipped here: {why}");
    // Past the harness, which shows nothing of a test that passes.
    let line = format!("skipped: {why} ({test})\n");
    let _ = io::stderr().write_all(line.as_bytes());
}

/// What a program says of this input on its stdin; it has to be content.
pub(super) fn content(command: &mut Command, input: &str) -> String {
    let (is_content, said) = heard(command, input);
    assert!(is_content, "{command:?}: {said}\n{input}");
    said
}

/// Whether it is content, and what it says.
pub(super) fn heard(command: &mut Command, input: &str) -> (bool, String) {
    // A file, so that nobody waits for a pipe to be read.
    let file = scratch("input");
    fs::write(&file, input).unwrap();
    let stdin = Stdio::from(fs::File::open(&file).unwrap());
    let output = command.stdin(stdin).output().unwrap();
    fs::remove_file(&file).unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output.status.success(), said)
}

/// A script that reads `input`; what it prints, if there is a Python.
pub(super) fn python(script: &str, input: &str) -> Option<String> {
    let mut python = Command::new(program("python3")?);
    Some(content(python.arg("-c").arg(script), input))
}

/// A name of its own for each test.
pub(super) fn scratch(what: &str) -> PathBuf {
    let test = thread::current();
    let test = test.name().unwrap_or("test").replace("::", "-");
    let name = format!("berkeley-{}-{test}-{what}", process::id());
    env::temp_dir().join(name)
}
