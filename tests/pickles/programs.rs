//! Pickles that no pickler wrote: known ones, damaged ones, and programs put
//! together from opcodes by chance, the same chance each time.

/// Small sound pickles of every kind, for tests without Python.
pub(crate) fn known() -> Vec<Vec<u8>> {
    let text = [
        "N.",
        "I01\n.",
        "I-7\n.",
        "L99999999999999999999L\n.",
        "F1e+16\n.",
        "S'it\\'s \\x41\\n'\n.",
        "V\\u20ac \\\\u\n.",
        "(lp0\nI1\naI2\na.",
        "(dp0\nVsid\nI1\ns.",
        "((I1\nI2\ntp0\ng0\nt.",
        "(I1\n2010N0.",
        "(I1\nI2\nd.",
        "(I1\nI2\nl.",
        "]q\0(K\x01K\x02e.",
        "}q\0(K\x01K\x02G?\u{f0}\0\0\0\0\0\0u.",
        "}(Vstudent_name\nVAda\nVgithub_username\nVada\nVsid\nI1\nu.",
        "}(Vsid\nNVstudent_name\nF0.1\nVgithub_username\nI01\nu.",
        "}(Vstudent_name\n)Vgithub_username\nVada\nVsid\nI1\nu.",
        "}(Vstudent_name\nVA\\u000ab\nVgithub_username\nV\x1b\nVsid\nL9L\nu.",
        "}Vsid\nI1\ns.",
        "}(I01\nVa\nI1\nVb\nF1.0\nVc\nu.",
    ];
    let mut all: Vec<Vec<u8>> = text
        .iter()
        .map(|text| text.chars().map(|c| u8::try_from(c).unwrap()).collect())
        .collect();
    all.push(b"\x80\x04K\x01.".to_vec());
    all.push(b"\x80\x04\x88.".to_vec());
    all.push(
        b"\x80\x04\x95\x12\0\0\0\0\0\0\0}\x94\x8c\x08clientid\x94M\xe4\xecs."
            .to_vec(),
    );
    all.push(
        b"\x80\x02\x8a\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f.".into(),
    );
    all.push(b"\x80\x03C\x03a'\xff\x85K\x01K\x02\x86\x87.".to_vec());
    all
}

/// xorshift64*: small, and the same on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % limit
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(crate) fn damaged(
        &mut self,
        mut pickle: Vec<u8>,
        others: &[Vec<u8>],
    ) -> Vec<u8> {
        for _ in 0..=self.below(3) {
            let at = self.below(pickle.len() + 1);
            let end = (at + self.below(9)).min(pickle.len());
            match self.below(7) {
                0 => pickle.truncate(at),
                1 => pickle.insert(at, self.byte()),
                2 => drop(pickle.drain(at..end)),
                3 => {
                    let part = pickle[at..end].to_vec();
                    pickle.splice(at..at, part);
                }
                4 => {
                    let other = self.pick(others);
                    let from = self.below(other.len());
                    let to = (from + 12).min(other.len());
                    pickle.splice(at..end, other[from..to].to_vec());
                }
                5 => {
                    if let Some(byte) = pickle.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
                _ => {
                    if let Some(byte) = pickle.get_mut(at) {
                        *byte = self.byte();
                    }
                }
            }
        }
        pickle
    }

    /// Opcodes that mostly fit each other.
    pub(crate) fn program(&mut self) -> Vec<u8> {
        let mut program = Vec::new();
        let framed = self.below(4) == 0;
        for _ in 0..self.below(24) {
            self.add_step(&mut program);
        }
        if self.below(3) > 0 {
            program.extend(self.pick(&[b"t.", b"l.", b"d.", b"N."]).iter());
        } else {
            program.push(b'.');
        }
        if self.below(2) == 0 {
            program.insert(0, b'(');
        }
        if framed {
            let length = (program.len() - self.below(20) / 19) as u64;
            let mut header = b"\x80\x04\x95".to_vec();
            header.extend(length.to_le_bytes());
            program.splice(0..0, header);
        }
        program
    }

    fn add_step(&mut self, program: &mut Vec<u8>) {
        const PLAIN: &[u8] = b"((((]})N012latsued\x85\x86\x87\x88\x89\x94";
        const VALUES: &[&[u8]] = &[
            b"I00\n",
            b"I01\n",
            b"I1\n",
            b"I-9223372036854775809\n",
            b"L-0L\n",
            b"L18446744073709551616L\n",
            b"F-0.0\n",
            b"F1.5e300\n",
            b"F18446744073709551616\n",
            b"Fnan\n",
            b"F-inf\n",
            b"S\"it's\\t\\101\\q\"\n",
            b"V\\ud7ff\xe9\\\\\n",
            b"U\x03abc",
            b"T\x01\0\0\0'",
            b"X\x03\0\0\0\xe2\x82\xac",
            b"\x8c\x02\xc2\x9b",
            b"\x8d\x01\0\0\0\0\0\0\0\\",
            b"B\x01\0\0\0\0",
            b"C\x02\"'",
            b"\x8e\x01\0\0\0\0\0\0\0\x7f",
            b"\x8a\x09\0\0\0\0\0\0\0\0\x01",
            b"\x8b\x02\0\0\0\xff\xff",
            b"J\xff\xff\xff\xff",
            b"M\x01\x01",
        ];
        match self.below(8) {
            0..3 => program.push(*self.pick(PLAIN)),
            3..5 => program.extend(*self.pick(VALUES)),
            5 => program.extend([b'K', self.byte() % 3]),
            6 => {
                let memo = *self.pick(b"hqhqhqjrgp");
                let index = self.byte() % 4;
                program.push(memo);
                match memo {
                    b'g' | b'p' => program.extend([b'0' + index, b'\n']),
                    b'j' | b'r' => program.extend([index, 0, 0, 0]),
                    _ => program.push(index),
                }
            }
            _ => {
                program.push(b'G');
                let real = f64::from_bits(
                    (self.below(1 << 31) as u64) << 33
                        | self.below(1 << 31) as u64,
                );
                program.extend(real.to_be_bytes());
            }
        }
    }
}
