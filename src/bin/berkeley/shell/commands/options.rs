//! setsockopt(2), getsockopt(2), fcntl(2), ioctl(2): how a socket behaves.

use nix::errno::Errno;

use super::{Args, Command, Kind, length, may, needs};
use crate::shell::call::{Answer, Arg};
use crate::trace::{symbols, tcp};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "setsockopt",
        takes: &[
            needs("FD", Kind::Fd),
            needs("[LEVEL] OPTION", Kind::Option),
            may("VALUE", Kind::Value, "1"),
        ],
        what: "Sets an option by its name: a number, on or off; SO_LINGER \
               off or seconds; SO_RCVTIMEO seconds; IP_ADD_MEMBERSHIP GROUP \
               [INTERFACE]; TCP_CONGESTION a word.",
        errors: &[
            "ENOPROTOOPT: this socket has no such option",
            "EPERM, EACCES: it is for the privileged",
            "ENODEV: no interface for this group",
        ],
        man: "setsockopt(2), socket(7), tcp(7), ip(7), ipv6(7)",
        example: "server = socket AF_INET SOCK_STREAM\n\
                  setsockopt server SO_REUSEADDR on\n\
                  setsockopt server SO_LINGER 0\n\
                  setsockopt server IPPROTO_TCP TCP_NODELAY 1",
        make: setsockopt,
    },
    Command {
        name: "getsockopt",
        takes: &[needs("FD", Kind::Fd), needs("[LEVEL] OPTION", Kind::Option)],
        what: "Asks for an option; asking for SO_ERROR also takes it away.",
        errors: &["ENOPROTOOPT: this socket has no such option"],
        man: "getsockopt(2), socket(7), tcp(7), ip(7), ipv6(7)",
        example: "server = socket AF_INET SOCK_STREAM\n\
                  getsockopt server SO_RCVBUF\ngetsockopt server SO_ERROR",
        make: getsockopt,
    },
    Command {
        name: "fcntl",
        takes: &[
            needs("FD", Kind::Fd),
            needs("F_GETFL|F_SETFL|F_GETFD|F_SETFD", Kind::Symbol(COMMAND)),
            may("O_NONBLOCK|FD_CLOEXEC|0", Kind::Symbol(FLAG), "0"),
        ],
        what: "F_SETFL O_NONBLOCK: calls on it fail with EAGAIN instead of \
               blocking; F_SETFL 0 takes that back.",
        errors: &["EBADF: FD is not open"],
        man: "fcntl(2)",
        example: "one = socket AF_INET SOCK_STREAM\n\
                  fcntl one F_SETFL O_NONBLOCK\nfcntl one F_GETFL",
        make: fcntl,
    },
    Command {
        name: "ioctl",
        takes: &[
            needs("FD", Kind::Fd),
            needs("FIONREAD|TIOCOUTQ|SIOCATMARK", Kind::Symbol(REQUEST)),
        ],
        what: "FIONREAD: how many bytes can be received. TIOCOUTQ: how many \
               are sent and not acknowledged. SIOCATMARK: whether the urgent \
               byte is next.",
        errors: &["EINVAL: this socket cannot be asked that now"],
        man: "ioctl(2), tcp(7), udp(7), unix(7)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\n\
                  send left \"hello\"\nioctl right FIONREAD",
        make: ioctl,
    },
];

const COMMAND: &[(&str, i64)] = &[
    ("F_GETFL", libc::F_GETFL as i64),
    ("F_SETFL", libc::F_SETFL as i64),
    ("F_GETFD", libc::F_GETFD as i64),
    ("F_SETFD", libc::F_SETFD as i64),
];

const FLAG: &[(&str, i64)] = &[
    ("O_NONBLOCK", libc::O_NONBLOCK as i64),
    ("FD_CLOEXEC", libc::FD_CLOEXEC as i64),
    ("0", 0),
];

const REQUEST: &[(&str, i64)] =
    &[("FIONREAD", 0x541B), ("TIOCOUTQ", 0x5411), ("SIOCATMARK", 0x8905)];

fn setsockopt(args: &Args) -> Answer {
    let Arg::Option(level, option) = *args.arg(1) else {
        return Answer::failed(Errno::EINVAL);
    };
    let Arg::Value(value) = args.arg(2) else {
        return Answer::failed(Errno::EINVAL);
    };
    let raw = value.raw();
    let at = raw.as_ptr().cast();
    // SAFETY: the kernel reads no more than as many bytes as there are.
    let done = unsafe {
        libc::setsockopt(args.fd(0), level, option, at, length(&raw))
    };
    Answer::of(Errno::result(done).map(i64::from))
}

fn getsockopt(args: &Args) -> Answer {
    let Arg::Option(level, option) = *args.arg(1) else {
        return Answer::failed(Errno::EINVAL);
    };
    match ask(args.fd(0), level, option) {
        Ok(raw) => {
            let told = told(level, option, &raw);
            Answer::good(0, format!("({told})"))
        }
        Err(errno) => Answer::failed(errno),
    }
}

/// An option as it lies in memory.
pub(in crate::shell) fn ask(
    fd: i32,
    level: i32,
    option: i32,
) -> Result<Vec<u8>, Errno> {
    let mut room = vec![0_u8; 512];
    let mut size = length(&room);
    let at = room.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `size` bytes, and how many it were.
    let done =
        unsafe { libc::getsockopt(fd, level, option, at, &raw mut size) };
    Errno::result(done)?;
    room.truncate(usize::try_from(size).unwrap_or(0));
    Ok(room)
}

/// The value of an option in words.
pub(in crate::shell) fn told(level: i32, option: i32, raw: &[u8]) -> String {
    let int = |place: usize| {
        let four = raw.get(place..).and_then(<[u8]>::first_chunk);
        four.map_or(0, |four| i32::from_ne_bytes(*four))
    };
    let long = |place: usize| {
        let eight = raw.get(place..).and_then(<[u8]>::first_chunk);
        eight.map_or(0, |eight| i64::from_ne_bytes(*eight))
    };
    let text = || {
        let end = raw.iter().position(|byte| *byte == 0);
        super::shown(&raw[..end.unwrap_or(raw.len())])
    };
    match (level, option) {
        (libc::SOL_SOCKET, libc::SO_ERROR) => match int(0) {
            0 => "0".into(),
            error => format!("{} {:?}", error, Errno::from_raw(error)),
        },
        (libc::SOL_SOCKET, libc::SO_LINGER) => match int(0) {
            0 => "off".into(),
            _ => format!("on, {} s", int(4)),
        },
        (libc::SOL_SOCKET, libc::SO_RCVTIMEO | libc::SO_SNDTIMEO) => {
            format!("{}.{:06} s", long(0), long(8))
        }
        (libc::SOL_SOCKET, libc::SO_TYPE) => symbols::kind(int(0)),
        (libc::SOL_SOCKET, libc::SO_DOMAIN) => symbols::domain(int(0)),
        (libc::SOL_SOCKET, libc::SO_PEERCRED) => {
            format!("pid {}, uid {}, gid {}", int(0), int(4), int(8))
        }
        (libc::SOL_SOCKET, libc::SO_BINDTODEVICE)
        | (libc::IPPROTO_TCP, libc::TCP_CONGESTION | libc::TCP_ULP) => text(),
        (libc::IPPROTO_TCP, libc::TCP_INFO) => {
            let state = raw.first().copied().unwrap_or(0);
            tcp::state(state.into()).unwrap_or("?").into()
        }
        (libc::IPPROTO_IP, libc::IP_MULTICAST_IF) => {
            let [a, b, c, d] = int(0).to_ne_bytes();
            format!("{a}.{b}.{c}.{d}")
        }
        _ if raw.len() == 1 => raw[0].to_string(),
        _ if raw.len() == 4 => int(0).to_string(),
        _ => super::shown(raw),
    }
}

fn fcntl(args: &Args) -> Answer {
    let (command, flags) = (args.int(1), args.int(2));
    // SAFETY: of these commands none touches memory.
    let done = unsafe { libc::fcntl(args.fd(0), command, flags) };
    let mut answer = Answer::of(Errno::result(done).map(i64::from));
    if command == libc::F_GETFL && done & libc::O_NONBLOCK != 0 {
        answer.note = "(O_RDWR|O_NONBLOCK)".into();
    }
    answer
}

fn ioctl(args: &Args) -> Answer {
    let mut count: libc::c_int = 0;
    let request = libc::Ioctl::try_from(args.long(1)).unwrap_or_default();
    // SAFETY: for each of the requests that can be typed the kernel writes
    // one int.
    let done = unsafe { libc::ioctl(args.fd(0), request, &raw mut count) };
    match Errno::result(done) {
        Ok(value) => Answer::good(value.into(), format!("({count})")),
        Err(errno) => Answer::failed(errno),
    }
}
