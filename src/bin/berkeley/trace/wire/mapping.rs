//! Memory that is shared with the kernel: it writes there, this program
//! looks. Man page: `mmap(2)`.

use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

/// A ring that belongs to a descriptor.
#[derive(Debug)]
pub(super) struct Mapping {
    start: NonNull<c_void>,
    length: NonZeroUsize,
}

impl Mapping {
    pub(super) fn of(
        file: impl AsFd,
        length: NonZeroUsize,
    ) -> Result<Mapping, Errno> {
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice changes
        // no memory that is in use.
        let start = unsafe {
            mmap(None, length, access, MapFlags::MAP_SHARED, file, 0)
        }?;
        Ok(Mapping { start, length })
    }

    pub(super) fn word(&self, offset: usize) -> &AtomicU32 {
        // SAFETY: `place` gives four aligned bytes of the mapping, which
        // lives as long as `self`; both sides use them as an atomic.
        unsafe { AtomicU32::from_ptr(self.place(offset, 4, 4).cast()) }
    }

    pub(super) fn long_word(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: as in `word`, with eight bytes.
        unsafe { AtomicU64::from_ptr(self.place(offset, 8, 8).cast()) }
    }

    /// Copies bytes that the kernel has handed over: it does not write there
    /// until they are given back.
    pub(super) fn copy(&self, offset: usize, into: &mut [u8]) {
        let from = self.place(offset, into.len(), 1);
        // SAFETY: `place` has checked that all of it is in the mapping, and
        // `into` is memory of this program's own.
        unsafe { from.copy_to_nonoverlapping(into.as_mut_ptr(), into.len()) };
    }

    /// Where this many bytes are, that must be in the mapping.
    fn place(&self, offset: usize, length: usize, align: usize) -> *mut u8 {
        let end = offset.checked_add(length);
        assert!(end.is_some_and(|end| end <= self.length.get()));
        assert!(offset.is_multiple_of(align));
        // SAFETY: it stays within the mapping, as was just checked.
        unsafe { self.start.cast::<u8>().as_ptr().add(offset) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this is what mmap gave, and no reference into it outlives
        // `self`.
        let _ = unsafe { munmap(self.start, self.length.get()) };
    }
}
