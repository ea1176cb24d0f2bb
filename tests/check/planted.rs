//! For every case of every lab a program that fails exactly that case.
//!
//! The programs are in `planted/`, in Python: `NAME.py --mistakes` prints a
//! line for each mistake that it can make, `MISTAKE CASE`, and
//! `NAME.py --mistake MISTAKE …` makes it. Without one it is right.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use super::common::{hold, peer_program, run};
use super::{check, ids, report};

/// A lab, the file of its programs, and how they are started.
struct Planted {
    lab: &'static str,
    file: &'static str,
    args: &'static [&'static str],
}

const KNOCK: Planted =
    Planted { lab: "knock", file: "knock.py", args: &["-p", "{port}"] };

const ROSTER_CLIENT: Planted = Planted {
    lab: "roster-client",
    file: "roster_client.py",
    args: &["{args}"],
};

const ROSTER_SERVER: Planted = Planted {
    lab: "roster-server",
    file: "roster_server.py",
    args: &["{args}"],
};

const SIMPLE_CLIENT: Planted = Planted {
    lab: "simple-client",
    file: "simple_client.py",
    args: &["{args}"],
};

const SIMPLE_SERVER: Planted = Planted {
    lab: "simple-server",
    file: "simple_server.py",
    args: &["{args}"],
};

#[derive(Clone, Copy)]
struct Mistake<'a>(&'a str, &'a str);

impl std::fmt::Display for Mistake<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl Planted {
    fn path(&self) -> PathBuf {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        here.join("tests/check/planted").join(self.file)
    }

    /// The report about this program with this mistake, or without any.
    fn checked(&self, mistake: Option<&str>) -> (Vec<String>, Vec<String>) {
        let mut command = check(&[self.lab, "--json", "--"]);
        command.arg("python3").arg(self.path());
        command.args(mistake.iter().flat_map(|it| ["--mistake", *it]));
        command.args(self.args);
        let (report, _) = report(&mut command);
        let troubles = [ids(&report, "trouble"), ids(&report, "unstartable")];
        assert!(troubles.concat().is_empty(), "{report:#}");
        (ids(&report, "failed"), ids(&report, "skipped"))
    }
}

/// Each mistake fails its case and no other; each case has a mistake.
fn each_case_has_its_mistake(planted: &Planted) {
    if peer_program("python3").is_none() {
        return;
    }
    let mut list = Command::new("python3");
    let list = run(list.arg(planted.path()).arg("--mistakes"), b"");
    let list = list.out();
    let mistakes: Vec<Mistake<'_>> = list
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(mistake, case)| Mistake(mistake, case))
        .collect();
    let (failed, _) = planted.checked(None);
    assert!(failed.is_empty(), "without a mistake: {failed:?}");
    hold(mistakes.clone(), |Mistake(mistake, case)| {
        let (failed, _) = planted.checked(Some(mistake));
        assert_eq!(failed, [case]);
    });
    let listed = run(&mut check(&[planted.lab, "--list"]), b"");
    let listed = listed.out();
    let cases: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let shown: BTreeSet<&str> = mistakes.iter().map(|it| it.1).collect();
    let unproved: Vec<_> = cases.difference(&shown).collect();
    assert!(unproved.is_empty(), "no mistake fails {unproved:?}");
}

#[test]
fn every_case_of_knock() {
    each_case_has_its_mistake(&KNOCK);
}

#[test]
fn every_case_of_roster_client() {
    each_case_has_its_mistake(&ROSTER_CLIENT);
}

#[test]
fn every_case_of_roster_server() {
    each_case_has_its_mistake(&ROSTER_SERVER);
}

#[test]
fn every_case_of_simple_client() {
    each_case_has_its_mistake(&SIMPLE_CLIENT);
}

#[test]
fn every_case_of_simple_server() {
    each_case_has_its_mistake(&SIMPLE_SERVER);
}
