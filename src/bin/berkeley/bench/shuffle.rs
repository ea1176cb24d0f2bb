//! A random order, another one each time.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// The standard library's hasher is sown by the kernel; what it makes of a
/// counter is random enough for an order.
pub(crate) struct Shuffle {
    sown: RandomState,
    count: u64,
}

impl Shuffle {
    pub(crate) fn new() -> Shuffle {
        Shuffle { sown: RandomState::new(), count: 0 }
    }

    /// Fisher and Yates.
    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.count += 1;
        let mut hasher = self.sown.build_hasher();
        hasher.write_u64(self.count);
        #[expect(clippy::cast_possible_truncation)]
        let number = hasher.finish() as usize;
        number % limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_keeps_everybody_and_is_not_always_the_same() {
        let mut shuffle = Shuffle::new();
        let mut orders = std::collections::HashSet::new();
        for _ in 0..100 {
            let mut all: Vec<u32> = (0..14).collect();
            shuffle.shuffle(&mut all);
            orders.insert(all.clone());
            all.sort_unstable();
            assert!(all.iter().copied().eq(0..14));
        }
        assert!(orders.len() > 90, "{}", orders.len());
    }
}
