//! Plain transfers, kept as they are and put into words when the trace is
//! over.
//!
//! A server under load makes hardly any other calls, and stands still while
//! they are written down. So only what will be gone is taken at once: the
//! state of the socket, and the first bytes of what is sent or received. The
//! words are the decoder's, as for every other call: it is shown the bytes as
//! if they were still in the program's memory.

use std::collections::HashMap;

use nix::errno::Errno;

use super::super::decode::{self, Decoder};
use super::super::record::{Call, Look, Task};
use super::super::sockets::Glimpse;
use super::witness::put_result;
use crate::tracer::{Entry, Memory};

#[derive(Default)]
pub(super) struct Briefs {
    calls: Vec<Brief>,
    /// What went through them, one behind the other.
    bytes: Vec<u8>,
    /// Of the few sends that were cut short: what they left, and where.
    rests: HashMap<usize, (u64, Vec<u8>)>,
}

struct Brief {
    enter_ns: u64,
    /// `u64::MAX` while it has not returned.
    exit_ns: u64,
    result: i64,
    buffer: u64,
    length: u64,
    /// In `bytes`.
    first: u64,
    before: Glimpse,
    after: Glimpse,
    task: u32,
    socket: u32,
    fd: i32,
    flags: u32,
    kept: u32,
    number: u16,
    was_looked_at: bool,
    /// Its bytes could not be read.
    is_unreadable: bool,
}

/// What a plain call begins with.
#[derive(Clone, Copy)]
pub(super) struct Beginning {
    pub(super) enter_ns: u64,
    pub(super) task: usize,
    pub(super) socket: usize,
    pub(super) before: Glimpse,
}

const NEVER: u64 = u64::MAX;

/// read, write, and recvfrom and sendto without an address.
pub(super) fn is_plain(call: &Entry) -> bool {
    match i64::try_from(call.number) {
        Ok(libc::SYS_read | libc::SYS_write) => true,
        Ok(libc::SYS_recvfrom | libc::SYS_sendto) => {
            call.args[4] == 0 && call.args[5] == 0
        }
        _ => false,
    }
}

fn sends(number: u16) -> bool {
    let number = i64::from(number);
    number == libc::SYS_write || number == libc::SYS_sendto
}

impl Brief {
    /// (What stands in the place of flags is nothing to read(2).)
    fn has_none_of(&self, flags: u32) -> bool {
        i64::from(self.number) == libc::SYS_read || self.flags & flags == 0
    }

    /// One byte more than is shown: so it is seen that there are more.
    fn keep(
        &mut self,
        bytes: &mut Vec<u8>,
        length: u64,
        memory: &dyn Memory,
        longest: usize,
    ) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.first = bytes.len() as u64;
        match memory.read(self.buffer, length.min(longest.saturating_add(1))) {
            Ok(read) => {
                self.kept = small(read.len());
                bytes.extend(read);
            }
            Err(_) => self.is_unreadable = true,
        }
    }
}

impl Briefs {
    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    /// Its number among them. `longest`: so many bytes are shown in the end.
    pub(super) fn begin(
        &mut self,
        call: &Entry,
        beginning: Beginning,
        memory: &dyn Memory,
        longest: usize,
    ) -> usize {
        let [fd, buffer, length, flags, ..] = call.args;
        let mut brief = Brief {
            enter_ns: beginning.enter_ns,
            exit_ns: NEVER,
            result: 0,
            buffer,
            length,
            first: 0,
            before: beginning.before,
            after: Glimpse::default(),
            task: small(beginning.task),
            socket: small(beginning.socket),
            fd: decode::int(fd),
            flags: decode::int(flags).cast_unsigned(),
            kept: 0,
            number: u16::try_from(call.number).unwrap_or_default(),
            was_looked_at: false,
            is_unreadable: false,
        };
        if sends(brief.number) {
            brief.keep(&mut self.bytes, length, memory, longest);
        }
        self.calls.push(brief);
        self.calls.len() - 1
    }

    /// Its descriptor, and how many bytes have left the socket by it, where
    /// it is sure that they have.
    pub(super) fn progress(
        &self,
        which: usize,
        result: i64,
    ) -> (i32, Option<u64>) {
        let Some(brief) = self.calls.get(which) else { return (-1, None) };
        let looks_on = (libc::MSG_PEEK | libc::MSG_OOB).cast_unsigned();
        let empties = !sends(brief.number) && brief.has_none_of(looks_on);
        let taken = u64::try_from(result).ok().filter(|_| empties);
        (brief.fd, taken)
    }

    pub(super) fn end(
        &mut self,
        which: usize,
        (exit_ns, result): (u64, i64),
        after: Option<Glimpse>,
        memory: &dyn Memory,
        longest: usize,
    ) {
        let Some(brief) = self.calls.get_mut(which) else { return };
        (brief.exit_ns, brief.result) = (exit_ns, result);
        brief.was_looked_at = after.is_some();
        brief.after = after.unwrap_or_default();
        let Ok(moved) = u64::try_from(result) else {
            // What the program may not read, its tracer still may.
            brief.is_unreadable |= result == -i64::from(libc::EFAULT);
            return;
        };
        if !sends(brief.number) {
            brief.keep(&mut self.bytes, moved, memory, longest);
        } else if moved < brief.length {
            let (at, rest) =
                (brief.buffer.wrapping_add(moved), brief.length - moved);
            let rest = usize::try_from(rest).unwrap_or(usize::MAX);
            if let Ok(rest) = memory.read(at, rest.min(longest)) {
                self.rests.insert(which, (at, rest));
            }
        }
    }

    /// All of them in words.
    pub(super) fn told<'a>(
        &'a self,
        decoder: &'a Decoder,
        tasks: &'a [Task],
    ) -> impl Iterator<Item = Call> + 'a {
        (0..self.calls.len())
            .map(move |which| self.tell(which, decoder, tasks))
    }

    fn tell(&self, which: usize, decoder: &Decoder, tasks: &[Task]) -> Call {
        let brief = &self.calls[which];
        let entry = Entry {
            number: brief.number.into(),
            args: [
                u64::from(brief.fd.cast_unsigned()),
                brief.buffer,
                brief.length,
                brief.flags.into(),
                0,
                0,
            ],
        };
        let first = usize::try_from(brief.first).unwrap_or_default();
        let bytes = &self.bytes[first..][..brief.kept as usize];
        let bytes = (!brief.is_unreadable).then_some((brief.buffer, bytes));
        let rest = self.rests.get(&which);
        let rest = rest.map(|(at, rest)| (*at, rest.as_slice()));
        let memory = Kept([bytes, rest]);
        let mut words = decoder.enter(&entry, &memory);
        let place = brief.task as usize;
        let mut call = Call {
            task: place,
            tid: tasks[place].tid,
            pid: tasks[place].pid,
            fd: Some(brief.fd),
            socket: Some(brief.socket as usize),
            enter_ns: brief.enter_ns,
            before: Some(brief.before.into()),
            ..Call::default()
        };
        if brief.exit_ns != NEVER {
            decoder.leave(&entry, brief.result, &memory, &mut words);
            call.exit_ns = Some(brief.exit_ns);
            put_result(&mut call, brief.result);
            call.after = brief.was_looked_at.then(|| Look::from(brief.after));
        }
        call.call = words.name.to_string();
        call.args = words.args;
        call.data = words.data;
        call.unsent = words.unsent;
        call
    }
}

/// A place in a list; no list is so long.
fn small(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// The program's memory, as far as it was kept: pieces with their addresses.
struct Kept<'a>([Option<(u64, &'a [u8])>; 2]);

impl Memory for Kept<'_> {
    fn read(&self, address: u64, length: usize) -> Result<Vec<u8>, Errno> {
        let mut pieces = self.0.iter().flatten();
        let piece = pieces.find(|(at, _)| *at == address);
        let (_, bytes) = piece.ok_or(Errno::EFAULT)?;
        Ok(bytes[..bytes.len().min(length)].to_vec())
    }
}
