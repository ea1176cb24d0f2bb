//! The memory of a program that stands still. Man page:
//! `process_vm_readv(2)`.

use nix::errno::Errno;

/// Bytes of somebody else.
pub(crate) trait Memory {
    /// Up to `length` bytes at this address: fewer where the mapping ends,
    /// and an error when there is none at all.
    fn read(&self, address: u64, length: usize) -> Result<Vec<u8>, Errno>;
}
