//! Who is let go goes on as if nobody had been there.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::running::{READS, Running, joined};
use super::witness::{Note, Notes};
use super::*;

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
fn all_threads_are_let_go_and_those_that_are_new() {
    let mut many = Running::start(
        "import os, threading\n\
        done = threading.Event()\n\
        for _ in range(5): threading.Thread(target=done.wait).start()\n\
        print('ready')\n\
        while not os.read(0, 100).endswith(b'end\\n'):\n\
        \tthreading.Thread(target=done.wait).start()\n\
        done.set()\n",
    );
    for round in 0..20 {
        let scope = calls(&[libc::SYS_futex, libc::SYS_read]);
        let (mut tracer, mut notes) = joined(scope, many.pid());
        assert!(notes.births().len() >= 6, "in round {round}");
        many.hears("another");
        tracer.detach_everyone(&mut notes);
        assert!(!tracer.is_anyone_left());
        let folder = format!("/proc/{}/task", many.pid());
        for thread in std::fs::read_dir(folder).unwrap() {
            let tid = thread.unwrap().file_name();
            assert_eq!(tracer_of(tid.to_str().unwrap().parse().unwrap()), 0);
        }
    }
    many.hears("end");
    assert_eq!(many.ends(), Some(0));
}
