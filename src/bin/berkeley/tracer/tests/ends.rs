//! How everybody ends, and what is left: nobody.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{ForkResult, Pid, fork, write};

use super::witness::{Note, Notes};
use super::*;

#[test]
fn nobody_is_left_of_what_was_started_not_even_a_daemon() {
    set_child_subreaper(true).unwrap();
    let script = "trap '' INT TERM; (setsid sleep 1000 &); (sleep 1000) & \
        while :; do :; done";
    let mut tracer = Tracer::new(calls(&[libc::SYS_execve])).unwrap();
    let mut notes = Notes::default();
    tracer.start(sh(script), &mut notes).unwrap();
    let becomes = |note: &&Note| matches!(note, Note::Becomes(..));
    let execs = |n: &Notes| n.all.iter().filter(becomes).count();
    pump_until(&mut tracer, &mut notes, |n| execs(n) == 4);
    let living = living(&tracer);
    assert_eq!(living.len(), 3);
    drop(tracer);
    assert!(!living.into_iter().any(lives));
}

#[test]
fn not_even_a_zombie_is_left() {
    set_child_subreaper(true).unwrap();
    let script = "import os, time\n\
        for i in range(30):\n\
        \tif os.fork() == 0:\n\
        \t\tif os.fork() == 0 and i % 2: time.sleep(1000)\n\
        \t\tif i % 3: os._exit(0)\n\
        \t\ttime.sleep(1000)\n\
        time.sleep(1000)";
    let mut tracer = Tracer::new(calls(&[libc::SYS_kill])).unwrap();
    let mut notes = Notes::default();
    tracer.start(python(script), &mut notes).unwrap();
    pump_until(&mut tracer, &mut notes, |n| n.births().len() == 61);
    drop(tracer);
    for (task, ..) in notes.births() {
        assert_eq!(kill(Pid::from_raw(task.pid), None), Err(Errno::ESRCH));
    }
}

#[test]
fn a_fork_bomb_is_ended_as_well() {
    set_child_subreaper(true).unwrap();
    let script = "import os\n\
        for _ in range(40):\n\
        \tif os.fork() == 0:\n\
        \t\twhile True:\n\
        \t\t\tif os.fork() == 0: os._exit(0)\n\
        \t\t\tos.wait()\n\
        os.wait()";
    let mut tracer = Tracer::new(calls(&[libc::SYS_wait4])).unwrap();
    let mut notes = Notes::default();
    tracer.start(python(script), &mut notes).unwrap();
    pump_until(&mut tracer, &mut notes, |n| n.births().len() > 200);
    tracer.kill_everyone();
    pump_to_the_end(&mut tracer, &mut notes);
    notes.assert_in_order();
    assert_eq!(notes.births().len(), notes.ends().len());
}

#[test]
fn children_that_are_not_traced_stay_for_whoever_started_them() {
    let mut child = Command::new("true").spawn().unwrap();
    let (_, end) = told(calls(&[libc::SYS_kill]), sh("sleep 0.1; exit 3"));
    assert_eq!(end, End::Exited(3));
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_descriptor_that_can_be_read_ends_the_waiting() {
    let (read, write_end) = heard();
    let mut tracer = Tracer::new(calls(&[libc::SYS_kill])).unwrap();
    let mut notes = Notes::default();
    let mut speaker = sh("echo here; exec sleep 1000");
    speaker.stdout = Some(write_end);
    tracer.start(speaker, &mut notes).unwrap();
    let start = Instant::now();
    tracer.pump(&mut notes, start + SOON, &[read.as_fd()]);
    assert!(start.elapsed() < SOON / 2);
    assert!(tracer.is_anyone_left());
}

#[test]
fn a_program_has_its_cpus_its_group_and_its_pipes() {
    let (read, write_end) = heard();
    let mut speaker = sh("nproc; echo $$; ps -o pgid= -p $$");
    speaker.cpus = vec![0];
    speaker.stdout = Some(write_end);
    let (notes, _) = told(calls(&[libc::SYS_kill]), speaker);
    let pid = notes.births()[0].0.pid.to_string();
    let text = all_of(read);
    let words: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(words, ["1", &pid, &pid]);
}

/// In a process that is then killed as nobody expects it: `act` tells whom
/// it traces.
fn killed_while(act: impl FnOnce(&mut Tracer, &mut Notes) -> i32) -> i32 {
    let (read, write_end) = heard();
    // SAFETY: the copy makes what it needs anew, and leaves by SIGKILL.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            let mut tracer = Tracer::new(calls(&[libc::SYS_getppid])).unwrap();
            let mut notes = Notes::default();
            let pid = act(&mut tracer, &mut notes);
            pump_until(&mut tracer, &mut notes, |n| n.calls().len() > 10);
            write(&write_end, &pid.to_ne_bytes()).unwrap();
            pump_until(&mut tracer, &mut notes, |_| false);
            unreachable!()
        }
        ForkResult::Parent { child } => {
            drop(write_end);
            let mut pid = [0; 4];
            File::from(read).read_exact(&mut pid).unwrap();
            kill(child, Signal::SIGKILL).unwrap();
            waitpid(child, None).unwrap();
            i32::from_ne_bytes(pid)
        }
    }
}

const ASKS: &str = "import os\nwhile True: os.getppid()";

#[test]
fn kill_9_of_the_tracer_ends_what_it_had_started() {
    let script = format!("import os\nos.fork()\nos.fork()\n{ASKS}");
    let pid = killed_while(|tracer, notes| {
        let pid = tracer.start(python(&script), notes).unwrap().pid;
        pump_until(tracer, notes, |n| n.births().len() == 4);
        pid
    });
    let start = Instant::now();
    let group = Pid::from_raw(pid);
    while killpg(group, None) != Err(Errno::ESRCH) {
        reap_orphans_of(group);
        assert!(start.elapsed() < SOON);
    }
}

/// Other tests make this process the parent of orphans.
fn reap_orphans_of(group: Pid) {
    let group = Pid::from_raw(-group.as_raw());
    let _ = waitpid(group, Some(WaitPidFlag::WNOHANG));
}

#[test]
fn kill_9_of_the_tracer_leaves_what_it_was_attached_to() {
    let mut child = Command::new(python_path())
        .args(["-c", ASKS])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let pid = child.id().cast_signed();
    let told = killed_while(|tracer, notes| {
        tracer.attach(pid, notes).unwrap();
        pid
    });
    assert_eq!(told, pid);
    let start = Instant::now();
    while state(pid) != 'R' {
        assert!(start.elapsed() < SOON);
    }
    assert_eq!(tracer_of(pid), 0);
    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
    child.wait().unwrap();
}
