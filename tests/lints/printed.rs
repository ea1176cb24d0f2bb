//! Findings as a reader sees them.

use super::common::{Finished, python, run};
use super::trace;

/// Closes the same descriptor twice, and ends with 7.
const TWICE: &str = "
import os, socket, sys
s = socket.socket()
number = s.detach()
os.close(number)
try:
    os.close(number)
except OSError:
    sys.exit(7)
";

fn told(options: &[&str]) -> Option<Finished> {
    let python = python(TWICE, &[])?;
    let mut command = trace(options);
    command.arg("--").arg(python.get_program()).args(python.get_args());
    Some(run(&mut command, b""))
}

#[test]
fn a_finding_says_what_why_and_how_to_mend_it() {
    let Some(done) = told(&["--lint"]) else { return };
    assert_eq!(done.code, 7);
    let text = done.err();
    for part in ["1 finding", "double-close", "EBADF", "why", "mend"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // The calls that show it, as in the list of calls.
    assert!(text.contains(") = -1 EBADF"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn a_ladder_says_how_many_there_are() {
    let Some(done) = told(&[]) else { return };
    let text = done.err();
    assert!(text.contains("1 finding: --lint shows"), "{text}");
    let Some(done) = told(&["--lint", "--format", "ladder"]) else { return };
    assert!(done.err().contains("double-close"), "{}", done.err());
    assert_eq!(done.code, 7);
}

#[test]
fn nothing_found_is_said() {
    let done = run(&mut trace(&["--lint", "--", "true"]), b"");
    assert_eq!((done.code, done.err()), (0, "no findings\n".to_owned()));
}

#[test]
fn a_saved_trace_is_looked_through_again() {
    let saved = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let saved = saved.join(format!("lint-{}.json", std::process::id()));
    let saved = saved.to_str().unwrap();
    if told(&["-o", saved]).is_none() {
        return;
    }
    let args = ["--read", saved, "--lint"];
    let done = run(&mut trace(&args), b"");
    std::fs::remove_file(saved).unwrap();
    assert_eq!(done.code, 0);
    assert!(done.out().contains("double-close"), "{}", done.out());
}

#[test]
fn a_page_has_no_findings() {
    let args = ["--lint", "--format", "html", "--", "true"];
    let done = run(&mut trace(&args), b"");
    assert_eq!(done.code, 2, "{}", done.err());
}
