//! The signs of the drawing, and their stand-ins in ASCII.

/// What each sign looks like.
#[derive(Clone, Copy)]
pub(super) struct Glyphs {
    /// A column that runs, that waits, and where it begins and ceases to.
    pub(super) runs: char,
    pub(super) waits: char,
    pub(super) falls_asleep: char,
    pub(super) wakes: char,
    pub(super) starts: char,
    pub(super) ends: char,
    /// Where an arrow leaves a column to the right, and to the left.
    pub(super) leaves_right: char,
    pub(super) leaves_left: char,
    pub(super) leaves_doubled: char,
    pub(super) crosses: char,
    pub(super) line: char,
    pub(super) double: char,
    pub(super) broken: char,
    /// A segment on the wire.
    pub(super) dotted: char,
    pub(super) thin_right: char,
    pub(super) thin_left: char,
    pub(super) head_right: char,
    pub(super) head_left: char,
    /// To and from where nobody looks.
    pub(super) open_right: char,
    pub(super) open_left: char,
    pub(super) more: char,
    pub(super) becomes: char,
}

const LINES: Glyphs = Glyphs {
    runs: '│',
    waits: '┆',
    falls_asleep: '┬',
    wakes: '┴',
    starts: '●',
    ends: '■',
    leaves_right: '├',
    leaves_left: '┤',
    leaves_doubled: '╡',
    crosses: '┼',
    line: '─',
    double: '═',
    broken: '╌',
    dotted: '┈',
    thin_right: '>',
    thin_left: '<',
    head_right: '▶',
    head_left: '◀',
    open_right: '▷',
    open_left: '◁',
    more: '…',
    becomes: '→',
};

const ASCII: Glyphs = Glyphs {
    runs: '|',
    waits: ':',
    falls_asleep: 'v',
    wakes: '^',
    starts: 'o',
    ends: '#',
    leaves_right: '+',
    leaves_left: '+',
    leaves_doubled: '+',
    crosses: '+',
    line: '-',
    double: '=',
    broken: '.',
    dotted: '.',
    thin_right: '>',
    thin_left: '<',
    head_right: '>',
    head_left: '<',
    open_right: ')',
    open_left: '(',
    more: '~',
    becomes: '>',
};

pub(super) fn of(is_ascii: bool) -> &'static Glyphs {
    if is_ascii { &ASCII } else { &LINES }
}

impl Glyphs {
    /// `text` in no more than this many columns.
    pub(super) fn cut(&self, text: &str, room: usize) -> String {
        if text.chars().count() <= room {
            return text.to_owned();
        }
        let mut cut: String =
            text.chars().take(room.saturating_sub(1)).collect();
        if room > 0 {
            cut.push(self.more);
        }
        cut
    }

    /// Of a call, the result matters more than the arguments.
    pub(super) fn cut_call(&self, text: &str, room: usize) -> String {
        let is_long = text.chars().count() > room;
        let result = text.rfind(" = ").filter(|_| is_long);
        if let Some((head, tail)) = result.map(|at| text.split_at(at)) {
            let left = room.saturating_sub(tail.chars().count());
            if left >= SHORTEST {
                return format!("{}{tail}", self.cut(head, left));
            }
        }
        self.cut(text, room)
    }
}

/// Less of a call's name and arguments would not tell which it is.
const SHORTEST: usize = 8;
