//! select(2) in both languages: the sets are filled, and then the call.

use super::super::call::Arg;
use super::super::sets::Sets;
use super::plan::Step;
use super::{acts, c_calls, rust_calls};

const NAMES: [&str; 3] = ["reads", "writes", "excepts"];

/// Each set that is there: its variable, its descriptors as they are called.
fn filled(step: &Step, sets: &Sets) -> Vec<(&'static str, Vec<String>)> {
    let all = NAMES.into_iter().zip(&sets.fds);
    let some = all.filter(|(_, fds)| !fds.is_empty());
    some.map(|(name, fds)| (name, fds.iter().map(|fd| step.fd(*fd)).collect()))
        .collect()
}

/// `null` where there is no such set.
fn argument(sets: &Sets, by: &str, null: &str) -> String {
    let all = NAMES.into_iter().zip(&sets.fds);
    let one = |(name, fds): (&str, &Vec<i32>)| match fds[..] {
        [] => null.to_owned(),
        _ => format!("{by}{name}"),
    };
    all.map(one).collect::<Vec<_>>().join(", ")
}

pub(super) fn in_c(step: &Step) -> Vec<String> {
    let Arg::Sets(sets) = step.arg(0) else { return Vec::new() };
    let mut lines = vec![match sets.nfds {
        Some(nfds) => format!("int nfds = {nfds};"),
        None => "int nfds = 0;".to_owned(),
    }];
    for (name, fds) in filled(step, sets) {
        lines.push(format!("fd_set {name};"));
        lines.push(format!("FD_ZERO(&{name});"));
        for fd in fds {
            lines.push(format!("FD_SET({fd}, &{name});"));
            if sets.nfds.is_none() {
                lines.push(format!("nfds = {fd} >= nfds ? {fd} + 1 : nfds;"));
            }
        }
    }
    let time = match step.number(1) {
        micros @ 0.. => {
            lines.push(format!(
                "struct timeval time = {{.tv_sec = {}, .tv_usec = {}}};",
                micros / 1_000_000,
                micros % 1_000_000
            ));
            "&time"
        }
        _ => "NULL",
    };
    let sets = argument(sets, "&", "NULL");
    let call = format!("select(nfds, {sets}, {time})");
    lines.push(c_calls::told("select", &call));
    acts::block(lines)
}

pub(super) fn in_rust(step: &Step) -> Vec<String> {
    let Arg::Sets(sets) = step.arg(0) else { return Vec::new() };
    let mut lines = Vec::new();
    for (name, fds) in filled(step, sets) {
        lines.push(format!("let mut {name} = FdSet::new();"));
        for fd in fds {
            lines.push(format!("{name}.insert(fd({fd}));"));
        }
    }
    // Without a number, nix takes one more than the highest of them.
    let nfds = sets.nfds.map_or("None".into(), |it| format!("{it}"));
    let time = match step.number(1) {
        micros @ 0.. => {
            lines.push(format!(
                "let mut time = TimeVal::microseconds({micros});"
            ));
            "&mut time"
        }
        _ => "None",
    };
    let sets = argument(sets, "&mut ", "None");
    let call = format!("select({nfds}, {sets}, {time}).map(i64::from)");
    lines.push(rust_calls::told("select", &call));
    acts::block(lines)
}
