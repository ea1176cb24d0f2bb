//! Calls that are about no socket: the names of files, and otherwise bare
//! numbers.

use super::Call;
use super::descriptors::open_flags;
use super::words::hex;

pub(super) fn nothing(_: &mut Call) {}

pub(super) fn one(call: &mut Call) {
    push_numbers(call, 0, 1);
}

pub(super) fn two(call: &mut Call) {
    push_numbers(call, 0, 2);
}

pub(super) fn three(call: &mut Call) {
    push_numbers(call, 0, 3);
}

pub(super) fn four(call: &mut Call) {
    push_numbers(call, 0, 4);
}

/// How many entries a ring of io_uring(7) has; what goes through it is no
/// system call, so that nobody sees it here.
pub(super) fn ring(call: &mut Call) {
    if call.result.is_none() {
        call.push(call.unsigned(0));
        call.push_pointer(1);
    }
}

/// All six registers: how many of them the call looks at is not known here.
pub(super) fn any(call: &mut Call) {
    push_numbers(call, 0, 6);
}

fn push_numbers(call: &mut Call, from: usize, to: usize) {
    if call.result.is_none() {
        for place in from..to {
            call.push(hex(call.arg(place)));
        }
    }
}

/// A path and one more argument, or none.
pub(super) fn path(call: &mut Call) {
    if call.result.is_none() {
        call.push(call.path(call.arg(0)));
        let count = match call.decoded.name {
            "unlink" => 1,
            "readlink" => 3,
            _ => 2,
        };
        push_numbers(call, 1, count);
    }
}

pub(super) fn path_at(call: &mut Call) {
    if call.result.is_none() {
        call.push(directory(call.int(0)));
        call.push(call.path(call.arg(1)));
        push_numbers(call, 2, 4);
    }
}

pub(super) fn open(call: &mut Call) {
    if call.result.is_none() {
        push_open(call, 0);
    } else {
        opened(call);
    }
}

pub(super) fn openat(call: &mut Call) {
    if call.result.is_none() {
        call.push(directory(call.int(0)));
        push_open(call, 1);
    } else {
        opened(call);
    }
}

fn opened(call: &mut Call) {
    if let Some(result @ 0..) = call.result {
        call.decoded.made.extend(i32::try_from(result));
    }
}

/// Path and flags, and the mode where a file may be created.
fn push_open(call: &mut Call, place: usize) {
    call.push(call.path(call.arg(place)));
    let flags = call.unsigned(place + 1);
    call.push(open_flags(u64::from(flags)));
    let creates = libc::O_CREAT | libc::O_TMPFILE & !libc::O_DIRECTORY;
    if flags & creates.cast_unsigned() != 0 {
        call.push(format!("0{:o}", call.unsigned(place + 2)));
    }
}

/// `AT_FDCWD`, or a descriptor.
pub(super) fn directory(fd: i32) -> String {
    if fd == libc::AT_FDCWD { "AT_FDCWD".to_string() } else { fd.to_string() }
}
