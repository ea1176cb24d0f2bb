//! Logs of every kind, read back.

use std::process::Command;

use super::from_log;
use crate::trace::draw::Calls;
use crate::trace::record::{Birth, Call, Event, Trace};

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

fn names(trace: &Trace) -> Vec<&str> {
    calls(trace).iter().map(|call| call.call.as_str()).collect()
}

#[test]
fn a_log_on_disk() {
    if let Ok(path) = std::env::var("LOG") {
        read(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
    }
}
