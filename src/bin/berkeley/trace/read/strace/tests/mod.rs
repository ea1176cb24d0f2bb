//! Logs of every kind, read back.

mod forms;
mod odd;
mod real;

use super::from_log;
use crate::trace::draw::Calls;
use crate::trace::record::{Call, Event, Trace};

fn read(log: &str) -> Trace {
    let trace = from_log(log, false).unwrap();
    let lines = Calls { ascii: false }.all(&trace);
    println!("{}\n{}", lines.join("\n"), trace.notes.join("\n"));
    trace
}

fn calls(trace: &Trace) -> Vec<&Call> {
    let calls = trace.events.iter().filter_map(|event| match event {
        Event::Call(call) => Some(&**call),
        _ => None,
    });
    calls.collect()
}

/// The one call of this name.
fn call<'a>(trace: &'a Trace, name: &str) -> &'a Call {
    let mut named = calls(trace).into_iter().filter(|it| it.call == name);
    let found = named.next().unwrap();
    assert!(named.next().is_none(), "{name} is there twice");
    found
}
