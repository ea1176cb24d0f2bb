//! poll(2), select(2) and epoll(7): which descriptors are asked about, and
//! which of them were ready.

use std::mem::offset_of;

use super::Call;
use super::errno::signal_set;
use super::reading::{half, long, word};
use super::words::{Names, flags, names, one_of, pointer};

const POLLED: usize = 8;
/// On x86-64 the struct is packed; elsewhere it has a gap.
const EVENT: usize = size_of::<libc::epoll_event>();
const DATA: usize = offset_of!(libc::epoll_event, u64);

/// How many descriptors are looked at. A program that waits for more of them
/// would use epoll.
const MOST: u64 = 1 << 14;

pub(super) fn poll(call: &mut Call) {
    if call.result.is_none() {
        push_polled(call);
        call.push_int(2);
    } else {
        polled_ready(call);
    }
}

pub(super) fn ppoll(call: &mut Call) {
    if call.result.is_none() {
        push_polled(call);
        call.push(call.time(call.arg(2), "tv_nsec"));
        push_signal_set(call, 3, 4);
        call.push(call.arg(4));
    } else {
        polled_ready(call);
    }
}

fn push_polled(call: &mut Call) {
    let (at, count) = (call.arg(0), u64::from(call.unsigned(1)));
    let list = call.array(at, count, POLLED, |polled| {
        let fd = word(polled, 0).cast_signed();
        let events = u64::from(half(polled, 4));
        if fd < 0 {
            return format!("{{fd={fd}}}");
        }
        format!("{{fd={fd}, events={}}}", flags(events, POLL, "POLL???"))
    });
    call.push(list);
    call.push(count);
    let awaits = all_polled(call).into_iter().map(|(fd, _)| fd);
    call.decoded.awaits = awaits.filter(|fd| *fd >= 0).collect();
}

fn polled_ready(call: &mut Call) {
    if call.result.is_some_and(|count| count > 0) {
        let polled = all_polled(call).into_iter();
        let ready = polled.filter(|(_, events)| *events != 0);
        call.decoded.ready = ready
            .map(|(fd, events)| (fd, flags(events, POLL, "POLL???")))
            .collect();
    }
}

/// The descriptors, and what happened to each.
fn all_polled(call: &Call) -> Vec<(i32, u64)> {
    let count = u64::from(call.unsigned(1)).min(MOST);
    let size = usize::try_from(count).unwrap_or(0) * POLLED;
    let bytes = call.some_bytes(call.arg(0), size).unwrap_or_default();
    let polled = bytes.chunks_exact(POLLED);
    polled
        .map(|one| (word(one, 0).cast_signed(), u64::from(half(one, 6))))
        .collect()
}

pub(super) fn select(call: &mut Call) {
    if call.result.is_none() {
        push_sets(call);
        call.push(call.time(call.arg(4), "tv_usec"));
    } else {
        sets_ready(call);
    }
}

pub(super) fn pselect6(call: &mut Call) {
    if call.result.is_some() {
        return sets_ready(call);
    }
    push_sets(call);
    call.push(call.time(call.arg(4), "tv_nsec"));
    let at = call.arg(5);
    call.push(match call.bytes(at, 16) {
        Some(mask) => {
            let (mask, size) = (long(&mask, 0), long(&mask, 8));
            let set = set_of_signals(call, mask, size);
            format!("{{sigmask={set}, sigsetsize={size}}}")
        }
        None => pointer(at),
    });
}

/// `[3 5]` for each of the three sets.
fn push_sets(call: &mut Call) {
    call.push_int(0);
    let mut awaits = Vec::new();
    for place in 1..=3 {
        match members(call, place) {
            Some(members) => {
                let words: Vec<String> =
                    members.iter().map(ToString::to_string).collect();
                call.push(format!("[{}]", words.join(" ")));
                awaits.extend(members);
            }
            None => call.push_pointer(place),
        }
    }
    awaits.sort_unstable();
    awaits.dedup();
    call.decoded.awaits = awaits;
}

fn sets_ready(call: &mut Call) {
    if call.result.is_some_and(|count| count > 0) {
        for (place, name) in [(1, "in"), (2, "out"), (3, "except")] {
            let members = members(call, place).unwrap_or_default();
            let ready = members.into_iter().map(|fd| (fd, name.to_string()));
            call.decoded.ready.extend(ready);
        }
    }
}

fn members(call: &Call, place: usize) -> Option<Vec<i32>> {
    let highest = u64::try_from(call.int(0)).ok()?.min(MOST);
    let highest = usize::try_from(highest).ok()?;
    // The kernel reads whole longs, and the size of the first one at least
    // tells whether anything is there.
    let size = highest.div_ceil(64) * 8;
    let bytes = call.bytes(call.arg(place), size)?;
    let is_in = |fd: &usize| bytes[fd / 8] >> (fd % 8) & 1 == 1;
    let members = (0..highest).filter(is_in);
    Some(members.filter_map(|fd| i32::try_from(fd).ok()).collect())
}

pub(super) fn epoll_create(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
    }
}

pub(super) fn epoll_create1(call: &mut Call) {
    if call.result.is_none() {
        let value = u64::from(call.unsigned(0));
        call.push(flags(value, CREATE, "EPOLL_???"));
    }
}

pub(super) fn epoll_ctl(call: &mut Call) {
    if call.result.is_some() {
        return;
    }
    call.push_int(0);
    let operation = u64::from(call.unsigned(1));
    call.push(one_of(operation, OPERATIONS, "EPOLL_CTL_???"));
    call.push_int(2);
    let at = call.arg(3);
    let event = call.bytes(at, EVENT);
    call.push(match event {
        // The kernel does not look at it.
        _ if call.int(1) == libc::EPOLL_CTL_DEL => pointer(at),
        Some(event) => event_word(&event),
        None => pointer(at),
    });
    call.decoded.awaits = vec![call.int(2)];
}

pub(super) fn epoll_wait(call: &mut Call) {
    if call.result.is_none() {
        push_events(call);
        call.push_int(3);
    } else {
        events_ready(call);
    }
}

pub(super) fn epoll_pwait(call: &mut Call) {
    epoll_wait(call);
    if call.result.is_none() {
        push_signal_set(call, 4, 5);
        call.push(call.arg(5));
    }
}

pub(super) fn epoll_pwait2(call: &mut Call) {
    if call.result.is_none() {
        push_events(call);
        call.push(call.time(call.arg(3), "tv_nsec"));
        push_signal_set(call, 4, 5);
        call.push(call.arg(5));
    } else {
        events_ready(call);
    }
}

fn push_events(call: &mut Call) {
    call.push_int(0);
    call.push_pointer(1);
    call.push_int(2);
}

fn events_ready(call: &mut Call) {
    let Some(result @ 0..) = call.result else { return };
    let (at, count) = (call.arg(1), result.unsigned_abs().min(MOST));
    let list = call.array(at, count, EVENT, event_word);
    call.set(1, list);
    let size = usize::try_from(count).unwrap_or(0) * EVENT;
    let bytes = call.some_bytes(at, size).unwrap_or_default();
    let events = bytes.chunks_exact(EVENT);
    // What stands in `data` is the program's own business. Most programs put
    // the descriptor there; an address is too large to be one.
    call.decoded.ready = events
        .filter_map(|event| {
            let fd = i32::try_from(long(event, DATA)).ok()?;
            let events = u64::from(word(event, 0));
            Some((fd, flags(events, EPOLL, "EPOLL???")))
        })
        .collect();
}

/// `{events=EPOLLIN, data={u32=5, u64=5}}`
fn event_word(event: &[u8]) -> String {
    let events = flags(u64::from(word(event, 0)), EPOLL, "EPOLL???");
    let (short, data) = (word(event, DATA), long(event, DATA));
    format!("{{events={events}, data={{u32={short}, u64={data}}}}}")
}

pub(super) fn push_signal_set(call: &mut Call, place: usize, size: usize) {
    let set = set_of_signals(call, call.arg(place), call.arg(size));
    call.push(set);
}

fn set_of_signals(call: &Call, at: u64, size: u64) -> String {
    match call.long_at(at) {
        Some(bits) if size == 8 => signal_set(bits),
        _ => pointer(at),
    }
}

pub(super) const POLL: Names = names! {
    0x1 POLLIN 0x2 POLLPRI 0x4 POLLOUT 0x8 POLLERR 0x10 POLLHUP 0x20 POLLNVAL
    0x40 POLLRDNORM 0x80 POLLRDBAND 0x100 POLLWRNORM 0x200 POLLWRBAND
    0x400 POLLMSG 0x1000 POLLREMOVE 0x2000 POLLRDHUP 0x8000 POLL_BUSY_LOOP
};

const EPOLL: Names = names! {
    0x1 EPOLLIN 0x2 EPOLLPRI 0x4 EPOLLOUT 0x8 EPOLLERR 0x10 EPOLLHUP
    0x20 EPOLLNVAL 0x40 EPOLLRDNORM 0x80 EPOLLRDBAND 0x100 EPOLLWRNORM
    0x200 EPOLLWRBAND 0x400 EPOLLMSG 0x2000 EPOLLRDHUP
    0x1000_0000 EPOLLEXCLUSIVE 0x2000_0000 EPOLLWAKEUP
    0x4000_0000 EPOLLONESHOT 0x8000_0000 EPOLLET
};

const CREATE: Names = names! { 0x80000 EPOLL_CLOEXEC };

const OPERATIONS: Names = names! {
    1 EPOLL_CTL_ADD 2 EPOLL_CTL_DEL 3 EPOLL_CTL_MOD
};
