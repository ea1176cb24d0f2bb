//! read(2) and write(2) in all their forms, and the calls that move bytes
//! without a buffer: sendfile(2), splice(2).

use super::Call;
use super::message::{empty_iovecs, iovecs, leaves_pieces};
use super::words::{Names, flags, hex, names, pointer};

pub(super) fn read(call: &mut Call) {
    match call.result {
        None => {
            call.push_int(0);
            call.push_pointer(1);
            call.push(call.arg(2));
        }
        Some(result @ 0..) => {
            let text = call.sample(call.arg(1), result.unsigned_abs());
            call.set(1, text);
            call.went_through(result);
        }
        Some(_) => {}
    }
}

pub(super) fn write(call: &mut Call) {
    match call.result {
        None => {
            call.push_int(0);
            let text = call.sample(call.arg(1), call.arg(2));
            call.push(text);
            call.push(call.arg(2));
        }
        Some(result) => {
            call.went_through(result);
            call.leaves(call.arg(1), call.arg(2), result);
        }
    }
}

pub(super) fn read_at(call: &mut Call) {
    read(call);
    push_offset(call, 3);
}

pub(super) fn write_at(call: &mut Call) {
    write(call);
    push_offset(call, 3);
}

fn push_offset(call: &mut Call, place: usize) {
    if call.result.is_none() {
        call.push(call.arg(place).cast_signed());
    }
}

/// readv, preadv and preadv2.
pub(super) fn readv(call: &mut Call) {
    let (at, count) = (call.arg(1), call.arg(2));
    match call.result {
        None => {
            call.push_int(0);
            let pieces = empty_iovecs(call, at, count);
            call.push(pieces);
            call.push(count);
            push_extra(call);
        }
        Some(result @ 0..) => {
            let pieces = iovecs(call, at, count, Some(result.unsigned_abs()));
            call.set(1, pieces);
            call.went_through(result);
        }
        Some(_) => {}
    }
}

/// writev, pwritev and pwritev2.
pub(super) fn writev(call: &mut Call) {
    match call.result {
        None => {
            call.push_int(0);
            let pieces = iovecs(call, call.arg(1), call.arg(2), None);
            call.push(pieces);
            call.push(call.arg(2));
            push_extra(call);
        }
        Some(result) => {
            call.went_through(result);
            leaves_pieces(call, call.arg(1), call.arg(2), result);
        }
    }
}

/// The offset and the flags, where the call has them. The offset comes in
/// two registers, of which the second is for machines with smaller ones.
fn push_extra(call: &mut Call) {
    if call.decoded.name.starts_with('p') {
        push_offset(call, 3);
    }
    if call.decoded.name.ends_with('2') {
        let value = u64::from(call.unsigned(5));
        call.push(flags(value, READ_FLAGS, "RWF_???"));
    }
}

pub(super) fn sendfile(call: &mut Call) {
    let at = call.arg(2);
    match call.result {
        None => {
            call.push_int(0);
            call.push_int(1);
            call.push(offset(call, at));
            call.push(call.arg(3));
        }
        Some(result) => {
            if let (true, Some(now)) =
                (at != 0 && result >= 0, call.long_at(at))
                && let Some(before) = call.decoded.args.get(2)
            {
                let text = format!("{before} => [{}]", now.cast_signed());
                call.set(2, text);
            }
            call.went_through(result);
        }
    }
}

pub(super) fn splice(call: &mut Call) {
    from_to(call, "SPLICE_F_???");
}

pub(super) fn copy_file_range(call: &mut Call) {
    from_to(call, "");
}

/// From a descriptor at an offset to another one at another.
fn from_to(call: &mut Call, unknown: &str) {
    if let Some(result) = call.result {
        return call.went_through(result);
    }
    for place in [0, 2] {
        call.push_int(place);
        call.push(offset(call, call.arg(place + 1)));
    }
    call.push(call.arg(4));
    push_splice_flags(call, 5, unknown);
}

pub(super) fn tee(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
        call.push_int(1);
        call.push(call.arg(2));
        push_splice_flags(call, 3, "SPLICE_F_???");
    }
}

pub(super) fn vmsplice(call: &mut Call) {
    match call.result {
        None => {
            call.push_int(0);
            let pieces = iovecs(call, call.arg(1), call.arg(2), None);
            call.push(pieces);
            call.push(call.arg(2));
            push_splice_flags(call, 3, "SPLICE_F_???");
        }
        Some(result) => call.went_through(result),
    }
}

fn push_splice_flags(call: &mut Call, place: usize, unknown: &str) {
    let value = u64::from(call.unsigned(place));
    if unknown.is_empty() {
        call.push(hex(value));
    } else {
        call.push(flags(value, SPLICE_FLAGS, unknown));
    }
}

/// `[15]`
fn offset(call: &Call, at: u64) -> String {
    match call.long_at(at) {
        Some(value) => format!("[{}]", value.cast_signed()),
        None => pointer(at),
    }
}

const READ_FLAGS: Names = names! {
    0x1 RWF_HIPRI 0x2 RWF_DSYNC 0x4 RWF_SYNC 0x8 RWF_NOWAIT 0x10 RWF_APPEND
};

const SPLICE_FLAGS: Names = names! {
    0x1 SPLICE_F_MOVE 0x2 SPLICE_F_NONBLOCK 0x4 SPLICE_F_MORE
    0x8 SPLICE_F_GIFT
};
