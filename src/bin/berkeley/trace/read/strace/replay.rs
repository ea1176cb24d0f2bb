//! A log played again, line by line: who holds which descriptor of which
//! socket at each moment, and what of it belongs into the record.

use std::collections::{HashMap, HashSet};

use crate::trace::record::{
    Call, Descriptor, Ended, Event, Exec, Pause, Ready, Signal,
};

use super::creation::Deed;
use super::family::Family;
use super::holders::Sockets;
use super::log::{Called, Item, What};
use super::meaning;
use super::syntax::{inside, split, string};

#[derive(Default)]
pub(super) struct Replay {
    pub(super) family: Family,
    pub(super) sockets: Sockets,
    pub(super) events: Vec<Event>,
    /// Whether all calls are told, and not only those about sockets.
    everything: bool,
    /// By process, the numbers of sockets that it has closed.
    closed: HashSet<(i32, i32)>,
    pub(super) left_out: usize,
    /// The call that each task is in.
    inside: HashMap<usize, Inside>,
    /// What an epoll descriptor waits for, by table and number.
    interests: HashMap<(usize, i32), Vec<Interest>>,
    paused: Vec<usize>,
}

/// A call between its two ends.
struct Inside {
    call: Call,
    /// Its place in `events`, if it is told.
    event: Option<usize>,
}

#[derive(Clone)]
struct Interest {
    of: Descriptor,
    /// What the program will know it by.
    mark: String,
}

/// Whether the call is told of at its beginning or at its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Begins,
    Returns,
}

impl Replay {
    pub(super) fn new(family: Family, everything: bool) -> Replay {
        Replay { family, everything, ..Replay::default() }
    }

    pub(super) fn play(&mut self, items: &[Item]) {
        let mut steps = Vec::new();
        for (at, item) in items.iter().enumerate() {
            steps.push((item.began.line, Step::Begins, at));
            if let What::Call(Called { returned: Some(end), .. }) = &item.what
            {
                steps.push((end.line, Step::Returns, at));
            }
        }
        steps.sort_unstable();
        for (_, step, at) in steps {
            let item = &items[at];
            let (task, birth) = self.family.task(item);
            self.events.extend(birth);
            match (&item.what, step) {
                (What::Call(called), Step::Begins) => {
                    self.goes_on(task, item.began.at_ns);
                    self.begins(task, item, called);
                }
                (What::Call(called), Step::Returns) => {
                    self.returns(task, item, called);
                }
                _ => self.meets(task, item),
            }
        }
        self.events.sort_by_key(Event::at);
    }

    fn begins(&mut self, task: usize, item: &Item, called: &Called) {
        let args = split(&called.args);
        let name = called.name.as_str();
        let value = called.outcome.as_ref().and_then(|it| it.value);
        let has_succeeded = value.is_some_and(|value| value >= 0);
        let mut call = self.blank(task, item, called, &args);
        if let Some(of) = meaning::about(name, &args) {
            let must_be = meaning::is_network(name);
            let table = self.family.table(task);
            call.fd = Some(of.number);
            call.socket = self.sockets.behind(table, of, must_be);
        }
        for of in meaning::awaited(name, &args) {
            let table = self.family.table(task);
            let socket = self.sockets.behind(table, of, false);
            call.awaits.push(Descriptor { fd: of.number, socket });
        }
        self.watches(task, &mut call, &args);
        if name == "sendmsg" {
            self.passes(task, &mut call, &args, has_succeeded);
        }
        if name == "close" && has_succeeded {
            let gone =
                call.fd.and_then(|fd| self.family.table(task).remove(&fd));
            let socket = gone.map(|held| held.socket);
            self.closed.extend(socket.and(call.fd).map(|fd| (call.pid, fd)));
            call.still_held = socket.is_some_and(|it| self.family.is_held(it));
        }
        self.family.will_be_born(task, item);
        // Closed already: that number was a socket's.
        let errno = called.outcome.as_ref().and_then(|it| it.errno.as_deref());
        let is_again = name == "close"
            && errno == Some("EBADF")
            && call.fd.is_some_and(|fd| self.closed.contains(&(call.pid, fd)));
        let is_told = self.everything
            || is_again
            || call.socket.is_some()
            || meaning::is_always_told(name);
        let event = is_told.then_some(self.events.len());
        if is_told {
            self.events.push(Event::Call(Box::new(call.clone())));
        } else {
            self.left_out += 1;
        }
        self.inside.insert(task, Inside { call, event });
    }

    fn blank(
        &self,
        task: usize,
        item: &Item,
        called: &Called,
        args: &[&str],
    ) -> Call {
        let known = &self.family.tasks[task];
        Call {
            task,
            tid: known.tid,
            pid: known.pid,
            call: called.name.clone(),
            args: meaning::plain(args),
            enter_ns: item.began.at_ns,
            ..Call::default()
        }
    }

    fn passes(
        &mut self,
        task: usize,
        call: &mut Call,
        args: &[&str],
        has_succeeded: bool,
    ) {
        for of in meaning::rights(args) {
            let table = self.family.table(task);
            let socket = self.sockets.behind(table, of, false);
            call.passed.push(Descriptor { fd: of.number, socket });
            if let (Some(through), true) = (call.socket, has_succeeded) {
                self.sockets.passes(through, socket);
            }
        }
    }

    /// epoll: what is waited for was said by calls long before.
    fn watches(&mut self, task: usize, call: &mut Call, args: &[&str]) {
        let Some(epoll) = call.fd else { return };
        let key = (self.family.table_number(task), epoll);
        match (call.call.as_str(), call.awaits.first()) {
            ("epoll_ctl", Some(&of)) => {
                let interests = self.interests.entry(key).or_default();
                interests.retain(|interest| interest.of.fd != of.fd);
                let event =
                    args.get(3).and_then(|arg| meaning::epoll_event(arg));
                if let Some((_, mark)) = event
                    && args.get(1) != Some(&"EPOLL_CTL_DEL")
                {
                    interests.push(Interest { of, mark: mark.to_owned() });
                }
            }
            ("epoll_wait" | "epoll_pwait" | "epoll_pwait2", _) => {
                let interests = self.interests.get(&key);
                let all = interests.into_iter().flatten();
                call.awaits.extend(all.map(|interest| interest.of));
            }
            _ => {}
        }
    }

    fn returns(&mut self, task: usize, item: &Item, called: &Called) {
        let Some(Inside { mut call, event }) = self.inside.remove(&task)
        else {
            return;
        };
        let (Some(outcome), Some(end)) = (&called.outcome, called.returned)
        else {
            return;
        };
        let args = split(&called.args);
        call.exit_ns = Some(end.at_ns.max(call.enter_ns));
        call.errno.clone_from(&outcome.errno);
        let failed = call.errno.as_ref().map(|_| -1);
        call.result = outcome.value.or(failed);
        call.address = meaning::address(&args);
        if call.socket.is_some() {
            call.data = meaning::payload(called, &args);
            call.unsent = meaning::unsent(called, &args);
        }
        self.finds(task, &mut call, called, &args);
        let table = self.family.table(task);
        let sockets = &mut self.sockets;
        Deed { sockets, table, call: &mut call, args: &args }.done(called);
        if call.call.starts_with("execve") && call.result == Some(0) {
            self.becomes(task, &call, &args);
        }
        let birth = self.family.is_due(item, end.at_ns);
        self.events.extend(birth);
        if let Some(event) = event {
            self.events[event] = Event::Call(Box::new(call));
        }
    }

    /// What was ready.
    fn finds(
        &mut self,
        task: usize,
        call: &mut Call,
        called: &Called,
        args: &[&str],
    ) {
        for (fd, events) in meaning::ready(called) {
            let of = call.awaits.iter().find(|of| of.fd == fd);
            let socket = of.and_then(|of| of.socket);
            call.ready.push(Ready { fd, socket, events });
        }
        let (Some(epoll), true) = (call.fd, call.call.contains("epoll_"))
        else {
            return;
        };
        let key = (self.family.table_number(task), epoll);
        let interests = self.interests.get(&key);
        let list = args.get(1).and_then(|list| inside(list));
        for event in split(list.unwrap_or_default()) {
            let Some((events, mark)) = meaning::epoll_event(event) else {
                continue;
            };
            let mut all = interests.into_iter().flatten();
            if let Some(known) = all.find(|interest| interest.mark == mark) {
                let Descriptor { fd, socket } = known.of;
                let events = events.to_owned();
                call.ready.push(Ready { fd, socket, events });
            }
        }
    }

    /// The first exec of a program is its beginning, and no event.
    fn becomes(&mut self, task: usize, call: &Call, args: &[&str]) {
        let path = args.first().and_then(|arg| string(arg));
        let path = path.map_or("", |(path, _)| path);
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        self.family.table(task).retain(|_, held| !held.closes_on_exec);
        let known = &mut self.family.tasks[task];
        name.clone_into(&mut known.name);
        let program = &mut self.family.programs[known.program];
        if program.task == task && program.command.is_empty() {
            let list = args.get(1).and_then(|list| inside(list));
            let words = split(list.unwrap_or_default()).into_iter();
            let words = words.filter_map(|word| Some(string(word)?.0));
            program.command = words.map(str::to_owned).collect();
            return;
        }
        let Call { tid, pid, .. } = *call;
        let at_ns = call.exit_ns.unwrap_or(call.enter_ns);
        let holds = self.family.holds(task);
        let exec = Exec { task, tid, pid, at_ns, name, holds };
        self.events.push(Event::Exec(exec));
    }

    /// Whatever is no call.
    fn meets(&mut self, task: usize, item: &Item) {
        let (tid, pid) =
            (self.family.tasks[task].tid, self.family.tasks[task].pid);
        let at_ns = item.began.at_ns;
        let end = |code, signal| Ended {
            task,
            tid,
            pid,
            at_ns,
            code,
            signal,
            by_exec: false,
        };
        let event = match &item.what {
            What::Call(_) => return,
            What::Signal(name, about) => {
                let from = inside(about).and_then(|about| {
                    super::syntax::field(about, "si_pid")?.parse().ok()
                });
                Event::Signal(Signal {
                    task,
                    tid,
                    pid,
                    at_ns,
                    signal: name.clone(),
                    from_pid: from,
                })
            }
            What::Stopped(by) => {
                self.paused.push(task);
                let signal = Some(by.clone());
                Event::Pause(Pause { task, tid, pid, at_ns, signal })
            }
            What::Exited(code) => Event::End(end(Some(*code), None)),
            What::Killed(by) => Event::End(end(None, Some(by.clone()))),
            What::Gone => Event::End(end(None, None)),
        };
        if let Event::End(_) = event {
            self.family.ends(task, at_ns);
            self.inside.remove(&task);
        }
        self.events.push(event);
    }

    /// Who makes a call is not stopped any more.
    fn goes_on(&mut self, task: usize, at_ns: u64) {
        if !self.paused.contains(&task) {
            return;
        }
        self.paused.retain(|&other| other != task);
        let (tid, pid) =
            (self.family.tasks[task].tid, self.family.tasks[task].pid);
        let goes_on = Pause { task, tid, pid, at_ns, signal: None };
        self.events.push(Event::Pause(goes_on));
    }
}
