//! Descriptors without regard to what they are of: close(2), dup(2),
//! fcntl(2), and the ioctl(2)s that sockets know.

use super::Call;
use super::errno::signal_argument;
use super::network::descriptors_made;
use super::reading::{half, long, word};
use super::words::{Names, flags, hex, known, named, names, one_of, pointer};

pub(super) fn close(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
    }
}

pub(super) fn close_range(call: &mut Call) {
    if call.result.is_none() {
        call.push(call.unsigned(0));
        call.push(call.unsigned(1));
        let value = u64::from(call.unsigned(2));
        call.push(flags(value, CLOSE_RANGE, "CLOSE_RANGE_???"));
    }
}

pub(super) fn dup(call: &mut Call) {
    close(call);
}

pub(super) fn dup2(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
        call.push_int(1);
    }
}

pub(super) fn dup3(call: &mut Call) {
    dup2(call);
    if call.result.is_none() {
        push_open_flags(call, 2);
    }
}

pub(super) fn pipe(call: &mut Call) {
    match call.result {
        None => {
            call.push_pointer(0);
            if call.decoded.name == "pipe2" {
                push_open_flags(call, 1);
            }
        }
        Some(0..) => descriptors_made(call, 0),
        Some(_) => {}
    }
}

/// Flags of open(2) where no access mode is among them.
fn push_open_flags(call: &mut Call, place: usize) {
    let value = u64::from(call.unsigned(place));
    call.push(flags(value, OPEN_FLAGS, "O_???"));
}

pub(super) fn pidfd_open(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
        let value = u64::from(call.unsigned(1));
        call.push(flags(value, PIDFD_FLAGS, "PIDFD_???"));
    }
}

pub(super) fn pidfd_getfd(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
        call.push_int(1);
        call.push(hex(u64::from(call.unsigned(2))));
    }
}

pub(super) fn fcntl(call: &mut Call) {
    let command = call.int(1);
    match call.result {
        None => {
            call.push_int(0);
            let value = u64::from(call.unsigned(1));
            call.push(one_of(value, COMMANDS, "F_???"));
            if let Some(argument) = fcntl_argument(call, command) {
                call.push(argument);
            }
        }
        Some(result @ 0..) => match command {
            libc::F_DUPFD | libc::F_DUPFD_CLOEXEC => {
                call.decoded.made.extend(i32::try_from(result));
            }
            libc::F_GETLK | libc::F_OFD_GETLK => {
                let lock = lock(call, call.arg(2), true);
                call.set(2, lock);
            }
            F_GETOWN_EX => {
                let owner = owner(call, call.arg(2));
                call.set(2, owner);
            }
            _ => {}
        },
        Some(_) => {}
    }
}

fn fcntl_argument(call: &Call, command: i32) -> Option<String> {
    let value = u64::from(call.unsigned(2));
    Some(match command {
        libc::F_GETFD
        | libc::F_GETFL
        | libc::F_GETOWN
        | F_GETSIG
        | libc::F_GETLEASE
        | libc::F_GETPIPE_SZ
        | libc::F_GET_SEALS => return None,
        libc::F_SETFD => flags(value, DESCRIPTOR_FLAGS, "FD_???"),
        libc::F_SETFL => open_flags(value),
        libc::F_SETLK
        | libc::F_SETLKW
        | libc::F_OFD_SETLK
        | libc::F_OFD_SETLKW => lock(call, call.arg(2), false),
        F_SETOWN_EX => owner(call, call.arg(2)),
        F_SETSIG => signal_argument(call.int(2)),
        libc::F_SETLEASE => one_of(value, LOCKS, "F_???"),
        libc::F_DUPFD
        | libc::F_DUPFD_CLOEXEC
        | libc::F_SETOWN
        | libc::F_SETPIPE_SZ
        | libc::F_ADD_SEALS => call.int(2).to_string(),
        libc::F_GETLK | libc::F_OFD_GETLK | F_GETOWN_EX => {
            pointer(call.arg(2))
        }
        _ => hex(call.arg(2)),
    })
}

/// `O_RDWR|O_NONBLOCK`: the access mode is a number, not a bit.
pub(super) fn open_flags(value: u64) -> String {
    let mode = match value & 3 {
        0 => "O_RDONLY",
        1 => "O_WRONLY",
        2 => "O_RDWR",
        _ => "O_ACCMODE",
    };
    let (words, rest) = known(value & !3, OPEN_FLAGS);
    let rest = (rest != 0).then(|| hex(rest));
    let mode = std::iter::once(mode.to_string());
    mode.chain(words).chain(rest).collect::<Vec<_>>().join("|")
}

fn lock(call: &Call, at: u64, answered: bool) -> String {
    let Some(lock) = call.bytes(at, 32) else { return pointer(at) };
    let kind = one_of(u64::from(half(&lock, 0)), LOCKS, "F_???");
    let whence = one_of(u64::from(half(&lock, 2)), WHENCE, "SEEK_???");
    let start = long(&lock, 8).cast_signed();
    let length = long(&lock, 16).cast_signed();
    let pid = word(&lock, 24).cast_signed();
    let pid = if answered { format!(", l_pid={pid}") } else { String::new() };
    format!(
        "{{l_type={kind}, l_whence={whence}, l_start={start}, \
         l_len={length}{pid}}}"
    )
}

fn owner(call: &Call, at: u64) -> String {
    let Some(owner) = call.bytes(at, 8) else { return pointer(at) };
    let kind = one_of(u64::from(word(&owner, 0)), OWNERS, "F_OWNER_???");
    format!("{{type={kind}, pid={}}}", word(&owner, 4).cast_signed())
}

/// Those that read or write one int are decoded; of the others, where they
/// point to.
pub(super) fn ioctl(call: &mut Call) {
    let request = u64::from(call.unsigned(1));
    let argument = call.arg(2);
    match call.result {
        None => {
            call.push_int(0);
            call.push(match named(request, REQUESTS) {
                Some(name) => name.to_string(),
                None => request_word(request),
            });
            match request {
                _ if named(request, WITHOUT).is_some() => {}
                _ if named(request, SETTING).is_some() => {
                    call.push(call.boxed_int(argument));
                }
                _ if named(request, REQUESTS).is_some() => {
                    call.push_pointer(2);
                }
                _ => call.push(hex(argument)),
            }
        }
        Some(0..) if named(request, ASKING).is_some() => {
            let answer = call.boxed_int(argument);
            call.set(2, answer);
        }
        Some(_) => {}
    }
}

/// `_IOC(_IOC_READ, 0x54, 0x30, 0x4)`: direction, type, number and size.
fn request_word(request: u64) -> String {
    let direction = flags(request >> 30, DIRECTIONS, "_IOC_???");
    let kind = hex(request >> 8 & 0xff);
    let (number, size) = (hex(request & 0xff), hex(request >> 16 & 0x3fff));
    format!("_IOC({direction}, {kind}, {number}, {size})")
}

// fcntl commands that the libc crate does not have.
const F_SETSIG: i32 = 10;
const F_GETSIG: i32 = 11;
const F_SETOWN_EX: i32 = 15;
const F_GETOWN_EX: i32 = 16;

const CLOSE_RANGE: Names = names! {
    0x2 CLOSE_RANGE_UNSHARE 0x4 CLOSE_RANGE_CLOEXEC
};

const PIDFD_FLAGS: Names = names! { 0x800 PIDFD_NONBLOCK };

const DESCRIPTOR_FLAGS: Names = names! { 1 FD_CLOEXEC };

const OPEN_FLAGS: Names = names! {
    0x40 O_CREAT 0x80 O_EXCL 0x100 O_NOCTTY 0x200 O_TRUNC 0x400 O_APPEND
    0x800 O_NONBLOCK 0x0010_1000 O_SYNC 0x1000 O_DSYNC 0x0010_0000 __O_SYNC
    0x4000 O_DIRECT 0x8000 O_LARGEFILE 0x20000 O_NOFOLLOW 0x40000 O_NOATIME
    0x80000 O_CLOEXEC 0x0020_0000 O_PATH 0x0041_0000 O_TMPFILE
    0x10000 O_DIRECTORY 0x0040_0000 __O_TMPFILE 0x2000 FASYNC
};

const COMMANDS: Names = names! {
    0 F_DUPFD 1 F_GETFD 2 F_SETFD 3 F_GETFL 4 F_SETFL 5 F_GETLK 6 F_SETLK
    7 F_SETLKW 8 F_SETOWN 9 F_GETOWN 10 F_SETSIG 11 F_GETSIG 15 F_SETOWN_EX
    16 F_GETOWN_EX 17 F_GETOWNER_UIDS 36 F_OFD_GETLK 37 F_OFD_SETLK
    38 F_OFD_SETLKW 1024 F_SETLEASE 1025 F_GETLEASE 1026 F_NOTIFY
    1029 F_CANCELLK 1030 F_DUPFD_CLOEXEC 1031 F_SETPIPE_SZ 1032 F_GETPIPE_SZ
    1033 F_ADD_SEALS 1034 F_GET_SEALS
};

const LOCKS: Names = names! { 0 F_RDLCK 1 F_WRLCK 2 F_UNLCK };
const WHENCE: Names = names! { 0 SEEK_SET 1 SEEK_CUR 2 SEEK_END };
const OWNERS: Names = names! { 0 F_OWNER_TID 1 F_OWNER_PID 2 F_OWNER_PGRP };
const DIRECTIONS: Names = names! { 0 _IOC_NONE 1 _IOC_WRITE 2 _IOC_READ };

/// Requests without an argument.
const WITHOUT: Names = names! {
    0x5450 FIONCLEX 0x5451 FIOCLEX 0x540c TIOCEXCL 0x540d TIOCNXCL
    0x5422 TIOCNOTTY
};

/// Requests that read an int, and such as write one.
const SETTING: Names = names! {
    0x5421 FIONBIO 0x5452 FIOASYNC 0x8901 FIOSETOWN 0x8902 SIOCSPGRP
};
const ASKING: Names = names! {
    0x541b FIONREAD 0x5411 TIOCOUTQ 0x8905 SIOCATMARK 0x8903 FIOGETOWN
    0x8904 SIOCGPGRP
};

const REQUESTS: Names = names! {
    0x5401 TCGETS 0x5402 TCSETS 0x5403 TCSETSW 0x5404 TCSETSF 0x540c TIOCEXCL
    0x540d TIOCNXCL 0x540e TIOCSCTTY 0x540f TIOCGPGRP 0x5410 TIOCSPGRP
    0x5411 TIOCOUTQ 0x5413 TIOCGWINSZ 0x5414 TIOCSWINSZ 0x541b FIONREAD
    0x5421 FIONBIO 0x5422 TIOCNOTTY 0x5450 FIONCLEX 0x5451 FIOCLEX
    0x5452 FIOASYNC 0x8901 FIOSETOWN 0x8902 SIOCSPGRP 0x8903 FIOGETOWN
    0x8904 SIOCGPGRP 0x8905 SIOCATMARK 0x8906 SIOCGSTAMP_OLD
    0x8907 SIOCGSTAMPNS_OLD 0x890b SIOCADDRT 0x890c SIOCDELRT
    0x8910 SIOCGIFNAME 0x8911 SIOCSIFLINK 0x8912 SIOCGIFCONF
    0x8913 SIOCGIFFLAGS 0x8914 SIOCSIFFLAGS 0x8915 SIOCGIFADDR
    0x8916 SIOCSIFADDR 0x8917 SIOCGIFDSTADDR 0x8918 SIOCSIFDSTADDR
    0x8919 SIOCGIFBRDADDR 0x891a SIOCSIFBRDADDR 0x891b SIOCGIFNETMASK
    0x891c SIOCSIFNETMASK 0x891d SIOCGIFMETRIC 0x891e SIOCSIFMETRIC
    0x8921 SIOCGIFMTU 0x8922 SIOCSIFMTU 0x8923 SIOCSIFNAME
    0x8924 SIOCSIFHWADDR 0x8927 SIOCGIFHWADDR 0x8931 SIOCADDMULTI
    0x8932 SIOCDELMULTI 0x8933 SIOCGIFINDEX 0x8942 SIOCGIFTXQLEN
    0x8943 SIOCSIFTXQLEN 0x8946 SIOCETHTOOL 0x894b SIOCOUTQNSD
    0x894c SIOCGSKNS 0x8953 SIOCDARP 0x8954 SIOCGARP 0x8955 SIOCSARP
};
