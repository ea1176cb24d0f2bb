//! TCP state transitions as the kernel reports them, of every TCP socket on
//! the machine, in whatever network namespace: whose they are is for the
//! reader to tell, by the addresses.
//!
//! What is reported, and when:
//!
//!     listen               CLOSE > LISTEN
//!     connect              CLOSE > SYN_SENT > ESTABLISHED
//!     its SYN comes in     (nothing: a request is no socket yet)
//!     handshake is done    LISTEN > SYN_RECV > ESTABLISHED, of a new socket
//!     FIN sent first       ESTABLISHED > FIN_WAIT1 > FIN_WAIT2 > CLOSE
//!     FIN received first   ESTABLISHED > CLOSE_WAIT > LAST_ACK > CLOSE
//!     both at once         ESTABLISHED > FIN_WAIT1 > CLOSING > CLOSE
//!     connect is refused   CLOSE > SYN_SENT > CLOSE
//!     RST, either side     whatever it was > CLOSE
//!     listener closed      LISTEN > CLOSE
//!
//! No report ever says TIME_WAIT. The socket goes from FIN_WAIT2, or from
//! CLOSING, to CLOSE, and a small stand-in keeps its addresses for a minute;
//! of what the stand-in does, nothing is reported. After FIN_WAIT2 it need
//! not be in TIME_WAIT either: when the program has closed its last
//! descriptor and the peer's FIN is still to come, the stand-in waits for it,
//! itself in FIN_WAIT2. `Change::stand_in` says what there is, or can be.
//!
//! A report is written before the transition is complete. In CLOSE >
//! SYN_SENT the kernel has not chosen a port yet, and in LISTEN > SYN_RECV,
//! the new socket's first, the peer is not known: both are taken from the
//! socket's next report, if that is read together with it.
//!
//! Found out by the tests below. To read on: `tcp_set_state` in the kernel's
//! `net/ipv4/tcp.c`, `tcp_time_wait` in `tcp_minisocks.c`.

mod ring;
mod stand_ins;
mod tracepoint;

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;

use nix::errno::Errno;

use ring::{Record, Ring};
use stand_ins::Ends;
use tracepoint::Tracepoint;

/// The tracepoint, heard on every CPU.
#[derive(Debug)]
pub(crate) struct Transitions {
    tracepoint: Tracepoint,
    rings: Vec<Ring>,
    ends: Ends,
    lost: u64,
}

/// A socket's state has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// In ns of CLOCK_MONOTONIC.
    pub(crate) at: u64,
    /// `127.0.0.1:5000`, `[::1]:5000`; IPv4 on an IPv6 socket is
    /// `[::ffff:127.0.0.1]:5000`.
    pub(crate) local: String,
    pub(crate) peer: String,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// Where the kernel has it: tells one socket from another, as long as
    /// both live.
    pub(crate) socket_address: u64,
    /// The state in which a stand-in is from here on, if there is one. Both
    /// that it can be in, where the other end is not seen and nobody knows;
    /// after a RST there is none then, either.
    pub(crate) stand_in: &'static [&'static str],
}

impl Change {
    /// Whether it is the first of a socket that a listener has made: the
    /// listener itself stays in LISTEN.
    pub(crate) fn is_birth(&self) -> bool {
        (self.from, self.to) == BIRTH
    }
}

const BIRTH: (&str, &str) = ("LISTEN", "SYN_RECV");

/// A change as the kernel has written it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Report {
    at: u64,
    local: SocketAddr,
    peer: SocketAddr,
    from: &'static str,
    to: &'static str,
    socket_address: u64,
}

impl Transitions {
    /// The error says why not, for the reader of a trace.
    pub(crate) fn open() -> Result<Transitions, String> {
        Transitions::with_room(ring::ROOM)
    }

    fn with_room(room: usize) -> Result<Transitions, String> {
        let explained = |why: String| {
            format!(
                "TCP transitions are not reported: {why} (it takes root, or \
                 CAP_SYS_ADMIN and CAP_PERFMON)"
            )
        };
        let tracepoint = Tracepoint::find().map_err(explained)?;
        let mut rings = Vec::new();
        for cpu in online() {
            match Ring::open(cpu, tracepoint.id, room) {
                Ok(ring) => rings.push(ring),
                // It was taken away just now.
                Err(Errno::ENODEV) => {}
                Err(errno) => {
                    let why = format!("perf_event_open: {errno}");
                    return Err(explained(why));
                }
            }
        }
        Ok(Transitions { tracepoint, rings, ends: Ends::default(), lost: 0 })
    }

    /// What has happened since the last time, in order. When nothing has, it
    /// costs one look at memory per CPU and no system call. What happens
    /// while it looks may come with the next read, although it is older than
    /// the last change of this one.
    pub(crate) fn read(&mut self) -> Vec<Change> {
        let mut reports = Vec::new();
        for ring in &mut self.rings {
            ring.read(|record| match record {
                Record::Sample(at, raw) => {
                    reports.extend(self.tracepoint.tell(at, raw));
                }
                Record::Lost(count) => self.lost += count,
            });
        }
        if reports.is_empty() {
            return Vec::new();
        }
        reports.sort_by_key(|report| report.at);
        complete(&mut reports);
        let ends = &mut self.ends;
        let in_words = |report: &Report| Change {
            at: report.at,
            local: report.local.to_string(),
            peer: report.peer.to_string(),
            from: report.from,
            to: report.to,
            socket_address: report.socket_address,
            stand_in: ends.stand_in(report),
        };
        reports.iter().map(in_words).collect()
    }

    /// How many found no room: too much happened between two reads. The
    /// kernel counts them with the next one that finds room on their CPU.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }
}

/// Gives the first report of a socket the addresses of its next one.
fn complete(reports: &mut [Report]) {
    let mut later: HashMap<u64, (SocketAddr, SocketAddr)> = HashMap::new();
    for report in reports.iter_mut().rev() {
        let is_early =
            (report.from, report.to) == BIRTH || report.to == "SYN_SENT";
        let next = later.get(&report.socket_address);
        if let Some(&(local, peer)) = next.filter(|_| is_early) {
            (report.local, report.peer) = (local, peer);
        }
        later.insert(report.socket_address, (report.local, report.peer));
    }
}

/// The CPUs there are: `0-3,8` is 0, 1, 2, 3, 8.
fn online() -> Vec<i32> {
    let list = fs::read_to_string("/sys/devices/system/cpu/online");
    let list = list.unwrap_or_else(|_| "0".into());
    let ranges = list.trim().split(',').filter_map(|range| {
        let ends = range.split_once('-').unwrap_or((range, range));
        Some(ends.0.parse().ok()?..=ends.1.parse().ok()?)
    });
    ranges.flatten().collect()
}

#[cfg(test)]
mod tests;
