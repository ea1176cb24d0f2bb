//! Calls over a small memory of our own.

#![allow(clippy::unwrap_used)]

mod beside_strace;
mod garbage;
mod network;
mod others;
mod spelled;

use std::collections::BTreeMap;

use nix::errno::Errno;
use syscalls::Sysno;

use super::*;

/// Bytes here and there.
#[derive(Default)]
struct Bytes(BTreeMap<u64, Vec<u8>>);

impl Memory for Bytes {
    fn read(&self, address: u64, length: usize) -> Result<Vec<u8>, Errno> {
        let (start, bytes) =
            self.0.range(..=address).next_back().ok_or(Errno::EFAULT)?;
        let skipped = usize::try_from(address - start).unwrap();
        match bytes.get(skipped..) {
            Some(rest) if !rest.is_empty() => {
                Ok(rest[..rest.len().min(length)].to_vec())
            }
            _ => Err(Errno::EFAULT),
        }
    }
}

/// What is put there begins at an address that it is told.
impl Bytes {
    fn put(&mut self, bytes: impl AsRef<[u8]>) -> u64 {
        let at = 0x1000 * (self.0.len() as u64 + 1);
        self.0.insert(at, bytes.as_ref().to_vec());
        at
    }

    fn ints(&mut self, values: &[i32]) -> u64 {
        let bytes: Vec<_> =
            values.iter().flat_map(|value| value.to_ne_bytes()).collect();
        self.put(bytes)
    }

    fn longs(&mut self, values: &[u64]) -> u64 {
        let bytes: Vec<_> =
            values.iter().flat_map(|value| value.to_ne_bytes()).collect();
        self.put(bytes)
    }

    fn local(&mut self) -> u64 {
        self.put([2, 0, 0x13, 0x88, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    }
}

fn entry(call: Sysno, args: &[u64]) -> Entry {
    let mut all = [0; 6];
    all[..args.len()].copy_from_slice(args);
    Entry { number: u64::try_from(call.id()).unwrap(), args: all }
}

const DECODER: Decoder = Decoder { longest: 32 };

/// There and back, in one memory.
fn whole(memory: &Bytes, call: Sysno, args: &[u64], result: i64) -> Decoded {
    let entry = entry(call, args);
    let mut decoded = DECODER.enter(&entry, memory);
    DECODER.leave(&entry, result, memory, &mut decoded);
    decoded
}

fn words(memory: &Bytes, call: Sysno, args: &[u64], result: i64) -> String {
    whole(memory, call, args, result).args.join(", ")
}

const MINUS_1: u64 = u64::MAX;
