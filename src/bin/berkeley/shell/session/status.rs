//! `status`: every descriptor of every actor, asked from outside, so that
//! nobody has to make a call for it, not even who is blocked in one.

use std::fmt::Write;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::Session;
use crate::shell::actor;
use crate::shell::commands::options::{ask, told};
use crate::trace::sockets::Seen;
use crate::trace::symbols;

const SOCKET: i32 = libc::SOL_SOCKET;

/// Shown when they are not zero.
const SWITCHES: [(i32, i32); 10] = [
    (SOCKET, libc::SO_REUSEADDR),
    (SOCKET, libc::SO_REUSEPORT),
    (SOCKET, libc::SO_BROADCAST),
    (SOCKET, libc::SO_KEEPALIVE),
    (SOCKET, libc::SO_OOBINLINE),
    (SOCKET, libc::SO_DONTROUTE),
    (SOCKET, libc::SO_PASSCRED),
    (libc::IPPROTO_TCP, libc::TCP_NODELAY),
    (libc::IPPROTO_TCP, libc::TCP_CORK),
    (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY),
];

/// Shown with their values, the last three only where they are set.
const VALUES: [(i32, i32); 5] = [
    (SOCKET, libc::SO_RCVBUF),
    (SOCKET, libc::SO_SNDBUF),
    (SOCKET, libc::SO_LINGER),
    (SOCKET, libc::SO_RCVTIMEO),
    (SOCKET, libc::SO_SNDTIMEO),
];

impl Session {
    /// Of all, or of what is called so.
    pub(super) fn status(&mut self, about: Option<&str>) -> Vec<String> {
        let mut lines = Vec::new();
        for place in 0..self.actors.len() {
            let actor = &self.actors[place];
            let (pid, names) = (actor.pid, actor.names.clone());
            if about.is_none() {
                lines.push(format!("@{}, pid {pid}", actor.name));
            }
            for (fd, what) in actor::open(pid) {
                let called = names.iter().filter(|(_, of)| **of == fd);
                let called: Vec<&str> =
                    called.map(|(name, _)| name.as_str()).collect();
                let is_it = |about: &str| {
                    fd.to_string() == about || called.contains(&about)
                };
                if about.is_some_and(|about| !is_it(about)) {
                    continue;
                }
                let seen = self.eye.see(pid.as_raw(), fd);
                let head = format!("  {fd} {}", called.join(" "));
                let head = head.trim_end();
                let Some(seen) = seen else {
                    if fd > 2 || about.is_some() {
                        lines.push(format!("{head}  {what}"));
                    }
                    continue;
                };
                lines.push(format!("{head}  {}", kind(&seen)));
                lines.push(format!("      {}", addresses(&seen)));
                let socket = self.eye.borrow(pid.as_raw(), fd);
                let more = socket.map(|it| more(&it)).unwrap_or_default();
                lines.extend(more.iter().map(|it| format!("      {it}")));
            }
        }
        if let (Some(about), true) = (about, lines.is_empty()) {
            lines.push(format!("nobody has a descriptor `{about}`"));
        }
        lines
    }
}

fn kind(seen: &Seen) -> String {
    let state = seen.look.state.clone().unwrap_or_default();
    let words =
        [&seen.family, &seen.kind, &seen.protocol, &state].map(String::as_str);
    let there = words.into_iter().filter(|it| !it.is_empty() && *it != "0");
    there.collect::<Vec<_>>().join(" ")
}

fn addresses(seen: &Seen) -> String {
    let local = seen.local.as_deref().unwrap_or("(not bound)");
    let mut line = local.to_owned();
    if let Some(peer) = &seen.peer {
        let _ = write!(line, " - {peer}");
    }
    let (receive, send) = (seen.look.receive_queue, seen.look.send_queue);
    if seen.listens {
        let waiting = receive.unwrap_or(0);
        let _ = write!(line, "  {waiting} to be accepted");
        if let Some(most) = send {
            let _ = write!(line, ", backlog {most}");
        }
        return line;
    }
    if let Some(receive) = receive {
        let _ = write!(line, "  {receive} to be received");
    }
    if let Some(send) = send {
        let _ = write!(line, ", {send} not acknowledged");
    }
    line
}

/// Readiness and options, by a duplicate.
fn more(socket: &OwnedFd) -> Vec<String> {
    let ready = readiness(socket);
    let mut words = Vec::new();
    let flags = fcntl(socket, FcntlArg::F_GETFL).unwrap_or(0);
    if OFlag::from_bits_retain(flags).contains(OFlag::O_NONBLOCK) {
        words.push("O_NONBLOCK".to_owned());
    }
    let fd = socket.as_raw_fd();
    for (level, option) in SWITCHES {
        let value = ask(fd, level, option).unwrap_or_default();
        if value.iter().any(|byte| *byte != 0) {
            words.push(symbols::option_name(level, option));
        }
    }
    for (place, (level, option)) in VALUES.into_iter().enumerate() {
        let value = ask(fd, level, option).unwrap_or_default();
        if place < 2 || value.iter().any(|byte| *byte != 0) {
            let name = symbols::option_name(level, option);
            words.push(format!("{name} {}", told(level, option, &value)));
        }
    }
    let ready = match ready {
        0 => "nothing is ready".into(),
        events => format!("ready: {}", symbols::events(events)),
    };
    vec![ready, words.join(", ")]
}

/// nix does not know POLLRDHUP, and tells nothing of an answer with it.
fn readiness(socket: &OwnedFd) -> i16 {
    let mut polled = libc::pollfd {
        fd: socket.as_raw_fd(),
        events: libc::POLLIN | libc::POLLPRI | libc::POLLOUT | libc::POLLRDHUP,
        revents: 0,
    };
    // SAFETY: the kernel reads and writes one pollfd, which is there.
    let answered = unsafe { libc::poll(&raw mut polled, 1, 0) };
    if answered == 1 { polled.revents } else { 0 }
}
