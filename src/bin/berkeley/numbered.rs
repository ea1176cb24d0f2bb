//! Maps whose keys are the kernel's own numbers: of tasks, descriptors,
//! inodes. Nobody chooses them so that they collide, and a tracer looks up
//! twenty of them while whoever it traces stands still.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

pub(crate) type Numbered<K, V> = HashMap<K, V, BuildHasherDefault<Mixer>>;

/// Spreads numbers that follow each other over all 64 bits.
#[derive(Default)]
pub(crate) struct Mixer(u64);

/// 2^64 divided by the golden ratio, and odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Mixer {
    fn mix(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(GOLDEN);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.mix(byte.into());
        }
    }

    fn write_i32(&mut self, number: i32) {
        self.mix(number.cast_unsigned().into());
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    /// A map looks at the upper bits and at the lower ones; a product is
    /// well mixed in the upper ones alone.
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    use super::*;

    #[test]
    fn neighbours_do_not_fall_into_the_same_places() {
        let hashes = BuildHasherDefault::<Mixer>::default();
        let hash = |pid: i32, fd: i32| hashes.hash_one((pid, fd));
        let pairs =
            (4_000..4_064).flat_map(|pid| (0..64).map(move |fd| (pid, fd)));
        let all: Vec<u64> = pairs.map(|(pid, fd)| hash(pid, fd)).collect();
        let lower: HashSet<u64> =
            all.iter().map(|hash| hash & 0xFFF).collect();
        let upper: HashSet<u64> = all.iter().map(|hash| hash >> 57).collect();
        // By chance, 63 % of as many places as there are pairs.
        assert!(lower.len() > 2_000, "{}", lower.len());
        assert_eq!(upper.len(), 128);
    }
}
