//! Whether a call is about sockets at all.

use super::super::decode::{self, Decoded, Family};
use super::super::sockets;
use super::Recorder;
use crate::tracer::{Entry, Task};

impl Recorder {
    /// Most calls that move bytes are about files: to know that costs one
    /// look into /proc, and the task does not stop a second time.
    pub(super) fn is_about_sockets(&self, task: Task, call: &Entry) -> bool {
        if self.everything {
            return true;
        }
        // What is done with a number after its socket was closed is about
        // that socket, too: it fails, or is done to another one.
        let is_about =
            |fd| is_socket(task, fd) || self.known.is_gone(task, fd);
        match decode::family(call.number) {
            Family::Transfer => subjects(call).any(is_about),
            Family::Descriptor => {
                is_record_lock(call)
                    || decode::subject(call).is_none_or(is_about)
                    || replaces(call).is_some_and(|fd| is_socket(task, fd))
            }
            _ => true,
        }
    }
}

pub(super) fn is_socket(task: Task, fd: i32) -> bool {
    sockets::inode(task.tid, fd).is_some()
}

/// poll and select of a terminal, say.
pub(super) fn waits_for_something_else(task: Task, call: &Decoded) -> bool {
    let polls = ["poll", "ppoll", "select", "pselect6"];
    polls.contains(&call.name)
        && !call.awaits.iter().any(|&fd| is_socket(task, fd))
}

/// Of those that move bytes from one descriptor to another, both.
fn subjects(call: &Entry) -> impl Iterator<Item = i32> {
    let second = match i64::try_from(call.number) {
        Ok(libc::SYS_sendfile | libc::SYS_tee) => Some(call.args[1]),
        Ok(libc::SYS_splice) => Some(call.args[2]),
        _ => None,
    };
    decode::subject(call).into_iter().chain(second.map(decode::int))
}

/// The descriptor that dup2 and dup3 close before they make it anew.
fn replaces(call: &Entry) -> Option<i32> {
    #[cfg(target_arch = "x86_64")]
    const DUPS: [i64; 2] = [libc::SYS_dup2, libc::SYS_dup3];
    #[cfg(not(target_arch = "x86_64"))]
    const DUPS: [i64; 1] = [libc::SYS_dup3];
    let number = i64::try_from(call.number).ok()?;
    DUPS.contains(&number).then(|| decode::int(call.args[1]))
}

/// fcntl(2) as some of the worker models take turns with it.
fn is_record_lock(call: &Entry) -> bool {
    let locks =
        [libc::F_SETLK, libc::F_SETLKW, libc::F_OFD_SETLK, libc::F_OFD_SETLKW];
    i64::try_from(call.number) == Ok(libc::SYS_fcntl)
        && locks
            .iter()
            .any(|&lock| i64::from(lock) == call.args[1].cast_signed())
}
