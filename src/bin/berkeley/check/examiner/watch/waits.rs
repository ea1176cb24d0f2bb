//! For which descriptors a task waits in select, poll or epoll_wait.
//!
//! The lists are in the program's memory, where they stay as they are as
//! long as it is in the call. Man pages: `select(2)`, `poll(2)`,
//! `epoll_wait(2)`, `proc_pid_fdinfo(5)`.

use std::fs;

use super::call::Call;
use crate::tracer::{Memory, Remote};

/// No list that is longer is read.
const MOST: usize = 4096;
/// `struct pollfd`
const POLLFD: usize = 8;

/// A descriptor, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Awaited {
    pub(super) fd: i32,
    /// For nothing else than room to write.
    pub(super) to_write: bool,
}

/// `None` for a call that waits for no list, or whose list cannot be read.
pub(super) fn awaited(tid: i32, call: &Call) -> Option<Vec<Awaited>> {
    match &*call.name() {
        "poll" | "ppoll" => polled(tid, call),
        "select" | "pselect6" => selected(tid, call),
        "epoll_wait" | "epoll_pwait" | "epoll_pwait2" => {
            let path = format!("/proc/{tid}/fdinfo/{}", call.int(0));
            Some(watched(&fs::read_to_string(path).ok()?))
        }
        _ => None,
    }
}

fn polled(tid: i32, call: &Call) -> Option<Vec<Awaited>> {
    let count = usize::try_from(call.args[1]).ok()?.min(MOST);
    let bytes = Remote(tid).read(call.args[0], count * POLLFD).ok()?;
    let wants = |bytes: &[u8]| {
        let fd = i32::from_ne_bytes(*bytes.first_chunk()?);
        let events = i16::from_ne_bytes(*bytes.get(4..)?.first_chunk()?);
        let to_write =
            events & libc::POLLOUT != 0 && events & libc::POLLIN == 0;
        // A negative one is a place that is not used.
        (fd >= 0).then_some(Awaited { fd, to_write })
    };
    Some(bytes.chunks_exact(POLLFD).filter_map(wants).collect())
}

fn selected(tid: i32, call: &Call) -> Option<Vec<Awaited>> {
    let count = usize::try_from(call.int(0)).ok()?.min(MOST);
    let set = |at: usize| match call.args[at] {
        0 => Some(Vec::new()),
        address => Remote(tid).read(address, count.div_ceil(8)).ok(),
    };
    let (reads, writes, excepts) = (set(1)?, set(2)?, set(3)?);
    let is_in = |set: &[u8], fd: usize| {
        // As the kernel sees it, each set is an array of longs.
        let byte =
            if cfg!(target_endian = "big") { (fd / 8) ^ 7 } else { fd / 8 };
        set.get(byte).is_some_and(|bits| bits >> (fd % 8) & 1 == 1)
    };
    let all = (0..count).filter_map(|fd| {
        let to_read = is_in(&reads, fd) || is_in(&excepts, fd);
        let is_one = to_read || is_in(&writes, fd);
        let fd = i32::try_from(fd).ok()?;
        is_one.then_some(Awaited { fd, to_write: !to_read })
    });
    Some(all.collect())
}

/// `tfd:        4 events: 80000019 data: …`
fn watched(info: &str) -> Vec<Awaited> {
    let lines = info.lines().filter_map(|line| line.strip_prefix("tfd:"));
    let wants = |line: &str| {
        let mut words = line.split_whitespace();
        let fd = words.next()?.parse().ok()?;
        let events = u32::from_str_radix(words.nth(1)?, 16).ok()?;
        let (reads, writes) = (libc::EPOLLIN, libc::EPOLLOUT);
        let [reads, writes] = [reads, writes].map(i32::cast_unsigned);
        let to_write = events & writes != 0 && events & reads == 0;
        Some(Awaited { fd, to_write })
    };
    let mut all: Vec<Awaited> = lines.filter_map(wants).collect();
    all.sort_unstable_by_key(|awaited| awaited.fd);
    all
}
