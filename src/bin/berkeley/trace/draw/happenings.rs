//! Whatever is no call, in a line of the list: births and ends, signals,
//! transitions, segments.

use crate::trace::record::{
    Birth, Born, Descriptor, Ended, Event, Exec, Pause, Segment, Signal,
    Trace, Transition,
};

use super::names::descriptor;

/// Whom it happened to, if to anybody, and what it was.
pub(super) fn words(trace: &Trace, event: &Event) -> (Option<i32>, String) {
    match event {
        Event::Call(call) => (Some(call.tid), call.call.clone()),
        Event::Birth(born) => (Some(born.tid), birth(trace, born)),
        Event::Exec(exec) => (Some(exec.tid), becomes(trace, exec)),
        Event::Signal(signal) => (Some(signal.tid), heard(signal)),
        Event::Pause(pause) => (Some(pause.tid), paused(pause)),
        Event::End(ended) => (Some(ended.tid), end(ended)),
        Event::State(transition) => (None, transits(transition)),
        Event::Segment(segment) => (None, sent(segment)),
    }
}

fn birth(trace: &Trace, born: &Born) -> String {
    let task = &trace.tasks[born.task];
    let parent = task.parent.map(|parent| trace.tasks[parent].tid);
    let of = parent.map_or(String::new(), |tid| format!(" of {tid}"));
    let how = match task.birth {
        Birth::Started => "started".to_owned(),
        Birth::Found => "found running".to_owned(),
        Birth::Fork => format!("fork{of}"),
        Birth::Vfork => format!("vfork{of}"),
        Birth::Clone => format!("clone{of}"),
        Birth::Thread => format!("thread{of}"),
    };
    format!("+++ {how}{} +++", holds(trace, &born.holds))
}

fn becomes(trace: &Trace, exec: &Exec) -> String {
    format!("+++ runs {}{} +++", exec.name, holds(trace, &exec.holds))
}

fn holds(trace: &Trace, held: &[Descriptor]) -> String {
    if held.is_empty() {
        return String::new();
    }
    let held = held.iter().map(|held| descriptor(trace, held));
    format!(", holds {}", held.collect::<Vec<_>>().join(", "))
}

fn heard(signal: &Signal) -> String {
    match signal.from_pid {
        Some(pid) => format!("--- {} (from {pid}) ---", signal.signal),
        None => format!("--- {} ---", signal.signal),
    }
}

fn paused(pause: &Pause) -> String {
    match &pause.signal {
        Some(signal) => format!("--- stopped by {signal} ---"),
        None => "--- goes on ---".to_owned(),
    }
}

fn end(ended: &Ended) -> String {
    match (&ended.signal, ended.code) {
        (Some(signal), _) => format!("+++ killed by {signal} +++"),
        (None, Some(code)) => format!("+++ exited with {code} +++"),
        _ if ended.by_exec => "+++ ended by an exec +++".to_owned(),
        (None, None) => "+++ let go of +++".to_owned(),
    }
}

fn transits(change: &Transition) -> String {
    let Transition { local, peer, from, to, stays, .. } = change;
    let stays = match &stays[..] {
        [] => String::new(),
        stays => format!(", {} stays", stays.join(" or ")),
    };
    format!("*** {local}→{peer} {from}→{to}{stays} ***")
}

fn sent(segment: &Segment) -> String {
    let Segment { from, to, flags, length, .. } = segment;
    let mut text = format!("*** {from}→{to} {flags}");
    if flags != "UDP" {
        text += format!(" seq {}", segment.sequence).as_str();
        if let Some(acknowledged) = segment.acknowledged {
            text += format!(" ack {acknowledged}").as_str();
        }
        text += format!(" win {}", segment.window).as_str();
    }
    format!("{text} len {length} ***")
}
