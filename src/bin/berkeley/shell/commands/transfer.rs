//! send(2), recv(2) and their kin, and the loops that fill a buffer and
//! empty it.

use nix::errno::Errno;

use super::names::Room;
use super::{Args, Command, Kind, length, may, needs, shown};
use crate::shell::call::{Address, Answer};

const SIZE: &str = "4096";

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "send",
        takes: &[
            needs("FD", Kind::Fd),
            needs("BYTES", Kind::Bytes),
            may("FLAGS", Kind::Flags, "0"),
        ],
        what: "Sends bytes: \"text\\n\", or #5000 for so many. The result is \
               how many the kernel took, which may be fewer. Blocks while \
               the buffers are full.",
        errors: &[
            "EPIPE: nobody reads any more (SIGPIPE is ignored here)",
            "ECONNRESET: the peer has thrown the connection away",
            "EAGAIN: full, and MSG_DONTWAIT or O_NONBLOCK",
            "EMSGSIZE: too long for a datagram",
        ],
        man: "send(2)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\n\
                  send left \"hello\\n\"\nsend left #5000 MSG_DONTWAIT",
        make: send,
    },
    Command {
        name: "sendto",
        takes: &[
            needs("FD", Kind::Fd),
            needs("BYTES", Kind::Bytes),
            needs("ADDRESS", Kind::Address),
            may("FLAGS", Kind::Flags, "0"),
        ],
        what: "Sends a datagram to this address.",
        errors: &[
            "EACCES: a broadcast address, without SO_BROADCAST",
            "ECONNREFUSED: for what was sent before, nobody was there",
            "EMSGSIZE: too long for a datagram",
        ],
        man: "send(2)",
        example: "one = socket AF_INET SOCK_DGRAM\nbind one 127.0.0.1:0\n\
                  sendto one \"to myself\" 127.0.0.1:{one.port}",
        make: sendto,
    },
    Command {
        name: "recv",
        takes: &[
            needs("FD", Kind::Fd),
            may("SIZE", Kind::Room, SIZE),
            may("FLAGS", Kind::Flags, "0"),
        ],
        what: "Receives what is there, at most SIZE bytes, and blocks while \
               nothing is. 0 is the end: the peer's FIN. MSG_PEEK leaves \
               it there, MSG_OOB takes the urgent byte.",
        errors: &[
            "EAGAIN: nothing there, and MSG_DONTWAIT or O_NONBLOCK",
            "ECONNRESET: the peer has thrown the connection away",
            "ENOTCONN: nobody to receive from",
            "EINTR: a signal came, such as Ctrl-C",
        ],
        man: "recv(2)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\n\
                  send left \"hello\"\nrecv right 4096 MSG_PEEK\nrecv right",
        make: recv,
    },
    Command {
        name: "recvfrom",
        takes: &[
            needs("FD", Kind::Fd),
            may("SIZE", Kind::Room, SIZE),
            may("FLAGS", Kind::Flags, "0"),
        ],
        what: "Receives, and tells from whom. What of a datagram does not \
               fit is lost.",
        errors: &["as recv"],
        man: "recv(2)",
        example: "one = socket AF_INET SOCK_DGRAM\nbind one 127.0.0.1:0\n\
                  sendto one \"to myself\" 127.0.0.1:{one.port}\n\
                  recvfrom one",
        make: recvfrom,
    },
    Command {
        name: "write",
        takes: &[needs("FD", Kind::Fd), needs("BYTES", Kind::Bytes)],
        what: "As send without flags, on any descriptor.",
        errors: &["as send"],
        man: "write(2)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\n\
                  write left \"hello\"",
        make: write,
    },
    Command {
        name: "read",
        takes: &[needs("FD", Kind::Fd), may("SIZE", Kind::Room, SIZE)],
        what: "As recv without flags, on any descriptor.",
        errors: &["as recv"],
        man: "read(2)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\n\
                  write left \"hello\"\nread right 2",
        make: read,
    },
    Command {
        name: "fill",
        takes: &[needs("FD", Kind::Fd), may("SIZE", Kind::Room, "65536")],
        what: "A loop: sends SIZE bytes with MSG_DONTWAIT, over and over, \
               until the kernel takes no more. The result is how many it \
               took.",
        errors: &["as send; EAGAIN is what it waits for"],
        man: "send(2)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\nfill left\n\
                  send left \"more\" MSG_DONTWAIT",
        make: fill,
    },
    Command {
        name: "drain",
        takes: &[needs("FD", Kind::Fd), may("SIZE", Kind::Room, "65536")],
        what: "A loop: receives with MSG_DONTWAIT, over and over, until \
               nothing is there or the peer has ended. The result is how \
               many bytes came.",
        errors: &["as recv; EAGAIN is what it waits for"],
        man: "recv(2)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\nfill left\n\
                  drain right",
        make: drain,
    },
];

fn send(args: &Args) -> Answer {
    count(send_bytes(args.fd(0), &args.bytes(1), args.int(2)))
}

fn send_bytes(fd: i32, bytes: &[u8], flags: i32) -> Result<usize, Errno> {
    let at = bytes.as_ptr().cast();
    // SAFETY: the kernel reads as many bytes as there are.
    let sent = unsafe { libc::send(fd, at, bytes.len(), flags) };
    transferred(sent)
}

fn sendto(args: &Args) -> Answer {
    let bytes = args.bytes(1);
    let raw = args.address(2).map(Address::raw).unwrap_or_default();
    // SAFETY: the kernel reads as many bytes as each of them has.
    let sent = unsafe {
        libc::sendto(
            args.fd(0),
            bytes.as_ptr().cast(),
            bytes.len(),
            args.int(3),
            raw.as_ptr().cast(),
            length(&raw),
        )
    };
    count(transferred(sent))
}

fn write(args: &Args) -> Answer {
    let bytes = args.bytes(1);
    let at = bytes.as_ptr().cast();
    // SAFETY: the kernel reads as many bytes as there are.
    let sent = unsafe { libc::write(args.fd(0), at, bytes.len()) };
    count(transferred(sent))
}

fn recv(args: &Args) -> Answer {
    let mut room = vec![0; args.size(1)];
    received(recv_bytes(args.fd(0), &mut room, args.int(2)), &room)
}

fn recv_bytes(fd: i32, room: &mut [u8], flags: i32) -> Result<usize, Errno> {
    let at = room.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most as many bytes as there is room for.
    let got = unsafe { libc::recv(fd, at, room.len(), flags) };
    transferred(got)
}

fn recvfrom(args: &Args) -> Answer {
    let mut room = vec![0_u8; args.size(1)];
    let mut from = Room::new();
    let (at, length) = (from.at(), &raw mut from.length);
    // SAFETY: the kernel writes at most as many bytes as there is room for,
    // of the message and of the address.
    let got = unsafe {
        libc::recvfrom(
            args.fd(0),
            room.as_mut_ptr().cast(),
            room.len(),
            args.int(2),
            at,
            length,
        )
    };
    let mut answer = received(transferred(got), &room);
    let from = from.told();
    if got >= 0 && !from.is_empty() {
        answer.note = format!("{} from {from}", answer.note);
    }
    answer
}

fn read(args: &Args) -> Answer {
    let mut room = vec![0_u8; args.size(1)];
    let at = room.as_mut_ptr().cast();
    // SAFETY: as for recv.
    let got = unsafe { libc::read(args.fd(0), at, room.len()) };
    received(transferred(got), &room)
}

fn fill(args: &Args) -> Answer {
    let piece: Vec<u8> =
        (b'a'..=b'z').cycle().take(args.size(1).max(1)).collect();
    looped(|| send_bytes(args.fd(0), &piece, libc::MSG_DONTWAIT))
}

fn drain(args: &Args) -> Answer {
    let mut room = vec![0; args.size(1).max(1)];
    looped(|| recv_bytes(args.fd(0), &mut room, libc::MSG_DONTWAIT))
}

/// Again and again, until it would block, ends or fails.
fn looped(mut once: impl FnMut() -> Result<usize, Errno>) -> Answer {
    let (mut total, mut times) = (0, 0);
    loop {
        match once() {
            Ok(0) => break end(total, times, "the end"),
            Ok(more) => (total, times) = (total + more, times + 1),
            Err(Errno::EAGAIN) => {
                break end(total, times, "then EAGAIN");
            }
            Err(errno) if total == 0 => break Answer::failed(errno),
            Err(errno) => {
                break end(total, times, &format!("then {errno:?}"));
            }
        }
    }
}

fn end(total: usize, times: usize, how: &str) -> Answer {
    let calls = if times == 1 { "call" } else { "calls" };
    Answer::good(long(total), format!("({times} {calls}, {how})"))
}

fn long(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// The result of a call that says how many bytes it were.
pub(super) fn transferred(result: isize) -> Result<usize, Errno> {
    Errno::result(result).map(isize::unsigned_abs)
}

pub(super) fn count(result: Result<usize, Errno>) -> Answer {
    Answer::of(result.map(long))
}

pub(super) fn received(result: Result<usize, Errno>, room: &[u8]) -> Answer {
    match result {
        Ok(0) => Answer::good(0, "\"\""),
        // With MSG_TRUNC it is more than there was room for.
        Ok(got) => {
            Answer::good(long(got), shown(&room[..got.min(room.len())]))
        }
        Err(errno) => Answer::failed(errno),
    }
}
