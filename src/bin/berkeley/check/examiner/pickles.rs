//! The step in which a pickle is expected. It is read by `protocols/pickle`,
//! which knows plain values only: nothing in it is ever called.

use berkeley::protocols::pickle::{Scanner, decode};

use super::room::{Gave, Room};
use super::stop::{Done, failed};
use super::talk::ended;
use crate::check::lab::Pickled;

impl Room<'_> {
    /// One pickle, whatever the pieces, and of this value.
    pub(super) fn expect_pickle(
        &mut self,
        name: &str,
        expected: &Pickled,
    ) -> Done<()> {
        let expected = expected.replaced(&|place| self.value(place));
        let (mut scanner, mut found) = (Scanner::default(), Ok(None));
        let waited = self.until(|room| {
            let peer = room.peer(name)?;
            found = scanner.scan(&peer.incoming);
            Ok(found != Ok(None) || peer.end.is_some())
        })?;
        let peer = self.peer(name)?;
        let length = match found {
            Ok(Some(length)) => length,
            Ok(None) => {
                let why = match (peer.end, waited) {
                    (Some(end), _) => {
                        format!("the conversation was {}", ended(end))
                    }
                    (None, gave) => {
                        gave.err().map_or("", Gave::words).to_owned()
                    }
                };
                let there = peer.incoming.len();
                let says = match there {
                    0 => format!("no pickle comes to {name}"),
                    _ => format!("no whole pickle comes to {name}"),
                };
                let got = match there {
                    0 => format!("nothing: {why}"),
                    1 => format!("one byte, and {why}"),
                    _ => format!("{there} bytes, and {why}"),
                };
                return failed(says).with(expected.words(), got).stop();
            }
            Err(refused) => {
                let there = &peer.incoming[..peer.incoming.len().min(64)];
                let got = format!("b\"{}\": {refused}", there.escape_ascii());
                return failed(format!(
                    "what comes to {name} is no pickle of plain values"
                ))
                .with(expected.words(), got)
                .stop();
            }
        };
        let whole = peer.incoming[..length].to_vec();
        peer.consume(length);
        let got = match decode(&whole) {
            Ok(pickle) if expected.fits(&pickle) => return Ok(()),
            Ok(pickle) => pickle.repr(pickle.root()),
            Err(refused) => Err(refused),
        };
        let got = got.unwrap_or_else(|refused| refused.to_string());
        failed(format!("{name} gets the pickle of something else"))
            .with(expected.words(), got)
            .stop()
    }
}
