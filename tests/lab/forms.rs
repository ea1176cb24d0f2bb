//! On paper, as JSON, as pages.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::common::{Language, ignoring, program, run};
use super::{held, lab, names};

#[test]
fn without_a_terminal_nobody_is_asked_and_all_is_said() {
    let done = lab(&["boundaries"]);
    assert_eq!(done.code, 0, "{}", done.err());
    let told = done.out();
    for part in [
        "boundaries: one recv is not one message",
        "  b  All 13 bytes",
        "recv(s4, b, 100, 0);",
        "recv(s4, &mut b[..100],",
        "recv(4, 100) = 13",
        "ESTABLISHED",
        "✓  two sends, the first recv: \"Knock, knock\\n\"",
        "It is b: All 13 bytes",
        "Read: recv(2), send(2), tcp(7)",
        "berkeley lab boundaries --with ask=3",
    ] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
    assert!(!told.contains("What do you think?"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");
    let wide = told.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None);
}

/// Some that start others ignore SIGCHLD, and an exec keeps that.
#[test]
fn an_ignored_sigchld_changes_no_experiment() {
    for name in ["blocking", "zombies"] {
        let mut lab = Command::new(program(Language::Rust, "berkeley"));
        lab.args(["lab", name, "--yes"]);
        let done = run(ignoring(Signal::SIGCHLD, &mut lab), b"");
        assert_eq!(done.code, 0, "{name}: {}{}", done.out(), done.err());
    }
}

#[test]
fn all_experiments_are_listed_with_their_knobs() {
    let done = lab(&["--list"]);
    assert_eq!(done.code, 0);
    for name in names() {
        assert!(done.out().contains(&name), "{name}: {}", done.out());
    }
    assert!(done.out().contains("--with reuse=0: "), "{}", done.out());
}

#[test]
fn json_has_what_its_help_says() {
    let help = lab(&["--help"]).out();
    let (told, _) = held(&["udp"]);
    for (name, value) in told.as_object().unwrap() {
        assert!(help.contains(name.as_str()), "{name} is not in the help");
        let is_fine = name == "trouble" || !value.is_null();
        assert!(is_fine, "{name} is null");
    }
    let calls = told["calls"].as_array().unwrap();
    let bind = &calls[1];
    assert_eq!(bind["who"], "server");
    assert!(bind["c"].as_str().unwrap().starts_with("bind(s3, &at, "));
    let rust = "bind(s3, &SockaddrIn::new(127, 0, 0, 1, ";
    assert!(bind["rust"].as_str().unwrap().starts_with(rust));
}

#[test]
fn its_trace_can_be_read_again() {
    let (told, _) = held(&["reset"]);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("lab-reset.json");
    fs::write(&file, told["trace"].to_string()).unwrap();
    let tool = program(Language::Rust, "berkeley");
    let mut command = Command::new(tool);
    let done =
        run(command.arg("trace").arg("--read").arg(&file).arg("--lint"), b"");
    assert_eq!(done.code, 0, "{}", done.err());
    assert!(done.out().contains("unread"), "{}", done.out());
}

#[test]
fn pages_are_well_formed_and_lead_to_each_other() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("handout");
    let _ = fs::remove_dir_all(&folder);
    let done = lab(&["all", "--html", folder.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
    let index = fs::read_to_string(folder.join("index.html")).unwrap();
    for name in names() {
        let file = format!("{name}.html");
        assert!(index.contains(&format!("href=\"{file}\"")), "{index}");
        let page = fs::read_to_string(folder.join(&file)).unwrap();
        nests(&page);
        assert!(page.contains("<svg"), "{file} has no ladder");
        assert!(!page.contains("http://127"), "{file} loads something");
    }
    nests(&index);
}

/// Every element that is opened is closed, in turn.
fn nests(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap();
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            let name = tag.split(' ').next().unwrap();
            if name == "style" {
                rest = &rest[rest.find("</style>").unwrap()..];
            }
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn what_the_kernel_says_otherwise_is_an_exit_code_of_one() {
    let (told, code) = held(&["backlog", "--set", "tcp_no_such=1"]);
    assert_eq!((told["good"].clone(), code), (Value::Bool(false), 1));
}
