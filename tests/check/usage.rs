//! What is asked for wrongly, and what is shown without a program.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::common::{Language, program, run};
use super::{check, ids, report};

/// A lab of an instructor's own.
const OWN: &str = "\
lab    own
title  a lab of our own
role   server

case   ready
title  it listens
points 1
why    Nobody can connect to a program that does not listen.

case   echoes
title  it sends back what it gets
points 2
needs  ready
why    That is what it is for.
hint   recv, then send.
steps
  A connects
  A sends \"hello\"
  A expects \"hello\"
  A shuts down
  A expects end
";

pub(crate) fn own_lab(text: &str, name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("{name}.lab"));
    fs::write(&file, text).unwrap();
    file
}

fn refused(command: &mut Command) -> String {
    let done = run(command, b"");
    assert_eq!(done.code, 2, "{}{}", done.out(), done.err());
    assert_eq!(done.out(), "");
    done.err()
}

#[test]
fn what_is_asked_wrongly_is_bad_usage() {
    for (args, words) in [
        (&["nothing", "--", "true"][..], "there is no lab 'nothing'"),
        (&["--", "true"], "which lab?"),
        (&["knock"], "COMMAND stands behind --"),
        (&["knock", "--report", "x", "--", "true"], "there are the forms"),
        (&["knock", "--explain", "no"], "knock has no case 'no'"),
        (&["knock", "--time-scale", "0", "--", "true"], "from 0.1 to 100"),
        (
            &["knock", "--json", "--report", "tap", "--", "true"],
            "two reports on standard output",
        ),
        (&["--lab", "/no/such.lab", "--", "true"], "cannot read"),
        (&["knock", "--only", "no", "--", "true"], "--only leaves no case"),
        (&["knock", "--skip", "*", "--", "true"], "--skip leaves no case"),
    ] {
        let said = refused(&mut check(args));
        assert!(said.contains(words), "{args:?}: {said}");
    }
}

#[test]
fn results_among_the_submissions_are_refused() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("among");
    fs::create_dir_all(folder.join("anna")).unwrap();
    for results in ["", "anna/results"] {
        let mut command = check(&["knock", "--submissions"]);
        command.arg(&folder).arg("--results").arg(folder.join(results));
        let said = refused(command.args(["--", "./knock", "{port}"]));
        assert!(said.contains("submissions"), "{said}");
    }
    assert!(!folder.join("summary.csv").exists());
}

#[test]
fn a_place_that_stands_for_nothing_is_warned_of() {
    let lab = own_lab(OWN, "misspelt");
    let mut command = check(&["--only", "ready", "--lab"]);
    command.arg(&lab).arg("--").arg(program(Language::Rust, "echo_server"));
    let done = run(command.args(["{port}", "--host={hots}"]), b"");
    let expected = "berkeley: {hots} stands for nothing in COMMAND, and is \
                    passed on as it is; there are {args}, {host}, {port}\n";
    assert_eq!(done.err(), expected);
}

#[test]
fn a_lab_of_ones_own_is_checked_without_rust() {
    let lab = own_lab(OWN, "own");
    let mut command = check(&["--json", "--lab"]);
    let server = program(Language::Rust, "echo_server");
    command.arg(&lab).arg("--").arg(server).arg("{port}");
    let (report, code) = report(&mut command);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(ids(&report, "passed"), ["ready", "echoes"]);
    assert_eq!((&report["earned"], &report["points"]), (&3.into(), &3.into()));
}

#[test]
fn a_mistake_in_a_lab_is_named_with_its_line() {
    let wrong = OWN.replace("A shuts down", "A shuts up");
    let lab = own_lab(&wrong, "wrong");
    let said = refused(check(&["--lab"]).arg(&lab).args(["--", "true"]));
    assert!(said.contains("line 20: what is `A shuts up`?"), "{said}");
    let wrong = OWN.replace("hello\"\n  A shuts", "{hello}\"\n  A shuts");
    let lab = own_lab(&wrong, "unknown");
    let said = refused(check(&["--lab"]).arg(&lab).args(["--", "true"]));
    assert!(said.contains("unknown.lab: line 19: what is {hello}?"), "{said}");
}

#[test]
fn a_lab_that_is_no_text_is_refused_by_its_line() {
    let lab = own_lab("", "latin");
    fs::write(&lab, b"lab latin\ntitle caf\xe9\n").unwrap();
    let said = refused(check(&["--lab"]).arg(&lab).args(["--", "true"]));
    let says = "latin.lab: line 2: no UTF-8: the byte \\xe9";
    assert!(said.contains(says), "{said}");
    fs::write(&lab, format!("\u{feff}{OWN}")).unwrap();
    let listed = run(check(&["--list", "--lab"]).arg(&lab), b"");
    assert_eq!(listed.code, 0, "{}", listed.err());
}

#[test]
fn the_labs_of_the_kit_are_listed_shown_and_printed() {
    let listed = run(&mut check(&["--list"]), b"");
    assert_eq!(listed.code, 0);
    let labs = listed.out();
    let labs: Vec<&str> = labs
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(labs.contains(&"knock"), "{labs:?}");
    for lab in labs {
        let cases = run(&mut check(&[lab, "--list"]), b"");
        assert_eq!(cases.code, 0, "{lab}");
        let file = run(&mut check(&[lab, "--print-lab"]), b"").stdout;
        let file = own_lab(&String::from_utf8(file).unwrap(), lab);
        let again = run(check(&["--list", "--lab"]).arg(&file), b"");
        let (one, other) = (cases.out(), again.out());
        let behind =
            |text: &str| text.split_once("{args} is ").unwrap().1.to_owned();
        assert_eq!(behind(&one), behind(&other), "{lab}");
    }
}

#[test]
fn a_case_is_explained_step_by_step() {
    let lab = own_lab(OWN, "explained");
    let done = run(check(&["--explain", "echoes", "--lab"]).arg(&lab), b"");
    let expected = "\
echoes: it sends back what it gets
2 points, needs ready

That is what it is for.

  program listens
  A connects
  A sends \"hello\"
  A expects \"hello\"
  A shuts down
  A expects end

Hint: recv, then send.
";
    assert_eq!(done.out(), expected);
}
