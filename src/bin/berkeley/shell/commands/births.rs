//! socket(2), socketpair(2), dup(2), close(2): descriptors come and go.

use nix::errno::Errno;

use super::{Args, Command, Kind, may, needs};
use crate::shell::call::Answer;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "socket",
        takes: &[
            needs("DOMAIN", Kind::Domain),
            needs("TYPE", Kind::Type),
            may("PROTOCOL", Kind::Protocol, "0"),
        ],
        what: "Makes a socket that is neither bound nor connected; the \
               result is its descriptor, the lowest number that is free.",
        errors: &[
            "EAFNOSUPPORT: this kernel does not know the family",
            "EPROTONOSUPPORT: the family has no such protocol",
            "EPERM: SOCK_RAW is for the privileged",
            "EMFILE: the process has as many descriptors as it may have",
        ],
        man: "socket(2)",
        example: "server = socket AF_INET SOCK_STREAM",
        make: socket,
    },
    Command {
        name: "socketpair",
        takes: &[
            needs("DOMAIN", Kind::Domain),
            needs("TYPE", Kind::Type),
            may("PROTOCOL", Kind::Protocol, "0"),
        ],
        what: "Makes two sockets that are connected to each other and have \
               no names; for AF_UNIX.",
        errors: &["EOPNOTSUPP: the family has no pairs"],
        man: "socketpair(2)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM",
        make: socketpair,
    },
    Command {
        name: "dup",
        takes: &[needs("FD", Kind::Fd)],
        what: "A second descriptor of the same socket: the socket lives, \
               and its peer sees no end, until both are closed.",
        errors: &["EBADF: FD is not open"],
        man: "dup(2)",
        example: "one = socket AF_INET SOCK_STREAM\ntwo = dup one",
        make: dup,
    },
    Command {
        name: "dup2",
        takes: &[needs("FD", Kind::Fd), needs("NEWFD", Kind::Fd)],
        what: "As dup, but with this number; what was open there is closed.",
        errors: &["EBADF: FD is not open, or NEWFD is no descriptor"],
        man: "dup(2)",
        example: "one = socket AF_INET SOCK_STREAM\ndup2 one 9",
        make: dup2,
    },
    Command {
        name: "close",
        takes: &[needs("FD", Kind::Fd)],
        what: "Gives the descriptor back. The last one of a TCP connection \
               sends a FIN, or a RST where bytes were never read.",
        errors: &["EBADF: FD is not open"],
        man: "close(2)",
        example: "one = socket AF_INET SOCK_STREAM\nclose one",
        make: close,
    },
    Command {
        name: "unlink",
        takes: &[needs("PATH", Kind::Word)],
        what: "Takes a name out of the file system: that of an AF_UNIX \
               socket stays when the socket is closed, and bind refuses it.",
        errors: &["ENOENT: there is no such name"],
        man: "unlink(2)",
        example: "unlink /tmp/berkeley-no-such.sock",
        make: unlink,
    },
];

fn socket(args: &Args) -> Answer {
    let (domain, kind) = (args.int(0), args.int(1));
    // SAFETY: three numbers go in; no memory is touched.
    let fd = unsafe { libc::socket(domain, kind, args.int(2)) };
    Answer::made(Errno::result(fd))
}

fn socketpair(args: &Args) -> Answer {
    let mut pair = [-1; 2];
    let (domain, kind) = (args.int(0), args.int(1));
    // SAFETY: the kernel writes two descriptors, and there is room for two.
    let done = unsafe {
        libc::socketpair(domain, kind, args.int(2), pair.as_mut_ptr())
    };
    let mut answer = Answer::of(Errno::result(done).map(i64::from));
    if done == 0 {
        answer.note = format!("[{}, {}]", pair[0], pair[1]);
        answer.made.extend(pair);
    }
    answer
}

fn dup(args: &Args) -> Answer {
    // SAFETY: a number goes in. Nothing in this process owns descriptors
    // but the calls that are typed.
    Answer::made(Errno::result(unsafe { libc::dup(args.fd(0)) }))
}

fn dup2(args: &Args) -> Answer {
    // SAFETY: as for dup: what it closes belongs to nobody here.
    let fd = unsafe { libc::dup2(args.fd(0), args.fd(1)) };
    Answer::made(Errno::result(fd))
}

fn close(args: &Args) -> Answer {
    // SAFETY: as for dup.
    let done = unsafe { libc::close(args.fd(0)) };
    Answer::of(Errno::result(done).map(i64::from))
}

fn unlink(args: &Args) -> Answer {
    let path = args.word(0).unwrap_or_default();
    Answer::of(nix::unistd::unlink(path).map(|()| 0))
}
