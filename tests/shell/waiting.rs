//! poll and select: which descriptors are ready, and which are looked at.

use super::typed;

#[test]
fn select_tells_of_each_set_which_are_ready() {
    let done = typed(
        "left right = socketpair AF_UNIX SOCK_STREAM\n\
         select read left right write left 0\n\
         expect select(5, {3, 4}, {3}, NULL, 0) = 1 (write: 3)\n\
         send left \"x\"\n\
         select(5, read left right, write right);\n\
         expect 2 (read: 4, write: 4)\n\
         recv right\nselect read right 0.01\nexpect 0\n\
         poll right 0\nexpect 0\n",
    );
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
}

/// What was set behind that stays set, as it does for FD_ISSET in C.
#[test]
fn select_looks_no_further_than_it_is_told() {
    let done = typed(
        "left right = socketpair AF_UNIX SOCK_STREAM\nsend left \"x\"\n\
         select 4 read left right 0\n\
         expect select(4, {3, 4}, NULL, NULL, 0) = 0\n\
         select 5 read left right 0\nexpect 1 (read: 4)\n\
         select read left 77 0\nexpect -1 EBADF*\n\
         select 4 read left 77 0\nexpect 0 (read: 77)\n\
         select -1 read left 0\nexpect -1 EINVAL*\n",
    );
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
}

#[test]
fn urgent_data_is_what_the_third_set_is_for() {
    let done = typed(
        "one = passive 127.0.0.1:0 1\n\
         two = active 127.0.0.1:{one.port}\nthree = accept one\n\
         send two \"!\" MSG_OOB\nselect except three\n\
         expect select(6, NULL, NULL, {5}, NULL) = 1 (except: 5)\n\
         recv three 1 MSG_OOB\nexpect 1 \"!\"\n",
    );
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
}

#[test]
fn a_select_that_waits_returns_when_somebody_sends() {
    let done = typed(
        "@a one = passive 127.0.0.1:0 1\n@a select read one\n\
         @a expect blocked\n\
         @b two = active 127.0.0.1:{@a.one.port}\n\
         @a expect select(4, {3}, NULL, NULL, NULL) = 1 (read: 3)\n",
    );
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
}

#[test]
fn what_select_cannot_take_is_refused_and_not_overrun() {
    let done = typed(
        "select 1025 read 0 0\nselect read\nselect 3 4\nselect read 0 1 x\n\
         select read 900 0\nselect read 0 -1\n",
    );
    assert_eq!(done.code, 1);
    let said = done.err();
    for told in [
        "line 1: NFDS is at most 1024",
        "line 2: read: which ones?",
        "line 3: read, write or except FD...?",
        "line 4: no descriptor is called `x`",
        "line 5: 900: descriptors from 900 on are the shell's own",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(!done.out().contains("select(1025"), "{}", done.out());
}
