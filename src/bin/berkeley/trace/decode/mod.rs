//! What a call means: its arguments in words, and what it is about.
//!
//! A file per family of calls; constants are in tables. What the kernel
//! writes is read when the call has returned. The spelling is strace's,
//! except for what it spells out at length: a socket address is
//! `127.0.0.1:5000`, and a timeout of a socket is in seconds, not in bytes.

mod address;
mod calls;
mod controls;
mod descriptors;
mod errno;
mod message;
mod network;
mod option_names;
mod options;
mod others;
mod process;
mod reading;
mod signals;
pub(crate) mod symbols;
#[cfg(test)]
mod tests;
mod text;
mod transfer;
mod waiting;
mod words;

pub(crate) use address::address;
pub(crate) use calls::{Family, family, numbers, subject};
pub(crate) use errno::{errno, signal};
pub(crate) use network::{domain, protocol, socket_type};
pub(crate) use text::escaped;
pub(crate) use words::int;

use super::record::Payload;
use crate::tracer::{Entry, Memory};

/// A call in words. Descriptors are plain numbers here: which sockets they
/// are is found out elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Decoded {
    /// `accept4`
    pub(crate) name: &'static str,
    /// The descriptor that the call is about.
    pub(crate) fd: Option<i32>,
    pub(crate) args: Vec<String>,
    pub(crate) address: Option<String>,
    /// What went through: nothing, when it was only looked at (MSG_PEEK).
    pub(crate) data: Option<Payload>,
    /// What was to be sent, and was not taken.
    pub(crate) unsent: Option<Payload>,
    /// Descriptors that it made.
    pub(crate) made: Vec<i32>,
    /// Descriptors in a control message that was sent.
    pub(crate) passed: Vec<i32>,
    /// What poll, select, epoll_ctl is asked about.
    pub(crate) awaits: Vec<i32>,
    /// What was ready, and the events.
    pub(crate) ready: Vec<(i32, String)>,
    /// How much room there was for addresses and values, in the order of the
    /// arguments: the kernel writes over it how much it used.
    pub(super) room: Vec<i32>,
    /// The first bytes of what is sent or was received.
    pub(super) first: Vec<u8>,
}

/// How a call shows itself on the way in, and then on the way out.
pub(crate) struct Decoder {
    /// How many bytes of a payload are shown.
    pub(crate) longest: usize,
}

impl Decoder {
    /// While the task stands before the call.
    pub(crate) fn enter(&self, call: &Entry, memory: &dyn Memory) -> Decoded {
        let known = calls::known(call.number);
        let mut decoded = Decoded {
            name: calls::name(call.number),
            fd: subject(call),
            ..Decoded::default()
        };
        self.look(call, None, memory, &mut decoded, known.decode);
        decoded
    }

    /// When it has returned: what the kernel wrote, what was received, and
    /// the descriptors that there are now.
    pub(crate) fn leave(
        &self,
        call: &Entry,
        result: i64,
        memory: &dyn Memory,
        decoded: &mut Decoded,
    ) {
        let known = calls::known(call.number);
        self.look(call, Some(result), memory, decoded, known.decode);
        if known.makes
            && let Ok(fd @ 0..) = i32::try_from(result)
        {
            decoded.made.push(fd);
        }
    }

    fn look(
        &self,
        call: &Entry,
        result: Option<i64>,
        memory: &dyn Memory,
        decoded: &mut Decoded,
        decode: fn(&mut Call),
    ) {
        let longest = self.longest;
        decode(&mut Call { entry: call, result, memory, longest, decoded });
    }
}

/// A call that is looked at: on the way in when there is no result yet, on
/// the way out when there is.
struct Call<'a> {
    entry: &'a Entry,
    result: Option<i64>,
    memory: &'a dyn Memory,
    longest: usize,
    decoded: &'a mut Decoded,
}

/// An argument in words.
struct Word(String);

impl From<String> for Word {
    fn from(text: String) -> Word {
        Word(text)
    }
}

macro_rules! word_of {
    ($($number:ty)*) => {
        $(impl From<$number> for Word {
            fn from(number: $number) -> Word {
                Word(number.to_string())
            }
        })*
    };
}
word_of!(i32 u32 i64 u64);

impl Call<'_> {
    fn arg(&self, place: usize) -> u64 {
        self.entry.args[place]
    }

    fn int(&self, place: usize) -> i32 {
        words::int(self.arg(place))
    }

    fn unsigned(&self, place: usize) -> u32 {
        words::unsigned(self.arg(place))
    }

    fn push(&mut self, word: impl Into<Word>) {
        self.decoded.args.push(word.into().0);
    }

    fn push_int(&mut self, place: usize) {
        self.push(self.int(place));
    }

    fn push_pointer(&mut self, place: usize) {
        self.push(words::pointer(self.arg(place)));
    }

    /// What is known only now, in the place of what was said on the way in.
    fn set(&mut self, place: usize, word: String) {
        if let Some(arg) = self.decoded.args.get_mut(place) {
            *arg = word;
        }
    }
}
