//! A program that runs is joined, and left, and goes on as if nobody had
//! been there.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::witness::{Note, Notes};
use super::*;
use crate::tracer::{Birth, name};

/// A program that nobody traces yet; it says a line when it is ready.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    fn start(script: &str) -> Running {
        let mut child = Command::new(python_path())
            .args(["-u", "-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut running = Running { child, stdin, stdout };
        assert_eq!(running.says(), "ready");
        running
    }

    fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    fn says(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim().to_string()
    }

    fn hears(&mut self, line: &str) {
        // In one piece: it is read with one read(2).
        let line = format!("{line}\n");
        self.stdin.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
    }

    fn falls_asleep(&self) {
        let start = Instant::now();
        while state(self.pid()) != 'S' {
            assert!(start.elapsed() < SOON);
        }
    }

    fn ends(mut self) -> Option<i32> {
        drop(self.stdin.take());
        self.child.wait().unwrap().code()
    }
}

fn joined(scope: Scope, pid: i32) -> (Tracer, Notes) {
    let mut tracer = Tracer::new(scope).unwrap();
    let mut notes = Notes::default();
    tracer.attach(pid, &mut notes).unwrap();
    (tracer, notes)
}

const READS: &str = "import os\n\
    print('ready')\n\
    while True:\n\
    \tline = os.read(0, 100).strip()\n\
    \tif not line: break\n\
    \tos.write(1, line + b'\\n')\n\
    os._exit(3)";

#[test]
fn a_call_in_which_it_is_blocked_is_one_call() {
    let mut reader = Running::start(READS);
    reader.falls_asleep();
    let scope = calls(&[libc::SYS_read]);
    let (mut tracer, mut notes) = joined(scope, reader.pid());
    let (task, parent, how) = notes.births()[0];
    assert_eq!((task.tid, parent, how), (task.pid, None, Birth::Found));
    let Note::Enters(_, entry) = notes.all[1] else { panic!("{notes:?}") };
    assert_eq!(name(entry.number), "read");
    assert_eq!((entry.args[0], entry.args[2]), (0, 100));
    reader.hears("one");
    pump_until(&mut tracer, &mut notes, |n| n.count("read") == 2);
    assert_eq!(notes.all[2], Note::Returns(task, 4));
    notes.assert_in_order();
    drop(tracer);
    assert_eq!(reader.says(), "one");
    assert_eq!(reader.ends(), Some(3));
}

#[test]
fn nothing_is_told_of_calls_that_nobody_asked_for() {
    let mut reader = Running::start(READS);
    reader.falls_asleep();
    let scope = calls(&[libc::SYS_write]);
    let (mut tracer, mut notes) = joined(scope, reader.pid());
    reader.hears("one");
    pump_until(&mut tracer, &mut notes, |n| n.all.len() == 3);
    assert_eq!(notes.calls(), ["write"]);
    drop(tracer);
    assert_eq!(reader.says(), "one");
    assert_eq!(reader.ends(), Some(3));
}

#[test]
fn all_threads_are_found_and_later_ones_followed() {
    let script = "import os, sys, threading, time\n\
        done = threading.Event()\n\
        for _ in range(5): threading.Thread(target=done.wait).start()\n\
        print('ready')\n\
        os.read(0, 1)\n\
        for _ in range(5): threading.Thread(target=os.getppid).start()\n\
        if os.fork() == 0: os._exit(0)\n\
        os.wait()\n\
        done.set()\n";
    let mut many = Running::start(script);
    let scope = calls(&[libc::SYS_getppid]);
    let (mut tracer, mut notes) = joined(scope, many.pid());
    assert_eq!(notes.births().len(), 6);
    many.hears("");
    let all_are_gone = |notes: &Notes| notes.ends().len() == 12;
    pump_until(&mut tracer, &mut notes, all_are_gone);
    assert_eq!(tracer.end_of(many.pid()), Some(End::Exited(0)));
    assert_eq!(notes.count("getppid"), 5);
    notes.assert_in_order();
    let count = |how| {
        notes.births().into_iter().filter(|birth| birth.2 == how).count()
    };
    assert_eq!((count(Birth::Found), count(Birth::Thread)), (6, 5));
}

#[test]
fn threads_that_are_made_meanwhile_are_found_once() {
    let script = "import threading\n\
        print('ready')\n\
        for _ in range(1000):\n\
        \tt = threading.Thread(target=threading.get_ident)\n\
        \tt.start()\n\
        \tt.join()";
    let busy = Running::start(script);
    let scope = calls(&[libc::SYS_getppid]);
    let (mut tracer, mut notes) = joined(scope, busy.pid());
    pump_to_the_end(&mut tracer, &mut notes);
    notes.assert_in_order();
    assert!(notes.births().len() > 100);
    assert_eq!(tracer.end_of(busy.pid()), Some(End::Exited(0)));
}

#[test]
fn left_alone_it_does_not_notice() {
    let mut reader = Running::start(READS);
    for round in 0..20 {
        let scope = calls(&[libc::SYS_read, libc::SYS_write]);
        let (mut tracer, mut notes) = joined(scope, reader.pid());
        let word = format!("round {round}");
        reader.hears(&word);
        if round % 2 == 0 {
            pump_until(&mut tracer, &mut notes, |n| n.count("write") == 1);
        }
        tracer.detach_everyone(&mut notes);
        assert!(!tracer.is_anyone_left());
        assert_eq!(notes.ends().last().unwrap().1, End::Unknown);
        assert_eq!(tracer_of(reader.pid()), 0);
        assert_eq!(reader.says(), word);
    }
    assert_eq!(reader.ends(), Some(3));
}

#[test]
fn what_was_stopped_stays_stopped() {
    let mut reader = Running::start(READS);
    let pid = Pid::from_raw(reader.pid());
    kill(pid, Signal::SIGSTOP).unwrap();
    while state(reader.pid()) != 'T' {}
    let (mut tracer, mut notes) =
        joined(calls(&[libc::SYS_read]), reader.pid());
    let pauses = |note: &Note| matches!(note, Note::Pauses(_, 19));
    assert!(notes.all.iter().any(pauses), "{notes:?}");
    tracer.detach_everyone(&mut notes);
    // On its way from one kind of stop to the other it runs for a moment.
    while state(reader.pid()) == 'R' {}
    assert_eq!(state(reader.pid()), 'T');
    kill(pid, Signal::SIGCONT).unwrap();
    reader.hears("on");
    assert_eq!(reader.says(), "on");
    assert_eq!(reader.ends(), Some(3));
}

#[test]
fn no_signal_is_lost_by_coming_and_going() {
    // The byte is written by the handler itself, once for each signal.
    let counter = Running::start(
        "import os, signal\n\
        r, w = os.pipe()\n\
        os.set_blocking(w, False)\n\
        signal.set_wakeup_fd(w)\n\
        signal.signal(40, lambda *_: None)\n\
        os.write(1, b'ready\\n')\n\
        n = 0\n\
        while n < 1000: n += len(os.read(r, 1000))\n\
        os._exit(7)",
    );
    let mut sender = Running::start(&format!(
        "import os\n\
        os.write(1, b'ready\\n')\n\
        os.read(0, 1)\n\
        for _ in range(1000):\n\
        \tos.kill({}, 40)\n\
        \tfor _ in range(10000): pass",
        counter.pid()
    ));
    sender.hears("");
    let (mut end, mut rounds) = (None, 0);
    while end.is_none() {
        let mut tracer = Tracer::new(calls(&[libc::SYS_read])).unwrap();
        let mut notes = Notes::default();
        if tracer.attach(counter.pid(), &mut notes).is_err() {
            break;
        }
        tracer.detach_everyone(&mut notes);
        rounds += 1;
        end = tracer.end_of(counter.pid());
        end = end.filter(|end| *end != End::Unknown);
    }
    assert!(rounds > 3);
    match end {
        // Its parent is this process, which has reaped it as the tracer.
        Some(end) => assert_eq!(end, End::Exited(7)),
        None => assert_eq!(counter.ends(), Some(7)),
    }
    assert_eq!(sender.ends(), Some(0));
}

#[test]
fn a_call_with_a_time_limit_is_one_call_too() {
    let mut poller = Running::start(
        "import os, select\n\
        poll = select.poll()\n\
        poll.register(0, select.POLLIN)\n\
        print('ready')\n\
        os._exit(len(poll.poll(100000)))",
    );
    poller.falls_asleep();
    let scope = calls(&[libc::SYS_poll, libc::SYS_restart_syscall]);
    let (mut tracer, mut notes) = joined(scope, poller.pid());
    poller.hears("");
    pump_to_the_end(&mut tracer, &mut notes);
    assert_eq!(notes.calls(), ["poll"]);
    let returns = Note::Returns(notes.births()[0].0, 1);
    assert!(notes.all.contains(&returns), "{notes:?}");
    assert_eq!(tracer.end_of(poller.pid()), Some(End::Exited(1)));
}

#[test]
fn a_call_that_the_kernel_does_not_make_again_has_ended_in_eintr() {
    let mut poller = Running::start(
        "import os, select\n\
        poll = select.epoll()\n\
        poll.register(0, select.POLLIN)\n\
        print('ready')\n\
        os._exit(len(poll.poll()))",
    );
    poller.falls_asleep();
    let scope = calls(&[libc::SYS_epoll_wait, libc::SYS_epoll_pwait]);
    let (mut tracer, mut notes) = joined(scope, poller.pid());
    poller.hears("");
    pump_to_the_end(&mut tracer, &mut notes);
    notes.assert_in_order();
    let task = notes.births()[0].0;
    let returns = notes.all.iter().filter_map(|note| match note {
        Note::Returns(of, result) if *of == task => Some(*result),
        _ => None,
    });
    // Python makes it again itself.
    assert_eq!(returns.collect::<Vec<i64>>(), [-4, 1]);
    assert_eq!(tracer.end_of(poller.pid()), Some(End::Exited(1)));
}

#[test]
fn nobody_can_be_attached_to_who_is_not_there() {
    let mut tracer = Tracer::new(Scope::Everything).unwrap();
    let nobody = i32::MAX - 1;
    let error = tracer.attach(nobody, &mut Notes::default()).unwrap_err();
    assert_eq!(error.to_string(), "there is no process 2147483646");
    let me = std::process::id().cast_signed();
    let error = tracer.attach(me, &mut Notes::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot trace process {me}"));
}
