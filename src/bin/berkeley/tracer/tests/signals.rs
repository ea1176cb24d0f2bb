//! Signals and stops are what they are without a tracer.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::witness::{Note, Notes};
use super::*;

#[test]
fn each_signal_arrives_once_also_real_time_ones_and_sigtrap() {
    let script = "import os, signal\n\
        got = []\n\
        note = lambda number, _: got.append(number)\n\
        all = [signal.SIGTRAP, signal.SIGUSR1, 34, 40, 64]\n\
        for number in all:\n\
        \tsignal.signal(number, note)\n\
        \tos.kill(os.getpid(), number)\n\
        os._exit(got != all)";
    let (notes, end) = told(calls(&[libc::SYS_kill]), python(script));
    assert_eq!(end, End::Exited(0));
    let heard = notes.heard();
    let signals: Vec<i32> = heard.iter().map(|heard| heard.signal).collect();
    assert_eq!(signals, [libc::SIGTRAP, libc::SIGUSR1, 34, 40, 64]);
    let me = notes.births()[0].0.pid;
    for heard in heard {
        assert_eq!((heard.code, heard.pid), (libc::SI_USER, me));
    }
}

#[test]
fn a_trap_of_a_shell_runs_and_sigkill_is_the_end_at_once() {
    let counts = "n=0; trap 'n=$((n+1))' USR1; kill -USR1 $$; kill -USR1 $$";
    let (_, end) = told(Scope::Everything, sh(&format!("{counts}; exit $n")));
    assert_eq!(end, End::Exited(2));
    let (notes, _) = told(Scope::Everything, sh("kill -KILL $$; kill -0 $$"));
    assert_eq!(notes.count("kill"), 1);
}

#[test]
fn what_comes_with_a_signal_arrives_with_it() {
    let script = "import ctypes, os, signal\n\
        signal.pthread_sigmask(signal.SIG_BLOCK, [40])\n\
        libc = ctypes.CDLL(None)\n\
        libc.sigqueue(os.getpid(), 40, ctypes.c_void_p(4711))\n\
        handler = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)\n\
        got = []\n\
        note = handler(lambda n, info, _: got.append(ctypes.c_int.from_address(info + 24).value))\n\
        class Action(ctypes.Structure): _fields_ = [('h', handler), ('m', ctypes.c_ulong * 16), ('f', ctypes.c_int), ('r', ctypes.c_void_p)]\n\
        libc.sigaction(40, ctypes.byref(Action(note, (0,) * 16, 4, None)), None)\n\
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [40])\n\
        os._exit(got != [4711])";
    let (notes, end) = told(calls(&[libc::SYS_kill]), python(script));
    assert_eq!(end, End::Exited(0));
    assert_eq!(notes.heard()[0].code, libc::SI_QUEUE);
}

#[test]
fn a_childs_end_is_heard_with_its_status() {
    let script = "import os, signal\n\
        signal.signal(signal.SIGCHLD, lambda *_: None)\n\
        pid = os.fork()\n\
        if pid == 0: os._exit(9)\n\
        os.waitpid(pid, 0)";
    let (notes, _) = told(calls(&[libc::SYS_kill]), python(script));
    let heard = notes.heard()[0];
    let child = notes.births()[1].0.pid;
    assert_eq!(heard.signal, libc::SIGCHLD);
    assert_eq!((heard.pid, heard.status), (child, 9));
}

#[test]
fn a_signal_that_kills_is_the_end() {
    let (_, end) = told(Scope::Everything, sh("kill -TERM $$"));
    assert_eq!(end, End::Killed(libc::SIGTERM, false));
}

#[test]
fn what_is_stopped_stays_so_until_it_is_continued() {
    for scope in [calls(&[libc::SYS_kill]), Scope::Everything] {
        let mut tracer = Tracer::new(scope).unwrap();
        let mut notes = Notes::default();
        let script = sh("while :; do kill -0 $$; done");
        let task = tracer.start(script, &mut notes).unwrap();
        let pid = Pid::from_raw(task.pid);
        pump_until(&mut tracer, &mut notes, |notes| notes.calls().len() > 10);
        kill(pid, Signal::SIGSTOP).unwrap();
        let paused = Note::Pauses(task, libc::SIGSTOP);
        pump_until(&mut tracer, &mut notes, |n| n.all.contains(&paused));
        let told = notes.all.len();
        let moment = Instant::now() + Duration::from_millis(50);
        tracer.pump(&mut notes, moment, &[]);
        assert_eq!(notes.all.len(), told);
        kill(pid, Signal::SIGCONT).unwrap();
        pump_until(&mut tracer, &mut notes, |n| n.all.len() > told + 20);
        let goes_on = |note: &&Note| **note == Note::GoesOn(task);
        assert_eq!(notes.all.iter().filter(goes_on).count(), 1);
        notes.assert_in_order();
    }
}

#[test]
fn every_thread_pauses_once() {
    let script = "import threading\n\
        for _ in range(3): threading.Thread(target=threading.Event().wait).start()";
    let mut tracer = Tracer::new(calls(&[libc::SYS_futex])).unwrap();
    let mut notes = Notes::default();
    let task = tracer.start(python(script), &mut notes).unwrap();
    pump_until(&mut tracer, &mut notes, |n| n.births().len() == 4);
    let count = |notes: &Notes, wanted: fn(&Note) -> bool| {
        notes.all.iter().filter(|note| wanted(note)).count()
    };
    for round in 1..=3 {
        tracer.signal(task.pid, Signal::SIGSTOP);
        let pauses = |note: &Note| matches!(note, Note::Pauses(..));
        pump_until(&mut tracer, &mut notes, |n| count(n, pauses) == 4 * round);
        tracer.signal(task.pid, Signal::SIGCONT);
        let goes_on = |note: &Note| matches!(note, Note::GoesOn(..));
        pump_until(&mut tracer, &mut notes, |n| {
            count(n, goes_on) == 4 * round
        });
    }
    tracer.kill_everyone();
    pump_to_the_end(&mut tracer, &mut notes);
    assert!(notes.ends().iter().all(|(_, how)| *how == End::Killed(9, false)));
}

#[test]
fn a_child_that_is_stopped_right_at_birth_can_be_continued() {
    let script = "import os, signal\n\
        for _ in range(50):\n\
        \tpid = os.fork()\n\
        \tif pid == 0:\n\
        \t\tsignal.pause()\n\
        \tos.kill(pid, signal.SIGSTOP)\n\
        \tassert os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1])\n\
        \tos.kill(pid, signal.SIGTERM)\n\
        \tos.kill(pid, signal.SIGCONT)\n\
        \tassert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGTERM";
    let (notes, end) = told(calls(&[libc::SYS_pause]), python(script));
    assert_eq!(end, End::Exited(0));
    notes.assert_in_order();
}

#[test]
fn job_control_of_a_shell_works_at_a_terminal() {
    // Whoever was started in the background by a shell ignores SIGINT, and no
    // shell under it can undo that.
    let script = "import os, pty, signal\n\
        signal.signal(signal.SIGINT, signal.SIG_DFL)\n\
        pid, tty = pty.fork()\n\
        if pid == 0: os.execlp('sh', 'sh', '-i')\n\
        said = b''\n\
        def types(line): os.write(tty, line)\n\
        def hears(words):\n\
        \tglobal said\n\
        \twhile words not in said: said += os.read(tty, 1000)\n\
        def foreground(is_shell):\n\
        \twhile (os.tcgetpgrp(tty) == pid) != is_shell: pass\n\
        types(b'echo $((6 * 7))x\\n'); hears(b'42x')\n\
        types(b'sleep 100\\n'); foreground(False)\n\
        types(b'\\x1a'); hears(b'Stopped'); foreground(True)\n\
        types(b'fg\\n'); foreground(False)\n\
        types(b'\\x03'); foreground(True)\n\
        types(b'exit 5\\n')\n\
        try:\n\
        \twhile os.read(tty, 1000): pass\n\
        except OSError: pass\n\
        os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))";
    let (notes, end) = told(calls(&[libc::SYS_wait4]), python(script));
    assert_eq!(end, End::Exited(5), "{notes:?}");
    let stopped = |note: &&Note| matches!(note, Note::Pauses(_, 20));
    assert_eq!(notes.all.iter().filter(stopped).count(), 1);
}
