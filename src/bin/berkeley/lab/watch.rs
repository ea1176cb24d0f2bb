//! What is waited for, and what is counted: the kernel's own words. Man
//! pages: `proc_pid_syscall(5)`, `proc_pid_stat(5)`, `proc_sys_net(5)`.

use std::fs;
use std::sync::OnceLock;
use std::time::Instant;

use super::acts::Act;
use crate::tracer::name;

/// Set before there is any actor, so that all have the same.
static BEGAN: OnceLock<Instant> = OnceLock::new();

/// Since the experiment began.
pub(super) fn now_ns() -> u64 {
    let began = BEGAN.get_or_init(Instant::now);
    u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Whether this task sleeps in this call, rather than on its way to it.
pub(super) fn is_waiting_in(tid: i32, act: &Act) -> bool {
    let read = |file| fs::read_to_string(format!("/proc/{tid}/{file}"));
    let Ok(text) = read("syscall") else { return false };
    let mut fields = text.split_whitespace();
    let number = fields.next().and_then(|number| number.parse().ok());
    let Some(number) = number else { return false };
    let first = fields.next().and_then(|arg| arg.strip_prefix("0x"));
    let first = first.and_then(|arg| u64::from_str_radix(arg, 16).ok());
    let is_same = match act.fd() {
        Some(fd) => first == u64::try_from(fd).ok(),
        None => true,
    };
    is_same && name(number) == act.call() && state_of(tid) == Some('S')
}

/// `S`, `R`, `Z`; `None` once it is reaped.
pub(crate) fn state_of(tid: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{tid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Whether a signal has come that was not delivered yet.
pub(super) fn is_pending(tid: i32, signal: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{tid}/status"));
    let status = status.unwrap_or_default();
    let of = |line: &str| {
        let set = line
            .strip_prefix("SigPnd:")
            .or_else(|| line.strip_prefix("ShdPnd:"))?;
        u64::from_str_radix(set.trim(), 16).ok()
    };
    let bit = 1_u64 << (signal - 1);
    status.lines().filter_map(of).any(|set| set & bit != 0)
}

/// Whether it has ended, reaped or not.
pub(super) fn has_ended(pid: i32) -> bool {
    matches!(state_of(pid), None | Some('Z' | 'X'))
}

/// `TcpExt`, `ListenOverflows` in /proc/net/netstat; `Tcp`, `OutRsts` in
/// /proc/net/snmp. Of this network namespace.
fn counter(group: &str, name: &str) -> Option<i64> {
    let files = ["/proc/net/netstat", "/proc/net/snmp"];
    files.iter().find_map(|file| {
        let text = fs::read_to_string(file).ok()?;
        let rows = text.lines().filter_map(|line| line.split_once(": "));
        let mut rows = rows.filter(|(of, _)| *of == group);
        let (names, values) = (rows.next()?.1, rows.next()?.1);
        let place = names.split(' ').position(|one| one == name)?;
        values.split(' ').nth(place)?.parse().ok()
    })
}

/// The same where it is known to be.
pub(crate) fn count(group: &str, name: &str) -> i64 {
    counter(group, name).unwrap_or_default()
}

/// A setting of this network namespace: `tcp_abort_on_overflow`.
pub(crate) fn setting(name: &str) -> Option<i64> {
    let text = fs::read_to_string(path_of(name)).ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// `tcp_fin_timeout` and `net.core.somaxconn` alike.
pub(super) fn path_of(name: &str) -> String {
    let name = name.replace('.', "/");
    if name.contains('/') {
        format!("/proc/sys/{name}")
    } else {
        format!("/proc/sys/net/ipv4/{name}")
    }
}

/// How many descriptors a process has that are not a seat.
pub(super) fn descriptors(pid: i32) -> Vec<i32> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd"));
    let numbers =
        entries.into_iter().flatten().flatten().filter_map(|entry| {
            entry.file_name().to_str()?.parse::<i32>().ok()
        });
    let own = 3..super::seats::ACTORS;
    let mut numbers: Vec<i32> =
        numbers.filter(|fd| own.contains(fd)).collect();
    numbers.sort_unstable();
    numbers
}

/// How long the kernel's timer of a connection at this address still runs,
/// in whole seconds: TIME_WAIT has one.
pub(crate) fn seconds_left(local: Option<&str>) -> Option<u64> {
    let (_, port) = local?.rsplit_once(':')?;
    let place = format!(":{:04X}", port.parse::<u16>().ok()?);
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    let row = table.lines().find(|line| {
        let mut fields = line.split_whitespace().skip(1);
        fields.next().is_some_and(|local| local.ends_with(&place))
            && fields.nth(1) == Some("06")
    })?;
    // `03:00001767`: the kind of timer, and the clock ticks that are left.
    let (_, ticks) = row.split_whitespace().nth(5)?.split_once(':')?;
    u64::from_str_radix(ticks, 16).ok().map(|ticks| ticks / 100)
}
