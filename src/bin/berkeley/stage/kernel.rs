//! The kernel's view of a program: its family, its sockets.
//!
//! A server is ready when the kernel shows a socket in the state LISTEN that
//! one of its processes holds. Man pages: `proc_net(5)`, `proc_pid_stat(5)`,
//! `proc_pid_fd(5)`.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};

/// `include/net/tcp_states.h`
const ESTABLISHED: u8 = 0x01;
const UNCONNECTED: u8 = 0x07;
const LISTEN: u8 = 0x0A;

/// A process, its children, their children, and so on.
pub(crate) fn family(pid: i32) -> Vec<i32> {
    let all: Vec<(i32, i32)> =
        all_processes().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        let children = all.iter().filter(|(_, of)| *of == parent);
        family.extend(children.map(|(pid, _)| pid));
        next += 1;
    }
    family
}

/// The process that a thread belongs to; of its own number if there is none.
pub(crate) fn process_of(tid: i32) -> i32 {
    let status = fs::read_to_string(format!("/proc/{tid}/status"));
    let status = status.unwrap_or_default();
    let mut lines = status.lines();
    let of = lines.find_map(|line| line.strip_prefix("Tgid:"));
    of.and_then(|pid| pid.trim().parse().ok()).unwrap_or(tid)
}

fn all_processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Behind the name, which may have blanks and brackets, come the state and
/// the parent.
fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}

/// How many threads these processes have, all together.
pub(crate) fn threads(family: &[i32]) -> usize {
    let tasks = |pid| fs::read_dir(format!("/proc/{pid}/task"));
    family.iter().map(|pid| tasks(pid).map_or(0, Iterator::count)).sum()
}

/// Whether none of their threads is running: each waits for something.
pub(crate) fn is_asleep(family: &[i32]) -> bool {
    let tasks = family
        .iter()
        .filter_map(|pid| fs::read_dir(format!("/proc/{pid}/task")).ok());
    tasks.flatten().flatten().all(|task| {
        let stat = fs::read_to_string(task.path().join("stat"));
        let stat = stat.unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, is)| is.starts_with('S'))
    })
}

/// The TCP port on which one of these processes listens.
pub(crate) fn listening_port(family: &[i32]) -> Option<u16> {
    held_port(family, &["tcp", "tcp6"], listener)
}

/// The UDP port of one of these processes.
pub(crate) fn datagram_port(family: &[i32]) -> Option<u16> {
    held_port(family, &["udp", "udp6"], unconnected)
}

fn listener(rows: Rows<'_>, held: &HashSet<u64>) -> Option<Row> {
    // The kernel puts the listeners first, and a busy machine has thousands
    // of other rows behind them.
    let mut listeners = rows.take_while(|row| row.state == LISTEN);
    listeners.find(|row| held.contains(&row.inode))
}

fn unconnected(mut rows: Rows<'_>, held: &HashSet<u64>) -> Option<Row> {
    // These are in no order: somebody's connected one can be the first.
    rows.find(|row| row.state == UNCONNECTED && held.contains(&row.inode))
}

type Rows<'a> = Box<dyn Iterator<Item = Row> + 'a>;

/// The port of a socket that one of these processes holds, as it is found
/// among the rows of a table.
fn held_port(
    family: &[i32],
    tables: &[&str],
    find: fn(Rows<'_>, &HashSet<u64>) -> Option<Row>,
) -> Option<u16> {
    let held = sockets_held(family);
    if held.is_empty() {
        return None;
    }
    tables.iter().find_map(|table| {
        let rows = table_lines(table).filter_map(|line| row(&line));
        find(Box::new(rows), &held).map(|row| row.local)
    })
}

/// Whether one of these processes holds an accepted connection at `port`.
pub(crate) fn has_accepted(family: &[i32], port: u16) -> bool {
    let held = sockets_held(family);
    let place = format!(":{port:04X} ");
    let lines = table_lines("tcp").filter(|line| line.contains(&place));
    lines.filter_map(|line| row(&line)).any(|row| {
        row.state == ESTABLISHED
            && row.local == port
            && held.contains(&row.inode)
    })
}

/// One socket of /proc/net.
struct Row {
    local: u16,
    state: u8,
    inode: u64,
}

/// Read as far as they are wanted.
fn table_lines(table: &str) -> impl Iterator<Item = String> {
    let file = File::open(format!("/proc/net/{table}"));
    let lines = file.into_iter().flat_map(|file| BufReader::new(file).lines());
    lines.skip(1).map_while(Result::ok)
}

fn row(line: &str) -> Option<Row> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (_, port) = fields.next()?.rsplit_once(':')?;
    Some(Row {
        local: u16::from_str_radix(port, 16).ok()?,
        state: u8::from_str_radix(fields.nth(1)?, 16).ok()?,
        inode: fields.nth(5)?.parse().ok()?,
    })
}

/// The inodes of all sockets that these processes hold.
fn sockets_held(family: &[i32]) -> HashSet<u64> {
    let folders = family.iter().map(|pid| format!("/proc/{pid}/fd"));
    let entries = folders.filter_map(|folder| fs::read_dir(folder).ok());
    let links = entries.flatten().flatten();
    let links = links.filter_map(|entry| fs::read_link(entry.path()).ok());
    links.filter_map(|link| inode(link.to_str()?)).collect()
}

/// `socket:[12345]`
fn inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_found_behind_sockets_of_others() {
        let rows = |states: [u8; 3]| {
            let places = (1..).zip(states);
            places.map(|(inode, state)| Row { local: 5000, state, inode })
        };
        let held = HashSet::from([2, 3]);
        let udp = rows([ESTABLISHED, ESTABLISHED, UNCONNECTED]);
        let found = unconnected(Box::new(udp), &held);
        assert_eq!(found.map(|row| row.inode), Some(3));
        let tcp = rows([LISTEN, LISTEN, ESTABLISHED]);
        let found = listener(Box::new(tcp), &held);
        assert_eq!(found.map(|row| row.inode), Some(2));
    }
}
