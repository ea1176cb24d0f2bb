//! The kernel's view: processes, descriptors and sockets in /proc.
//!
//! Man pages: `proc(5)`, `proc_pid_stat(5)`.

use std::fs;
use std::time::{Duration, Instant};

use super::diag;

/// Waits for a state of the world, looking again and again until then: at
/// first often, and the less often the longer it takes.
pub fn until(limit: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        let waited = start.elapsed();
        assert!(waited < limit, "not within {limit:?}: {what}");
        std::thread::sleep((waited / 16).clamp(SOONEST, LATEST));
    }
}

const SOONEST: Duration = Duration::from_millis(3);
const LATEST: Duration = Duration::from_millis(50);

/// What `/proc/PID/stat` says behind the name: from the state on.
fn stat(pid: i32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_string).collect())
}

/// `R`, `S`, `T`, `Z`, …; `None` when there is no such process.
pub fn state(pid: i32) -> Option<char> {
    stat(pid)?[0].chars().next()
}

fn all_processes() -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let names = entries.map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.parse().ok()).collect()
}

/// The children of a process, zombies too.
pub fn children(pid: i32) -> Vec<i32> {
    let parent = pid.to_string();
    let mut all = all_processes();
    all.retain(|&pid| stat(pid).is_some_and(|stat| stat[1] == parent));
    all
}

/// Children, their children, and so on.
pub fn descendants(pid: i32) -> Vec<i32> {
    let mut found = children(pid);
    let mut next = 0;
    while next < found.len() {
        found.extend(children(found[next]));
        next += 1;
    }
    found
}

/// Children that ended and were not waited for.
pub fn zombies(pid: i32) -> Vec<i32> {
    let mut found = descendants(pid);
    found.retain(|&pid| state(pid) == Some('Z'));
    found
}

/// Processes that carry `mark` in their environment: a server's family, also
/// those whose parent has died.
pub fn marked(mark: &str) -> Vec<i32> {
    let mark = mark.as_bytes();
    let has_mark = |pid: &i32| {
        let environ = fs::read(format!("/proc/{pid}/environ"));
        environ.is_ok_and(|all| all.split(|&b| b == 0).any(|one| one == mark))
    };
    all_processes().into_iter().filter(has_mark).collect()
}

/// Processor time of one process, all its threads, without its children.
pub fn cpu_time(pid: i32) -> Duration {
    let stat = stat(pid).expect("the process is alive");
    let ticks = |at: usize| stat[at].parse::<u64>().unwrap();
    // 100 a second, whatever the kernel's own clock does: proc_pid_stat(5).
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// Processor time of a process and its living descendants.
pub fn family_cpu_time(pid: i32) -> Duration {
    let alive = |pid: &i32| state(*pid).is_some();
    let own = cpu_time(pid);
    own + descendants(pid)
        .iter()
        .filter(|pid| alive(pid))
        .map(|&pid| cpu_time(pid))
        .sum()
}

/// How many descriptors a process holds.
pub fn descriptors(pid: i32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// How many threads a process has.
pub fn threads(pid: i32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count)
}

/// One TCP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub local: u16,
    pub remote: u16,
    /// 1 ESTABLISHED, 6 TIME_WAIT, 10 LISTEN: `include/net/tcp_states.h`.
    pub state: u8,
    /// For a listener: how many wait to be accepted.
    pub receive_queue: usize,
    /// What `/proc/PID/fd` calls `socket:[INODE]`.
    pub inode: u64,
}

pub const ESTABLISHED: u8 = 1;
pub const TIME_WAIT: u8 = 6;
pub const LISTEN: u8 = 10;

/// All TCP sockets that have this port on their side.
pub fn sockets_of(port: u16) -> Vec<Row> {
    diag::sockets_of(port).unwrap_or_else(|_| sockets_listed(port))
}

/// The same from /proc/net/tcp and tcp6.
fn sockets_listed(port: u16) -> Vec<Row> {
    let mut rows = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = fs::read_to_string(table).unwrap_or_default();
        let found = text.lines().skip(1).filter_map(row);
        rows.extend(found.filter(|row| row.local == port));
    }
    rows
}

fn row(line: &str) -> Option<Row> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let port = |at: usize| {
        let (_, port) = fields.get(at)?.rsplit_once(':')?;
        u16::from_str_radix(port, 16).ok()
    };
    let (_, queue) = fields.get(4)?.split_once(':')?;
    Some(Row {
        local: port(1)?,
        remote: port(2)?,
        state: u8::from_str_radix(fields.get(3)?, 16).ok()?,
        receive_queue: usize::from_str_radix(queue, 16).ok()?,
        inode: fields.get(9)?.parse().ok()?,
    })
}

/// Whether somebody listens on this port. Looked at twice: the table is read
/// in pieces, and a socket that closes meanwhile may hide its neighbour.
pub fn is_listening(port: u16) -> bool {
    let look = || sockets_of(port).iter().any(|row| row.state == LISTEN);
    look() || look()
}

/// How many connections wait in the accept queues of a port.
pub fn accept_queue(port: u16) -> usize {
    let rows = sockets_of(port).into_iter();
    rows.filter(|row| row.state == LISTEN).map(|row| row.receive_queue).sum()
}

/// Whether somebody listens on the socket file: 10000 is `__SO_ACCEPTCON`.
pub fn is_listening_at(path: &str) -> bool {
    let table = fs::read_to_string("/proc/net/unix").unwrap();
    table.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.last() == Some(&path) && fields[3] == "00010000"
    })
}

/// Bytes of memory that a process holds now.
pub fn resident(pid: i32) -> usize {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Whether a server's side of a connection is gone, or only the kernel still
/// remembers it.
pub fn is_over(server: u16, peer: u16) -> bool {
    let rows = sockets_of(server);
    let mut rows = rows.iter().filter(|row| row.remote == peer);
    rows.all(|row| row.state == TIME_WAIT)
}

/// The inode of a server's side of a connection.
pub fn inode_of(server: u16, peer: u16) -> u64 {
    let mut inode = None;
    until(super::SOON, "the connection is in the table", || {
        let rows = sockets_of(server);
        let row = rows.iter().find(|row| row.remote == peer);
        inode = row.map(|row| row.inode);
        inode.is_some()
    });
    inode.unwrap()
}

/// Whether a process has a descriptor for this socket.
pub fn holds_socket(pid: i32, inode: u64) -> bool {
    let name = format!("socket:[{inode}]");
    let fds = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten();
    let mut links = fds.flatten().map(|fd| fs::read_link(fd.path()));
    links.any(|link| link.is_ok_and(|link| link.as_os_str() == &*name))
}
