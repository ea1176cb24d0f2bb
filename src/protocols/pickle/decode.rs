//! Runs a pickle: a stack of values, marks on it, and a memo. Nothing here
//! calls anything the pickle names.
//!
//! Twin: `c_compare/protocols/pickle/decode.c`. Read `scan` before it.

use super::opcodes::{
    self, APPEND, APPENDS, Argument, BINGET, BINPUT, DICT, DUP, GET, LIST,
    LONG_BINGET, LONG_BINPUT, MARK, MEMOIZE, POP, POP_MARK, PUT, SETITEM,
    SETITEMS, TUPLE, TUPLE1, TUPLE2, TUPLE3,
};
use super::values::value_of;
use super::{Id, MOST_BYTES, Node, Pickle, Refused, Scanner, depth, number};

/// The value that `bytes`, one whole pickle, stand for.
///
/// # Errors
///
/// Anything but a sound pickle of plain values.
pub fn decode(bytes: &[u8]) -> Result<Pickle, Refused> {
    if Scanner::default().scan(bytes)? != Some(bytes.len()) {
        return Err(Refused::Unfinished);
    }
    let mut machine = Machine::default();
    let mut rest = &bytes[..bytes.len() - 1];
    while let Some((&opcode, after)) = rest.split_first() {
        let (argument, after) = split(opcode, after)?;
        machine.step(opcode, argument)?;
        rest = after;
    }
    let root = machine.pop()?;
    depth::check(&machine.nodes, root)?;
    Ok(Pickle { nodes: machine.nodes, root })
}

/// The argument of `opcode` at the front of `after`, and what follows it.
fn split(opcode: u8, after: &[u8]) -> Result<(&[u8], &[u8]), Refused> {
    let cut = match opcodes::argument_of(opcode)? {
        Argument::Fixed(length) => after.split_at_checked(length),
        Argument::Counted(width) => {
            after.split_at_checked(width).and_then(|(count, after)| {
                let count = usize::try_from(opcodes::unsigned(count)).ok()?;
                after.split_at_checked(count)
            })
        }
        Argument::Line => {
            let newline = after.iter().position(|&byte| byte == b'\n');
            newline.map(|end| (&after[..end], &after[end + 1..]))
        }
    };
    cut.ok_or(Refused::Unfinished)
}

#[derive(Default)]
struct Machine {
    nodes: Vec<Node>,
    stack: Vec<Id>,
    /// How high the stack was at each open MARK.
    marks: Vec<usize>,
    memo: Vec<Option<Id>>,
    memoized: usize,
}

impl Machine {
    fn step(&mut self, opcode: u8, argument: &[u8]) -> Result<(), Refused> {
        if let Some(node) = value_of(opcode, argument)? {
            self.push(node);
            return Ok(());
        }
        match opcode {
            MARK => self.marks.push(self.stack.len()),
            POP if self.marks.last() == Some(&self.stack.len()) => {
                self.marks.pop();
            }
            POP => {
                self.pop()?;
            }
            POP_MARK => {
                self.pop_mark()?;
            }
            DUP => {
                let top = self.top()?;
                self.stack.push(top);
            }
            GET | BINGET | LONG_BINGET => {
                let index = memo_index(opcode, argument)?;
                let known = self.memo.get(index).copied().flatten();
                self.stack.push(known.ok_or(Refused::Memo)?);
            }
            PUT | BINPUT | LONG_BINPUT => {
                self.memoize(memo_index(opcode, argument)?)?;
            }
            MEMOIZE => self.memoize(self.memoized)?,
            TUPLE1 => self.tuple(1)?,
            TUPLE2 => self.tuple(2)?,
            TUPLE3 => self.tuple(3)?,
            TUPLE => {
                let elements = self.pop_mark()?;
                self.push(Node::Tuple(elements));
            }
            LIST => {
                let elements = self.pop_mark()?;
                self.push(Node::List(elements));
            }
            DICT => {
                let elements = self.pop_mark()?;
                self.push(Node::Dict(Vec::new()));
                self.set_items(&elements)?;
            }
            APPEND => {
                let element = self.pop()?;
                self.append(&[element])?;
            }
            APPENDS => {
                let elements = self.pop_mark()?;
                self.append(&elements)?;
            }
            SETITEM => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set_items(&[key, value])?;
            }
            SETITEMS => {
                let elements = self.pop_mark()?;
                self.set_items(&elements)?;
            }
            // PROTO and FRAME: the scanner has seen to them.
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, node: Node) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    /// What lies below the last mark is out of reach.
    fn reachable(&self) -> usize {
        self.stack.len() - self.marks.last().unwrap_or(&0)
    }

    fn top(&self) -> Result<Id, Refused> {
        match self.stack.last() {
            Some(&top) if self.reachable() > 0 => Ok(top),
            _ => Err(Refused::Stack),
        }
    }

    fn pop(&mut self) -> Result<Id, Refused> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>, Refused> {
        let mark = self.marks.pop().ok_or(Refused::Stack)?;
        Ok(self.stack.split_off(mark))
    }

    fn tuple(&mut self, length: usize) -> Result<(), Refused> {
        if self.reachable() < length {
            return Err(Refused::Stack);
        }
        let elements = self.stack.split_off(self.stack.len() - length);
        self.push(Node::Tuple(elements));
        Ok(())
    }

    fn append(&mut self, elements: &[Id]) -> Result<(), Refused> {
        let list = self.top()?;
        let Node::List(list) = &mut self.nodes[list] else {
            return Err(Refused::Element);
        };
        list.extend_from_slice(elements);
        Ok(())
    }

    /// A tuple would be a key in Python too, but no lab has one.
    fn set_items(&mut self, elements: &[Id]) -> Result<(), Refused> {
        let dict = self.top()?;
        if !matches!(self.nodes[dict], Node::Dict(_)) {
            return Err(Refused::Element);
        }
        if !elements.len().is_multiple_of(2) {
            return Err(Refused::Pairs);
        }
        for pair in elements.chunks_exact(2) {
            if is_container(&self.nodes[pair[0]]) {
                return Err(Refused::Key);
            }
            if let Node::Dict(pairs) = &mut self.nodes[dict] {
                pairs.push((pair[0], pair[1]));
            }
        }
        Ok(())
    }

    /// Picklers count their entries from 0, and each costs a byte or more:
    /// an index beyond `MOST_BYTES` only asks for memory.
    fn memoize(&mut self, index: usize) -> Result<(), Refused> {
        let top = self.top()?;
        if index >= MOST_BYTES {
            return Err(Refused::Memo);
        }
        if index >= self.memo.len() {
            self.memo.resize(index + 1, None);
        }
        if self.memo[index].replace(top).is_none() {
            self.memoized += 1;
        }
        Ok(())
    }
}

fn is_container(node: &Node) -> bool {
    matches!(node, Node::List(_) | Node::Tuple(_) | Node::Dict(_))
}

fn memo_index(opcode: u8, argument: &[u8]) -> Result<usize, Refused> {
    let index = if matches!(opcode, GET | PUT) {
        match number::of_text(argument)? {
            Node::Int(index) => usize::try_from(index),
            _ => return Err(Refused::Memo),
        }
    } else {
        usize::try_from(opcodes::unsigned(argument))
    };
    index.map_err(|_| Refused::Memo)
}
