//! The memory of a program that stands still. Man page:
//! `process_vm_readv(2)`.

use std::fs::File;
use std::io::IoSliceMut;
use std::os::unix::fs::FileExt;

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

use super::Task;
use crate::numbered::Numbered;

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

/// The memories of processes that are read again and again: an open file
/// saves the kernel to ask each time whether they may be.
#[derive(Default)]
pub(crate) struct Memories(Numbered<i32, File>);

/// As many files as are kept.
const MOST: usize = 128;

impl Memories {
    pub(crate) fn of(&mut self, task: Task) -> Opened<'_> {
        if self.0.len() >= MOST && !self.0.contains_key(&task.pid) {
            self.0.clear();
        }
        let tid = task.tid;
        if !self.0.contains_key(&task.pid)
            && let Ok(file) = File::open(format!("/proc/{tid}/mem"))
        {
            self.0.insert(task.pid, file);
        }
        Opened { tid, file: self.0.get(&task.pid) }
    }

    /// The process has ended, or has made an exec: an open file stays with
    /// the memory that was there before, which others may still use.
    pub(crate) fn forget(&mut self, pid: i32) {
        self.0.remove(&pid);
    }
}

/// One of them, while its task stands still.
pub(crate) struct Opened<'a> {
    tid: i32,
    file: Option<&'a File>,
}

impl Memory for Opened<'_> {
    fn read(&self, address: u64, length: usize) -> Result<Vec<u8>, Errno> {
        let mut bytes = vec![0; length];
        let got = self.file.map(|file| file.read_at(&mut bytes, address));
        match got {
            Some(Ok(got)) if got > 0 => {
                bytes.truncate(got);
                Ok(bytes)
            }
            _ => Remote(self.tid).read(address, length),
        }
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
