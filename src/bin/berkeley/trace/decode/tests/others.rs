//! Calls on anything else, word by word.

use super::*;

#[test]
fn poll_and_select_say_what_was_ready() {
    let mut memory = Bytes::default();
    let polled = memory.ints(&[4, 0x0001_0001, -1, 3, 3, 0]);
    let poll = whole(&memory, Sysno::poll, &[polled, 3, MINUS_1], 1);
    assert_eq!(
        poll.args.join(", "),
        "[{fd=4, events=POLLIN}, {fd=-1}, {fd=3, events=0}], 3, -1"
    );
    assert_eq!(poll.awaits, [4, 3]);
    assert_eq!(poll.ready, [(4, "POLLIN".to_string())]);

    let set = memory.longs(&[1 << 3 | 1 << 5]);
    let time = memory.longs(&[1, 500]);
    let args = [6, set, 0, set, time];
    let select = whole(&memory, Sysno::select, &args, 1);
    assert_eq!(
        select.args.join(", "),
        "6, [3 5], NULL, [3 5], {tv_sec=1, tv_usec=500}"
    );
    assert_eq!(select.awaits, [3, 5]);
    assert_eq!(select.ready.len(), 4);
    assert_eq!(
        words(&memory, Sysno::select, &[MINUS_1, set, 0, 0, time], -22),
        "-1, 0x2000, NULL, NULL, {tv_sec=1, tv_usec=500}"
    );
}

#[test]
fn epoll_tells_descriptors_by_the_data_that_came_with_them() {
    let mut memory = Bytes::default();
    let event = memory.ints(&[1, 5, 0]);
    let control = whole(&memory, Sysno::epoll_ctl, &[3, 1, 5, event], 0);
    assert_eq!(
        control.args.join(", "),
        "3, EPOLL_CTL_ADD, 5, {events=EPOLLIN, data={u32=5, u64=5}}"
    );
    assert_eq!(control.awaits, [5]);
    let waited = whole(&memory, Sysno::epoll_wait, &[3, event, 8, MINUS_1], 1);
    assert_eq!(
        waited.args.join(", "),
        "3, [{events=EPOLLIN, data={u32=5, u64=5}}], 8, -1"
    );
    assert_eq!(waited.ready, [(5, "EPOLLIN".to_string())]);
    let large = memory.ints(&[0x11, 5, 1]);
    let waited = whole(&memory, Sysno::epoll_wait, &[3, large, 8, 0], 1);
    assert!(waited.ready.is_empty());
}

#[test]
fn descriptors_are_made_by_dup_and_fcntl() {
    let none = Bytes::default();
    assert_eq!(whole(&none, Sysno::dup2, &[3, 60], 60).made, [60]);
    let fcntl =
        |args: [u64; 3], result| whole(&none, Sysno::fcntl, &args, result);
    assert_eq!(fcntl([3, 0, 10], 10).made, [10]);
    assert_eq!(fcntl([3, 3, 7], 2).args, ["3", "F_GETFL"]);
    assert_eq!(
        fcntl([3, 4, 0x800], 0).args,
        ["3", "F_SETFL", "O_RDONLY|O_NONBLOCK"]
    );
    assert_eq!(fcntl([3, 2, 1], 0).args, ["3", "F_SETFD", "FD_CLOEXEC"]);
    assert_eq!(
        words(&none, Sysno::close_range, &[3, 0xffff_ffff, 4], 0),
        "3, 4294967295, CLOSE_RANGE_CLOEXEC"
    );
    let mut memory = Bytes::default();
    let answer = memory.ints(&[13]);
    assert_eq!(
        words(&memory, Sysno::ioctl, &[3, 0x541b, answer], 0),
        "3, FIONREAD, [13]"
    );
    assert_eq!(
        words(&none, Sysno::ioctl, &[3, 0x1234_5678, 5], -25),
        "3, _IOC(_IOC_NONE, 0x56, 0x78, 0x1234), 0x5"
    );
}

#[test]
fn processes_begin_and_end() {
    let mut memory = Bytes::default();
    let none = Bytes::default();
    assert_eq!(
        words(&none, Sysno::clone, &[0x0120_0011, 0, 0, 0x5000], 4103),
        "child_stack=NULL, \
         flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, \
         child_tidptr=0x5000"
    );
    let status = memory.ints(&[0x300]);
    assert_eq!(
        words(&memory, Sysno::wait4, &[MINUS_1, status, 1, 0], 4103),
        "-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], WNOHANG, NULL"
    );
    let killed = memory.ints(&[9]);
    assert_eq!(
        words(&memory, Sysno::wait4, &[7, killed, 0, 0], 7),
        "7, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0, NULL"
    );
    let path = memory.put(b"/bin/echo\0");
    let argument = memory.put(b"a\"b\0");
    let list = memory.longs(&[path, argument, 0]);
    let nobody = memory.longs(&[0]);
    assert_eq!(
        words(&memory, Sysno::execve, &[path, list, nobody], 0),
        r#""/bin/echo", ["/bin/echo", "a\"b"], 0x6000 /* 0 vars */"#
    );
    assert_eq!(
        words(&none, Sysno::execve, &[0, 0xdead_0000, 0], -14),
        "NULL, 0xdead0000, NULL"
    );
    assert_eq!(words(&none, Sysno::kill, &[7, 34], 0), "7, SIGRT_2");
}

#[test]
fn unknown_calls_have_their_numbers() {
    let none = Bytes::default();
    let entry = Entry { number: 9999, args: [1, 0, 3, 4, 5, 6] };
    let decoded = DECODER.enter(&entry, &none);
    assert_eq!(decoded.name, "unknown");
    assert_eq!(decoded.args, ["0x1", "0", "0x3", "0x4", "0x5", "0x6"]);
    assert_eq!(family(9999), Family::Other);
    assert_eq!(subject(&entry), None);
    assert!(numbers().contains(&entry_number(Sysno::accept4)));
    assert!(!numbers().contains(&entry_number(Sysno::openat)));
}

fn entry_number(call: Sysno) -> u64 {
    u64::try_from(call.id()).unwrap()
}
