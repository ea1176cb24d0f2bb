//! What the recorder does with each thing that it is told.

use std::mem;

use super::super::decode::{self, Decoded, Family};
use super::super::record::{
    Born, Call, Descriptor, Ended, Event, Exec, Look, Pause, Ready, Signal,
};
use super::super::sockets::{self, Glimpse, Held};
use super::about::{is_socket, waits_for_something_else};
use super::brief::{Beginning, is_plain};
use super::{MOST_HELD, Pending, Recorder, Spoken, What};
use crate::tracer::{
    Birth, Delivery, End, Entry, Interest, Remote, Task, Witness,
};

impl Witness for Recorder {
    fn enters(&mut self, at: u64, task: Task, call: &Entry) -> Interest {
        if self.is_brief && is_plain(call) {
            self.begin_briefly(at, task, call)
        } else {
            self.kept.make_way(call);
            self.begin_spoken(at, task, call)
        }
    }

    fn returns(&mut self, at: u64, task: Task, result: i64) {
        let at = self.since_zero(at);
        let Some(Pending { what, held, is_new }) =
            self.pending.remove(&task.tid)
        else {
            return;
        };
        let Spoken { event, entry, mut decoded } = match what {
            What::Spoken(spoken) => *spoken,
            What::Brief(which) => {
                let (fd, taken) = self.briefs.progress(which, result);
                let after = match &held {
                    Some(held) => self.known.look_again(held, taken),
                    None => self.known.look(task, fd).map(Glimpse::from),
                };
                let memory = self.memories.of(task);
                let (returned, longest) = ((at, result), self.decoder.longest);
                self.briefs.end(which, returned, after, &memory, longest);
                if let Some(held) = held {
                    self.kept.put(task, fd, held, is_new);
                }
                return;
            }
        };
        self.kept.make_way(&entry);
        // It is taken out of its place, not copied, and put back at the end.
        let Some(Event::Call(call)) = self.events.get_mut(event) else {
            return;
        };
        let mut call = mem::take(call);
        decoded.args = mem::take(&mut call.args);
        let memory = Remote(task.tid);
        self.decoder.leave(&entry, result, &memory, &mut decoded);
        call.exit_ns = Some(at);
        put_result(&mut call, result);
        self.complete(task, &mut call, decoded, held);
        self.events[event] = Event::Call(call);
    }

    fn is_born(
        &mut self,
        at: u64,
        task: Task,
        parent: Option<Task>,
        how: Birth,
    ) {
        self.kept.let_go();
        let at_ns = self.since_zero(at);
        let place = self.cast.is_born(at_ns, task, parent, how);
        // A thread has its process's descriptors, and they need no telling;
        // what was started has some of this tool's until its exec.
        let holds = match how {
            Birth::Thread | Birth::Started => Vec::new(),
            _ => self.known.held(task),
        };
        let Task { tid, pid } = task;
        let born = Born { task: place, tid, pid, at_ns, holds };
        self.events.push(Event::Birth(born));
    }

    fn becomes(&mut self, at: u64, task: Task, former: i32) {
        self.kept.let_go();
        let at_ns = self.since_zero(at);
        if let Some(place) = self.cast.becomes(at_ns, task, former) {
            let former = Task { tid: former, pid: task.pid };
            self.end(at_ns, place, former, End::ByExec);
        }
        self.memories.forget(task.pid);
        if let Some(pending) = self.pending.remove(&former) {
            self.pending.insert(task.tid, pending);
        }
        let Some(place) = self.cast.place(task.tid) else { return };
        let name = self.cast.tasks[place].name.clone();
        self.warnings.executes(task.pid, &format!("{name} {}", task.pid));
        let Task { tid, pid } = task;
        let holds = self.known.held(task);
        let exec = Exec { task: place, tid, pid, at_ns, name, holds };
        self.events.push(Event::Exec(exec));
    }

    fn hears(&mut self, at: u64, task: Task, signal: &Delivery) {
        self.kept.let_go();
        let Some(place) = self.cast.place(task.tid) else { return };
        let names_somebody = signal.signal == libc::SIGCHLD
            || matches!(
                signal.code,
                libc::SI_USER | libc::SI_QUEUE | libc::SI_TKILL
            );
        self.events.push(Event::Signal(Signal {
            task: place,
            tid: task.tid,
            pid: task.pid,
            at_ns: self.since_zero(at),
            signal: decode::signal(signal.signal),
            from_pid: names_somebody.then_some(signal.pid),
        }));
    }

    fn loses_sight(&mut self) {
        self.kept.go_blind();
    }

    fn pauses(&mut self, at: u64, task: Task, signal: i32) {
        self.pause(at, task, Some(decode::signal(signal)));
    }

    fn goes_on(&mut self, at: u64, task: Task) {
        self.pause(at, task, None);
    }

    fn ends(&mut self, at: u64, task: Task, how: End) {
        self.kept.let_go();
        let at_ns = self.since_zero(at);
        let Some(place) = self.cast.ends(at_ns, task.tid) else { return };
        self.pending.remove(&task.tid);
        if task.tid == task.pid {
            self.known.forget(task.pid);
            self.memories.forget(task.pid);
        }
        self.end(at_ns, place, task, how);
    }
}

impl Recorder {
    /// Of a plain transfer, the rest can wait until the trace is over.
    fn begin_briefly(
        &mut self,
        at: u64,
        task: Task,
        call: &Entry,
    ) -> Interest {
        let fd = decode::int(call.args[0]);
        let kept = self.kept.take(task, fd);
        let kept = kept.and_then(|held| self.known.glance_at(held));
        let is_new = kept.is_none();
        let glance = kept.or_else(|| {
            let is_network = decode::family(call.number) == Family::Network;
            let is_known = is_network || is_socket(task, fd);
            is_known.then(|| self.known.glance(task, fd)).flatten()
        });
        let place = self.cast.place(task.tid);
        let (Some((socket, glance)), Some(place)) = (glance, place) else {
            return self.begin_spoken(at, task, call);
        };
        let beginning = Beginning {
            enter_ns: self.since_zero(at),
            task: place,
            socket,
            before: glance.look,
        };
        let (memory, longest) = (self.memories.of(task), self.decoder.longest);
        let which = self.briefs.begin(call, beginning, &memory, longest);
        let held = glance.held.filter(|_| self.may_hold());
        let pending = Pending { what: What::Brief(which), held, is_new };
        self.pending.insert(task.tid, pending);
        Interest::Return
    }

    fn begin_spoken(&mut self, at: u64, task: Task, call: &Entry) -> Interest {
        if !self.is_about_sockets(task, call) {
            return Interest::None;
        }
        let memory = Remote(task.tid);
        let mut decoded = self.decoder.enter(call, &memory);
        if !self.everything && waits_for_something_else(task, &decoded) {
            return Interest::None;
        }
        let Some(place) = self.cast.place(task.tid) else {
            return Interest::None;
        };
        if decoded.name == "io_uring_setup" {
            let name = &self.cast.tasks[place].name;
            self.warnings.uses_a_ring(&format!("{name} {}", task.pid));
            self.kept.go_blind();
        }
        let event = self.events.len();
        let family = decode::family(call.number);
        let begins = self.since_zero(at);
        let (made, held) =
            self.begun(begins, task, place, family, &mut decoded);
        self.events.push(Event::Call(Box::new(made)));
        let pending = Spoken { event, entry: *call, decoded };
        let what = What::Spoken(Box::new(pending));
        let pending = Pending { what, held, is_new: true };
        self.pending.insert(task.tid, pending);
        Interest::Return
    }

    /// Those in calls come before those between them.
    fn may_hold(&mut self) -> bool {
        let in_calls = self.pending.len();
        if in_calls + self.kept.len() >= MOST_HELD {
            self.kept.let_go();
        }
        in_calls < MOST_HELD
    }

    /// A call as it is before it has returned, and its socket, held.
    fn begun(
        &mut self,
        enter_ns: u64,
        task: Task,
        place: usize,
        family: Family,
        decoded: &mut Decoded,
    ) -> (Call, Option<Held>) {
        // The calls of this family are about sockets, or fail. Of others
        // nothing is duplicated that may be anything else: to close the
        // duplicate of a file may do something to the file.
        let is_socket =
            |fd: &i32| family == Family::Network || is_socket(task, *fd);
        let (socket, glance) = decoded
            .fd
            .filter(is_socket)
            .and_then(|fd| self.known.glance(task, fd))
            .unzip();
        let (before, held) =
            glance.map(|glance| (glance.look.into(), glance.held)).unzip();
        let uses_it = matches!(family, Family::Network | Family::Transfer);
        let may_hold = uses_it && self.may_hold();
        let call = Call {
            task: place,
            tid: task.tid,
            pid: task.pid,
            call: decoded.name.to_string(),
            fd: decoded.fd,
            socket,
            args: mem::take(&mut decoded.args),
            enter_ns,
            address: decoded.address.clone(),
            before,
            passed: self.descriptors(task, &decoded.passed),
            awaits: self.descriptors(task, &decoded.awaits),
            ..Call::default()
        };
        (call, held.flatten().filter(|_| may_hold))
    }

    /// What it did, and what its socket has become by it.
    fn complete(
        &mut self,
        task: Task,
        call: &mut Call,
        decoded: Decoded,
        held: Option<Held>,
    ) {
        call.made = self.descriptors(task, &decoded.made);
        call.ready = self.readiness(task, &decoded.ready);
        if let (Some(socket), Some(fd)) = (call.socket, call.fd) {
            if call.call == "close" {
                let others = self.cast.pids();
                let before = call.before.clone();
                let after = self.known.after_close(socket, before, &others);
                (call.after, call.still_held) = after;
                self.known.is_closed(task, fd);
            } else {
                self.known.renew(socket, task, fd, &call.call);
                call.after = match held {
                    Some(held) => {
                        self.known.look_again(&held, None).map(Look::from)
                    }
                    None => self.known.look(task, fd),
                };
            }
        }
        if call.call.starts_with("accept")
            && let Some(Descriptor { socket: Some(peer), .. }) =
                call.made.first()
        {
            self.known.sockets[*peer].accepted_from = call.socket;
            call.after = self.known.look(task, call.made[0].fd);
        }
        let is_taken = call.errno.as_deref() == Some("EADDRINUSE");
        if let Some(path) = &decoded.address
            && call.call == "bind"
            && is_taken
        {
            call.nobody_there = sockets::is_abandoned(task.tid, path);
        }
        call.args = decoded.args;
        call.address = decoded.address;
        call.data = decoded.data;
        call.unsent = decoded.unsent;
    }

    fn descriptors(&mut self, task: Task, fds: &[i32]) -> Vec<Descriptor> {
        let with_socket =
            |&fd: &i32| Descriptor { fd, socket: self.known.of(task, fd) };
        fds.iter().map(with_socket).collect()
    }

    fn readiness(&mut self, task: Task, all: &[(i32, String)]) -> Vec<Ready> {
        let with_socket = |(fd, events): &(i32, String)| Ready {
            fd: *fd,
            socket: self.known.of(task, *fd),
            events: events.clone(),
        };
        all.iter().map(with_socket).collect()
    }

    fn end(&mut self, at_ns: u64, place: usize, task: Task, how: End) {
        let (code, signal) = match how {
            End::Exited(code) => (Some(code), None),
            End::Killed(signal, _) => (None, Some(decode::signal(signal))),
            End::ByExec | End::Unknown => (None, None),
        };
        self.events.push(Event::End(Ended {
            task: place,
            tid: task.tid,
            pid: task.pid,
            at_ns,
            code,
            signal,
            by_exec: how == End::ByExec,
        }));
    }

    fn pause(&mut self, at: u64, task: Task, signal: Option<String>) {
        let Some(place) = self.cast.place(task.tid) else { return };
        let Task { tid, pid } = task;
        let at_ns = self.since_zero(at);
        let pause = Pause { task: place, tid, pid, at_ns, signal };
        self.events.push(Event::Pause(pause));
    }
}

/// As the C library gives it.
pub(super) fn put_result(call: &mut Call, result: i64) {
    call.errno = decode::errno(result);
    call.result = Some(if call.errno.is_some() { -1 } else { result });
}
