//! Shows values as Python's `str` and `repr` do. What is shared in a pickle
//! is shown in full each time, so the text has an end of its own.
//!
//! Twin: `c_compare/protocols/pickle/text.c`.

use super::float::{self, whole_digits};
use super::quote::{quote, quote_bytes};
use super::{Id, MOST_TEXT, Node, Pickle, Refused};

/// How many comparisons of keys, or of their bytes, one text is worth.
const MOST_COMPARED: usize = 1 << 24;

impl Pickle {
    /// `str(value)` of a str, int, float, bool or None.
    ///
    /// # Errors
    ///
    /// Any other value, and an int too long for Python to show.
    pub fn str(&self, id: Id) -> Result<String, Refused> {
        Ok(match self.node(id) {
            Node::None => "None".to_owned(),
            Node::Bool(true) => "True".to_owned(),
            Node::Bool(false) => "False".to_owned(),
            Node::Int(value) => value.to_string(),
            Node::Long(digits) => digits.clone(),
            Node::Huge => return Err(Refused::Digits),
            Node::Float(value) => float::text_of(*value),
            Node::Str(text) => text.clone(),
            _ => return Err(Refused::Container),
        })
    }

    /// `repr(value)` of any value.
    ///
    /// # Errors
    ///
    /// An int too long for Python to show, a text longer than `MOST_TEXT`.
    pub fn repr(&self, id: Id) -> Result<String, Refused> {
        let mut show = Show { pickle: self, out: String::new(), compared: 0 };
        show.value(id)?;
        Ok(show.out)
    }
}

struct Show<'a> {
    pickle: &'a Pickle,
    out: String,
    compared: usize,
}

impl Show<'_> {
    /// It calls itself as deep as containers are nested, no deeper.
    fn value(&mut self, id: Id) -> Result<(), Refused> {
        match self.pickle.node(id) {
            Node::Str(text) => quote(&mut self.out, text),
            Node::Bytes(bytes) => quote_bytes(&mut self.out, bytes),
            Node::List(elements) => self.sequence("[", elements, "]")?,
            Node::Tuple(elements) if elements.len() == 1 => {
                self.sequence("(", elements, ",)")?;
            }
            Node::Tuple(elements) => self.sequence("(", elements, ")")?,
            Node::Dict(pairs) => self.dict(pairs)?,
            _ => self.out += &self.pickle.str(id)?,
        }
        self.fits()
    }

    fn fits(&self) -> Result<(), Refused> {
        if self.out.len() > MOST_TEXT {
            return Err(Refused::Longwinded);
        }
        Ok(())
    }

    fn sequence(
        &mut self,
        before: &str,
        elements: &[Id],
        after: &str,
    ) -> Result<(), Refused> {
        self.out += before;
        for (at, &element) in elements.iter().enumerate() {
            self.out += if at > 0 { ", " } else { "" };
            self.value(element)?;
        }
        self.out += after;
        Ok(())
    }

    /// Of equal keys the first gives its looks and place, the last its value.
    fn dict(&mut self, pairs: &[(Id, Id)]) -> Result<(), Refused> {
        let mut unique: Vec<(Id, Id)> = Vec::new();
        for &(key, value) in pairs {
            let mut at = 0;
            while at < unique.len() && !self.same_key(unique[at].0, key)? {
                at += 1;
            }
            match unique.get_mut(at) {
                Some(known) => known.1 = value,
                None => unique.push((key, value)),
            }
        }
        self.out.push('{');
        for (at, &(key, value)) in unique.iter().enumerate() {
            self.out += if at > 0 { ", " } else { "" };
            self.value(key)?;
            self.out += ": ";
            self.value(value)?;
        }
        self.out.push('}');
        Ok(())
    }

    /// Are these one key to Python?
    fn same_key(&mut self, a: Id, b: Id) -> Result<bool, Refused> {
        let (one, other) = (self.pickle.node(a), self.pickle.node(b));
        self.compared += match one {
            Node::Str(text) => text.len(),
            Node::Bytes(bytes) => bytes.len(),
            Node::Float(_) => 512,
            _ if matches!(other, Node::Float(_)) => 512,
            _ => 1,
        };
        if self.compared > MOST_COMPARED {
            return Err(Refused::Longwinded);
        }
        Ok(a == b || equal(one, other))
    }
}

/// `one == other` as Python has it: `1`, `1.0` and `True` are equal.
fn equal(one: &Node, other: &Node) -> bool {
    match (one, other) {
        (Node::Bool(one), _) => equal(&Node::Int(i64::from(*one)), other),
        (_, Node::Bool(_)) => equal(other, one),
        (Node::Float(real), Node::Int(whole))
        | (Node::Int(whole), Node::Float(real)) => {
            whole_digits(*real) == whole.to_string()
        }
        (Node::Float(real), Node::Long(digits))
        | (Node::Long(digits), Node::Float(real)) => {
            whole_digits(*real) == *digits
        }
        (Node::Huge, _) => false,
        _ => one == other,
    }
}
