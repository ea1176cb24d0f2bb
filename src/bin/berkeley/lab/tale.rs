//! What was done, as a trace has it: so that an experiment is drawn as
//! everything else in this kit, and can be read again by `berkeley trace`.

use super::acts::{Act, Bytes, Came, errno, ready_words, signal};
use super::seats::Done;
use super::sight::Sight;
use crate::trace::record::{
    Birth, Born, Call, Descriptor, Ended, Event, Look, Payload, Program,
    Ready, Role, Signal, Socket, Task, Trace,
};

/// How much of a payload a ladder shows.
const TOLD: usize = 40;

pub(super) struct Tale {
    pub(super) trace: Trace,
}

impl Tale {
    pub(super) fn new(name: &str) -> Tale {
        Tale { trace: crate::trace::empty(format!("berkeley lab {name}")) }
    }

    /// A program that the director has started; its task.
    pub(super) fn program(
        &mut self,
        name: &str,
        role: Role,
        pid: i32,
        at_ns: u64,
    ) -> usize {
        let task = self.trace.tasks.len();
        let program = self.trace.programs.len();
        let command = vec![name.to_owned()];
        self.trace.programs.push(Program { role, command, task });
        self.trace.tasks.push(Task {
            tid: pid,
            pid,
            name: name.to_owned(),
            program,
            parent: None,
            birth: Birth::Started,
            born_ns: at_ns,
            ended_ns: None,
        });
        task
    }

    /// A child or a thread of `parent`, with the sockets that it holds.
    pub(super) fn child(
        &mut self,
        parent: usize,
        birth: Birth,
        (pid, tid): (i32, i32),
        at_ns: u64,
        holds: &[(i32, u64)],
    ) -> usize {
        let task = self.trace.tasks.len();
        let child = Task {
            tid,
            pid,
            parent: Some(parent),
            birth,
            born_ns: at_ns,
            ended_ns: None,
            ..self.trace.tasks[parent].clone()
        };
        self.trace.tasks.push(child);
        let holds = holds
            .iter()
            .map(|&(fd, inode)| Descriptor { fd, socket: self.known(inode) })
            .collect();
        let born = Born { task, tid, pid, at_ns, holds };
        self.trace.events.push(Event::Birth(born));
        task
    }

    fn known(&self, inode: u64) -> Option<usize> {
        self.trace.sockets.iter().position(|one| one.inode == inode)
    }

    /// The socket as it was seen just now.
    fn socket(&mut self, sight: &Sight) -> usize {
        let place = self.known(sight.inode).unwrap_or_else(|| {
            self.trace.sockets.push(Socket {
                inode: sight.inode,
                namespace: 1,
                family: sight.family.clone(),
                kind: sight.kind.clone(),
                protocol: sight.protocol.clone(),
                ..Socket::default()
            });
            self.trace.sockets.len() - 1
        });
        let known = &mut self.trace.sockets[place];
        known.listens |= sight.listens;
        if sight.local.is_some() {
            known.local.clone_from(&sight.local);
        }
        if sight.peer.is_some() {
            known.peer.clone_from(&sight.peer);
        }
        place
    }

    /// A call that has returned.
    pub(super) fn call(&mut self, task: usize, act: &Act, done: &Done) {
        let mut call =
            self.begun(task, act, done.began_ns, done.before.as_ref());
        let came = &done.came;
        call.result = Some(if came.errno == 0 { came.result } else { -1 });
        call.errno = (came.errno != 0).then(|| errno(came.errno));
        call.exit_ns = Some(done.ended_ns);
        call.args = act.args(came.value);
        call.after = done.after.as_ref().map(look);
        if let Some(address) = &came.address {
            call.address = Some(address.clone());
        }
        call.data = payload(act, came);
        for (fd, sight) in &done.made {
            let socket = sight.as_ref().map(|sight| self.socket(sight));
            call.made.push(Descriptor { fd: *fd, socket });
            if let (Act::Accept { .. }, Some(socket)) = (act, socket) {
                self.trace.sockets[socket].accepted_from = call.socket;
            }
        }
        if let (Act::SocketPair, [one, other]) = (act, &call.made[..])
            && let (Some(one), Some(other)) = (one.socket, other.socket)
        {
            self.trace.sockets[one].other_end = Some(other);
            self.trace.sockets[other].other_end = Some(one);
        }
        if let Act::Pass { passed, .. } = act {
            call.passed.push(Descriptor { fd: *passed, socket: None });
        }
        if let (Act::Poll { fd, .. }, 1..) = (act, came.result) {
            let events = ready_words(came.value);
            call.ready.push(Ready { fd: *fd, socket: call.socket, events });
        }
        self.trace.events.push(Event::Call(Box::new(call)));
    }

    /// A call that never returned.
    pub(super) fn hangs(&mut self, task: usize, act: &Act, at_ns: u64) {
        let mut call = self.begun(task, act, at_ns, None);
        call.args = act.args(0);
        self.trace.events.push(Event::Call(Box::new(call)));
    }

    fn begun(
        &mut self,
        task: usize,
        act: &Act,
        enter_ns: u64,
        before: Option<&Sight>,
    ) -> Call {
        let Task { tid, pid, .. } = self.trace.tasks[task];
        let address = match act {
            Act::Bind { to, .. }
            | Act::Connect { to, .. }
            | Act::SendTo { to, .. } => Some(to.to_string()),
            _ => None,
        };
        Call {
            task,
            tid,
            pid,
            call: act.call().to_owned(),
            fd: act.fd(),
            socket: before.map(|sight| self.socket(sight)),
            enter_ns,
            address,
            before: before.map(look),
            ..Call::default()
        }
    }

    /// The last close of a socket says FIN; another one does not.
    pub(super) fn is_still_held(&mut self) {
        if let Some(Event::Call(call)) = self.trace.events.last_mut() {
            call.still_held = true;
        }
    }

    pub(super) fn signal(&mut self, task: usize, number: i32, at_ns: u64) {
        let Task { tid, pid, .. } = self.trace.tasks[task];
        self.trace.events.push(Event::Signal(Signal {
            task,
            tid,
            pid,
            at_ns,
            signal: signal(number),
            from_pid: None,
        }));
    }

    pub(super) fn end(
        &mut self,
        task: usize,
        at_ns: u64,
        code: Option<i32>,
        killed_by: Option<i32>,
    ) {
        let ended = &mut self.trace.tasks[task];
        ended.ended_ns = Some(at_ns);
        let Task { tid, pid, .. } = *ended;
        self.trace.events.push(Event::End(Ended {
            task,
            tid,
            pid,
            at_ns,
            code,
            signal: killed_by.map(signal),
            by_exec: false,
        }));
    }

    pub(super) fn close(mut self) -> Trace {
        // The order in which they began: those that waited were told of when
        // they were over.
        self.trace.events.sort_by_key(Event::at);
        self.trace
    }
}

fn look(sight: &Sight) -> Look {
    Look {
        state: sight.state.clone(),
        receive_queue: sight.unread,
        send_queue: sight.unsent,
    }
}

/// What went through it.
fn payload(act: &Act, came: &Came) -> Option<Payload> {
    let length = u64::try_from(came.result).ok()?;
    let bytes = match act {
        Act::Send { bytes: Bytes::Text(text), .. }
        | Act::SendTo { bytes: Bytes::Text(text), .. } => text.as_bytes(),
        Act::Send { .. } | Act::SendTo { .. } => &[],
        Act::Recv { .. } | Act::RecvFrom { .. } => &came.data,
        _ => return None,
    };
    let told = usize::try_from(length).unwrap_or(0).min(TOLD);
    let bytes = &bytes[..told.min(bytes.len())];
    // Of zeros there is nothing to be read.
    let bytes = if bytes.iter().all(|byte| *byte == 0) { &[] } else { bytes };
    let text = bytes.escape_ascii().to_string().replace("\\'", "'");
    Some(Payload { text, length, cut: (bytes.len() as u64) < length })
}
