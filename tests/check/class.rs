//! A whole class: a row and files for each program, whatever it does, and
//! going on after an end that came too early.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use super::common::{Finished, Program, SOON, peer_program, run, until};
use super::usage::own_lab;
use super::{check, python_lines};

/// Two cases, three points.
pub(crate) const LAB: &str = "\
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
steps
  A connects
  A sends \"hello\"
  A expects \"hello\"
  A shuts down
  A expects end
";

/// It tells the file `STARTS` its folder whenever it is started.
pub(crate) const GOOD: &str = "\
#!/usr/bin/env python3
import os, socket, sys, time
if 'STARTS' in os.environ:
    with open(os.environ['STARTS'], 'ab') as starts:
        starts.write(os.path.basename(os.getcwdb()) + b'\\n')
# waits
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('127.0.0.1', int(sys.argv[1])))
listener.listen()
while True:
    peer = listener.accept()[0]
    while said := peer.recv(100):
        peer.sendall(said)
    peer.close()
";

/// The grader's own process group, or so it hopes.
const KILLER: &str = "\
#!/usr/bin/env python3
import os, signal
os.killpg(os.getpgid(os.getppid()), signal.SIGKILL)
";

struct Class {
    folder: PathBuf,
    lab: PathBuf,
}

impl Class {
    fn new(name: &str) -> Class {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("class")).unwrap();
        Class { folder, lab: own_lab(LAB, name) }
    }

    /// A file that somebody handed in, ready to be run.
    fn hand_in(&self, path: impl AsRef<Path>, text: &str) {
        let file = self.folder.join("class").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    }

    fn check(&self, options: &[&str], command: &[&str]) -> Command {
        let mut check = check(&["--lab"]);
        check.arg(&self.lab).args(options);
        check.args(["--submissions", "class", "--"]).args(command);
        check.current_dir(&self.folder);
        check.env("STARTS", self.folder.join("starts"));
        check.env("GO", self.folder.join("go"));
        check
    }

    fn run(&self, options: &[&str]) -> Finished {
        run(&mut self.check(options, &["./server", "{port}"]), b"")
    }

    /// How often a program was started.
    fn starts(&self, name: &str) -> usize {
        let starts = fs::read(self.folder.join("starts"));
        let starts = starts.unwrap_or_default();
        let starts = String::from_utf8_lossy(&starts);
        starts.lines().filter(|line| *line == name).count()
    }

    fn has(&self, result: impl AsRef<OsStr>) -> bool {
        self.results().join(Path::new(result.as_ref())).exists()
    }

    fn results(&self) -> PathBuf {
        self.folder.join("class-results")
    }

    /// The rows of summary.csv, as Python reads them.
    fn rows(&self) -> Vec<String> {
        let script = "import csv, sys\n\
             for row in csv.reader(open(sys.argv[1], newline='')):\n\
             \x20   print(repr([*row[:4], *row[-2:]]))";
        python_lines(script, &self.results().join("summary.csv"))
    }
}

#[test]
fn every_kind_of_program_has_its_row() {
    if peer_program("python3").is_none() {
        return;
    }
    let class = Class::new("every-kind");
    let bad = GOOD.replace("sendall(said)", "sendall(b'hallo')");
    let hangs = GOOD.replace("# waits", "time.sleep(10_000)");
    let latin = OsStr::from_bytes(b"caf\xe9");
    class.hand_in("anna/server", GOOD);
    class.hand_in("bert/server", &bad);
    class.hand_in(Path::new(latin).join("server"), GOOD);
    class.hand_in("dora/knock-1.0/server", GOOD);
    class.hand_in("dora/__MACOSX/server", "");
    class.hand_in("emil/server", &hangs);
    class.hand_in("fritz/server", KILLER);
    class.hand_in("gerd/server", GOOD);
    class.hand_in("gerd, \"the\nO'Neil\"/server", GOOD);
    class.hand_in("grades.csv", "");
    class.hand_in(".hidden/server", GOOD);
    let class_folder = class.folder.join("class");
    let plain = Permissions::from_mode(0o644);
    fs::set_permissions(class_folder.join("gerd/server"), plain).unwrap();
    fs::create_dir(class_folder.join("hans")).unwrap();

    let command = ["./server", "{port}"];
    let mut checked = Program::spawn(&mut class.check(&[], &command));
    assert_eq!(checked.exit_code(), 4, "{:?}", checked.lines());
    assert!(checked.family().is_empty(), "{:?}", checked.family());
    let expected = r#"own: 9 programs, 2 cases, 3 points

  name                 points  cases, in the order of --list
  anna                    3/3  ..
  bert                    1/3  .F
  caf\xe9                 3/3  ..
  dora                    3/3  ..     ./server is in knock-1.0/
  emil                    0/3  F-
  fritz                   0/3  ?-     the examiner was killed by SIGKILL, maybe by the program itself (kill(2) of its parent); this check did not send it, nor did the kernel, for want of memory
  gerd                    0/3  u-     cannot start ./server: EACCES: Permission denied: it is not executable (chmod +x ./server)
  gerd, "the\nO'Neil"     3/3  ..
  hans                    0/3  u-     there is nothing in it; cannot start ./server: ENOENT: No such file or directory

  . passed   F failed   ~ flaky   n noted, without points   - skipped
  u could not be started   ? undecided: the checker had trouble, or was killed

  ready   failed 3 of 9
  echoes  failed 1 of 9

left out: .hidden (hidden)
left out: grades.csv (a file, and COMMAND has no {submission})
4 of 9 passed everything; the results are in class-results"#;
    assert_eq!(checked.stdout().join("\n"), expected);
    let rows = class.rows();
    let wanted = [
        "['name', 'earned', 'points', 'passed', 'ready', 'echoes']",
        "['anna', '3', '3', '2', 'passed', 'passed']",
        "['bert', '1', '3', '1', 'passed', 'failed']",
        "['caf\\\\xe9', '3', '3', '2', 'passed', 'passed']",
        "['dora', '3', '3', '2', 'passed', 'passed']",
        "['emil', '0', '3', '0', 'failed', 'skipped']",
        "['fritz', '0', '3', '0', 'undecided', 'skipped']",
        "['gerd', '0', '3', '0', 'unstartable', 'skipped']",
        "['gerd, \"the\\\\nO\\'Neil\"', '3', '3', '2', 'passed', 'passed']",
        "['hans', '0', '3', '0', 'unstartable', 'skipped']",
    ];
    assert_eq!(rows, wanted);
    for name in [&b"anna.txt"[..], b"anna.json", b"caf\xe9.txt"] {
        assert!(class.has(OsStr::from_bytes(name)), "{name:?}");
    }
    let told = fs::read_to_string(class.results().join("bert.txt")).unwrap();
    assert!(told.contains("FAILED  echoes"), "{told}");
}

#[test]
fn what_is_finished_is_not_run_again_unless_it_changes() {
    if peer_program("python3").is_none() {
        return;
    }
    let class = Class::new("again");
    // What it writes is its own, and no reason to run it again.
    let noted = GOOD.replace("# waits", "open('notes', 'w').close()");
    class.hand_in("anna/server", &noted);
    class.hand_in("bert/server", GOOD);
    assert_eq!(class.run(&[]).code, 0);
    assert!(class.folder.join("class/anna/notes").exists());
    // Another form is no reason either.
    let second = class.run(&["--report", "junit", "--hints", "3"]);
    assert_eq!(second.code, 0);
    let known = "2 of 2 programs not run again: same files, lab and options";
    assert!(second.out().contains(known), "{}", second.out());
    assert!(class.has("anna.xml") && class.has("bert.xml"));
    assert_eq!((class.starts("anna"), class.starts("bert")), (2, 2));
    // A changed file is, and so is another option.
    class.hand_in("bert/server", &GOOD.replace("said := peer", "0 and peer"));
    let third = class.run(&[]);
    assert_eq!(third.code, 1, "{}", third.out());
    assert_eq!((class.starts("anna"), class.starts("bert")), (2, 4));
    class.run(&["--seed", "2"]);
    assert_eq!((class.starts("anna"), class.starts("bert")), (4, 6));
}

/// Ended while the second of three is examined.
fn goes_on_after(signal: Signal, name: &str) {
    if peer_program("python3").is_none() {
        return;
    }
    let class = Class::new(name);
    let waits = "while not os.path.exists(os.environ['GO']): time.sleep(0.01)";
    class.hand_in("anna/server", GOOD);
    class.hand_in("bert/server", &GOOD.replace("# waits", waits));
    class.hand_in("carl/server", GOOD);
    let patient = ["--jobs", "1", "--time-scale", "50"];
    let command = ["./server", "{port}"];
    let mut first = Program::spawn(&mut class.check(&patient, &command));
    until(SOON, "the second is examined", || class.starts("bert") > 0);
    first.kill(signal);
    let code = first.exit_code();
    until(SOON, "nobody is left", || first.family().is_empty());
    let rows = class.rows();
    assert_eq!(rows[1], "['anna', '3', '3', '2', 'passed', 'passed']");
    assert_eq!(rows[2], "['bert', '', '', '', '', '']");
    assert!(class.has("anna.txt") && !class.has("bert.txt"));
    if signal == Signal::SIGINT {
        assert_eq!(code, 130);
        let out = first.stdout();
        let row = "  bert                 not reached";
        assert!(out.iter().any(|line| line == row), "{out:?}");
        assert!(out.iter().any(|line| line == "2 not reached"), "{out:?}");
    }
    fs::write(class.folder.join("go"), "").unwrap();
    let second = class.run(&patient);
    assert_eq!(second.code, 0, "{}{}", second.out(), second.err());
    let row = "  anna     3/3  ..     as before";
    assert!(second.out().contains(row), "{}", second.out());
    assert_eq!((class.starts("anna"), class.starts("bert")), (2, 3));
    assert_eq!(class.rows()[3], "['carl', '3', '3', '2', 'passed', 'passed']");
}

#[test]
fn it_goes_on_after_an_interrupt() {
    goes_on_after(Signal::SIGINT, "class-interrupted");
}

#[test]
fn it_goes_on_after_a_kill() {
    goes_on_after(Signal::SIGKILL, "class-killed");
}

#[test]
fn single_files_run_in_empty_folders_of_their_own() {
    if peer_program("python3").is_none() {
        return;
    }
    let class = Class::new("files");
    let writes = GOOD.replace("# waits", "open('notes', 'x').close()");
    let once = ["--only", "ready", "--json"];
    let name = OsStr::from_bytes(b"b\xe9rt.py");
    class.hand_in("anna.py", &writes);
    class.hand_in(name, &writes);
    class.hand_in("readme.txt", "");
    let command = ["python3", "{submission}", "{port}"];
    let done = run(&mut class.check(&once, &command), b"");
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
    let summary: serde_json::Value =
        serde_json::from_slice(&done.stdout).unwrap();
    let programs = summary["programs"].as_array().unwrap();
    let names: Vec<&str> =
        programs.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["anna.py", r"b\xe9rt.py"]);
    assert_eq!(programs[0]["cases"]["ready"], "passed");
    assert_eq!(class.starts("anna.py"), 1, "in a folder of its name");
    let left = fs::read_dir(class.folder.join("class")).unwrap().count();
    assert_eq!(left, 3, "nothing is added");
    assert!(!class.has(".work") && class.has("anna.py.json"));
}

#[test]
fn a_class_that_cannot_be_started_at_all_is_exit_3() {
    let class = Class::new("none-starts");
    class.hand_in("anna/other", "");
    class.hand_in("bert/other", "");
    let done = class.run(&[]);
    assert_eq!(done.code, 3, "{}{}", done.out(), done.err());
}

#[test]
fn what_is_no_class_is_bad_usage() {
    let class = Class::new("no-class");
    class.hand_in("server.py", GOOD);
    let done = class.run(&[]);
    assert_eq!(done.code, 2);
    let why =
        "server.py is left out (a file, and COMMAND has no {submission})";
    assert!(done.err().contains(why), "{}", done.err());
    let done = class.run(&["--report", "junit=a.xml"]);
    assert!(done.err().contains("a file of its own"), "{}", done.err());
    assert_eq!(class.run(&["--watch"]).code, 2);
}
