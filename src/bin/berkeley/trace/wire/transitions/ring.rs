//! What happens at a tracepoint on one CPU, as the kernel writes it into
//! memory that is shared with it. Man page: `perf_event_open(2)`.
//!
//! The event belongs to its descriptor: when that is closed, by whatever end
//! of this process, the tracepoint is as it was. A tracefs instance would
//! stay behind after a SIGKILL.

use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering;

use nix::errno::Errno;
use nix::unistd::{SysconfVar, sysconf};

use super::super::mapping::Mapping;
use super::tracepoint::own;

/// `include/uapi/linux/perf_event.h`
const PERF_TYPE_TRACEPOINT: u32 = 2;
const PERF_SAMPLE_TIME: u64 = 1 << 2;
const PERF_SAMPLE_RAW: u64 = 1 << 10;
const WATERMARK: u64 = 1 << 14;
const USE_CLOCKID: u64 = 1 << 25;
const PERF_FLAG_FD_CLOEXEC: libc::c_ulong = 8;
const PERF_RECORD_LOST: u32 = 2;
const PERF_RECORD_SAMPLE: u32 = 9;

/// `struct perf_event_mmap_page`
const DATA_HEAD: usize = 1024;
const DATA_TAIL: usize = 1032;

/// Room for records, per CPU: about 2,700 transitions. With the page before
/// it, it is within what perf_event_mlock_kb leaves to anybody.
pub(super) const ROOM: usize = 256 * 1024;

/// `struct perf_event_attr` as it was from Linux 3.19 on.
#[repr(C)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_watermark: u32,
    bp_type: u32,
    config1: u64,
    config2: u64,
    branch_sample_type: u64,
    sample_regs_user: u64,
    sample_stack_user: u32,
    clockid: i32,
    sample_regs_intr: u64,
}

/// Its size tells the kernel which version it is of.
const ATTRIBUTES: u32 = 104;
const _: () = assert!(size_of::<Attributes>() == ATTRIBUTES as usize);

/// One CPU's.
#[derive(Debug)]
pub(super) struct Ring {
    /// It ends with its last descriptor.
    _event: OwnedFd,
    memory: Mapping,
    /// Where the records begin, and how much room they have.
    start: usize,
    room: usize,
    /// How far they were read; it only grows.
    tail: u64,
}

/// Something that the kernel has written.
pub(super) enum Record<'a> {
    /// At this time, in ns of CLOCK_MONOTONIC.
    Sample(u64, &'a [u8]),
    /// So many found no room.
    Lost(u64),
}

impl Ring {
    /// Of whatever task is there when it happens. The room is a power of
    /// two, and whole pages.
    pub(super) fn open(
        cpu: i32,
        tracepoint: u64,
        room: usize,
    ) -> Result<Ring, Errno> {
        let attributes = Attributes {
            kind: PERF_TYPE_TRACEPOINT,
            size: ATTRIBUTES,
            config: tracepoint,
            sample_period: 1,
            sample_type: PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
            read_format: 0,
            flags: WATERMARK | USE_CLOCKID,
            // poll(2) says nothing before: who is asleep is not woken for
            // each transition.
            wakeup_watermark: u32::try_from(room / 4).unwrap_or(u32::MAX),
            bp_type: 0,
            config1: 0,
            config2: 0,
            branch_sample_type: 0,
            sample_regs_user: 0,
            sample_stack_user: 0,
            clockid: libc::CLOCK_MONOTONIC,
            sample_regs_intr: 0,
        };
        let (anyone, no_group) = (-1, -1);
        // SAFETY: the structure is as long as it says, and only read.
        let event = unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                &raw const attributes,
                anyone,
                cpu,
                no_group,
                PERF_FLAG_FD_CLOEXEC,
            )
        };
        let event = own(event)?;
        let start = page_size();
        let length = NonZeroUsize::MIN.saturating_add(start + room - 1);
        let memory = Mapping::of(&event, length)?;
        Ok(Ring { _event: event, memory, start, room, tail: 0 })
    }

    /// Everything that is new. When nothing is, one look at memory.
    pub(super) fn read(&mut self, mut tell: impl FnMut(Record<'_>)) {
        let head = self.memory.long_word(DATA_HEAD).load(Ordering::Acquire);
        let mut record = Vec::new();
        while self.tail < head {
            let mut header = [0; 8];
            self.copy(self.tail, &mut header);
            let [a, b, c, d, _, _, low, high] = header;
            let kind = u32::from_ne_bytes([a, b, c, d]);
            let size = u16::from_ne_bytes([low, high]).max(8);
            record.resize(usize::from(size) - 8, 0);
            self.copy(self.tail + 8, &mut record);
            self.tail += u64::from(size);
            if let Some(record) = parse(kind, &record) {
                tell(record);
            }
        }
        if !record.is_empty() {
            let tail = self.memory.long_word(DATA_TAIL);
            tail.store(self.tail, Ordering::Release);
        }
    }

    /// What is at this place of the endless tape of which the ring shows the
    /// last piece.
    fn copy(&self, position: u64, into: &mut [u8]) {
        let room = self.room as u64;
        let from = usize::try_from(position % room).unwrap_or_default();
        let until_end = into.len().min(self.room - from);
        let (first, rest) = into.split_at_mut(until_end);
        self.memory.copy(self.start + from, first);
        self.memory.copy(self.start, rest);
    }
}

/// Without its header.
fn parse(kind: u32, record: &[u8]) -> Option<Record<'_>> {
    let (first, rest) = record.split_first_chunk()?;
    let first = u64::from_ne_bytes(*first);
    match kind {
        PERF_RECORD_SAMPLE => {
            let (length, raw) = rest.split_first_chunk()?;
            let length = u32::from_ne_bytes(*length);
            Some(Record::Sample(first, raw.get(..length as usize)?))
        }
        PERF_RECORD_LOST => {
            Some(Record::Lost(u64::from_ne_bytes(*rest.first_chunk()?)))
        }
        _ => None,
    }
}

pub(super) fn page_size() -> usize {
    let size = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    size.and_then(|size| size.try_into().ok()).unwrap_or(4096)
}
