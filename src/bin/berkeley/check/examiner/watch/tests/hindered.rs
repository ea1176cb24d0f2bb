//! Programs that are traced, or that the kernel does not show.

use std::process::Command;

use nix::unistd::{Uid, setuid};

use super::super::Watch;
use super::family::as_examiner;
use super::{PYTHON, Program, Rest, comes_to, nobody, skip};

#[test]
fn a_traced_program_comes_to_rest_like_any_other() {
    if Command::new("strace").arg("-V").output().is_err() {
        return skip("no strace here");
    }
    let Some(python) = PYTHON.as_deref() else {
        return skip("no python3 here");
    };
    let script = "import os\nprint(os.getpid())\n\
        while True: print(os.read(0, 9))";
    let words = ["strace", "-fqo", "/dev/null", python, "-Su", "-c", script];
    let mut program = Program::start(&words);
    let root: i32 = program.says().parse().unwrap();
    assert_ne!(root, program.pid());
    let mut watch = Watch::new(root);
    for _ in 0..3 {
        comes_to(&mut watch, Rest::Asleep);
        let line = watch.doing(&mut nobody).concat();
        assert!(line.contains("is blocked in read(0); fd 0 is"), "{line}");
        assert_eq!(watch.processes(), [root]);
        program.hears("go");
        program.says();
    }
}

/// One that is not dumpable is shown to nobody but the administrator.
#[test]
fn what_is_not_shown_is_said() {
    as_examiner(|| {
        let Some(mut program) = Program::python(
            "import ctypes, select, signal\n\
            signal.alarm(60)\n\
            ctypes.CDLL(None).prctl(4, 0)\n\
            print('ready'); select.select([0], [], [], 1000)\n",
        ) else {
            return;
        };
        program.says();
        if Uid::effective().is_root() {
            setuid(Uid::from_raw(65534)).unwrap();
        }
        let mut watch = program.watch();
        comes_to(&mut watch, Rest::Asleep);
        assert_eq!(watch.notes().len(), 1);
        let line = watch.doing(&mut nobody).concat();
        let pid = program.pid();
        assert!(line.starts_with(&format!("pid {pid} (python")), "{line}");
        assert!(line.ends_with(" is blocked"), "{line}");
        assert!(watch.listeners().is_empty());
        program.hears("go");
        program.is_waited_for();
    });
}
