//! Python's pickles, read without trusting them: a pickle is a program for
//! a small stack machine, and this machine lacks every instruction that
//! could name or call code.
//!
//! `opcodes` is the instruction set, `scan` finds the end of a pickle in a
//! stream, `decode` runs it with the `values` it pushes, `depth` looks at
//! what came out, `text` shows it as Python would, `encode` writes the few
//! pickles the lab sends.
//!
//! Twin: `c_compare/protocols/pickle/`.
//! Try: `python3 -c 'import pickle, pickletools as t;
//! t.dis(pickle.dumps({"sid": 1}, 4))'`

use std::fmt;

mod decode;
mod depth;
pub mod encode;
mod escapes;
mod float;
mod number;
mod opcodes;
mod quote;
mod scan;
mod text;
mod values;

pub use decode::decode;
pub(super) use quote::on_one_line;
pub use scan::Scanner;

/// The longest pickle that is read or written, in bytes.
pub const MOST_BYTES: usize = 64 * 1024;
/// How many containers may be nested, the outermost counted.
pub const MOST_NESTED: usize = 32;
/// How many digits of an int are shown: Python's own limit.
pub const MOST_DIGITS: usize = 4300;
/// The longest text `Pickle::repr` gives, in bytes.
pub const MOST_TEXT: usize = 64 * 1024;

/// Where in its pickle's `nodes` a value is.
pub type Id = usize;

/// One value. Containers hold the places of their elements, so that what a
/// pickle shares is shared here too, and never copied.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `None`
    None,
    /// `True` and `False`
    Bool(bool),
    /// An int that fits.
    Int(i64),
    /// An int that does not fit, in decimal.
    Long(String),
    /// An int of more than `MOST_DIGITS` digits.
    Huge,
    /// A float.
    Float(f64),
    /// A str; one with lone surrogates is refused.
    Str(String),
    /// A bytes object.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Id>),
    /// A tuple.
    Tuple(Vec<Id>),
    /// A dict: every pair as it came, so the last of equal keys counts.
    Dict(Vec<(Id, Id)>),
}

/// A decoded pickle.
#[derive(Clone, Debug)]
pub struct Pickle {
    nodes: Vec<Node>,
    root: Id,
}

impl Pickle {
    /// The value that was pickled.
    #[must_use]
    pub fn root(&self) -> Id {
        self.root
    }

    /// The value at `id`.
    #[must_use]
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    /// What the str `key` stands for, if `dict` is a dict that has it.
    #[must_use]
    pub fn get(&self, dict: Id, key: &str) -> Option<Id> {
        let Node::Dict(pairs) = self.node(dict) else { return None };
        let is_key = |id| matches!(self.node(id), Node::Str(s) if s == key);
        pairs.iter().rev().find(|pair| is_key(pair.0)).map(|pair| pair.1)
    }
}

/// Why a pickle was not read, or a value not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// An instruction that names or calls code.
    Code,
    /// A byte that is no instruction.
    Opcode,
    /// A set or a bytearray.
    Kind,
    /// More than `MOST_BYTES`.
    TooLong,
    /// A protocol after 5.
    Version,
    /// A frame whose length is not true.
    Frame,
    /// Fewer or more bytes than one pickle.
    Unfinished,
    /// The stack, or its part above the mark, has too few values.
    Stack,
    /// A memo entry that is not there, or beyond any honest number.
    Memo,
    /// Text that is no number.
    Number,
    /// Text that is no text.
    Text,
    /// A container as the key of a dict.
    Key,
    /// A key without a value.
    Pairs,
    /// An element for what is no list or dict.
    Element,
    /// More than `MOST_NESTED` containers, one in the other.
    Depth,
    /// A container within itself.
    Cycle,
    /// Bytes or a container where a scalar is shown.
    Container,
    /// An int of more than `MOST_DIGITS` digits.
    Digits,
    /// More than `MOST_TEXT` to show.
    Longwinded,
    /// Something else than a dict.
    NoDict,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Refused::Code => "it could name or call code",
            Refused::Opcode => "unknown opcode",
            Refused::Kind => "a set or bytearray",
            Refused::TooLong => "longer than 64 KiB",
            Refused::Version => "protocol after 5",
            Refused::Frame => "a frame lies about its length",
            Refused::Unfinished => "not one whole pickle",
            Refused::Stack => "stack underflow",
            Refused::Memo => "no such memo entry",
            Refused::Number => "malformed number",
            Refused::Text => "malformed text",
            Refused::Key => "a container as dict key",
            Refused::Pairs => "a dict key without value",
            Refused::Element => "an element for no container",
            Refused::Depth => "more than 32 nested containers",
            Refused::Cycle => "a container within itself",
            Refused::Container => "no str, int, float, bool or None",
            Refused::Digits => "an int of more than 4300 digits",
            Refused::Longwinded => "more than 64 KiB to show",
            Refused::NoDict => "not a dict",
        })
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests;
