//! The roster lab's conversation: pickles both ways, one after the other in
//! a stream that says nothing about where one ends.
//!
//! Twin: `c_compare/protocols/roster.c`. Read `pickle/scan.rs` before it.

use std::collections::VecDeque;
use std::mem;

use super::pickle::{self, Id, Node, Pickle, Refused, Scanner, encode};
use super::{Notice, Session};

const KEYS: [&str; 3] = ["student_name", "github_username", "sid"];

/// The server's side.
#[derive(Debug)]
pub struct Roster {
    clientid: i64,
    greeting: [u8; encode::MOST_GREETING],
    scanner: Scanner,
    /// What came of a pickle that is not whole yet.
    pending: Vec<u8>,
    acknowledgements: Vec<u8>,
    notices: VecDeque<Notice>,
    over: bool,
}

impl Roster {
    /// `clientid` is the peer's port; over `AF_UNIX`, its process.
    #[must_use]
    pub fn new(clientid: i64) -> Roster {
        Roster {
            clientid,
            greeting: [0; encode::MOST_GREETING],
            scanner: Scanner::default(),
            pending: Vec::new(),
            acknowledgements: Vec::new(),
            notices: VecDeque::new(),
            over: false,
        }
    }

    /// Reads every whole pickle in `stream`; how many bytes they were.
    fn read(&mut self, stream: &[u8]) -> Result<usize, String> {
        let mut start = 0;
        loop {
            let scanned = self.scanner.scan(&stream[start..]);
            let Some(length) = scanned.map_err(refusal)? else {
                return Ok(start);
            };
            self.scanner = Scanner::default();
            let line = connected(&stream[start..start + length])?;
            self.notices.push_back(Notice::Said(line));
            self.acknowledgements.extend(encode::ACKNOWLEDGEMENT);
            start += length;
        }
    }
}

impl Session for Roster {
    fn greeting(&mut self) -> &[u8] {
        let pickle = encode::greeting(self.clientid);
        self.greeting[..pickle.len()].copy_from_slice(&pickle);
        &self.greeting[..pickle.len()]
    }

    fn answer<'a>(&'a mut self, input: &'a [u8]) -> &'a [u8] {
        self.acknowledgements.clear();
        if self.over {
            return b"";
        }
        let mut stream = mem::take(&mut self.pending);
        stream.extend_from_slice(input);
        match self.read(&stream) {
            Ok(length) if length == stream.len() => {}
            Ok(length) => {
                stream.drain(..length);
                self.pending = stream;
            }
            Err(why) => {
                self.notices.push_back(Notice::Wrong(why));
                self.over = true;
            }
        }
        &self.acknowledgements
    }

    fn is_over(&self) -> bool {
        self.over
    }

    fn notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }
}

/// The line for a pickle that says who a student is.
fn connected(bytes: &[u8]) -> Result<String, String> {
    let pickle = pickle::decode(bytes).map_err(refusal)?;
    if !is_dict(&pickle, pickle.root()) {
        return Err(refusal(Refused::NoDict));
    }
    let mut values = [const { String::new() }; 3];
    for (value, key) in values.iter_mut().zip(KEYS) {
        let Some(id) = pickle.get(pickle.root(), key) else {
            return Err(format!("refused a pickle: no '{key}'"));
        };
        *value = pickle
            .str(id)
            .map_err(|why| format!("refused a pickle: '{key}' is {why}"))?;
    }
    let [name, username, sid] =
        values.map(|value| pickle::on_one_line(&value));
    Ok(format!(
        "Connected: Student: {name}, Github Username: {username}, sid: {sid}"
    ))
}

fn refusal(why: Refused) -> String {
    format!("refused a pickle: {why}")
}

fn is_dict(pickle: &Pickle, id: Id) -> bool {
    matches!(pickle.node(id), Node::Dict(_))
}

/// The client's side: the dict the server greets with, as Python shows it.
///
/// # Errors
///
/// A pickle that is refused, or is no dict.
pub fn greeted(bytes: &[u8]) -> Result<String, Refused> {
    let pickle = pickle::decode(bytes)?;
    if !is_dict(&pickle, pickle.root()) {
        return Err(Refused::NoDict);
    }
    pickle.repr(pickle.root())
}

/// The client's side: does the server say the integer 1? `True` and `1.0`
/// equal it in Python, but are something else.
///
/// # Errors
///
/// A pickle that is refused.
pub fn is_acknowledgement(bytes: &[u8]) -> Result<bool, Refused> {
    let pickle = pickle::decode(bytes)?;
    Ok(*pickle.node(pickle.root()) == Node::Int(1))
}

#[cfg(test)]
mod tests;
