//! The segments on loopback, as they arrive: TCP's, and UDP's datagrams.
//!
//! On loopback a packet comes by twice, when it is sent and when it is
//! received; the second one is told. Nothing cuts it there to what a network
//! card could carry: a segment can be 64 KiB long, and more than one `send`
//! may be in it. When one comes by twice all the same, or is answered with
//! RST, it was sent twice or nobody wanted it.
//!
//! The kernel writes the first bytes of each into a ring that is shared with
//! it, so that reading costs no system call. Its rows are all of one size
//! (TPACKET_V2): TPACKET_V3 would pack them more tightly, and show none
//! before a block of them is full or a timer has run out. Man pages:
//! `packet(7)`, `tcp(7)`; `Documentation/networking/packet_mmap.rst` in the
//! kernel.

mod clock;
mod filter;
mod headers;
mod numbers;

use std::num::NonZeroUsize;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering;

use nix::errno::Errno;
use nix::net::if_::if_nametoindex;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};

use super::mapping::Mapping;
use crate::trace::record::Segment;
use clock::Offset;
use headers::Packet;
use numbers::Numbers;

/// A row has room for the kernel's own header and for those of IPv6 and TCP
/// with all their options.
const ROW: usize = 256;
const ROWS: usize = 16 * 1024;
/// Rows are allocated in blocks.
const BLOCK: usize = 64 * 1024;
/// Of a packet; the kernel's own header takes the rest.
const LENGTH: u32 = 176;

/// Loopback, heard.
#[derive(Debug)]
pub(crate) struct Segments {
    socket: OwnedFd,
    rows: Mapping,
    /// The row that is written next.
    next: usize,
    offset: Offset,
    numbers: Numbers,
    lost: u64,
}

impl Segments {
    /// The error says why not, for the reader; whoever lacks CAP_NET_RAW
    /// has it in a network of their own.
    pub(crate) fn open() -> Result<Segments, String> {
        Segments::try_open()
            .map_err(|errno| format!("no packets on loopback: {errno}"))
    }

    fn try_open() -> Result<Segments, Errno> {
        // Of no protocol yet: nothing is heard before all is set up.
        let (family, close_on_exec) =
            (AddressFamily::Packet, SockFlag::SOCK_CLOEXEC);
        let socket = socket(family, SockType::Datagram, close_on_exec, None)?;
        filter::attach(&socket, LENGTH)?;
        let version = libc::tpacket_versions::TPACKET_V2 as libc::c_int;
        let level = libc::SOL_PACKET;
        set_option(&socket, level, libc::PACKET_VERSION, &version)?;
        let size = |bytes: usize| bytes.try_into().unwrap_or(u32::MAX);
        let request = libc::tpacket_req {
            tp_block_size: size(BLOCK),
            tp_block_nr: size(ROWS * ROW / BLOCK),
            tp_frame_size: size(ROW),
            tp_frame_nr: size(ROWS),
        };
        set_option(&socket, level, libc::PACKET_RX_RING, &request)?;
        let length = NonZeroUsize::MIN.saturating_add(ROWS * ROW - 1);
        let rows = Mapping::of(&socket, length)?;
        hear(&socket)?;
        Ok(Segments {
            socket,
            rows,
            next: 0,
            offset: Offset::measure(),
            numbers: Numbers::default(),
            lost: 0,
        })
    }

    /// What has come by since the last time, in order; at most as many as
    /// there are rows. `at_ns` is of CLOCK_MONOTONIC. When nothing has, it
    /// costs one look at memory and no system call.
    pub(crate) fn read(&mut self) -> Vec<Segment> {
        let mut all = Vec::new();
        if !self.has_more() {
            return all;
        }
        self.offset.renew();
        for _ in 0..ROWS {
            if !self.has_more() {
                break;
            }
            let row = self.next * ROW;
            let mut bytes = [0; ROW];
            self.rows.copy(row, &mut bytes);
            let free = libc::TP_STATUS_KERNEL;
            self.rows.word(row).store(free, Ordering::Release);
            self.next = (self.next + 1) % ROWS;
            all.extend(self.tell(&bytes));
        }
        all
    }

    fn has_more(&self) -> bool {
        let status = self.rows.word(self.next * ROW).load(Ordering::Acquire);
        status & libc::TP_STATUS_USER != 0
    }

    /// A row begins with `struct tpacket2_hdr`.
    fn tell(&mut self, row: &[u8; ROW]) -> Option<Segment> {
        let long = |at: usize| row[at..].first_chunk().copied();
        let long = |at| long(at).map(u32::from_ne_bytes);
        let short = |at: usize| row[at..].first_chunk().copied();
        let short = |at| short(at).map(u16::from_ne_bytes);
        let (length, kept) = (long(4)? as usize, long(8)? as usize);
        let start = usize::from(short(14)?);
        let at_ns = self.offset.monotonic(long(16)?, long(20)?);
        let bytes = row.get(start..)?;
        let packet = Packet::parse(&bytes[..kept.min(bytes.len())], length)?;
        Some(self.in_words(at_ns, &packet))
    }

    fn in_words(&mut self, at_ns: u64, packet: &Packet) -> Segment {
        let relative = packet.tcp.map(|tcp| self.numbers.relate(packet, tcp));
        Segment {
            at_ns,
            from: packet.from.to_string(),
            to: packet.to.to_string(),
            from_socket: None,
            to_socket: None,
            flags: packet.tcp.map_or("UDP".into(), headers::Tcp::words),
            sequence: relative.map_or(0, |tcp| tcp.sequence),
            acknowledged: relative.and_then(|tcp| tcp.acknowledged),
            window: relative.map_or(0, |tcp| tcp.window),
            length: packet.length,
        }
    }

    /// How many found no row: too much came by between two reads.
    pub(crate) fn lost(&mut self) -> u64 {
        // The kernel begins again at 0 when it was asked.
        self.lost += u64::from(drops(&self.socket).unwrap_or_default());
        self.lost
    }
}

/// From here on the socket hears loopback, and nothing else.
fn hear(socket: &OwnedFd) -> Result<(), Errno> {
    // SAFETY: it is a plain structure of numbers, for which 0 is a value.
    let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    let every = u16::try_from(libc::ETH_P_ALL).unwrap_or_default();
    address.sll_family = libc::AF_PACKET.try_into().unwrap_or_default();
    address.sll_protocol = every.to_be();
    let index = if_nametoindex(c"lo")?;
    address.sll_ifindex = index.try_into().map_err(|_| Errno::ENODEV)?;
    let length = size_of_val(&address).try_into().unwrap_or_default();
    // SAFETY: the address is as long as is said, and only read.
    let bound = unsafe {
        let address = &raw const address;
        libc::bind(socket.as_raw_fd(), address.cast(), length)
    };
    Errno::result(bound).map(drop)
}

fn set_option<T>(
    socket: impl AsFd,
    level: libc::c_int,
    name: libc::c_int,
    value: &T,
) -> Result<(), Errno> {
    let length = size_of::<T>().try_into().unwrap_or_default();
    // SAFETY: the kernel reads as many bytes as the value has.
    let set = unsafe {
        let value: *const T = value;
        let fd = socket.as_fd().as_raw_fd();
        libc::setsockopt(fd, level, name, value.cast(), length)
    };
    Errno::result(set).map(drop)
}

fn drops(socket: &OwnedFd) -> Result<u32, Errno> {
    let mut counts = libc::tpacket_stats { tp_packets: 0, tp_drops: 0 };
    let mut length = size_of_val(&counts).try_into().unwrap_or_default();
    // SAFETY: the kernel writes at most `length` bytes, which is what
    // `counts` has.
    let asked = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            (&raw mut counts).cast(),
            &raw mut length,
        )
    };
    Errno::result(asked)?;
    Ok(counts.tp_drops)
}

#[cfg(test)]
mod tests;
