//! The steps of a conversation: what a peer sends, and what it expects.

use super::peer::{End, Peer};
use super::room::{Gave, Room};
use super::stop::{Done, failed};
use crate::check::forms::counted;
use crate::check::lab::{Cut, Ending, Text};
use crate::check::report::Failure;

impl Room<'_> {
    fn bytes_of(&self, text: &Text) -> Vec<u8> {
        text.bytes(self.order.seed, &|name| self.value(name))
    }

    pub(super) fn send(
        &mut self,
        name: &str,
        text: &Text,
        cut: Cut,
    ) -> Done<()> {
        let bytes = self.bytes_of(text);
        let Cut::Pieces(size) = cut else {
            self.peer(name)?.send(&bytes);
            return Ok(());
        };
        for piece in bytes.chunks(size) {
            self.peer(name)?.send(piece);
            // A peer that was sent away has nothing to wait for.
            let over = |peer: &Peer| peer.end.is_some();
            if !over(self.peer(name)?) {
                self.is_drained(name)?;
            }
        }
        Ok(())
    }

    /// The program has read all that was sent.
    pub(super) fn is_drained(&mut self, name: &str) -> Done<()> {
        let waited = self.until(|room| {
            let peer = room.peer(name)?;
            if peer.end.is_some() || peer.broken.is_some() {
                return Ok(true);
            }
            let is_out = peer.is_flushed() && !peer.is_under_way();
            let ends = (peer.local, peer.remote);
            Ok(is_out && room.unread(ends) == 0)
        })?;
        let Err(gave) = waited else { return Ok(()) };
        let peer = self.peer(name)?;
        let (ends, unsent) = ((peer.local, peer.remote), peer.unsent());
        let unread = self.unread(ends) + unsent;
        let (bytes, are) = bytes_are(unread);
        failed(format!("{bytes} from {name} {are} never read"))
            .with(format!("{name}'s bytes to be read"), gave.words())
            .stop()
    }

    pub(super) fn expect(&mut self, name: &str, text: &Text) -> Done<()> {
        let bytes = self.bytes_of(text);
        self.comes(name, &bytes)
    }

    /// The line, and its end at the latest with what follows.
    pub(super) fn expect_line(&mut self, name: &str, text: &Text) -> Done<()> {
        let bytes = self.bytes_of(text);
        self.comes(name, &bytes)?;
        let peer = self.peer(name)?;
        if let Some(&next) = peer.incoming.first()
            && !b"\r\n".contains(&next)
        {
            let mut got = bytes.clone();
            got.extend(&peer.incoming);
            let says = format!("the line that came to {name} goes on");
            return failed(says).bytes(&bytes, &got).stop();
        }
        peer.line_end_may_come = true;
        Ok(())
    }

    /// These bytes; with a line end or without one, more may follow at once.
    pub(super) fn expect_answer(
        &mut self,
        name: &str,
        text: &Text,
    ) -> Done<()> {
        let bytes = self.bytes_of(text);
        self.comes(name, &bytes)?;
        self.peer(name)?.line_end_may_come = true;
        Ok(())
    }

    /// Exactly these bytes next; they are taken.
    fn comes(&mut self, name: &str, bytes: &[u8]) -> Done<()> {
        let mut alike = 0;
        let waited = self.until(|room| {
            let peer = room.peer(name)?;
            if !peer.is_past_line_end() {
                return Ok(peer.end.is_some());
            }
            let there = peer.incoming.len().min(bytes.len());
            if alike < there {
                let differs = |at: &usize| peer.incoming[*at] != bytes[*at];
                alike = (alike..there).find(differs).unwrap_or(there);
            }
            Ok(alike == bytes.len() || alike < there || peer.end.is_some())
        })?;
        let peer = self.peer(name)?;
        if alike == bytes.len() {
            peer.consume(bytes.len());
            return Ok(());
        }
        let differs = alike < peer.incoming.len();
        let (end, got) = (peer.end, peer.incoming.clone());
        let says = match (end, waited) {
            _ if differs => format!("{name} got something else"),
            (Some(end), _) => format!(
                "{name}'s conversation was {} after {alike} of {}",
                ended(end),
                counted(bytes.len() as u64, "byte")
            ),
            (None, Err(gave)) => format!(
                "{name} got {alike} of {}, and {}",
                counted(bytes.len() as u64, "byte"),
                gave.words()
            ),
            (None, Ok(())) => format!("{name} got something else"),
        };
        failed(says).bytes(bytes, &got).stop()
    }

    pub(super) fn expect_anything(&mut self, name: &str) -> Done<()> {
        let waited = self.until(|room| {
            let peer = room.peer(name)?;
            Ok(!peer.incoming.is_empty() || peer.end.is_some())
        })?;
        let peer = self.peer(name)?;
        let there = peer.incoming.len();
        peer.consume(there);
        if there > 0 {
            return Ok(());
        }
        let got = match (peer.end, waited) {
            (Some(end), _) => format!("the conversation was {}", ended(end)),
            (None, gave) => gave.err().map_or("", Gave::words).to_owned(),
        };
        failed(format!("{name} got no answer"))
            .with("at least one byte", got)
            .stop()
    }

    /// Nothing has come when the program has read all and rests.
    pub(super) fn expect_nothing(&mut self, name: &str) -> Done<()> {
        let waited = self.until(|room| {
            let peer = room.peer(name)?;
            let is_past = peer.is_past_line_end();
            Ok(is_past && !peer.incoming.is_empty() || peer.end.is_some())
        })?;
        let peer = self.peer(name)?;
        if let Some(end) = peer.end {
            let says = format!("{name}'s conversation is {}", ended(end));
            return failed(says)
                .with("an open conversation, and no bytes", ended(end))
                .stop();
        }
        match waited {
            Err(Gave::Rests | Gave::Sleeps) => Ok(()),
            Err(gave) => {
                let says = format!("{name}: it is not quiet");
                failed(says).with("no bytes", gave.words()).stop()
            }
            Ok(()) => {
                let got = peer.incoming.clone();
                let says = format!("{name} got bytes that nobody asked for");
                failed(says).bytes(&[], &got).stop()
            }
        }
    }

    /// No more bytes, and then the end.
    pub(super) fn expect_end(
        &mut self,
        name: &str,
        ending: Ending,
    ) -> Done<()> {
        let waited = self.until(|room| {
            let peer = room.peer(name)?;
            let is_past = peer.is_past_line_end();
            Ok(peer.end.is_some() || is_past && !peer.incoming.is_empty())
        })?;
        let peer = self.peer(name)?;
        let got = peer.incoming.clone();
        let end = peer.end;
        if !got.is_empty() && end != Some(End::Reset) {
            let says = format!("{name} got more instead of the end");
            return failed(says).bytes(&[], &got).stop();
        }
        match (end, ending) {
            (Some(End::Fin), Ending::Fin | Ending::Either)
            | (Some(End::Reset), Ending::Reset | Ending::Either) => Ok(()),
            (Some(End::Reset), Ending::Fin) => failed(format!(
                "{name}'s conversation was reset: bytes were lost that may \
                 still have been under way"
            ))
            .with("a FIN: the end of the stream", "a RST")
            .stop(),
            (Some(End::Fin), Ending::Reset) => {
                failed(format!("{name}'s conversation was ended, not reset"))
                    .with("a RST", "a FIN")
                    .stop()
            }
            (None, _) => {
                let why = waited.err().map_or("", Gave::words);
                never_ends(name, why).stop()
            }
        }
    }

    /// It has come out of the accept queue.
    pub(super) fn is_accepted(&mut self, name: &str) -> Done<()> {
        let waited = self.until(|room| {
            let peer = room.peer(name)?;
            let (ends, end) = ((peer.local, peer.remote), peer.end);
            Ok(end.is_some() || room.is_held(ends))
        })?;
        let Err(gave) = waited else { return Ok(()) };
        never_accepted(name, gave).stop()
    }

    /// Nobody in the program has a descriptor of it any more.
    pub(super) fn is_let_go(&mut self, name: &str) -> Done<()> {
        let waited = self.until(|room| {
            let peer = room.peer(name)?;
            let ends = (peer.local, peer.remote);
            Ok(!room.is_held(ends) && !room.is_queued(ends))
        })?;
        let Err(gave) = waited else { return Ok(()) };
        let peer = self.peer(name)?;
        let ends = (peer.local, peer.remote);
        if self.is_queued(ends) {
            return never_accepted(name, gave).stop();
        }
        failed(format!("{name}'s descriptor is never closed"))
            .with(
                format!("close(2) of the connection to {name}"),
                gave.words(),
            )
            .stop()
    }
}

/// `1 byte`, `is`; `2 bytes`, `are`
pub(super) fn bytes_are(count: usize) -> (String, &'static str) {
    let are = if count == 1 { "is" } else { "are" };
    (counted(count as u64, "byte"), are)
}

fn never_accepted(name: &str, gave: Gave) -> Box<Failure> {
    failed(format!("{name} is never accepted"))
        .with(format!("accept(2) to return {name}"), gave.words())
}

fn never_ends(name: &str, why: &str) -> Box<Failure> {
    failed(format!("{name}'s conversation is never ended"))
        .with("the end of the stream (recv returns 0)", why)
}

/// Behind "the conversation was".
pub(super) fn ended(end: End) -> &'static str {
    match end {
        End::Fin => "ended",
        End::Reset => "reset",
    }
}

#[cfg(test)]
mod tests {
    use super::bytes_are;

    #[test]
    fn one_byte_is_and_two_are() {
        assert_eq!(bytes_are(1), ("1 byte".to_owned(), "is"));
        assert_eq!(bytes_are(2), ("2 bytes".to_owned(), "are"));
    }
}
