//! A program that runs is joined, with all its threads, and in the middle of
//! a call.

use super::running::{READS, Running, joined};
use super::witness::{Note, Notes};
use super::*;
use crate::tracer::{Birth, name};

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
    let script = "import select, threading\n\
        print('ready')\n\
        while not select.select([0], [], [], 0)[0]:\n\
        \tt = threading.Thread(target=threading.get_ident)\n\
        \tt.start()\n\
        \tt.join()";
    let mut busy = Running::start(script);
    let scope = calls(&[libc::SYS_getppid]);
    let (mut tracer, mut notes) = joined(scope, busy.pid());
    pump_until(&mut tracer, &mut notes, |n| n.births().len() > 100);
    busy.hears("");
    pump_to_the_end(&mut tracer, &mut notes);
    notes.assert_in_order();
    assert_eq!(tracer.end_of(busy.pid()), Some(End::Exited(0)));
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
