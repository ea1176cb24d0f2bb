//! One line of the drawing: a place for each column of the terminal, so that
//! nothing is ever wider than it.

use anstyle::Style;

use crate::screen::PLAIN;

pub(super) struct Paper {
    places: Vec<(char, Style)>,
    is_ascii: bool,
}

impl Paper {
    pub(super) fn new(width: usize, is_ascii: bool) -> Paper {
        Paper { places: vec![(' ', PLAIN); width], is_ascii }
    }

    pub(super) fn put(&mut self, at: usize, sign: char, style: Style) {
        let is_odd = self.is_ascii && !sign.is_ascii() || is_odd(sign);
        if let Some(place) = self.places.get_mut(at) {
            *place = (if is_odd { '?' } else { sign }, style);
        }
    }

    /// From `at` to the right, as far as there is room before `limit`.
    pub(super) fn write(
        &mut self,
        at: usize,
        limit: usize,
        text: &str,
        style: Style,
    ) {
        for (place, sign) in (at..limit).zip(text.chars()) {
            self.put(place, sign, style);
        }
    }

    pub(super) fn is_blank(&self, from: usize, until: usize) -> bool {
        let until = until.min(self.places.len());
        self.places
            .get(from..until)
            .is_some_and(|places| places.iter().all(|&(sign, _)| sign == ' '))
    }

    pub(super) fn line(&self) -> String {
        let used = self.places.iter().rposition(|&(sign, _)| sign != ' ');
        let used = &self.places[..used.map_or(0, |last| last + 1)];
        let mut line = String::new();
        for run in used.chunk_by(|one, next| one.1 == next.1) {
            let text: String = run.iter().map(|&(sign, _)| sign).collect();
            line.push_str(&crate::screen::paint(run[0].1, &text));
        }
        line
    }
}

/// A sign that takes two columns, or none, would push the others away.
fn is_odd(sign: char) -> bool {
    sign.is_control()
        || matches!(
            u32::from(sign),
            0x300..0x370
                | 0x1100..0x1160
                | 0x200b..0x2010
                | 0x2028..0x2030
                | 0x2e80..0xa4d0
                | 0xac00..0xd7b0
                | 0xf900..0xfb00
                | 0xfe00..0xfe70
                | 0xff00..0xff61
                | 0x1_f000..
        )
}
