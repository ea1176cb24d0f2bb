//! Conversations as pure state machines: no socket, no I/O, no `unsafe`.
//!
//! The same [`Session`] serves a blocking `recv` loop and an epoll loop, and
//! is tested cut at every byte. Twin: `c_compare/protocols/session.h`.

pub mod echo;
pub mod http;
pub mod knock;
pub mod pickle;
pub mod roster;
pub mod supply;

/// One side of a conversation: bytes in, bytes out.
pub trait Session {
    /// What this side says before the peer has said anything.
    fn greeting(&mut self) -> &[u8] {
        b""
    }

    /// `input` arrived, cut anywhere; the answer goes back before more is
    /// read.
    fn answer<'a>(&'a mut self, input: &'a [u8]) -> &'a [u8];

    /// Nothing more will be said: send what is left, end the connection.
    fn is_over(&self) -> bool {
        false
    }

    /// What the server's console should hear about it, oldest first.
    fn notice(&mut self) -> Option<Notice> {
        None
    }
}

/// A line for the server's console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// What the handout prints.
    Said(String),
    /// What the peer did wrong.
    Wrong(String),
}
