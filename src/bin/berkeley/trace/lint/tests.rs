//! What looks like a mistake and is none; the mistakes themselves are made
//! by real programs, in tests/lints.

#![allow(clippy::unwrap_used)]

use super::super::fixture::Script;
use super::super::record::{
    Birth, Call, Descriptor, Event, Exec, Look, Payload, Trace,
};
use super::findings;

mod waiting;

const HERE: &str = "127.0.0.1:40000";
const THERE: &str = "127.0.0.1:5000";

fn ids(trace: &Trace) -> Vec<&'static str> {
    findings(trace).iter().map(|finding| finding.lint.id).collect()
}

/// A call on socket 0, as descriptor 4; each a microsecond after another.
fn call(at: u64, name: &str, args: &[&str], result: i64) -> Call {
    Call {
        tid: 100,
        pid: 100,
        call: name.into(),
        fd: Some(4),
        socket: Some(0),
        args: args.iter().map(ToString::to_string).collect(),
        result: Some(result),
        enter_ns: at * 1000,
        exit_ns: Some(at * 1000 + 500),
        ..Call::default()
    }
}

fn payload(text: &str) -> Payload {
    Payload { text: text.into(), length: text.len() as u64, cut: false }
}

fn waiting(bytes: u32) -> Look {
    Look {
        state: Some("ESTABLISHED".into()),
        receive_queue: Some(bytes),
        send_queue: Some(0),
    }
}

/// One program, a thread of it, and one connected socket.
fn trace(calls: Vec<Call>) -> Trace {
    let mut script = Script::new("talk");
    let program = script.client("talk", 100);
    script.child(program, Birth::Thread, 101, 0, &[]);
    script.socket(HERE, THERE, |_| {});
    for call in calls {
        script.event(Event::Call(Box::new(call)));
    }
    script.trace()
}

fn short_send(next: &str) -> Trace {
    let mut short = call(10, "sendto", &["4", "\"hello\"", "5", "0"], 2);
    short.data = Some(payload("he"));
    short.unsent = Some(payload("llo"));
    let mut more = call(20, "sendto", &["4", "\"\"", "9", "0"], 9);
    more.data = Some(payload(next));
    trace(vec![short, more])
}

#[test]
fn a_short_send_that_goes_on_is_none() {
    assert_eq!(ids(&short_send("llo, more")), Vec::<&str>::new());
    assert_eq!(ids(&short_send("ll")), Vec::<&str>::new());
    assert_eq!(ids(&short_send("all new")), ["short-send"]);
}

/// Then 9 bytes for which there is no room, and what is sent last.
fn short_send_then_none(next: &str, last: Option<&str>) -> Trace {
    let mut trace = short_send("");
    let Event::Call(more) = trace.events.last_mut().unwrap() else {
        panic!("no call");
    };
    more.args[1] = format!("\"{next}\"");
    (more.result, more.errno) = (Some(-1), Some("EAGAIN".into()));
    more.data = None;
    if let Some(last) = last {
        let mut call = call(30, "sendto", &["4", "\"\"", "9", "0"], 9);
        call.data = Some(payload(last));
        trace.events.push(Event::Call(Box::new(call)));
    }
    trace
}

#[test]
fn a_short_send_is_lost_also_where_there_is_no_room_for_the_next() {
    let ids = |next: &str, last| ids(&short_send_then_none(next, last));
    assert_eq!(ids("all \\\"new\\\"", None), ["short-send"]);
    assert_eq!(ids("all new", Some("all new")), ["short-send"]);
    assert_eq!(ids("llo, more", None), Vec::<&str>::new());
    assert_eq!(ids("all new", Some("llo")), Vec::<&str>::new());
}

#[test]
fn who_gives_a_slow_peer_up_may_close() {
    let closed = |between: Option<Call>| {
        let mut short = call(10, "sendto", &["4", "\"hello\"", "5", "0"], 2);
        short.data = Some(payload("he"));
        short.unsent = Some(payload("llo"));
        let mut close = call(30, "close", &["4"], 0);
        close.before = Some(waiting(0));
        let calls = [Some(short), between, Some(close)];
        ids(&trace(calls.into_iter().flatten().collect()))
    };
    let polled = call(20, "poll", &["[{fd=4}]", "1", "1000"], 0);
    assert_eq!(closed(None), ["short-send"]);
    assert_eq!(closed(Some(polled)), Vec::<&str>::new());
}

#[test]
fn what_is_passed_on_is_not_closed_unread() {
    let ends = |passed: bool| {
        let mut pass = call(10, "sendmsg", &["7", "{}", "0"], 1);
        (pass.fd, pass.socket) = (Some(7), None);
        if passed {
            pass.passed = vec![Descriptor { fd: 4, socket: Some(0) }];
        }
        let mut close = call(20, "close", &["4"], 0);
        close.before = Some(waiting(5));
        ids(&trace(vec![pass, close]))
    };
    assert_eq!(ends(false), ["unread-reset"]);
    assert_eq!(ends(true), Vec::<&str>::new());
}

/// The parent's close took so long that its child had closed, too, when it
/// was looked at who is left.
#[test]
fn a_close_before_other_calls_is_not_the_last() {
    let closes = |child_goes_on: bool| {
        let mut close = call(10, "close", &["4"], 0);
        close.before = Some(waiting(5));
        let args = ["4", "\"hello\"", "100", "0"];
        let mut reads = call(20, "recvfrom", &args, 5);
        let mut last = call(30, "close", &["4"], 0);
        for call in [&mut reads, &mut last] {
            (call.task, call.tid, call.pid) = (1, 101, 101);
            call.before = Some(waiting(0));
        }
        let later = [reads, last].into_iter().filter(|_| child_goes_on);
        ids(&trace([close].into_iter().chain(later).collect()))
    };
    assert_eq!(closes(false), ["unread-reset"]);
    assert_eq!(closes(true), Vec::<&str>::new());
}

/// Two small sends, of which the peer gets the second 41 ms later; before
/// that, or after it, the sender gets something itself.
#[test]
fn small_sends_that_go_together_delay_nobody() {
    let sends = |answer_ms: u64| {
        let mut script = Script::new("talk");
        script.server("here", 100);
        script.client("there", 101);
        let here = script.socket(HERE, THERE, |it| it.other_end = Some(1));
        let there = script.socket(THERE, HERE, |_| {});
        assert_eq!((here, there), (0, 1));
        let send = |at, queue| {
            let mut send = call(at, "sendto", &["4", "\"hello\"", "5"], 5);
            let look = waiting(0);
            send.after = Some(Look { send_queue: Some(queue), ..look });
            send
        };
        let answer = |task, socket, from_us, until_us| {
            let args = ["4", "\"hello\"", "100", "0"];
            let mut got = call(from_us, "recvfrom", &args, 5);
            (got.task, got.socket) = (task, Some(socket));
            (got.tid, got.pid) = (100 + i32::try_from(task).unwrap(), 100);
            got.exit_ns = Some(until_us * 1000);
            got.before = Some(waiting(0));
            got
        };
        let answers = answer_ms * 1000;
        for call in [
            send(10, 5),
            send(20, 10),
            answer(0, 0, 30, answers),
            answer(1, 1, 40, 41_000),
        ] {
            script.event(Event::Call(Box::new(call)));
        }
        ids(&script.trace())
    };
    assert_eq!(sends(50), ["nagle-delay"]);
    assert_eq!(sends(1), Vec::<&str>::new());
}

/// A shell is given a listener, runs another program, and then the one that
/// accepts from it.
#[test]
fn a_socket_may_pass_through_a_shell() {
    let runs = |accepts: bool| {
        let mut script = Script::new("server");
        let server = script.server("server", 100);
        let listener = script.socket(THERE, "", |it| it.listens = true);
        script
            .call(server, 10, 11, "socket", &["AF_INET", "SOCK_STREAM", "0"])
            .makes(4, listener);
        let holds = [Descriptor { fd: 4, socket: Some(listener) }];
        let exec = |task, tid, at_us: u64, name: &str| {
            let (pid, at_ns) = (tid, at_us * 1000);
            let (name, holds) = (name.to_owned(), holds.to_vec());
            Event::Exec(Exec { task, tid, pid, at_ns, name, holds })
        };
        let held = [(4, listener)];
        let shell = script.child(server, Birth::Fork, 101, 20, &held);
        script.event(exec(shell, 101, 30, "sh"));
        let other = script.child(shell, Birth::Fork, 102, 40, &held);
        script.event(exec(other, 102, 50, "readlink"));
        script.exit(other, 60, 0);
        script.event(exec(shell, 101, 70, "worker"));
        if accepts {
            let args = ["4", "NULL", "NULL", "0"];
            script.call(shell, 80, 90, "accept4", &args).on(4, listener);
        }
        script.exit(shell, 100, 0);
        ids(&script.trace())
    };
    assert_eq!(runs(false), ["inherited-over-exec"]);
    assert_eq!(runs(true), Vec::<&str>::new());
}
