//! The calls in a list, as strace(1) has it: one call a line, when it has
//! returned, with the time at which it began.
//!
//! strace breaks a call in two when another task is heard in between
//! (`<unfinished ...>`, `<... resumed>`); here a call stays in one piece, and
//! its time in the kernel says what went on meanwhile.

use crate::screen::{BAD, GOOD, HEADING, QUIET, paint};
use crate::trace::record::{Call, Descriptor, Event, Look, Trace};
use crate::trace::story;

use super::names::{self, descriptor};
use super::{happenings, ms};

/// A list in the making: of a trace that is complete, or still grows.
pub(crate) struct Calls {
    /// Arrows as `->`.
    pub(crate) ascii: bool,
}

/// What comes before the call in a line.
struct Margin {
    at_ns: u64,
    tid: Option<i32>,
}

impl Calls {
    /// What stands over the list.
    pub(crate) fn heading(&self, trace: &Trace) -> String {
        let tid = if trace.tasks.len() > 1 { "   tid" } else { "" };
        let text = format!(
            "       ms{tid} call(fd<local→peer>, args) = result  \
             <ms in the call>  state"
        );
        self.ascii_if_asked(&paint(QUIET, &text))
    }

    /// All of a trace, by the time at which calls returned.
    pub(crate) fn all(&self, trace: &Trace) -> Vec<String> {
        let mut events: Vec<&Event> = trace.events.iter().collect();
        events.sort_by_key(|event| done_at(trace, event));
        events.iter().map(|event| self.line_of(trace, event)).collect()
    }

    /// One event, whether or not it is over.
    pub(crate) fn line_of(&self, trace: &Trace, event: &Event) -> String {
        match event {
            Event::Call(call) => self.call(trace, call),
            event => self.happening(trace, event),
        }
    }

    /// What there is to print when this is the last that happened, while the
    /// trace still grows: nothing for a call that has not returned. One that
    /// never will is printed before the end of its task.
    pub(crate) fn lines(&self, trace: &Trace, event: &Event) -> Vec<String> {
        match event {
            Event::Call(call) if call.exit_ns.is_none() => Vec::new(),
            Event::Call(call) => vec![self.call(trace, call)],
            Event::End(ended) => {
                let last = unfinished(trace, ended.task);
                let last = last.map(|call| self.call(trace, call));
                last.into_iter()
                    .chain([self.happening(trace, event)])
                    .collect()
            }
            event => vec![self.happening(trace, event)],
        }
    }

    /// Those that are still in a call when the trace ends.
    pub(crate) fn rest(&self, trace: &Trace) -> Vec<String> {
        let tasks = trace.tasks.iter().enumerate();
        let alive = tasks.filter(|(_, task)| task.ended_ns.is_none());
        let calls = alive.filter_map(|(task, _)| unfinished(trace, task));
        calls.map(|call| self.call(trace, call)).collect()
    }

    fn call(&self, trace: &Trace, call: &Call) -> String {
        let margin = Margin { at_ns: call.enter_ns, tid: Some(call.tid) };
        let args = arguments(trace, call).join(", ");
        let mut text = format!("{}({args}) = ", call.call);
        text += &result(trace, call);
        if let Some(exit) = call.exit_ns {
            let inside = exit.saturating_sub(call.enter_ns);
            text += &paint(QUIET, &format!("  <{}>", ms(inside)));
        }
        text += &state(call);
        if call.still_held {
            text += "  still held by others";
        }
        self.line(trace, &margin, &text)
    }

    /// Whatever is no call.
    fn happening(&self, trace: &Trace, event: &Event) -> String {
        let (tid, text) = happenings::words(trace, event);
        let margin = Margin { at_ns: event.at(), tid };
        self.line(trace, &margin, &paint(HEADING, &text))
    }

    /// Who does it is said when there are several who could.
    fn line(&self, trace: &Trace, margin: &Margin, text: &str) -> String {
        let mut before = format!("{:>9}", ms(margin.at_ns));
        if trace.tasks.len() > 1 {
            let tid = margin.tid.map(|tid| tid.to_string());
            before += format!(" {:>5}", tid.unwrap_or_default()).as_str();
        }
        let line = format!("{} {text}", paint(QUIET, &before));
        self.ascii_if_asked(&line)
    }

    fn ascii_if_asked(&self, line: &str) -> String {
        line.replace('→', if self.ascii { "->" } else { "→" })
    }
}

/// When an event has its place in the list. Who never returns from a call
/// stands before the end of the task that made it.
fn done_at(trace: &Trace, event: &Event) -> u64 {
    let Event::Call(call) = event else { return event.at() };
    let ended = || trace.tasks.get(call.task).and_then(|task| task.ended_ns);
    call.exit_ns.or_else(ended).unwrap_or(u64::MAX)
}

/// The call that this task is in.
fn unfinished(trace: &Trace, task: usize) -> Option<&Call> {
    let of_it = |event: &&Event| event.task() == Some(task);
    for event in trace.events.iter().rev().filter(of_it) {
        match event {
            Event::Call(call) if call.exit_ns.is_none() => return Some(call),
            Event::Call(_) | Event::Birth(_) => return None,
            _ => {}
        }
    }
    None
}

/// As they are in the record; descriptors of sockets say which.
fn arguments(trace: &Trace, call: &Call) -> Vec<String> {
    let mut args = call.args.clone();
    let own = call.fd.map(|fd| Descriptor { fd, socket: call.socket });
    let whole = own.iter().chain(&call.awaits);
    for held in whole {
        let number = held.fd.to_string();
        if let Some(arg) = args.iter_mut().find(|arg| **arg == number) {
            *arg = descriptor(trace, held);
            continue;
        }
        // Inside of poll's list.
        let bare = [format!("{{fd={number},"), format!("{{fd={number}}}")];
        let named = format!("{{fd={}", descriptor(trace, held));
        for (bare, mark) in bare.iter().zip([",", "}"]) {
            for arg in &mut args {
                *arg = arg.replace(bare, &format!("{named}{mark}"));
            }
        }
    }
    args
}

/// `3<TCP>`: it has no address yet, whatever it comes to later.
fn newborn(trace: &Trace, held: &Descriptor) -> String {
    let socket = held.socket.and_then(|index| trace.sockets.get(index));
    let kind = socket.map_or(String::new(), names::kind);
    format!("{}<{kind}>", held.fd)
}

fn result(trace: &Trace, call: &Call) -> String {
    let errno = call.errno.as_deref();
    match (call.result, errno) {
        (_, Some(errno)) if errno.starts_with("ERESTART") => {
            format!("? {errno} (interrupted by a signal)")
        }
        (result, Some(errno)) => {
            let known = result.map_or("?".to_owned(), |it| it.to_string());
            let words = names::errno(errno);
            let text = match words.as_str() {
                "" => errno.to_owned(),
                words => format!("{errno} ({words})"),
            };
            let is_bad = story::has_failed(call);
            let text = if is_bad { paint(BAD, &text) } else { text };
            format!("{known} {text}")
        }
        (None, None) => "?".to_owned(),
        (Some(result), None) => {
            let fits = |held: &&Descriptor| i64::from(held.fd) == result;
            match call.made.iter().find(fits) {
                Some(held) if call.call == "socket" => newborn(trace, held),
                Some(held) => descriptor(trace, held),
                None => result.to_string(),
            }
        }
    }
}

/// `  ESTABLISHED`, `  CLOSE→LISTEN`, and what waits in its queues, named as
/// ss(8) names them.
fn state(call: &Call) -> String {
    let state_of = |look: &Option<Look>| look.clone()?.state;
    let text = match (state_of(&call.before), state_of(&call.after)) {
        (Some(before), Some(after)) if before != after => {
            format!("{before}→{after}")
        }
        (_, Some(state)) | (Some(state), None) => state,
        (None, None) => String::new(),
    };
    let mut text = match text.as_str() {
        "" => text,
        _ => format!("  {}", paint(GOOD, &text)),
    };
    let Some(look) = call.after.as_ref() else { return text };
    if let Some(bytes @ 1..) = look.receive_queue {
        text += format!("  Recv-Q {bytes}").as_str();
    }
    let is_listener = look.state.as_deref() == Some("LISTEN");
    if let Some(bytes @ 1..) = look.send_queue.filter(|_| !is_listener) {
        text += format!("  Send-Q {bytes}").as_str();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::fixture;
    use crate::trace::record::Role;

    fn plain(lines: &[String]) -> Vec<String> {
        let lines = lines.iter();
        let bare = lines.map(|line| anstream::adapter::strip_str(line));
        bare.map(|line| line.to_string()).collect()
    }

    fn list(trace: &Trace) -> Vec<String> {
        plain(&Calls { ascii: false }.all(trace))
    }

    #[test]
    fn every_event_has_one_line() {
        for trace in fixture::all() {
            let lines = list(&trace);
            println!("{}", lines.join("\n"));
            assert_eq!(lines.len(), trace.events.len());
            assert!(lines.iter().all(|line| !line.contains('\n')));
        }
    }

    #[test]
    fn a_call_is_as_it_would_be_in_strace_and_says_which_socket() {
        let mut script = fixture::Script::new("knock");
        let server = script.server("knock", 4101);
        let own = script.socket("127.0.0.1:5000", "127.0.0.1:41234", |_| {});
        script
            .call(
                server,
                1412,
                1814,
                "recvfrom",
                &["4", "\"Knock, knock\\n\"", "280", "0", "NULL", "NULL"],
            )
            .on(4, own)
            .gives(13)
            .before("ESTABLISHED", 0)
            .after("ESTABLISHED");
        script
            .call(server, 2000, 2010, "send", &["4", "\"\"", "0", "0"])
            .on(4, own)
            .fails("EPIPE")
            .before("CLOSE_WAIT", 0)
            .after("CLOSE");
        let trace = script.trace();
        assert_eq!(
            list(&trace),
            [
                "    1.412 recvfrom(4<127.0.0.1:5000→127.0.0.1:41234>, \
                 \"Knock, knock\\n\", 280, 0, NULL, NULL) = 13  <0.402>  \
                 ESTABLISHED",
                "    2.000 send(4<127.0.0.1:5000→127.0.0.1:41234>, \"\", 0, 0) \
                 = -1 EPIPE (Broken pipe)  <0.010>  CLOSE_WAIT→CLOSE",
            ]
        );
        let ascii = Calls { ascii: true }.all(&trace);
        assert!(ascii.iter().all(|line| line.is_ascii()), "{ascii:?}");
    }

    #[test]
    fn poll_says_which_sockets_it_waits_for() {
        let mut script = fixture::Script::new("server");
        let server = script.server("server", 7);
        let own = script.socket("[::1]:1", "[::1]:2", |_| {});
        let list_of = "[{fd=3, events=POLLIN}, {fd=33, events=POLLIN}]";
        script
            .call(server, 0, 9, "poll", &[list_of, "2", "-1"])
            .gives(1)
            .awaits(3, own);
        let lines = list(&script.trace());
        assert!(lines[0].contains("{fd=3<[::1]:1→[::1]:2>,"), "{lines:?}");
        assert!(lines[0].contains("{fd=33, "), "{lines:?}");
    }

    #[test]
    fn what_did_not_return_stands_before_the_end_of_its_task() {
        let mut script = fixture::Script::new("server");
        let server = script.program(Role::Alone, "server", 7);
        script.call(server, 5, 0, "exit_group", &["3"]).hangs();
        script.exit(server, 9, 3);
        let trace = script.trace();
        let expected =
            ["    0.005 exit_group(3) = ?", "    0.009 +++ exited with 3 +++"];
        assert_eq!(list(&trace), expected);
        let calls = Calls { ascii: false };
        let events = trace.events.iter();
        let streamed = events.flat_map(|event| calls.lines(&trace, event));
        assert_eq!(plain(&streamed.collect::<Vec<_>>()), expected);
        assert!(calls.rest(&trace).is_empty());
    }

    #[test]
    fn who_still_waits_at_the_end_is_listed_last() {
        let mut script = fixture::Script::new("server");
        let server = script.program(Role::Alone, "server", 7);
        script.call(server, 5, 0, "pause", &[]).hangs();
        let trace = script.trace();
        let calls = Calls { ascii: false };
        assert!(calls.lines(&trace, &trace.events[0]).is_empty());
        assert_eq!(plain(&calls.rest(&trace)), ["    0.005 pause() = ?"]);
    }
}
