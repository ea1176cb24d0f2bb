//! What is particular to AF_UNIX: names in the file system, and descriptors
//! in messages. Man pages: `unix(7)`, `cmsg(3)`.

use super::lives::Lives;
use super::{Finding, Lint};
use crate::trace::record::{Call, Event};
use crate::trace::story::calls as story;

static STALE_PATH: Lint = Lint {
    id: "stale-unix-path",
    title: "a socket file that nobody is bound to keeps a server from its name",
    why: "bind(2) makes a file, and nothing removes it when the socket is \
          closed: after a crash, or without unlink(2), the next bind(2) \
          fails with EADDRINUSE although nobody listens there.",
    mend: "unlink(2) the path at the end; and before bind(2), when connect(2) \
           to it gives ECONNREFUSED: unix(7).",
};

static CUT_CONTROL: Lint = Lint {
    id: "cut-control-data",
    title: "control data did not fit: descriptors in it are lost",
    why: "Where msg_control has no room for all of them, the kernel closes \
          the descriptors that do not fit, and says so by MSG_CTRUNC in \
          msg_flags only: recvmsg(2) still succeeds. recv(2) and read(2) \
          have no room for any, and say nothing.",
    mend: "Give msg_control CMSG_SPACE(n * sizeof(int)) bytes for the n \
           descriptors that may come, cmsg(3), and look for MSG_CTRUNC.",
};

pub(super) fn find(lives: &Lives) -> Vec<Finding> {
    let events = lives.trace.events.iter().enumerate();
    let calls = events.filter_map(|(place, event)| match event {
        Event::Call(call) if call.task < lives.trace.tasks.len() => {
            Some((place, &**call))
        }
        _ => None,
    });
    calls
        .filter_map(|(place, call)| {
            stale(lives, place, call)
                .or_else(|| cut(lives, place, call))
                .or_else(|| dropped(lives, place, call))
        })
        .collect()
}

fn stale(lives: &Lives, place: usize, call: &Call) -> Option<Finding> {
    let is_it = call.call == "bind"
        && call.errno.as_deref() == Some("EADDRINUSE")
        && call.nobody_there;
    if !is_it {
        return None;
    }
    let process = lives.process(call.task);
    let mut others = lives.calls(process);
    let is_mended = others.any(|(_, other)| {
        other.call == "bind"
            && other.result == Some(0)
            && other.address == call.address
            && other.enter_ns > call.enter_ns
    });
    if is_mended {
        return None;
    }
    let end = lives.processes[process].end;
    Some(Finding {
        lint: &STALE_PATH,
        task: call.task,
        socket: call.socket,
        events: [Some(place), end].into_iter().flatten().collect(),
        says: format!(
            "{} could not bind to {}: the file is there, but no socket is \
             bound to it.",
            lives.who(process),
            call.address.as_deref()?,
        ),
        times: 1,
    })
}

fn cut(lives: &Lives, place: usize, call: &Call) -> Option<Finding> {
    let says_so = call.args.iter().any(|arg| arg.contains("MSG_CTRUNC"));
    let socket = call.socket?;
    if !call.call.starts_with("recvm")
        || call.result.is_none_or(|result| result < 0)
        || !says_so
        || lives.socket(socket).family != "AF_UNIX"
    {
        return None;
    }
    let process = lives.process(call.task);
    Some(Finding {
        lint: &CUT_CONTROL,
        task: call.task,
        socket: Some(socket),
        events: vec![place],
        says: format!(
            "{} received a message on {} whose control data was cut.",
            lives.who(process),
            call.fd?,
        ),
        times: 1,
    })
}

/// Descriptors were passed, and the other end took the bytes that they came
/// with by a call that cannot take descriptors.
fn dropped(lives: &Lives, place: usize, pass: &Call) -> Option<Finding> {
    let from = pass.socket.filter(|_| !pass.passed.is_empty())?;
    let sent = story::sent(pass).filter(|sent| *sent > 0)?;
    let ends = &lives.trace.sockets;
    let other = ends[from]
        .other_end
        .or_else(|| ends.iter().position(|it| it.other_end == Some(from)))?;
    let before: u64 = lives
        .about(from)
        .filter(|(_, call)| call.enter_ns < pass.enter_ns)
        .filter_map(|(_, call)| story::sent(call))
        .sum();
    let mut so_far = 0;
    let (taken, call) = lives.about(other).find(|(_, call)| {
        so_far += story::received(call).unwrap_or_default();
        so_far >= before + sent
    })?;
    let is_plain = ["read", "readv", "recvfrom", "recv"];
    if !is_plain.contains(&call.call.as_str()) {
        return None;
    }
    let count = match pass.passed.len() {
        1 => "a descriptor".to_owned(),
        many => format!("{many} descriptors"),
    };
    Some(Finding {
        lint: &CUT_CONTROL,
        task: call.task,
        socket: Some(other),
        events: vec![place, taken],
        says: format!(
            "{} was passed {count}, and took the bytes with {}: they are \
             closed.",
            lives.who(lives.process(call.task)),
            call.call,
        ),
        times: 1,
    })
}
