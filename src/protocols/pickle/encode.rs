//! The three pickles the lab sends, byte for byte as Python 3.11 makes them
//! with protocol 4: `pickle.dumps({'clientid': 60644})`, `pickle.dumps(1)`
//! and the student's dict.
//!
//! Twin: `c_compare/protocols/pickle/encode.c`.

use super::MOST_BYTES;
use super::number;
use super::opcodes::{
    BININT, BININT1, BININT2, BINUNICODE, EMPTY_DICT, FRAME, LONG1, LONG4,
    MARK, MEMOIZE, PROTO, SETITEM, SETITEMS, SHORT_BINUNICODE, STOP,
};

/// The pickle of the integer 1.
pub const ACKNOWLEDGEMENT: &[u8] = &[PROTO, 4, BININT1, 1, STOP];
/// No greeting is longer.
pub const MOST_GREETING: usize = 48;

/// The pickle of `{'clientid': clientid}`.
#[must_use]
pub fn greeting(clientid: i64) -> Vec<u8> {
    let mut body = vec![EMPTY_DICT, MEMOIZE];
    add_str(&mut body, "clientid");
    add_int(&mut body, &clientid.to_string());
    body.extend([SETITEM, STOP]);
    framed(&body)
}

/// The pickle of the dict a student sends. `sid` becomes an int if it reads
/// as one, written just as Python would show it: `007` stays a str. None if
/// the pickle would be too long for anyone to read.
#[must_use]
pub fn student(name: &str, username: &str, sid: &str) -> Option<Vec<u8>> {
    let mut body = vec![EMPTY_DICT, MEMOIZE, MARK];
    add_str(&mut body, "student_name");
    add_str(&mut body, name);
    add_str(&mut body, "github_username");
    add_str(&mut body, username);
    add_str(&mut body, "sid");
    if number::is_int(sid.as_bytes()) {
        add_int(&mut body, sid);
    } else {
        add_str(&mut body, sid);
    }
    body.extend([SETITEMS, STOP]);
    let pickle = framed(&body);
    (pickle.len() <= MOST_BYTES).then_some(pickle)
}

fn framed(body: &[u8]) -> Vec<u8> {
    let mut pickle = vec![PROTO, 4, FRAME];
    pickle.extend((body.len() as u64).to_le_bytes());
    pickle.extend(body);
    pickle
}

/// Each str is an object of its own, so none is fetched from the memo.
fn add_str(body: &mut Vec<u8>, text: &str) {
    let length = (text.len() as u64).to_le_bytes();
    if text.len() <= 0xff {
        body.extend([SHORT_BINUNICODE, length[0]]);
    } else {
        body.push(BINUNICODE);
        body.extend(&length[..4]);
    }
    body.extend(text.as_bytes());
    body.push(MEMOIZE);
}

fn add_int(body: &mut Vec<u8>, digits: &str) {
    if let Ok(value) = digits.parse::<u8>() {
        body.extend([BININT1, value]);
    } else if let Ok(value) = digits.parse::<u16>() {
        body.push(BININT2);
        body.extend(value.to_le_bytes());
    } else if let Ok(value) = digits.parse::<i32>() {
        body.push(BININT);
        body.extend(value.to_le_bytes());
    } else {
        let bytes = number::bytes_of(digits);
        let length = (bytes.len() as u64).to_le_bytes();
        if bytes.len() <= 0xff {
            body.extend([LONG1, length[0]]);
        } else {
            body.push(LONG4);
            body.extend(&length[..4]);
        }
        body.extend(bytes);
    }
}
