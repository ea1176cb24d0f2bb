//! `--max-peers`: at most so many conversations at once, over all processes
//! together.
//!
//! An eventfd made with EFD_SEMAPHORE counts the free seats: `read` takes one
//! or blocks, `write` gives one back, and an event loop can wait for it as
//! for any other descriptor. Children inherit it. Twin:
//! `c_compare/workers/seats.c`. Man page: `eventfd(2)`.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering;

use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::read;

use crate::sockets::Failed;

use super::board::Slot;

/// Enough to let every waiting worker pass.
const PLENTY: u64 = 1 << 20;

/// The free seats; without a limit there is always one.
pub struct Seats(Option<EventFd>);

impl Seats {
    /// As many as `--max-peers` says. An event loop must not block on them.
    pub fn new(most: Option<u32>, blocking: bool) -> Result<Seats, Failed> {
        let mut flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_SEMAPHORE;
        flags.set(EfdFlags::EFD_NONBLOCK, !blocking);
        let seats = most.map(|most| {
            EventFd::from_value_and_flags(most, flags)
                .map_err(Failed::at("eventfd", "--max-peers"))
        });
        Ok(Seats(seats.transpose()?))
    }

    /// Takes a seat; false when there is none now.
    pub fn take(&self, slot: &Slot) -> bool {
        let Some(seats) = &self.0 else { return true };
        let mut count = [0; 8];
        loop {
            match read(seats, &mut count) {
                Ok(_) => break,
                Err(Errno::EINTR) => {}
                Err(_) => return false,
            }
        }
        slot.seats.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Gives one back.
    pub fn give(&self, slot: &Slot) {
        if let Some(seats) = &self.0 {
            slot.seats.fetch_sub(1, Ordering::Relaxed);
            let _ = seats.write(1);
        }
    }

    /// Gives back what a worker held when it died.
    pub fn give_all(&self, slot: &Slot) {
        let held = slot.seats.swap(0, Ordering::Relaxed);
        if let (Some(seats), 1..) = (&self.0, held) {
            let _ = seats.write(held);
        }
    }

    /// Lets everybody pass who waits for a seat: there will be no more peers.
    pub fn open_all(&self) {
        if let Some(seats) = &self.0 {
            let _ = seats.write(PLENTY);
        }
    }

    /// What an event loop waits for when there is no seat.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.0.as_ref().map(AsFd::as_fd)
    }
}
