//! What an opcode pushes, if that is all it does.
//!
//! Twin: `c_compare/protocols/pickle/values.c`.

use super::opcodes::{
    self, BINBYTES, BINBYTES8, BINFLOAT, BININT, BININT1, BININT2, BINSTRING,
    BINUNICODE, BINUNICODE8, EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, FLOAT, INT,
    LONG, LONG1, LONG4, NEWFALSE, NEWTRUE, NONE, SHORT_BINBYTES,
    SHORT_BINSTRING, SHORT_BINUNICODE, STRING, UNICODE,
};
use super::{Node, Refused, escapes, number};

pub(super) fn value_of(
    opcode: u8,
    argument: &[u8],
) -> Result<Option<Node>, Refused> {
    Ok(Some(match opcode {
        NONE => Node::None,
        NEWTRUE => Node::Bool(true),
        NEWFALSE => Node::Bool(false),
        INT if argument == b"00" => Node::Bool(false),
        INT if argument == b"01" => Node::Bool(true),
        INT => number::of_text(argument)?,
        LONG => {
            let digits = argument.strip_suffix(b"L").unwrap_or(argument);
            number::of_text(digits)?
        }
        BININT1 | BININT2 => {
            let value = i64::try_from(opcodes::unsigned(argument));
            Node::Int(value.map_err(|_| Refused::Number)?)
        }
        BININT | LONG1 | LONG4 => number::of_bytes(argument),
        FLOAT => number::float_of_text(argument)?,
        BINFLOAT => {
            let bytes = argument.try_into().map_err(|_| Refused::Number)?;
            Node::Float(f64::from_be_bytes(bytes))
        }
        STRING => Node::Str(escapes::quoted(argument)?),
        UNICODE => Node::Str(escapes::raw_unicode(argument)?),
        // Python 2's str: ASCII, or Python 3 does not read it either.
        BINSTRING | SHORT_BINSTRING if !argument.is_ascii() => {
            return Err(Refused::Text);
        }
        BINSTRING | SHORT_BINSTRING | BINUNICODE | BINUNICODE8
        | SHORT_BINUNICODE => match std::str::from_utf8(argument) {
            Ok(text) => Node::Str(text.to_owned()),
            Err(_) => return Err(Refused::Text),
        },
        BINBYTES | BINBYTES8 | SHORT_BINBYTES => {
            Node::Bytes(argument.to_vec())
        }
        EMPTY_LIST => Node::List(Vec::new()),
        EMPTY_TUPLE => Node::Tuple(Vec::new()),
        EMPTY_DICT => Node::Dict(Vec::new()),
        _ => return Ok(None),
    }))
}
