//! bind(2) to getpeername(2): who a socket is, and whom it talks to.

use nix::errno::Errno;

use super::{Args, Command, Kind, length, may, needs};
use crate::shell::call::{Address, Answer};
use crate::trace::address_text;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "bind",
        takes: &[needs("FD", Kind::Fd), needs("ADDRESS", Kind::Address)],
        what: "Gives the socket its own address. Port 0: the kernel \
               chooses, and getsockname tells. * is every address.",
        errors: &[
            "EADDRINUSE: somebody has it, or had it until just now",
            "EADDRNOTAVAIL: no interface has this address",
            "EACCES: ports below 1024 are for the privileged",
            "EINVAL: it is bound already",
        ],
        man: "bind(2), ip(7)",
        example: "server = socket AF_INET SOCK_STREAM\n\
                  bind server 127.0.0.1:0",
        make: bind,
    },
    Command {
        name: "listen",
        takes: &[needs("FD", Kind::Fd), may("BACKLOG", Kind::Number, "128")],
        what: "Connections may come from now on: the kernel completes them \
               and queues BACKLOG + 1 that nobody has accepted yet.",
        errors: &["EOPNOTSUPP: datagrams have no connections"],
        man: "listen(2)",
        example: "server = socket AF_INET SOCK_STREAM\n\
                  bind server 127.0.0.1:0\nlisten server 1",
        make: listen,
    },
    Command {
        name: "accept",
        takes: &[needs("FD", Kind::Fd)],
        what: "Takes the first connection from the listener's queue: a new \
               descriptor, no new process. Blocks while there is none.",
        errors: &[
            "EINVAL: it does not listen",
            "EAGAIN: non-blocking, and none is there",
            "EINTR: a signal came, such as Ctrl-C",
        ],
        man: "accept(2)",
        example: "server = socket AF_INET SOCK_STREAM\n\
                  bind server 127.0.0.1:0\nlisten server 1\n\
                  @client sock = socket AF_INET SOCK_STREAM\n\
                  @client connect sock 127.0.0.1:{@main.server.port}\n\
                  peer = accept server",
        make: |args| accept(args.fd(0), None),
    },
    Command {
        name: "accept4",
        takes: &[needs("FD", Kind::Fd), may("FLAGS", Kind::Type, "0")],
        what: "accept, with SOCK_NONBLOCK or SOCK_CLOEXEC for the new \
               descriptor.",
        errors: &["as accept"],
        man: "accept(2)",
        example: "server = socket AF_INET SOCK_STREAM|SOCK_NONBLOCK\n\
                  listen server\naccept4 server SOCK_NONBLOCK",
        make: |args| accept(args.fd(0), Some(args.int(1))),
    },
    Command {
        name: "connect",
        takes: &[needs("FD", Kind::Fd), needs("ADDRESS", Kind::Address)],
        what: "TCP: shakes hands with whoever listens there. UDP: sends \
               nothing, but notes where to. unspec takes that back.",
        errors: &[
            "ECONNREFUSED: nobody listens there",
            "EINPROGRESS: non-blocking; poll for POLLOUT, ask SO_ERROR",
            "EISCONN: it is connected already",
            "ETIMEDOUT: nobody answers",
        ],
        man: "connect(2)",
        example: "server = socket AF_INET SOCK_STREAM\n\
                  bind server 127.0.0.1:0\nlisten server\n\
                  client = socket AF_INET SOCK_STREAM\n\
                  connect client 127.0.0.1:{server.port}",
        make: connect,
    },
    Command {
        name: "shutdown",
        takes: &[needs("FD", Kind::Fd), may("HOW", Kind::How, "SHUT_WR")],
        what: "Ends one direction or both, for all descriptors of the \
               socket: SHUT_WR sends a FIN, and one can still receive.",
        errors: &["ENOTCONN: it is not connected"],
        man: "shutdown(2)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\n\
                  shutdown left SHUT_WR\nrecv right",
        make: shutdown,
    },
    Command {
        name: "getsockname",
        takes: &[needs("FD", Kind::Fd)],
        what: "The socket's own address: which port the kernel chose.",
        errors: &["ENOTSOCK: FD is no socket"],
        man: "getsockname(2)",
        example: "server = socket AF_INET SOCK_STREAM\n\
                  bind server 127.0.0.1:0\ngetsockname server",
        make: |args| named(args.fd(0), libc::getsockname),
    },
    Command {
        name: "getpeername",
        takes: &[needs("FD", Kind::Fd)],
        what: "The address of the other end.",
        errors: &["ENOTCONN: there is none"],
        man: "getpeername(2)",
        example: "one = socket AF_INET SOCK_STREAM\ngetpeername one",
        make: |args| named(args.fd(0), libc::getpeername),
    },
];

/// As long as any address.
const LONGEST: usize = 128;

/// Room for an address that the kernel writes.
pub(super) struct Room {
    bytes: [u8; LONGEST],
    pub(super) length: libc::socklen_t,
}

impl Room {
    pub(super) fn new() -> Room {
        Room { bytes: [0; LONGEST], length: length(&[0; LONGEST]) }
    }

    pub(super) fn at(&mut self) -> *mut libc::sockaddr {
        self.bytes.as_mut_ptr().cast()
    }

    /// What the kernel wrote; nothing, when there was nothing to be told.
    pub(super) fn told(&self) -> String {
        let length = usize::try_from(self.length).unwrap_or(0);
        let told = &self.bytes[..length.min(LONGEST)];
        if told.is_empty() { String::new() } else { address_text(told) }
    }

    /// The same, in parentheses.
    fn note(&self) -> String {
        let told = self.told();
        match told.strip_prefix('(') {
            Some(_) => told,
            None => format!("({told})"),
        }
    }
}

fn bind(args: &Args) -> Answer {
    about(libc::bind, args)
}

fn connect(args: &Args) -> Answer {
    about(libc::connect, args)
}

/// `bind(2)` or `connect(2)`.
type Name =
    unsafe extern "C" fn(i32, *const libc::sockaddr, libc::socklen_t) -> i32;

fn about(call: Name, args: &Args) -> Answer {
    let address = args.address(1).unwrap_or(&Address::Unspecified);
    let raw = address.raw();
    let at = raw.as_ptr().cast();
    // SAFETY: the kernel reads `length` bytes, and `raw` has as many; it
    // asks for no alignment.
    let done = unsafe { call(args.fd(0), at, length(&raw)) };
    match Errno::result(done) {
        Ok(value) => Answer::good(value.into(), format!("({address})")),
        Err(errno) => Answer::failed(errno),
    }
}

fn listen(args: &Args) -> Answer {
    // SAFETY: two numbers go in; no memory is touched.
    let done = unsafe { libc::listen(args.fd(0), args.int(1)) };
    Answer::of(Errno::result(done).map(i64::from))
}

fn accept(fd: i32, flags: Option<i32>) -> Answer {
    let mut room = Room::new();
    let (at, length) = (room.at(), &raw mut room.length);
    // SAFETY: the kernel writes at most as many bytes as `length` says
    // there are, and how many it were.
    let fd = unsafe {
        match flags {
            None => libc::accept(fd, at, length),
            Some(flags) => libc::accept4(fd, at, length, flags),
        }
    };
    let mut answer = Answer::made(Errno::result(fd));
    if fd >= 0 {
        answer.note = room.note();
    }
    answer
}

fn shutdown(args: &Args) -> Answer {
    // SAFETY: two numbers go in; no memory is touched.
    let done = unsafe { libc::shutdown(args.fd(0), args.int(1)) };
    Answer::of(Errno::result(done).map(i64::from))
}

/// `getsockname(2)` or `getpeername(2)`.
type Ask = unsafe extern "C" fn(
    i32,
    *mut libc::sockaddr,
    *mut libc::socklen_t,
) -> i32;

fn named(fd: i32, ask: Ask) -> Answer {
    let mut room = Room::new();
    let (at, length) = (room.at(), &raw mut room.length);
    // SAFETY: as for accept4.
    match Errno::result(unsafe { ask(fd, at, length) }) {
        Ok(value) => Answer::good(value.into(), room.note()),
        Err(errno) => Answer::failed(errno),
    }
}
