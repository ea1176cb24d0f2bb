//! Nobody is left behind, however it ends.

use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

use super::*;
use crate::stage::{end_the_rest, watch};

/// A daemon as the books have it, that ignores all that can be ignored.
const DAEMON: &str = "trap '' TERM INT HUP; \
    (setsid sh -c 'echo daemon; while :; do sleep 1; done' &); ";

fn daemons() -> Start {
    let script = "tail -f /dev/null & echo up; wait";
    sh(&format!("{DAEMON}{DAEMON}{script}"))
}

fn are_up(program: &Program) -> bool {
    let text = out(program);
    text.contains("up") && text.matches("daemon").count() == 2
}

#[test]
fn daemons_are_ended_with_the_program() {
    as_examiner(|| {
        let mut program = Program::start(&daemons()).unwrap();
        until(&mut program, are_up);
        program.end().unwrap();
        let ended = program.ended().unwrap();
        assert_eq!(ended.ending, Ending::Killed(libc::SIGKILL));
        assert!(program.stdout().is_over());
    });
}

#[test]
fn daemons_are_ended_when_the_program_has_gone() {
    as_examiner(|| {
        let script = format!("{DAEMON}exit 4");
        let mut program = Program::start(&sh(&script)).unwrap();
        until_printed(&mut program, "daemon");
        until(&mut program, Program::has_ended);
        // What they keep open is still heard.
        assert!(!program.stdout().is_over());
        program.end().unwrap();
        assert_eq!(program.ended().unwrap().ending, Ending::Exited(4));
    });
}

#[test]
fn what_is_dropped_is_ended() {
    as_examiner(|| {
        let mut program = Program::start(&daemons()).unwrap();
        until(&mut program, are_up);
    });
}

#[test]
fn fifty_at_once_are_ended() {
    as_examiner(|| {
        let script = "i=0; while [ $i -lt 50 ]; do i=$((i+1)); \
            (trap '' TERM; exec tail -f /dev/null) & done; echo up; wait";
        let mut program = Program::start(&sh(script)).unwrap();
        until_printed(&mut program, "up");
        until(&mut program, |program| program.family().len() == 51);
        program.end().unwrap();
    });
}

#[test]
fn who_is_always_another_process_is_ended() {
    if !has("python3") {
        return;
    }
    as_examiner(|| {
        let script = "import os\nprint('up', flush=True)\n\
            while True:\n  if os.fork(): os._exit(0)\n  os.setsid()";
        let start = command(&["python3", "-c", script]);
        let mut program = Program::start(&start).unwrap();
        until_printed(&mut program, "up");
        program.end().unwrap();
    });
}

#[test]
fn who_is_stopped_is_ended() {
    as_examiner(|| {
        let mut program =
            Program::start(&sh("echo up; kill -STOP $$")).unwrap();
        until_printed(&mut program, "up");
        program.end().unwrap();
    });
}

#[test]
fn another_program_is_spared() {
    as_examiner(|| {
        let quiet = sh("echo up; exec tail -f /dev/null");
        let mut one = Program::start(&daemons()).unwrap();
        let mut other = Program::start(&quiet).unwrap();
        until(&mut one, are_up);
        until_printed(&mut other, "up");
        one.end().unwrap();
        assert!(one.ended().is_some() && other.ended().is_none());
        other.signal(Signal::SIGTERM);
        let ended = to_the_end(&mut other);
        assert_eq!(ended.ending, Ending::Killed(libc::SIGTERM));
    });
}

/// A child that does this, and ends.
fn child(work: impl FnOnce()) -> Pid {
    // SAFETY: this process has one thread.
    match unsafe { fork() }.unwrap() {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            work();
            // SAFETY: it ends the only thread; nothing is unwound.
            unsafe { libc::_exit(0) }
        }
    }
}

/// An examiner with daemons, until it is told to stop; by SIGHUP, too, where
/// these tests run under `nohup`.
fn examiner(tool: Pid) -> Pid {
    child(move || {
        // SAFETY: no handler is taken away from anybody.
        unsafe { signal(Signal::SIGHUP, SigHandler::SigDfl) }.unwrap();
        if guard(tool.as_raw()).is_err() {
            return;
        }
        let mut program = Program::start(&daemons()).unwrap();
        while super::listen(&mut program).is_ok() {}
    })
}

/// The examiner, the shell, `tail`, two daemons and their two `sleep`s.
fn wait_for_daemons(examiner: Pid) {
    wait_until("daemons", || family(examiner.as_raw()).len() >= 5);
}

#[test]
fn an_examiner_that_is_told_to_stop_leaves_nobody() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        as_examiner(move || {
            let examiner = examiner(Pid::this());
            wait_for_daemons(examiner);
            kill(examiner, signal).unwrap();
            waitpid(examiner, None).unwrap();
        });
    }
}

#[test]
fn an_examiner_whose_tool_was_killed_leaves_nobody() {
    in_a_child(|| {
        // As whoever started the tool: an orphan of it comes here.
        watch().unwrap();
        let tool = child(|| {
            let _examiner = examiner(Pid::this());
            loop {
                nix::unistd::pause();
            }
        });
        let me = Pid::this().as_raw();
        wait_until("daemons", || family(tool.as_raw()).len() >= 6);
        kill(tool, Signal::SIGKILL).unwrap();
        wait_until("nobody is left", || {
            while waitpid(None, Some(nix::sys::wait::WaitPidFlag::WNOHANG))
                .is_ok_and(|ended| ended.pid().is_some())
            {}
            family(me) == [me]
        });
    });
}

#[test]
fn a_tool_whose_examiner_was_killed_leaves_nobody() {
    as_examiner(|| {
        let examiner = examiner(Pid::this());
        wait_for_daemons(examiner);
        kill(examiner, Signal::SIGKILL).unwrap();
        waitpid(examiner, None).unwrap();
        end_the_rest();
    });
}
