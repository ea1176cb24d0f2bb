//! What the mistakes with processes and descriptors are looked for in: who
//! lived from when to when, and which process held which descriptor of which
//! socket meanwhile.

use std::collections::{BTreeMap, HashMap};

use crate::trace::draw::names;
use crate::trace::record::{
    Birth, Call, Descriptor, Ended, Event, Socket, Source, Trace,
};

pub(super) struct Lives<'a> {
    pub(super) trace: &'a Trace,
    pub(super) processes: Vec<Process>,
    pub(super) holdings: Vec<Holding>,
    /// By task, an index of `processes`.
    process_of: Vec<usize>,
    /// Events, in the order in which they began.
    calls_of_process: Vec<Vec<usize>>,
    calls_of_socket: HashMap<usize, Vec<usize>>,
}

#[derive(Debug)]
pub(super) struct Process {
    /// Its first task.
    pub(super) task: usize,
    pub(super) parent: Option<usize>,
    pub(super) birth: Birth,
    pub(super) born_ns: u64,
    /// The event of its birth, and of its end.
    pub(super) born: Option<usize>,
    pub(super) end: Option<usize>,
}

/// A descriptor in a process, from when it has it to when it has not.
#[derive(Debug)]
pub(super) struct Holding {
    pub(super) process: usize,
    pub(super) fd: i32,
    pub(super) socket: usize,
    /// The event by which it came, and the one by which it went: a call, an
    /// exec, the process's end.
    pub(super) from: usize,
    pub(super) until: Option<usize>,
    pub(super) since_ns: u64,
}

/// The descriptors of a process: indices of `holdings`.
type Table = BTreeMap<i32, usize>;

impl<'a> Lives<'a> {
    pub(super) fn of(trace: &'a Trace) -> Lives<'a> {
        let mut lives = Lives {
            trace,
            processes: Vec::new(),
            holdings: Vec::new(),
            process_of: Vec::new(),
            calls_of_process: Vec::new(),
            calls_of_socket: HashMap::new(),
        };
        lives.find_processes();
        lives.find_calls();
        lives.find_holdings();
        lives
    }

    fn find_processes(&mut self) {
        let mut by_pid: HashMap<i32, usize> = HashMap::new();
        for (place, task) in self.trace.tasks.iter().enumerate() {
            let is_new = task.birth != Birth::Thread && task.tid == task.pid;
            let process = match by_pid.get(&task.pid) {
                Some(&process) if !is_new => process,
                _ => {
                    let of = |task: usize| self.process_of.get(task).copied();
                    let parent = task.parent;
                    self.processes.push(Process {
                        task: place,
                        parent: parent.and_then(of),
                        birth: task.birth,
                        born_ns: task.born_ns,
                        born: None,
                        end: None,
                    });
                    self.processes.len() - 1
                }
            };
            by_pid.insert(task.pid, process);
            self.process_of.push(process);
        }
    }

    fn find_calls(&mut self) {
        self.calls_of_process = vec![Vec::new(); self.processes.len()];
        for (place, event) in self.trace.events.iter().enumerate() {
            let Some(task) = event.task() else { continue };
            let Some(&process) = self.process_of.get(task) else { continue };
            match event {
                Event::Call(call) => {
                    self.calls_of_process[process].push(place);
                    let sockets = call.socket.into_iter();
                    let awaited =
                        call.awaits.iter().filter_map(|one| one.socket);
                    for socket in sockets.chain(awaited) {
                        let calls =
                            self.calls_of_socket.entry(socket).or_default();
                        calls.push(place);
                    }
                }
                Event::Birth(_) if task == self.processes[process].task => {
                    self.processes[process].born = Some(place);
                }
                // The first task of a process is told last of its end.
                Event::End(_) => self.processes[process].end = Some(place),
                _ => {}
            }
        }
    }

    fn find_holdings(&mut self) {
        let mut tables = vec![Table::new(); self.processes.len()];
        for place in self.in_effect() {
            let event = &self.trace.events[place];
            let Some(task) = event.task() else { continue };
            let Some(&process) = self.process_of.get(task) else { continue };
            let table = &mut tables[process];
            match event {
                Event::Birth(born) => {
                    self.take(table, process, place, &born.holds);
                }
                Event::Exec(exec) => {
                    let still =
                        |fd: i32| exec.holds.iter().any(|one| one.fd == fd);
                    let gone: Vec<i32> = table
                        .keys()
                        .copied()
                        .filter(|&fd| !still(fd))
                        .collect();
                    for fd in gone {
                        self.give_up(table, fd, place);
                    }
                    let new: Vec<Descriptor> = exec
                        .holds
                        .iter()
                        .filter(|one| !table.contains_key(&one.fd))
                        .copied()
                        .collect();
                    self.take(table, process, place, &new);
                }
                Event::Call(call) => {
                    for fd in closed(call, table) {
                        self.give_up(table, fd, place);
                    }
                    self.take(table, process, place, &call.made);
                }
                Event::End(_)
                    if self.processes[process].end == Some(place) =>
                {
                    let all: Vec<i32> = table.keys().copied().collect();
                    for fd in all {
                        self.give_up(table, fd, place);
                    }
                }
                _ => {}
            }
        }
    }

    /// The events by when they take effect: what a call makes is there when
    /// it returns, and what close(2) takes away is gone before.
    fn in_effect(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.trace.events.len()).collect();
        places.sort_by_key(|&place| match &self.trace.events[place] {
            Event::Call(call) if !call.call.starts_with("close") => {
                call.exit_ns.unwrap_or(call.enter_ns)
            }
            event => event.at(),
        });
        places
    }

    fn take(
        &mut self,
        table: &mut Table,
        process: usize,
        place: usize,
        all: &[Descriptor],
    ) {
        for one in all {
            self.give_up(table, one.fd, place);
            let Some(socket) = one.socket else { continue };
            let since_ns = match &self.trace.events[place] {
                Event::Call(call) => call.exit_ns.unwrap_or(call.enter_ns),
                event => event.at(),
            };
            table.insert(one.fd, self.holdings.len());
            self.holdings.push(Holding {
                process,
                fd: one.fd,
                socket,
                from: place,
                until: None,
                since_ns,
            });
        }
    }

    fn give_up(&mut self, table: &mut Table, fd: i32, place: usize) {
        if let Some(holding) = table.remove(&fd) {
            self.holdings[holding].until = Some(place);
        }
    }
}

/// Those of these descriptors that a call closes.
fn closed(call: &Call, table: &Table) -> Vec<i32> {
    match (call.call.as_str(), call.fd) {
        ("close", Some(fd)) if call.errno.as_deref() != Some("EBADF") => {
            vec![fd]
        }
        ("close_range", _)
            if call.result == Some(0)
                && !call.args.iter().any(|arg| arg.contains("CLOEXEC")) =>
        {
            let number = |place: usize| -> Option<u32> {
                call.args.get(place)?.parse().ok()
            };
            let (first, last) = (number(0), number(1));
            let within = |fd: i32| {
                let fd = fd.unsigned_abs();
                first.is_some_and(|first| fd >= first)
                    && last.is_none_or(|last| fd <= last)
            };
            table.keys().copied().filter(|&fd| within(fd)).collect()
        }
        _ => Vec::new(),
    }
}

impl Lives<'_> {
    pub(super) fn process(&self, task: usize) -> usize {
        self.process_of[task]
    }

    pub(super) fn call(&self, place: usize) -> Option<&Call> {
        match self.trace.events.get(place)? {
            Event::Call(call) => Some(call),
            _ => None,
        }
    }

    /// All calls of a process, each with its place among the events.
    pub(super) fn calls(
        &self,
        process: usize,
    ) -> impl DoubleEndedIterator<Item = (usize, &Call)> {
        let places = self.calls_of_process[process].iter();
        places.filter_map(|&place| Some((place, self.call(place)?)))
    }

    /// The calls about a socket, whoever made them; also those that waited
    /// for it among others.
    pub(super) fn about(
        &self,
        socket: usize,
    ) -> impl DoubleEndedIterator<Item = (usize, &Call)> {
        let places = self.calls_of_socket.get(&socket);
        let places = places.into_iter().flatten();
        places.filter_map(|&place| Some((place, self.call(place)?)))
    }

    pub(super) fn ended(&self, process: usize) -> Option<&Ended> {
        match self.trace.events.get(self.processes[process].end?)? {
            Event::End(ended) => Some(ended),
            _ => None,
        }
    }

    /// When it ended; when the trace did, for those who outlived it.
    pub(super) fn end_ns(&self, process: usize) -> u64 {
        self.ended(process).map_or(u64::MAX, |ended| ended.at_ns)
    }

    pub(super) fn pid(&self, process: usize) -> i32 {
        self.trace.tasks[self.processes[process].task].pid
    }

    pub(super) fn socket(&self, socket: usize) -> &Socket {
        &self.trace.sockets[socket]
    }

    pub(super) fn children(
        &self,
        parent: usize,
    ) -> impl Iterator<Item = usize> {
        let all = self.processes.iter().enumerate();
        all.filter(move |(_, one)| one.parent == Some(parent))
            .map(|(process, _)| process)
    }

    /// Whether it would be seen if it had been called. A log has only what
    /// strace was told to write.
    pub(super) fn is_told(&self, names: &[&str]) -> bool {
        let is_it = |event: &Event| {
            matches!(event, Event::Call(call)
                if names.contains(&call.call.as_str()))
        };
        self.trace.source == Source::Ptrace
            || self.trace.events.iter().any(is_it)
    }

    /// `server 4101`
    pub(super) fn who(&self, process: usize) -> String {
        let task = &self.trace.tasks[self.processes[process].task];
        format!("{} {}", task.name, task.pid)
    }

    /// `4<127.0.0.1:5000→127.0.0.1:41234>`
    pub(super) fn what(&self, holding: &Holding) -> String {
        let Holding { fd, socket, .. } = *holding;
        names::descriptor(self.trace, &Descriptor { fd, socket: Some(socket) })
    }

    /// Whether a process still held it at its own end, or at the trace's. An
    /// interpreter that closes all that is left while it ends is no better.
    pub(super) fn is_never_closed(&self, holding: &Holding) -> bool {
        let process = &self.processes[holding.process];
        let Some(until) = holding.until.and_then(|place| self.call(place))
        else {
            return holding.until == process.end;
        };
        let goes_on = |(_, call): (usize, &Call)| {
            call.enter_ns > until.enter_ns
                && (is_talk(call) || is_accept(call) || is_wait_for_many(call))
        };
        let told = self.told_to_end_ns(holding.process);
        process.end.is_some()
            && until.call == "close"
            && told.is_none_or(|told| told < until.enter_ns)
            && !self.calls(holding.process).any(goes_on)
    }

    /// When it was first asked to end.
    pub(super) fn told_to_end_ns(&self, process: usize) -> Option<u64> {
        let mut events = self.trace.events.iter();
        let told = events.find(|event| {
            matches!(event, Event::Signal(signal)
                if self.process(signal.task) == process
                    && asks_to_end(&signal.signal))
        });
        told.map(Event::at)
    }
}

/// When it returned.
pub(super) fn returned(call: &Call) -> u64 {
    call.exit_ns.unwrap_or(u64::MAX)
}

pub(super) fn is_accept(call: &Call) -> bool {
    call.call.starts_with("accept")
}

pub(super) fn accepts(call: &Call) -> bool {
    is_accept(call) && call.result.is_some_and(|fd| fd >= 0)
}

/// Whether it waits for news of many sockets at once.
pub(super) fn is_wait_for_many(call: &Call) -> bool {
    ["poll", "ppoll", "select", "pselect6", "epoll_wait"]
        .contains(&call.call.as_str())
        || call.call.starts_with("epoll_pwait")
}

pub(super) fn is_receive(call: &Call) -> bool {
    call.call.starts_with("recv")
        || ["read", "readv"].contains(&call.call.as_str())
}

/// Whether it moves bytes.
pub(super) fn is_talk(call: &Call) -> bool {
    is_receive(call)
        || call.call.starts_with("send")
        || ["write", "writev", "splice"].contains(&call.call.as_str())
}

/// Whether the peer has said that nothing more will come.
pub(super) fn meets_end(call: &Call) -> bool {
    let wants_none = matches!(call.call.as_str(), "read" | "recvfrom")
        && call.args.get(2).is_some_and(|size| size == "0");
    is_receive(call)
        && call.result == Some(0)
        && call.call != "recvmmsg"
        && !wants_none
}

/// A signal that asks a process to end.
pub(super) fn asks_to_end(signal: &str) -> bool {
    ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGKILL"].contains(&signal)
}
