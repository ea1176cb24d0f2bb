//! What a recorded program consists of, whatever its language: steps in
//! order, each with the names of its descriptors.

use std::collections::{BTreeMap, BTreeSet};

use super::super::call::{Address, Answer, Arg};
use super::super::commands;
use super::super::session::Entry;

pub(super) struct Plan<'a> {
    pub(super) steps: Vec<Step<'a>>,
    /// The actors that nobody forked, in the order of their first lines.
    pub(super) roots: Vec<&'a str>,
    /// There are several processes, or ports to be told.
    pub(super) is_staged: bool,
    /// How many ports are told.
    pub(super) ports: usize,
}

pub(super) struct Step<'a> {
    /// Whose turn it is, from 1.
    pub(super) number: usize,
    pub(super) entry: &'a Entry,
    pub(super) answer: Option<&'a Answer>,
    /// What the descriptors that there were are called.
    names: BTreeMap<i32, String>,
    /// And those that it makes.
    pub(super) made: Vec<String>,
    /// Places for ports, to be told of these descriptors when it is done.
    pub(super) tells: Vec<(usize, i32)>,
    /// The place where the port of its address is.
    pub(super) port: Option<usize>,
    /// The variable of the child's number, where there is one.
    pub(super) child: Option<String>,
}

impl Step<'_> {
    pub(super) fn fd(&self, fd: i32) -> String {
        self.names.get(&fd).cloned().unwrap_or_else(|| fd.to_string())
    }

    /// The descriptor that the call is about.
    pub(super) fn first(&self) -> String {
        match self.entry.call.args.first() {
            Some(Arg::Fd(fd)) => self.fd(*fd),
            _ => String::new(),
        }
    }

    pub(super) fn arg(&self, place: usize) -> &Arg {
        self.entry.call.args.get(place).unwrap_or(&Arg::Nothing)
    }

    pub(super) fn number(&self, place: usize) -> i64 {
        match self.arg(place) {
            Arg::Number(value) | Arg::Symbol(value, _) => *value,
            _ => 0,
        }
    }

    /// As it was written: `MSG_PEEK|MSG_DONTWAIT`, `0`.
    pub(super) fn symbol(&self, place: usize) -> String {
        match self.arg(place) {
            Arg::Symbol(_, name) => name.replace('|', " | "),
            Arg::Number(value) => value.to_string(),
            _ => "0".into(),
        }
    }

    /// Of a message: as it was written, where every header has the names.
    pub(super) fn flags(&self, place: usize) -> String {
        const KNOWN: [&str; 13] = [
            "MSG_OOB",
            "MSG_PEEK",
            "MSG_DONTROUTE",
            "MSG_CTRUNC",
            "MSG_TRUNC",
            "MSG_DONTWAIT",
            "MSG_EOR",
            "MSG_WAITALL",
            "MSG_CONFIRM",
            "MSG_ERRQUEUE",
            "MSG_NOSIGNAL",
            "MSG_MORE",
            "MSG_FASTOPEN",
        ];
        let written = self.symbol(place);
        let mut parts = written.split(" | ");
        if parts.all(|part| KNOWN.contains(&part)) {
            return written;
        }
        self.number(place).to_string()
    }

    pub(super) fn word(&self, place: usize) -> Option<&str> {
        match self.arg(place) {
            Arg::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn bytes(&self, place: usize) -> Vec<u8> {
        match self.arg(place) {
            Arg::Bytes(bytes) => bytes.all(),
            _ => Vec::new(),
        }
    }

    pub(super) fn address(&self) -> Option<&Address> {
        self.entry.call.args.iter().find_map(|arg| match arg {
            Arg::Address(address) => Some(address),
            _ => None,
        })
    }

    /// Why it is left out of a program, which would hang in it.
    pub(super) fn left_out(&self) -> Option<&'static str> {
        match self.answer {
            None => Some("it had not returned yet"),
            Some(answer) if answer.error.starts_with("EINTR") => {
                Some("it was blocked until a signal came")
            }
            Some(_) => None,
        }
    }
}

impl<'a> Plan<'a> {
    pub(super) fn of(log: &'a [Entry]) -> Plan<'a> {
        let mut tables: BTreeMap<&str, BTreeMap<i32, String>> =
            BTreeMap::new();
        let (mut roots, mut children) = (Vec::new(), BTreeSet::new());
        let mut pids: BTreeMap<i64, String> = BTreeMap::new();
        let mut steps: Vec<Step> = Vec::new();
        for (place, entry) in log.iter().enumerate() {
            let actor = entry.actor.as_str();
            if !children.contains(actor) && !roots.contains(&actor) {
                roots.push(actor);
            }
            let table = tables.entry(actor).or_default();
            let names = table.clone();
            let answer = entry.answer.as_ref();
            let made = answer.map(|it| it.made.clone()).unwrap_or_default();
            let mut called = Vec::new();
            for (order, fd) in made.iter().enumerate() {
                let name = match entry.wanted.get(order) {
                    Some(wanted) => variable(wanted),
                    None => format!("fd{fd}"),
                };
                table.retain(|_, other| *other != name);
                table.insert(*fd, name.clone());
                called.push(name);
            }
            let mut child = None;
            let pid = answer.map_or(0, |it| it.value);
            if let Some(name) = entry.child.as_deref()
                && pid > 0
            {
                let table = table.clone();
                tables.insert(name, table);
                children.insert(name);
                let called = format!("{}_pid", variable(name));
                pids.insert(pid, called.clone());
                child = Some(called);
            } else if let Some(Arg::Number(pid)) = entry.call.args.first() {
                child = pids.get(pid).cloned();
            }
            steps.push(Step {
                number: place + 1,
                entry,
                answer,
                names,
                made: called,
                tells: Vec::new(),
                port: None,
                child,
            });
        }
        let ports = tell_ports(&mut steps, log);
        let is_staged = ports > 0 || roots.len() > 1 || !children.is_empty();
        Plan { steps, roots, is_staged, ports }
    }

    pub(super) fn of_actor<'p>(
        &'p self,
        actor: &'p str,
    ) -> impl Iterator<Item = &'p Step<'a>> {
        self.steps.iter().filter(move |step| step.entry.actor == actor)
    }

    /// All variables of a process and those that it forks.
    pub(super) fn variables(&self, actor: &str) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for step in self.of_actor(actor) {
            all.extend(step.made.iter().cloned());
            if let Some(child) = &step.entry.child {
                all.extend(self.variables(child));
            }
        }
        all
    }
}

/// Who tells each port that was looked up, and who reads it; how many.
fn tell_ports(steps: &mut [Step], log: &[Entry]) -> usize {
    let mut ports = 0;
    for (place, entry) in log.iter().enumerate() {
        let Some(reference) = entry.references.first() else { continue };
        let is_about = |step: &Step| {
            let first = step.entry.call.args.first();
            let made = step
                .answer
                .is_some_and(|answer| answer.made.contains(&reference.fd));
            let is_it = first == Some(&Arg::Fd(reference.fd)) || made;
            step.entry.actor == reference.actor
                && is_it
                && !step.entry.overtaken
        };
        let Some(told) = steps[..place].iter().rposition(is_about) else {
            continue;
        };
        let tells = &mut steps[told].tells;
        let known = tells.iter().find(|(_, fd)| *fd == reference.fd);
        let port = if let Some((port, _)) = known {
            *port
        } else {
            tells.push((ports, reference.fd));
            ports += 1;
            ports - 1
        };
        let is_its_port = match steps[place].address() {
            Some(Address::V4(at)) => at.port() == reference.port,
            Some(Address::V6(at)) => at.port() == reference.port,
            _ => false,
        };
        steps[place].port = is_its_port.then_some(port);
    }
    ports
}

/// A name that neither language has for anything else.
pub(super) fn variable(name: &str) -> String {
    const TAKEN: &[&str] = &[
        "main", "told", "turn", "pass", "shared", "port", "tell", "index",
        "time", "int", "char", "long", "short", "float", "double", "void",
        "if", "else", "for", "while", "do", "switch", "case", "default",
        "break", "continue", "return", "goto", "auto", "const", "static",
        "extern", "register", "volatile", "signed", "unsigned", "struct",
        "union", "enum", "typedef", "sizeof", "inline", "restrict", "as",
        "async", "await", "crate", "dyn", "fn", "impl", "in", "let", "loop",
        "match", "mod", "move", "mut", "pub", "ref", "self", "Self", "super",
        "trait", "true", "false", "type", "unsafe", "use", "where", "gen",
        "try", "yield", "box", "final", "macro", "override", "priv",
        "abstract", "become", "typeof", "unsized", "virtual", "errno",
        "stdin", "stdout", "stderr", "unix", "linux", "usleep", "printf",
        "libc", "signal", "memcpy", "perform", "fd", "mmap", "wait", "select",
        "signal", "select", "kill", "pipe", "truncate", "link", "remove",
        "rename", "system", "reads", "writes", "excepts", "nfds", "polled",
        "abort", "abs", "asm", "gets", "puts",
    ];
    let name = name.replace('-', "_");
    let is_taken =
        TAKEN.contains(&name.as_str()) || commands::find(&name).is_some();
    if is_taken { format!("{name}_fd") } else { name }
}
