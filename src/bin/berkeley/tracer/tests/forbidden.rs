//! Where a tracer may not do what it would.
//!
//! A filter binds the thread that installs it, and whom it makes; a call that
//! is to be traced, and is not, fails with ENOSYS.

use super::super::filter::Filter;
use super::*;

/// As `what` goes where this call is forbidden.
fn without<R: Send>(call: libc::c_long, what: impl FnOnce() -> R + Send) -> R {
    let call = u64::try_from(call).unwrap();
    std::thread::scope(|scope| {
        let bound = scope.spawn(|| {
            Filter::of(&[call]).install().unwrap();
            what()
        });
        bound.join().unwrap()
    })
}

#[test]
fn without_a_filter_it_stops_at_every_call_and_tells_the_same() {
    // How often a shell waits is a matter of chance.
    let script = || sh("kill -0 $$; (kill -0 $$; :); kill -9 $$");
    let scope = || calls(&[libc::SYS_kill]);
    let (free, end) = told(scope(), script());
    let (bound, bound_end) = without(libc::SYS_seccomp, || {
        assert!(Tracer::new(scope()).unwrap().blind().has_no_filter);
        told(scope(), script())
    });
    assert_eq!(end, End::Killed(libc::SIGKILL, false));
    assert_eq!(bound_end, end);
    assert_eq!(bound.count("kill"), 3, "{bound:?}");
    assert_eq!(free.count("kill"), 3, "{free:?}");
    assert!(!Tracer::new(scope()).unwrap().blind().has_no_filter);
}

#[test]
fn without_ptrace_nobody_is_started() {
    let refused = without(libc::SYS_ptrace, || {
        let tracer = Tracer::new(calls(&[libc::SYS_read]));
        format!("{:#}", tracer.err().unwrap())
    });
    assert!(refused.starts_with("cannot trace anybody here: ENOSYS"));
}
