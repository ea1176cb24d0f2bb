//! Settings of the kernel, changed in the experiment's network alone.

use std::fs;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use serde_json::Value;

use super::{held, lab, observed};

const ABORTS: &str = "/proc/sys/net/ipv4/tcp_abort_on_overflow";

#[test]
fn what_is_observed_follows_the_kernel_and_says_what_differs() {
    let here = fs::read_to_string(ABORTS).unwrap();
    let reset = |args: &[&str]| {
        let (told, code) = held(args);
        assert_eq!(code, 0, "{told:#}");
        let differs = !told["differs"].as_array().unwrap().is_empty();
        let is_reset = observed(&told)
            .iter()
            .any(|(_, got, ok)| got == "ECONNRESET" && *ok);
        (is_reset, differs)
    };
    let set = |value| format!("tcp_abort_on_overflow={value}");
    assert_eq!(reset(&["backlog", "--set", &set(0)]), (false, false));
    assert_eq!(reset(&["backlog", "--set", &set(1)]), (true, true));
    let somaxconn = "net.core.somaxconn=1";
    let args = ["backlog", "--with", "backlog=3", "--set", somaxconn];
    assert_eq!(reset(&args), (false, true));
    assert_eq!(fs::read_to_string(ABORTS).unwrap(), here);
}

#[test]
fn on_one_cpu_threads_take_turns_and_that_is_said() {
    let at_once = |told: &Value| {
        let all = observed(told).into_iter();
        let two = all.filter(|(what, ..)| what.starts_with("two "));
        two.map(|(_, got, ok)| (got, ok)).collect::<Vec<_>>()
    };
    let one = ("1".to_owned(), true);
    let (told, code) = held(&["thread-parallel", "--with", "cpus=1"]);
    assert_eq!(code, 0, "{told:#}");
    assert!(at_once(&told).iter().all(|seen| *seen == one), "{told:#}");
    assert_eq!(told["differs"].as_array().unwrap().len(), 0);

    // Whoever starts it may have less than there is: what it starts inherits
    // that.
    let before = sched_getaffinity(Pid::from_raw(0)).unwrap();
    let is_in = |cpu: &usize| before.is_set(*cpu).unwrap();
    let mut alone = CpuSet::new();
    alone.set((0..CpuSet::count()).find(is_in).unwrap()).unwrap();
    sched_setaffinity(Pid::from_raw(0), &alone).unwrap();
    let (told, code) = held(&["thread-parallel"]);
    sched_setaffinity(Pid::from_raw(0), &before).unwrap();
    assert_eq!(code, 0, "{told:#}");
    assert!(at_once(&told).iter().all(|seen| *seen == one), "{told:#}");
    let differs = told["differs"][0].as_str().unwrap();
    assert!(differs.contains("take turns"), "{differs}");
}

#[test]
fn a_setting_that_is_none_is_said_to_be_none() {
    let (told, code) = held(&["backlog", "--set", "tcp_no_such=1"]);
    assert_eq!(code, 1);
    let why = told["trouble"].as_str().unwrap();
    assert!(why.contains("tcp_no_such"), "{why}");
}

#[test]
fn bad_usage_is_told_with_what_there_is() {
    for (args, told) in [
        (&["no-such"][..], "there are handshake, blocking"),
        (&["backlog", "--with", "size=3"], "backlog has no 'size'"),
        (&["backlog", "--with", "backlog=99"], "backlog is from 1 to 5"),
        (&["backlog", "--with", "backlog=x"], "no number: 'x'"),
        (&["backlog", "--set", "../x=1"], "is no name"),
        (&["all", "--with", "reuse=1"], "--with is for one experiment"),
        (&[], "required"),
    ] {
        let done = lab(args);
        assert_eq!(done.code, 2, "{args:?}: {}", done.err());
        assert!(done.err().contains(told), "{args:?}: {}", done.err());
        assert_eq!(done.out(), "", "{args:?}");
    }
}
