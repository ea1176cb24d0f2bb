//! What the kernel's TCP counted: accept queues that were full, SYNs and
//! segments that were sent again. Of the whole network namespace, since it
//! booted. Man page: `proc_net(5)` (the columns are those of
//! `net/ipv4/proc.c` in the kernel).

use std::fs::File;
use std::os::unix::fs::FileExt;

use anyhow::{Context, Result};

use super::super::record;

/// The files with the counters, kept open.
pub(crate) struct Counters {
    netstat: File,
    snmp: File,
    buffer: Vec<u8>,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    listen_overflows: u64,
    listen_drops: u64,
    syn_cookies: u64,
    syn_retries: u64,
    retransmits: u64,
}

impl Counters {
    pub(crate) fn open() -> Result<Counters> {
        let open = |path| File::open(path).with_context(|| path);
        Ok(Counters {
            netstat: open("/proc/net/netstat")?,
            snmp: open("/proc/net/snmp")?,
            buffer: vec![0; 32 * 1024],
        })
    }

    pub(crate) fn read(&mut self) -> Result<Reading> {
        let tcp = text(&self.snmp, &mut self.buffer)?;
        let retransmits = counter(tcp, "Tcp:", "RetransSegs");
        let ext = text(&self.netstat, &mut self.buffer)?;
        let ext = |name| counter(ext, "TcpExt:", name);
        Ok(Reading {
            listen_overflows: ext("ListenOverflows"),
            listen_drops: ext("ListenDrops"),
            syn_cookies: ext("SyncookiesSent"),
            syn_retries: ext("TCPSynRetrans"),
            retransmits,
        })
    }
}

/// A file of /proc is made anew for each read from its beginning.
fn text<'a>(file: &File, buffer: &'a mut [u8]) -> Result<&'a str> {
    let mut end = 0;
    loop {
        match file.read_at(&mut buffer[end..], end as u64)? {
            0 => return Ok(std::str::from_utf8(&buffer[..end])?),
            length => end += length,
        }
    }
}

/// A line of names, and below it a line of numbers.
fn counter(text: &str, group: &str, name: &str) -> u64 {
    let mut lines = text.lines().filter(|line| line.starts_with(group));
    let names = lines.next().unwrap_or_default().split_ascii_whitespace();
    let numbers = lines.next().unwrap_or_default().split_ascii_whitespace();
    let number = names.zip(numbers).find(|(found, _)| *found == name);
    number.and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
}

impl Reading {
    pub(crate) fn since(&self, before: &Reading) -> record::Network {
        record::Network {
            listen_overflows: self.listen_overflows - before.listen_overflows,
            listen_drops: self.listen_drops - before.listen_drops,
            syn_cookies: self.syn_cookies - before.syn_cookies,
            syn_retries: self.syn_retries - before.syn_retries,
            retransmits: self.retransmits - before.retransmits,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use nix::sys::socket::{
        AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, connect,
        getsockname, listen, socket,
    };
    use std::os::fd::{AsRawFd, OwnedFd};

    use super::*;

    fn tcp() -> OwnedFd {
        let (family, kind) = (AddressFamily::Inet, SockType::Stream);
        socket(family, kind, SockFlag::SOCK_NONBLOCK, None).unwrap()
    }

    /// The queue takes one more than it is told; a SYN that finds it full is
    /// dropped.
    #[test]
    fn a_full_accept_queue_is_seen() {
        let listener = tcp();
        let anywhere = SockaddrIn::new(127, 0, 0, 1, 0);
        bind(listener.as_raw_fd(), &anywhere).unwrap();
        listen(&listener, Backlog::new(0).unwrap()).unwrap();
        let address: SockaddrIn = getsockname(listener.as_raw_fd()).unwrap();
        let mut counters = Counters::open().unwrap();
        let before = counters.read().unwrap();
        let peers: Vec<OwnedFd> = (0..8).map(|_| tcp()).collect();
        for peer in &peers {
            let _ = connect(peer.as_raw_fd(), &address);
        }
        let network = counters.read().unwrap().since(&before);
        assert!(network.listen_overflows >= 4, "{network:?}");
        assert!(network.listen_drops >= network.listen_overflows);
        loop {
            let network = counters.read().unwrap().since(&before);
            if network.syn_retries >= 4 && network.retransmits >= 4 {
                break;
            }
        }
    }

    #[test]
    fn a_counter_is_found_by_its_name() {
        let text = "TcpExt: A ListenDrops B\nTcpExt: 1 22 3\nIpExt: A\n";
        assert_eq!(counter(text, "TcpExt:", "ListenDrops"), 22);
        assert_eq!(counter(text, "TcpExt:", "Unknown"), 0);
    }
}
