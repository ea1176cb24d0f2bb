//! What all processes of a server share: counters. And, where threads serve,
//! which descriptors carry a conversation.
//!
//! Anonymous memory mapped MAP_SHARED stays one and the same after `fork`,
//! where all other memory becomes a copy. Twin: `c_compare/workers/board.c`.
//! Man pages: `mmap(2)`, `fork(2)`.

use std::num::NonZeroUsize;
use std::os::fd::{AsRawFd, OwnedFd};
use std::slice;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::socket::{Shutdown, shutdown};

use crate::sockets::Failed;

use super::Model;

/// Errnos are smaller.
const ERRNOS: usize = 134;
/// Descriptors beyond are served, but not cut at the end of the grace.
const MOST_DESCRIPTORS: u64 = 1 << 20;

/// What is true of the whole server.
#[repr(C)]
pub struct Common {
    /// A signal has come: no more peers.
    pub stopping: AtomicBool,
    /// The grace is over.
    pub cutting: AtomicBool,
    /// How many conversations were still open then.
    pub cut: AtomicU64,
    /// The trouble with `accept` has been reported; once is enough.
    pub reported: AtomicBool,
    /// How often `accept` failed, by errno.
    pub accept_errors: [AtomicU64; ERRNOS],
}

/// What one worker has done. A cache line of its own, so that workers on two
/// CPUs do not pull it to and fro.
#[repr(C, align(64))]
pub struct Slot {
    /// Connections accepted.
    pub peers: AtomicU64,
    /// Bytes received.
    pub bytes_in: AtomicU64,
    /// Bytes sent.
    pub bytes_out: AtomicU64,
    /// Conversations going on.
    pub open: AtomicU64,
    /// Seats taken (`--max-peers`).
    pub seats: AtomicU64,
}

/// The shared memory.
#[derive(Clone, Copy)]
pub struct Board {
    /// What is true of the whole server.
    pub common: &'static Common,
    /// One for each worker.
    pub slots: &'static [Slot],
    /// A bit for each descriptor that carries a conversation; none where
    /// children do that: their numbers are their own, and the kernel can end
    /// them.
    talking: &'static [AtomicU64],
}

/// Zeroed memory that children share instead of copying it. Untouched pages
/// cost nothing, but each mapping costs every `fork`: so there is only one.
fn shared(length: usize) -> Result<*mut u8, Failed> {
    let length = NonZeroUsize::new(length).unwrap_or(NonZeroUsize::MIN);
    // SAFETY: a new mapping at an address of the kernel's choice.
    let at = unsafe {
        mmap_anonymous(
            None,
            length,
            ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
            MapFlags::MAP_SHARED,
        )
    };
    let at = at.map_err(Failed::at("mmap", "shared counters"))?;
    Ok(at.cast().as_ptr())
}

impl Board {
    /// A board with a slot for each of `workers`.
    pub fn new(workers: usize, model: Model) -> Result<Board, Failed> {
        let (most, _) = getrlimit(Resource::RLIMIT_NOFILE)
            .map_err(Failed::at("getrlimit", "RLIMIT_NOFILE"))?;
        let most = if model.has_children() { 0 } else { most };
        let words = most.min(MOST_DESCRIPTORS).div_ceil(64);
        let words = usize::try_from(words).unwrap_or(0);
        let slots_at =
            size_of::<Common>().next_multiple_of(align_of::<Slot>());
        let words_at = slots_at + workers * size_of::<Slot>();
        let at = shared(words_at + words * size_of::<AtomicU64>())?;
        // SAFETY: the mapping is long enough for all three and stays until
        // the process ends; each place is aligned for its type; and zeroes
        // are valid atomics, which is all that these types consist of.
        unsafe {
            Ok(Board {
                common: &*at.cast(),
                slots: slice::from_raw_parts(at.add(slots_at).cast(), workers),
                talking: slice::from_raw_parts(at.add(words_at).cast(), words),
            })
        }
    }

    /// Whether there will be no more peers.
    pub fn is_stopping(&self) -> bool {
        self.common.stopping.load(Ordering::Relaxed)
    }

    /// Whether the grace is over.
    pub fn is_cutting(&self) -> bool {
        self.common.cutting.load(Ordering::SeqCst)
    }

    /// The sum of one counter over all workers.
    pub fn total(&self, counter: fn(&Slot) -> &AtomicU64) -> u64 {
        self.slots
            .iter()
            .map(|slot| counter(slot).load(Ordering::Relaxed))
            .sum()
    }

    /// Counts a conversation as open, and makes its descriptor known to
    /// [`Board::cut_all`], for as long as the result lives. It must be
    /// dropped before the descriptor is closed.
    pub fn enter(&self, slot: &'static Slot, socket: &OwnedFd) -> Talking {
        slot.open.fetch_add(1, Ordering::Relaxed);
        let (word, bit) = self.place_of(socket);
        if let Some(word) = word {
            word.fetch_or(bit, Ordering::SeqCst);
        }
        if self.is_cutting() {
            let _ = shutdown(socket.as_raw_fd(), Shutdown::Both);
        }
        Talking { slot, word, bit }
    }

    fn place_of(&self, socket: &OwnedFd) -> (Option<&'static AtomicU64>, u64) {
        let number = usize::try_from(socket.as_raw_fd()).unwrap_or(0);
        (self.talking.get(number / 64), 1 << (number % 64))
    }

    /// Ends every conversation of this process: its `recv` returns 0, its
    /// `send` EPIPE, and whoever was blocked there goes home. For a signal
    /// handler: takes no lock, allocates nothing.
    pub fn cut_all(&self) {
        for (index, word) in self.talking.iter().enumerate() {
            let mut bits = word.load(Ordering::SeqCst);
            while bits != 0 {
                let number = index * 64 + bits.trailing_zeros() as usize;
                let number = i32::try_from(number).unwrap_or(-1);
                let _ = shutdown(number, Shutdown::Both);
                bits &= bits - 1;
            }
        }
    }
}

/// A conversation that is going on.
pub struct Talking {
    slot: &'static Slot,
    word: Option<&'static AtomicU64>,
    bit: u64,
}

impl Drop for Talking {
    fn drop(&mut self) {
        if let Some(word) = self.word {
            word.fetch_and(!self.bit, Ordering::SeqCst);
        }
        self.slot.open.fetch_sub(1, Ordering::Relaxed);
    }
}
