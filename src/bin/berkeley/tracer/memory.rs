//! The memory of a program that stands still. Man page:
//! `process_vm_readv(2)`.

use std::fs::File;
use std::io::IoSliceMut;
use std::os::unix::fs::FileExt;

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

/// Bytes of somebody else.
pub(crate) trait Memory {
    /// Up to `length` bytes at this address: fewer where the mapping ends,
    /// and an error when there is none at all.
    fn read(&self, address: u64, length: usize) -> Result<Vec<u8>, Errno>;
}

/// The memory of a task that stands still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remote(pub(crate) i32);

/// No page is smaller, so what ends ends at a multiple of this.
const PAGE: u64 = 4096;

impl Memory for Remote {
    fn read(&self, address: u64, length: usize) -> Result<Vec<u8>, Errno> {
        let mut bytes = vec![0; length];
        if length == 0 {
            return Ok(bytes);
        }
        let here = &mut [IoSliceMut::new(&mut bytes)];
        let there = pages(address, length);
        let pid = Pid::from_raw(self.0);
        let got = match process_vm_readv(pid, here, &there) {
            // No permission, or no such call here: /proc asks less of both.
            Err(Errno::EPERM | Errno::ENOSYS) => {
                self.by_file(address, &mut bytes)?
            }
            got => got?,
        };
        bytes.truncate(got);
        Ok(bytes)
    }
}

impl Remote {
    fn by_file(self, address: u64, into: &mut [u8]) -> Result<usize, Errno> {
        let file = File::open(format!("/proc/{}/mem", self.0));
        let got = file.and_then(|file| file.read_at(into, address));
        let errno = |error: std::io::Error| error.raw_os_error();
        got.map_err(|error| errno(error).map_or(Errno::EIO, Errno::from_raw))
    }
}

/// process_vm_readv(2) gives whole pieces or none of them, so each page is a
/// piece of its own: what is before the end of a mapping arrives.
fn pages(address: u64, length: usize) -> Vec<RemoteIoVec> {
    let piece = |base: u64, end: u64| RemoteIoVec {
        base: usize::try_from(base).unwrap_or(usize::MAX),
        len: usize::try_from(end - base).unwrap_or(0),
    };
    let end = address.saturating_add(length as u64);
    let (mut pieces, mut base) = (Vec::new(), address);
    while base < end {
        let next = (base / PAGE + 1).saturating_mul(PAGE).min(end);
        pieces.push(piece(base, next));
        base = next;
    }
    pieces
}
