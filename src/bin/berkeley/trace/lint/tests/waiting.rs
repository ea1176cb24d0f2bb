//! What looks like waiting for the wrong thing, or like no waiting at all.

use crate::trace::record::{Call, Descriptor, Event, Ready, Trace};

use super::{call, ids, trace, waiting};

/// epoll_ctl, an event, one read that leaves something, and the next wait.
fn edge(timeout: &str, rest_is_read: bool) -> Trace {
    let epoll = |at, name: &str, args: &[&str], result| {
        let mut call = call(at, name, args, result);
        (call.fd, call.socket) = (Some(3), None);
        call
    };
    let event = "{events=EPOLLIN|EPOLLET, data={u32=4, u64=4}}";
    let args = ["3", "EPOLL_CTL_ADD", "4", event];
    let mut add = epoll(10, "epoll_ctl", &args, 0);
    add.awaits = vec![Descriptor { fd: 4, socket: Some(0) }];
    let mut told = epoll(20, "epoll_wait", &["3", "[]", "8", "-1"], 1);
    let events = "EPOLLIN".to_string();
    told.ready = vec![Ready { fd: 4, socket: Some(0), events }];
    let mut some = call(30, "read", &["4", "\"x\"", "1"], 1);
    some.after = Some(waiting(99));
    let again = epoll(40, "epoll_wait", &["3", "[]", "8", timeout], 0);
    let mut rest = call(50, "read", &["4", "\"x\"", "100"], 99);
    (rest.task, rest.tid) = (1, 101);
    let mut calls = vec![add, told, some, again];
    calls.extend(rest_is_read.then_some(rest));
    trace(calls)
}

#[test]
fn what_another_thread_reads_was_not_left() {
    assert_eq!(ids(&edge("-1", false)), ["edge-not-drained"]);
    assert_eq!(ids(&edge("-1", true)), Vec::<&str>::new());
    assert_eq!(ids(&edge("0", false)), Vec::<&str>::new());
}

#[test]
fn one_look_at_each_of_many_is_no_busy_loop() {
    let looks = |descriptors: i32| {
        let calls = (0..100).map(|at| {
            let args = ["4", "0x7f00", "100", "MSG_DONTWAIT"];
            let mut call = call(at * 10, "recvfrom", &args, -1);
            call.errno = Some("EAGAIN".into());
            call.fd = Some(4 + i32::try_from(at).unwrap() % descriptors);
            call
        });
        ids(&trace(calls.collect()))
    };
    assert_eq!(looks(2), ["busy-polling"]);
    assert_eq!(looks(100), Vec::<&str>::new());
}

/// A thread polls the listener, and finds nobody when it accepts.
#[test]
fn a_listener_that_does_not_wait_cannot_put_to_sleep() {
    let accepts = |kind: &str| {
        let mut made =
            call(10, "socket", &["AF_INET", kind, "IPPROTO_TCP"], 4);
        made.made = vec![Descriptor { fd: 4, socket: Some(0) }];
        (made.fd, made.socket) = (None, None);
        let mut told = call(20, "poll", &["[{fd=4}]", "1", "-1"], 1);
        let events = "POLLIN".to_string();
        told.ready = vec![Ready { fd: 4, socket: Some(0), events }];
        (told.fd, told.socket) = (None, None);
        let mut accept = call(30, "accept4", &["4", "NULL", "NULL", "0"], 5);
        accept.before = Some(waiting(0));
        ids(&trace(vec![made, told, accept]))
    };
    assert_eq!(accepts("SOCK_STREAM"), ["accept-sleeps"]);
    assert_eq!(accepts("SOCK_STREAM|SOCK_NONBLOCK"), Vec::<&str>::new());
}

#[test]
fn a_loop_that_waits_when_it_has_nothing_to_do_may_look() {
    let looks = |waits: bool| {
        let poll = |at: u64, timeout: &str, result| {
            let args = ["3", "[]", "8", timeout];
            let mut poll = call(at, "epoll_wait", &args, result);
            (poll.fd, poll.socket) = (Some(3), None);
            poll
        };
        let first = waits.then(|| poll(1, "-1", 1));
        let looks = (1..100).map(|at| poll(at * 10, "0", 0));
        ids(&trace(first.into_iter().chain(looks).collect()))
    };
    assert_eq!(looks(false), ["busy-polling"]);
    assert_eq!(looks(true), Vec::<&str>::new());
}

/// A wait that says of socket 0 that it can be written to, 100 times, and
/// what is done with it then.
fn told_of_room(events: &str, then: impl Fn(u64) -> Option<Call>) -> Trace {
    let rounds = (1..=100u64).flat_map(|round| {
        let mut wait =
            call(round * 10, "epoll_wait", &["3", "[]", "8", "-1"], 1);
        (wait.fd, wait.socket) = (Some(3), None);
        let events = events.to_owned();
        wait.ready = vec![Ready { fd: 4, socket: Some(0), events }];
        [Some(wait), then(round * 10 + 5)]
    });
    trace(rounds.flatten().collect())
}

#[test]
fn room_is_asked_for_only_to_be_filled() {
    let ids = |events: &str,
               then: &dyn Fn(u64) -> Option<Call>|
     -> Vec<&str> { ids(&told_of_room(events, then)) };
    assert_eq!(ids("EPOLLOUT", &|_| None), ["busy-polling"]);
    // It looks whether there is anything: that fills nothing.
    let looks = |at| {
        let args = ["4", "0x7f00", "100", "0"];
        let mut call = call(at, "recvfrom", &args, -1);
        call.errno = Some("EAGAIN".into());
        Some(call)
    };
    assert_eq!(ids("EPOLLOUT", &looks), ["busy-polling"]);
    assert_eq!(ids("EPOLLIN|EPOLLOUT", &|_| None), Vec::<&str>::new());
    // By another thread.
    let sends = |at| {
        let mut call = call(at, "sendto", &["4", "\"hello\"", "5", "0"], 5);
        (call.task, call.tid) = (1, 101);
        Some(call)
    };
    assert_eq!(ids("EPOLLOUT", &sends), Vec::<&str>::new());
    // That was a connect which did not wait.
    let args = ["4", "SOL_SOCKET", "SO_ERROR", "[0]", "[4]"];
    let asks = |at| Some(call(at, "getsockopt", &args, 0));
    assert_eq!(ids("EPOLLOUT", &asks), Vec::<&str>::new());
}

/// A pointer stands in `data`, or half of it is as it was: what epoll_ctl was
/// given tells which socket is meant.
#[test]
fn what_an_epoll_reports_is_told_by_its_mark() {
    let ids = |mark: &str, also: &str| {
        let data = |mark: &str| format!("data={{u32=5, u64={mark}}}}}");
        let asks = format!("{{events=EPOLLIN|EPOLLOUT, {}", data("99999999"));
        let args = ["3", "EPOLL_CTL_ADD", "4", &asks];
        let mut add = call(1, "epoll_ctl", &args, 0);
        add.awaits = vec![Descriptor { fd: 4, socket: Some(0) }];
        (add.fd, add.socket) = (Some(3), None);
        let told = format!("[{{events=EPOLLOUT, {}{also}]", data(mark));
        let waits = (1..=100u64).map(|round| {
            let args = ["3", &told, "8", "-1"];
            let events = told.matches("events").count();
            let events = i64::try_from(events).unwrap();
            let mut wait = call(round * 10, "epoll_wait", &args, events);
            (wait.fd, wait.socket) = (Some(3), None);
            wait
        });
        ids(&trace([add].into_iter().chain(waits).collect()))
    };
    assert_eq!(ids("99999999", ""), ["busy-polling"]);
    assert_eq!(ids("88888888", ""), Vec::<&str>::new());
    let other = ", {events=EPOLLIN, data={u32=5, u64=99999999}}";
    assert_eq!(ids("99999999", other), Vec::<&str>::new());
    let unknown = ", {events=EPOLLOUT, data={u32=5, u64=88888888}}";
    assert_eq!(ids("99999999", unknown), Vec::<&str>::new());
}

/// Many connects that did not wait, each reported once.
#[test]
fn room_in_one_after_another_is_no_busy_loop() {
    let told = |sockets: usize| {
        let mut trace = told_of_room("EPOLLOUT", |_| None);
        for _ in 1..sockets {
            trace.sockets.push(trace.sockets[0].clone());
        }
        for (round, event) in trace.events.iter_mut().enumerate() {
            let Event::Call(call) = event else { continue };
            call.ready[0].socket = Some(round % sockets);
        }
        ids(&trace)
    };
    assert_eq!(told(2), ["busy-polling"]);
    assert_eq!(told(100), Vec::<&str>::new());
}
