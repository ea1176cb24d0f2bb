//! The drawing in pieces of so many rows. A page of many thousand rows opens
//! at once when the browser has to lay out only those that are in view.

use crate::markup::Element;

/// The rows of one.
pub(super) const ROWS: usize = 100;

/// A piece, or what spans more than it and the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Number(usize),
    Long,
}

impl Piece {
    /// Whose part it is to draw what lasts from row to row; both count.
    pub(super) fn of(from: usize, until: usize) -> Piece {
        if until / ROWS <= from / ROWS + 1 {
            Piece::Number(from / ROWS)
        } else {
            Piece::Long
        }
    }

    pub(super) fn has(self, row: usize) -> bool {
        self == Piece::Number(row / ROWS)
    }

    /// All of them: what is long is behind the others.
    pub(super) fn all(rows: usize) -> impl Iterator<Item = Piece> {
        let numbers = (0..rows.div_ceil(ROWS)).map(Piece::Number);
        std::iter::once(Piece::Long).chain(numbers)
    }

    pub(super) fn group(self) -> Element {
        match self {
            Piece::Long => Element::new("g").class("long"),
            Piece::Number(number) => Element::new("g")
                .class("piece")
                .with("data-piece", &number.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Piece;

    #[test]
    fn what_spans_three_pieces_is_of_none() {
        assert_eq!(Piece::of(99, 99), Piece::Number(0));
        assert_eq!(Piece::of(5, 199), Piece::Number(0));
        assert_eq!(Piece::of(99, 200), Piece::Long);
        assert_eq!(Piece::all(101).count(), 3);
        assert_eq!(Piece::all(0).count(), 1);
    }
}
