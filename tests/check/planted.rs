//! For every case of every lab a program that fails that case.
//!
//! The programs are in `planted/`, in Python: `NAME.py --mistakes` prints a
//! line for each mistake that it can make, `MISTAKE CASE [OPTION]`, and
//! `NAME.py --mistake MISTAKE …` makes it. Without one it is right. The
//! option is for the check: some cases are tried with it only.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::path::PathBuf;
use std::process::Command;

use super::common::{hold, run};
use super::{check, ids, interpreter, report};

/// A lab, the file of its programs, and how they are started.
struct Planted {
    lab: &'static str,
    file: &'static str,
    args: &'static [&'static str],
}

const fn one(
    lab: &'static str,
    file: &'static str,
    args: &'static [&'static str],
) -> Planted {
    Planted { lab, file, args }
}

static PLANTED: [Planted; 9] = [
    one("chat", "one_to_one.py", &["{args}"]),
    one("dumb-net", "dumb_net.py", &["{args}"]),
    one("echo-client", "echo_client.py", &["{args}"]),
    one("echo-server", "echo_server.py", &["{port}"]),
    one("knock", "knock.py", &["-p", "{port}"]),
    one("roster-client", "roster_client.py", &["{args}"]),
    one("roster-server", "roster_server.py", &["{args}"]),
    one("simple-client", "simple_client.py", &["{args}"]),
    one("simple-server", "simple_server.py", &["{args}"]),
];

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

impl Planted {
    fn path(&self) -> PathBuf {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        here.join("tests/check/planted").join(self.file)
    }

    /// The cases that this program fails with this mistake, among these and
    /// what they need.
    fn failed(&self, mistake: Mistake<'_>, among: &[&str]) -> Vec<String> {
        let mut command = check(&[self.lab, "--json", "--jobs", "1"]);
        command.args(among).args(mistake.option).arg("--");
        // Without the site's packages it starts in half the time.
        command.arg(interpreter().unwrap()).arg("-S").arg(self.path());
        if !mistake.name.is_empty() {
            command.args(["--mistake", mistake.name]);
        }
        command.args(self.args);
        let (report, _) = report(&mut command);
        let troubles = [ids(&report, "trouble"), ids(&report, "unstartable")];
        assert!(troubles.concat().is_empty(), "{report:#}");
        ids(&report, "failed")
    }

    fn mistakes(&self) -> String {
        let mut list = Command::new(interpreter().unwrap());
        run(list.arg(self.path()).arg("--mistakes"), b"").out()
    }

    fn cases(&self) -> BTreeSet<String> {
        let listed = run(&mut check(&[self.lab, "--list"]), b"").out();
        let cases = listed.lines().filter_map(|line| line.strip_prefix("  "));
        let ids = cases.filter_map(|line| line.split_whitespace().next());
        ids.map(str::to_owned).collect()
    }
}

#[derive(Clone, Copy)]
struct Proof<'a> {
    planted: &'a Planted,
    mistake: Mistake<'a>,
}

impl Display for Proof<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.planted.lab, self.mistake.name)
    }
}

/// Of all labs, with what they find.
fn proofs(lists: &[String]) -> Vec<Proof<'_>> {
    let labs = PLANTED.iter().zip(lists);
    labs.flat_map(|(planted, list)| {
        list.lines().map(|line| Proof { planted, mistake: Mistake::of(line) })
    })
    .collect()
}

fn lists() -> Option<Vec<String>> {
    interpreter()?;
    Some(PLANTED.iter().map(Planted::mistakes).collect())
}

#[test]
fn each_mistake_fails_its_case() {
    let Some(lists) = lists() else { return };
    hold(proofs(&lists), |Proof { planted, mistake }| {
        let among = ["--only", mistake.case];
        assert_eq!(planted.failed(mistake, &among), [mistake.case]);
    });
}

#[test]
fn without_a_mistake_nothing_is_failed() {
    if interpreter().is_none() {
        return;
    }
    for planted in &PLANTED {
        let failed = planted.failed(Mistake::NONE, &[]);
        assert!(failed.is_empty(), "{}: {failed:?}", planted.lab);
    }
}

/// Answers without a line end cost nothing, and are told apart by what they
/// say.
#[test]
fn an_answer_without_its_end_costs_no_other_case() {
    if interpreter().is_none() {
        return;
    }
    let knock = &PLANTED[4];
    let mistake = Mistake { name: "EndsNoLine", ..Mistake::NONE };
    let only = ["answer-lines", "coalesced", "across", "graceful"];
    let among = only.map(|case| ["--only", case]).concat();
    assert_eq!(knock.failed(mistake, &among), ["answer-lines"]);
}

#[test]
fn each_case_has_a_mistake() {
    let Some(lists) = lists() else { return };
    for (planted, list) in PLANTED.iter().zip(&lists) {
        let shown: BTreeSet<String> = list
            .lines()
            .map(|line| Mistake::of(line).case.to_owned())
            .collect();
        let cases = planted.cases();
        let unproved: Vec<_> = cases.difference(&shown).collect();
        let lab = planted.lab;
        assert!(unproved.is_empty(), "{lab}: no mistake fails {unproved:?}");
    }
}
