//! Random calls over random memory: nothing panics, and nothing asks for
//! much.

use super::*;

/// Every page can be read, or only some of them; whatever stands there.
struct Garbage(u64);

impl Memory for Garbage {
    fn read(&self, address: u64, length: usize) -> Result<Vec<u8>, Errno> {
        let seed = scrambled(address ^ self.0);
        assert!(length <= 1 << 20, "{length} bytes are too many to ask for");
        match seed % 8 {
            0 => Err(Errno::EFAULT),
            1 => Ok(vec![0xff; length]),
            2 => Ok(vec![0; length / 2]),
            _ => Ok((0..length as u64)
                .map(|place| scrambled(seed ^ place).to_ne_bytes()[0])
                .collect()),
        }
    }
}

/// A step of xorshift: the same garbage in every run.
fn scrambled(seed: u64) -> u64 {
    let mut value = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    value ^= value >> 12;
    value ^= value << 25;
    value ^ value >> 27
}

#[test]
fn no_garbage_is_too_much() {
    const ODD: [u64; 8] =
        [0, 1, 8, 16, 1 << 31, 1 << 40, u64::MAX, 0x7fff_ffff_f000];
    for round in 0..6_000_u64 {
        let pick = |from| usize::try_from(round % from).unwrap();
        let mut args = [0; 6];
        for (place, arg) in args.iter_mut().enumerate() {
            let random = scrambled(round * 6 + place as u64);
            *arg = match random % 3 {
                0 => ODD[usize::try_from(random / 3 % 8).unwrap()],
                1 => random % 300,
                _ => random,
            };
        }
        let entry = Entry { number: round % 470, args };
        let memory = Garbage(round);
        let decoder = Decoder { longest: [0, 1, 64][pick(3)] };
        let mut words = decoder.enter(&entry, &memory);
        let result = [0, 1, -11, i64::MAX, i64::MIN, 40][pick(6)];
        decoder.leave(&entry, result, &memory, &mut words);
        assert!(!words.name.is_empty());
        assert!(errno(result).is_none_or(|name| !name.is_empty()));
    }
}
