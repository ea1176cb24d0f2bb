//! What the program's descriptors are. Man pages: `proc_pid_fd(5)`,
//! `proc_pid_fdinfo(5)`.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::net::SocketAddr;

use super::Namer;
use super::family::{Family, Member};
use crate::trace::sockets::{Row, internet_rows, numbered};
use crate::trace::tcp;

/// Each descriptor of a process, and what it leads to: `socket:[12345]`.
pub(super) fn held(pid: i32, member: &Member) -> Vec<(i32, String)> {
    // When the first thread of a process has ended, the process's number
    // leads to no descriptors, but those of the other threads do.
    let tids = [pid].into_iter().chain(member.tasks.iter().copied());
    let all = tids.map(links).find(|links| !links.is_empty());
    all.unwrap_or_default()
}

fn links(tid: i32) -> Vec<(i32, String)> {
    let entries = fs::read_dir(format!("/proc/{tid}/fd"));
    let entries = entries.into_iter().flatten().flatten();
    let links = entries.filter_map(|entry| {
        let link = fs::read_link(entry.path()).ok()?;
        let fd = entry.file_name().to_str()?.parse().ok()?;
        Some((fd, link.to_string_lossy().into_owned()))
    });
    let mut links: Vec<(i32, String)> = links.collect();
    links.sort_unstable();
    links
}

/// The inodes of all sockets that anybody of the family holds.
pub(super) fn sockets(family: &Family) -> HashSet<u64> {
    let held = family.members().flat_map(|(pid, member)| held(pid, member));
    held.filter_map(|(_, link)| numbered(&link)).collect()
}

/// Who holds this socket, and as which descriptor.
pub(super) fn holders(family: &Family, inode: u64) -> Vec<(i32, i32)> {
    let held = family.members().flat_map(|(pid, member)| {
        held(pid, member).into_iter().map(move |(fd, link)| (pid, fd, link))
    });
    held.filter(|(.., link)| numbered(link) == Some(inode))
        .map(|(pid, fd, _)| (pid, fd))
        .collect()
}

/// Whether one of its descriptors is a timer that is set.
pub(super) fn has_timer(pid: i32) -> bool {
    let is_set = |fd: i32| {
        let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}"));
        let info = info.unwrap_or_default();
        let left = info.lines().find_map(|line| line.strip_prefix("it_value"));
        left.is_some_and(|left| !left.ends_with("(0, 0)"))
    };
    let all = links(pid).into_iter();
    all.filter(|(_, link)| link == "anon_inode:[timerfd]")
        .any(|(fd, _)| is_set(fd))
}

/// The internet sockets of this network namespace, by inode.
pub(super) struct Tables {
    rows: HashMap<u64, (i32, Row)>,
    /// Who was in none of the tables, although they were read again.
    absent: HashSet<u64>,
}

impl Tables {
    pub(super) fn read() -> Tables {
        Tables { rows: rows(), absent: HashSet::new() }
    }

    pub(super) fn is_in(&self, inode: u64, state: &str) -> bool {
        self.rows.get(&inode).is_some_and(|(protocol, row)| {
            *protocol == libc::IPPROTO_TCP
                && tcp::state(row.state.into()) == Some(state)
        })
    }

    /// `is its connection to A`, `listens on 127.0.0.1:5000`, `is its
    /// standard input, a pipe`; `is not open`.
    pub(super) fn says(
        &mut self,
        tid: i32,
        fd: i32,
        name: Namer<'_>,
    ) -> String {
        let link = fs::read_link(format!("/proc/{tid}/fd/{fd}"));
        let Ok(link) = link else { return "is not open".to_string() };
        let link = link.to_string_lossy();
        if let Some(inode) = numbered(&link) {
            return self.socket(inode, name);
        }
        let is_terminal =
            ["/dev/pts/", "/dev/tty"].iter().any(|at| link.starts_with(at));
        let what = match &*link {
            _ if is_terminal && fd == 0 => {
                return format!("is the keyboard ({link})");
            }
            _ if is_terminal => format!("the terminal ({link})"),
            _ if link.starts_with("pipe:") => "a pipe".to_string(),
            "anon_inode:[eventpoll]" => "an epoll instance".to_string(),
            "anon_inode:[timerfd]" => "a timer".to_string(),
            _ => match link.strip_prefix("anon_inode:") {
                Some(kind) => format!("of the kind {}", brackets_off(kind)),
                None => format!("the file {link}"),
            },
        };
        match fd {
            0 => format!("is its standard input, {what}"),
            1 => format!("is its standard output, {what}"),
            2 => format!("is its standard error, {what}"),
            _ => format!("is {what}"),
        }
    }

    fn socket(&mut self, inode: u64, name: Namer<'_>) -> String {
        // It may be younger than what was read: accepted just now.
        if !self.rows.contains_key(&inode) && self.absent.insert(inode) {
            self.rows = rows();
        }
        let Some((protocol, row)) = self.rows.get(&inode) else {
            return unlisted(inode).to_string();
        };
        let (local, peer) = (canonical(row.local), canonical(row.peer));
        if *protocol != libc::IPPROTO_TCP {
            return format!("is its UDP socket on {local}");
        }
        match tcp::state(row.state.into()) {
            Some("LISTEN") => format!("listens on {local}"),
            Some("CLOSE") => {
                format!("is a socket without a connection, bound to {local}")
            }
            state => {
                let state = match state {
                    Some("ESTABLISHED") | None => String::new(),
                    Some(state) => format!(" ({state})"),
                };
                let peer = name(local, peer).unwrap_or(peer.to_string());
                format!("is its connection to {peer}{state}")
            }
        }
    }
}

fn rows() -> HashMap<u64, (i32, Row)> {
    let rows = internet_rows(std::process::id().cast_signed());
    let rows = rows.filter(|(_, row)| row.inode != 0);
    rows.map(|(protocol, row)| (row.inode, (protocol, row))).collect()
}

/// One that is in none of the tables of internet sockets.
fn unlisted(inode: u64) -> &'static str {
    let table = fs::read_to_string("/proc/self/net/unix").unwrap_or_default();
    let inode = inode.to_string();
    let is_it = |line: &str| line.split_whitespace().nth(6) == Some(&inode);
    if table.lines().any(is_it) {
        "is an AF_UNIX socket"
    } else {
        // Not yet, or after a reset no more.
        "is a socket without a connection"
    }
}

fn brackets_off(kind: &str) -> &str {
    kind.trim_matches(['[', ']'])
}

/// An IPv4 peer of an AF_INET6 socket is an IPv4 peer.
pub(super) fn canonical(at: SocketAddr) -> SocketAddr {
    match at {
        SocketAddr::V6(v6) if v6.ip().to_ipv4_mapped().is_some() => {
            SocketAddr::new(at.ip().to_canonical(), at.port())
        }
        _ => at,
    }
}
