use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

use super::super::Watch;
use super::{Program, Rest, comes_to, until};

/// Runs this in a process of its own, that adopts orphans.
pub(super) fn as_examiner(work: impl FnOnce()) {
    // SAFETY: the child never returns from here. glibc's fork leaves the
    // allocator usable in it, and it needs nothing else of other threads.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            // SAFETY: here nobody uses what the other threads have open.
            let closed = unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
            let done = catch_unwind(AssertUnwindSafe(|| {
                assert_eq!(closed, 0);
                set_child_subreaper(true).unwrap();
                work();
            }));
            if let Err(why) = &done {
                let text = why.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| why.downcast_ref().copied());
                // Past the test library, which would keep it here.
                let text = text.unwrap_or("failed");
                let _ = writeln!(std::io::stderr(), "{text}");
            }
            // SAFETY: ends the child, and runs nothing of the parent's.
            unsafe { libc::_exit(i32::from(done.is_err())) }
        }
        ForkResult::Parent { child } => {
            let status = waitpid(child, None).unwrap();
            assert_eq!(status, WaitStatus::Exited(child, 0));
        }
    }
}

/// A daemon in the usual three steps; says its number.
const DAEMON: &str = "import os, signal\n\
    signal.alarm(60)\n\
    if os.fork() == 0:\n\
    \tos.setsid()\n\
    \tif os.fork() == 0:\n\
    \t\tsignal.alarm(60)\n\
    \t\tprint(os.getpid()); signal.pause()\n\
    \tos._exit(0)\n\
    os.wait(); os._exit(0)\n";

#[test]
fn a_daemon_that_nobody_saw_being_born_is_adopted() {
    as_examiner(|| {
        let Some(mut program) = Program::python(DAEMON) else { return };
        let daemon: i32 = program.says().parse().unwrap();
        program.is_waited_for();
        let mut watch = Watch::new(program.pid()).adopting();
        until(|| watch.processes(), |all| all[..] == [daemon]);
        comes_to(&mut watch, Rest::Asleep);
        assert!(watch.doing(&mut super::nobody)[0].contains("for a signal"));
        kill(Pid::from_raw(daemon), Signal::SIGKILL).unwrap();
        comes_to(&mut watch, Rest::Gone);
        waitpid(Pid::from_raw(daemon), None).unwrap();
    });
}

/// It left the group and the session, but was seen while its parent lived.
#[test]
fn who_was_seen_once_stays_of_the_family() {
    as_examiner(|| {
        let Some(mut program) = Program::python(
            "import os, signal\n\
            if os.fork() == 0:\n\
            \tsignal.alarm(60)\n\
            \tos.setsid(); print(os.getpid()); signal.pause()\n\
            os.read(0, 1); os._exit(0)\n",
        ) else {
            return;
        };
        let child: i32 = program.says().parse().unwrap();
        let mut watch = program.watch();
        assert_eq!(watch.processes(), [program.pid(), child]);
        program.hears("go");
        program.is_waited_for();
        until(|| watch.processes(), |all| all[..] == [child]);
        kill(Pid::from_raw(child), Signal::SIGKILL).unwrap();
        waitpid(Pid::from_raw(child), None).unwrap();
        until(|| watch.processes(), Vec::is_empty);
    });
}

/// In the group of the first process, and not seen before.
#[test]
fn an_orphan_of_the_group_is_adopted() {
    as_examiner(|| {
        let Some(mut program) = Program::python(
            "import os\n\
            if os.fork() == 0: print(os.getpid()); os.read(0, 1)\n\
            os._exit(0)\n",
        ) else {
            return;
        };
        let mut watch = program.watch();
        let orphan: i32 = program.says().parse().unwrap();
        program.is_waited_for();
        until(|| watch.processes(), |all| all[..] == [orphan]);
        program.hears("go");
        waitpid(Pid::from_raw(orphan), None).unwrap();
    });
}

#[test]
fn who_comes_and_goes_is_found_without_being_looked_for() {
    let Some(mut program) = Program::python(
        "import os, threading\n\
        while os.read(0, 9):\n\
        \tpids = [os.fork() for _ in range(3)]\n\
        \tif 0 in pids: os.read(0, 9); os._exit(0)\n\
        \tprint('born')\n",
    ) else {
        return;
    };
    let mut watch = program.watch();
    comes_to(&mut watch, Rest::Asleep);
    assert_eq!(watch.family.pids(), [program.pid()]);
    program.hears("fork");
    assert_eq!(program.says(), "born");
    assert_eq!(watch.look(), Rest::Active);
    comes_to(&mut watch, Rest::Asleep);
    // Three of the parent, and those of the children: 3, 2 and so on.
    assert_eq!(watch.family.pids().len(), 8);
}
