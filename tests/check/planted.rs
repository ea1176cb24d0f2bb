//! For every case of every lab a program that fails exactly that case.
//!
//! The programs are in `planted/`, in Python: `NAME.py --mistakes` prints a
//! line for each mistake that it can make, `MISTAKE CASE [OPTION]`, and
//! `NAME.py --mistake MISTAKE …` makes it. Without one it is right. The
//! option is for the check: some cases are tried with it only.

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

const CHAT: Planted =
    Planted { lab: "chat", file: "one_to_one.py", args: &["{args}"] };
const DUMB_NET: Planted =
    Planted { lab: "dumb-net", file: "dumb_net.py", args: &["{args}"] };
const ECHO_CLIENT: Planted =
    Planted { lab: "echo-client", file: "echo_client.py", args: &["{args}"] };
const ECHO_SERVER: Planted =
    Planted { lab: "echo-server", file: "echo_server.py", args: &["{port}"] };
const KNOCK: Planted =
    Planted { lab: "knock", file: "knock.py", args: &["-p", "{port}"] };

#[derive(Clone, Copy)]
struct Mistake<'a> {
    name: &'a str,
    case: &'a str,
    option: Option<&'a str>,
}

impl<'a> Mistake<'a> {
    /// None of them.
    const NONE: Mistake<'static> =
        Mistake { name: "", case: "", option: None };

    fn of(line: &'a str) -> Mistake<'a> {
        let mut words = line.split(' ');
        let (name, case) = (words.next().unwrap(), words.next().unwrap());
        Mistake { name, case, option: words.next() }
    }
}

impl std::fmt::Display for Mistake<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.name)
    }
}

impl Planted {
    fn path(&self) -> PathBuf {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        here.join("tests/check/planted").join(self.file)
    }

    /// The cases that this program fails with this mistake.
    fn failed(&self, mistake: Mistake<'_>) -> Vec<String> {
        let mut command = check(&[self.lab, "--json"]);
        command.args(mistake.option).arg("--");
        command.arg("python3").arg(self.path());
        if !mistake.name.is_empty() {
            command.args(["--mistake", mistake.name]);
        }
        command.args(self.args);
        let (report, _) = report(&mut command);
        let troubles = [ids(&report, "trouble"), ids(&report, "unstartable")];
        assert!(troubles.concat().is_empty(), "{report:#}");
        ids(&report, "failed")
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
    let mistakes: Vec<Mistake<'_>> = list.lines().map(Mistake::of).collect();
    let failed = planted.failed(Mistake::NONE);
    assert!(failed.is_empty(), "without a mistake: {failed:?}");
    hold(mistakes.clone(), |mistake| {
        assert_eq!(planted.failed(mistake), [mistake.case]);
    });
    let listed = run(&mut check(&[planted.lab, "--list"]), b"");
    let listed = listed.out();
    let cases: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let shown: BTreeSet<&str> = mistakes.iter().map(|it| it.case).collect();
    let unproved: Vec<_> = cases.difference(&shown).collect();
    assert!(unproved.is_empty(), "no mistake fails {unproved:?}");
}

#[test]
fn every_case_of_chat() {
    each_case_has_its_mistake(&CHAT);
}

#[test]
fn every_case_of_dumb_net() {
    each_case_has_its_mistake(&DUMB_NET);
}

#[test]
fn every_case_of_echo_client() {
    each_case_has_its_mistake(&ECHO_CLIENT);
}

#[test]
fn every_case_of_the_echo_server() {
    each_case_has_its_mistake(&ECHO_SERVER);
}

#[test]
fn every_case_of_knock() {
    each_case_has_its_mistake(&KNOCK);
}
