//! Python's own `pickle`, asked through `oracle.py`.

use std::fs::{self, File};
use std::path::Path;
use std::process::{self, Command, Stdio};

use crate::driver::hex;

pub(crate) struct Case {
    pub(crate) pickle: Vec<u8>,
    pub(crate) expected: String,
}

/// The lines `oracle.py` writes, each cut at its tabs; none without Python.
fn ask(what: &str, stdin: Stdio) -> Option<Vec<Vec<String>>> {
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pickles/oracle.py");
    let done = Command::new("python3")
        .arg(script)
        .arg(what)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(stdin)
        .stderr(Stdio::inherit())
        .output();
    let Ok(done) = done else {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "python3 not found"
        );
        println!("skipped: python3 not found");
        return None;
    };
    assert!(done.status.success(), "oracle.py {what}: {}", done.status);
    let text = String::from_utf8(done.stdout).unwrap();
    let cut = |line: &str| line.split('\t').map(str::to_owned).collect();
    Some(text.lines().map(cut).collect())
}

fn unhex(text: &str) -> Vec<u8> {
    let nibble = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(nibble).collect()
}

fn cases(what: &str) -> Option<Vec<Case>> {
    let case = |line: Vec<String>| Case {
        pickle: unhex(&line[0]),
        expected: line[1].clone(),
    };
    Some(ask(what, Stdio::null())?.into_iter().map(case).collect())
}

/// Values and how `repr` shows them.
pub(crate) fn corpus() -> Option<Vec<Case>> {
    cases("corpus")
}

/// Scalars and how `str` shows them, floats above all.
pub(crate) fn scalars() -> Option<Vec<Case>> {
    cases("scalars")
}

/// Pickles to refuse, and the reason.
pub(crate) fn bombs() -> Option<Vec<Case>> {
    cases("bombs")
}

/// What students might send.
pub(crate) fn dicts() -> Option<Vec<Vec<u8>>> {
    let all = cases("dicts")?;
    Some(all.into_iter().map(|case| case.pickle).collect())
}

pub(crate) fn greetings() -> Option<Vec<(i64, Vec<u8>)>> {
    let greeting =
        |line: Vec<String>| (line[1].parse().unwrap(), unhex(&line[0]));
    let lines = ask("greetings", Stdio::null())?;
    Some(lines.into_iter().map(greeting).collect())
}

pub(crate) fn students() -> Option<Vec<(Vec<String>, Vec<u8>)>> {
    let text = |field: &String| String::from_utf8(unhex(field)).unwrap();
    let student = |line: Vec<String>| {
        (line[1..].iter().map(text).collect(), unhex(&line[0]))
    };
    let lines = ask("students", Stdio::null())?;
    Some(lines.into_iter().map(student).collect())
}

/// Python reads each of these pickles too, and shows it the same.
pub(crate) fn assert_agrees(accepted: &[(Vec<u8>, String)]) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("accepted-{}", process::id()));
    let mut lines = String::new();
    for (pickle, shown) in accepted {
        lines += &[&hex(pickle), "\t", shown, "\n"].concat();
    }
    fs::write(&path, lines).unwrap();
    let stdin = File::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let Some(complaints) = ask("judge", stdin.into()) else { return };
    assert!(complaints.is_empty(), "{:#?}", &complaints[..1]);
}
