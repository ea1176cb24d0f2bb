//! Every child is followed, and is told of once, before anything it does.

use super::witness::{Note, Notes};
use super::*;
use crate::tracer::Birth;

/// Of all births but the first.
fn kinds(notes: &Notes) -> Vec<Birth> {
    let births = notes.births().into_iter().skip(1);
    births.filter(|birth| birth.1.is_some()).map(|birth| birth.2).collect()
}

fn assert_all_ended(notes: &Notes) {
    notes.assert_in_order();
    // Of the two that have been one since an exec, only one has an end.
    let joins = |note: &&Note| matches!(note, Note::Becomes(task, was) if task.tid != *was);
    let joined = notes.all.iter().filter(joins).count();
    assert_eq!(notes.births().len(), notes.ends().len() + joined);
}

#[test]
fn each_kind_of_birth_is_told_with_its_parent() {
    let script = "import ctypes, os, threading\n\
        libc = ctypes.CDLL(None)\n\
        if os.fork() == 0: os._exit(0)\n\
        os.wait()\n\
        os.posix_spawn('/bin/true', ['true'], {})\n\
        os.wait()\n\
        t = threading.Thread(target=os.getpid); t.start(); t.join()\n\
        CLONE_PARENT = 0x8000\n\
        if libc.syscall(56, 0, 0, 0, 0, 0) == 0: os._exit(0)\n\
        if libc.syscall(56, CLONE_PARENT | 17, 0, 0, 0, 0) == 0: os._exit(0)";
    if !cfg!(target_arch = "x86_64") {
        return;
    }
    let scope = calls(&[libc::SYS_getpid, libc::SYS_exit_group]);
    let (notes, end) = told(scope, python(script));
    assert_eq!(end, End::Exited(0));
    let expected =
        [Birth::Fork, Birth::Vfork, Birth::Thread, Birth::Clone, Birth::Fork];
    assert_eq!(kinds(&notes), expected);
    let first = notes.births()[0].0;
    for (task, parent, how) in notes.births().into_iter().skip(1) {
        assert_eq!(parent, Some(first));
        assert_eq!(task.pid == first.pid, how == Birth::Thread);
    }
    assert_all_ended(&notes);
}

#[test]
fn a_child_is_known_before_its_parent_returns_from_making_it() {
    let script = "import os\n\
        for _ in range(100):\n\
        \tif os.fork() == 0: os._exit(0)\n\
        \tos.wait()";
    let makers = [libc::SYS_clone, libc::SYS_clone3];
    let (notes, _) = told(calls(&makers), python(script));
    let births = notes.births();
    assert_eq!(births.len(), 101);
    for (child, parent, _) in births.into_iter().skip(1) {
        let born = notes.position(
            |note| matches!(note, Note::Born(task, ..) if *task == child),
        );
        let returned = Note::Returns(parent.unwrap(), child.pid.into());
        assert!(born < notes.position(|note| *note == returned));
    }
}

#[test]
fn a_thousand_fast_forks_lose_nobody() {
    let script = "import os\n\
        for i in range(1000):\n\
        \tif os.fork() == 0: os._exit(i % 3)\n\
        codes = [os.waitstatus_to_exitcode(os.wait()[1]) for i in range(1000)]\n\
        os._exit(sum(codes) == 999)";
    let (notes, end) = told(calls(&[libc::SYS_wait4]), python(script));
    assert_eq!(end, End::Exited(1));
    assert_eq!(kinds(&notes), [Birth::Fork; 1000]);
    assert_all_ended(&notes);
}

#[test]
fn five_hundred_threads_come_and_go() {
    let script = "import os, threading\n\
        threading.stack_size(65536)\n\
        all = threading.Barrier(501)\n\
        for _ in range(500): threading.Thread(target=all.wait).start()\n\
        all.wait()";
    let (notes, end) = told(calls(&[libc::SYS_futex]), python(script));
    assert_eq!(end, End::Exited(0));
    assert_eq!(kinds(&notes), [Birth::Thread; 500]);
    assert_all_ended(&notes);
}

#[test]
fn children_come_and_go_while_signals_arrive() {
    let script = "import os, signal\n\
        n = 0\n\
        def count(*_):\n\
        \tglobal n\n\
        \tn += 1\n\
        signal.signal(signal.SIGALRM, count)\n\
        signal.setitimer(signal.ITIMER_REAL, .001, .001)\n\
        for i in range(300):\n\
        \tif os.fork() == 0:\n\
        \t\tif os.fork() == 0: os._exit(0)\n\
        \t\tos._exit(0)\n\
        for i in range(300): os.wait()\n\
        while n < 20: signal.pause()\n\
        os._exit(0)";
    let scope = calls(&[libc::SYS_wait4, libc::SYS_clone, libc::SYS_pause]);
    let (notes, end) = told(scope, python(script));
    assert_eq!(end, End::Exited(0));
    assert_eq!(kinds(&notes).len(), 600);
    assert_all_ended(&notes);
}

#[test]
fn killed_at_any_moment_nobody_is_stuck() {
    let script = "import os, signal\n\
        for i in range(150):\n\
        \tpid = os.fork()\n\
        \tif pid == 0:\n\
        \t\twhile True:\n\
        \t\t\tif os.fork() == 0: os._exit(0)\n\
        \t\t\tos.wait()\n\
        \tfor _ in range(i): os.getppid()\n\
        \tos.kill(pid, signal.SIGKILL)\n\
        \tos.waitpid(pid, 0)";
    set_child_subreaper(true).unwrap();
    for scope in [calls(&[libc::SYS_wait4]), Scope::Everything] {
        let (notes, end) = told(scope, python(script));
        assert_eq!(end, End::Exited(0));
        let killed = End::Killed(libc::SIGKILL, false);
        let killed = |end: &&(Task, End)| end.1 == killed;
        assert!(notes.ends().iter().filter(killed).count() >= 150);
        assert_all_ended(&notes);
    }
}

#[test]
fn a_thread_that_makes_an_exec_gets_the_number_of_its_process() {
    let script = "import os, threading, time\n\
        threading.Thread(target=time.sleep, args=(100,)).start()\n\
        becomes = lambda: os.execv('/bin/sh', ['sh', '-c', 'kill -0 $$; exit 4'])\n\
        threading.Thread(target=becomes).start()\n\
        time.sleep(100)";
    let scope = calls(&[libc::SYS_execve, libc::SYS_kill]);
    let (notes, end) = told(scope, python(script));
    assert_eq!(end, End::Exited(4));
    assert_all_ended(&notes);
    let births = notes.births();
    let (first, threads) = (births[0].0, [births[1].0, births[2].0]);
    let becomes = Note::Becomes(first, threads[1].tid);
    let at = notes.position(|note| *note == becomes);
    let ended = |note: &Note| matches!(note, Note::Ends(task, _) if *task == threads[0]);
    assert!(notes.position(ended) < at);
    let ends =
        |note: &Note| matches!(note, Note::Ends(task, _) if *task == first);
    assert!(notes.position(ends) > at);
    assert_eq!(notes.all[at + 1], Note::Returns(first, 0));
    assert_eq!(notes.count("kill"), 1);
}

#[test]
fn whoever_is_made_so_that_nobody_sees_it_is_counted() {
    let script = "import ctypes, os\n\
        if ctypes.CDLL(None).syscall(56, 0x800000 | 17, 0, 0, 0, 0) == 0:\n\
        \tos._exit(0)\n\
        os.wait()";
    if !cfg!(target_arch = "x86_64") {
        return;
    }
    let mut tracer = Tracer::new(calls(&[libc::SYS_clone])).unwrap();
    let mut notes = Notes::default();
    tracer.start(python(script), &mut notes).unwrap();
    pump_to_the_end(&mut tracer, &mut notes);
    assert_eq!(tracer.blind().untraced, 1);
    assert_eq!(notes.births().len(), 1);
}
