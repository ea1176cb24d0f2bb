//! A request without a connection: it may be lost, and is sent again.
//!
//! Twin: `c_compare/udp_echo_client.c`. Read before it:
//! `udp_echo_server.rs`. Man pages: `udp(7)`, `connect(2)`, `poll(2)`,
//! `recv(2)`. Try it: `udp_echo_server`, then `udp_echo_client hello`; and
//! `udp_echo_client --buffer 3 hello`: what a datagram has too much is gone.

use std::ffi::OsString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use berkeley::sockets::console::write_out;
use berkeley::sockets::{
    Cause, Failed, Question, Shown, exact, exit, getaddrinfo, unix_address,
    usage,
};
use clap::Parser;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrLike,
    SockaddrStorage, UnixAddr, bind, connect, recv, send, socket,
};

/// Sends one datagram and waits for the same one to come back
#[derive(Parser)]
#[command(name = "udp_echo_client")]
#[command(
    version,
    after_help = "Example: udp_echo_client --timeout 0.5 'Hello, world'"
)]
struct Cli {
    /// What to send
    message: OsString,
    /// Whom to ask
    #[arg(long, default_value = "localhost")]
    host: String,
    /// Where it listens: a number or a service
    #[arg(long, default_value = "10001", value_parser = usage::service)]
    port: String,
    /// Ask on this socket file instead
    #[arg(long, value_name = "PATH", conflicts_with_all = ["host", "port"])]
    unix: Option<PathBuf>,
    /// How long to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value = "1",
          value_parser = usage::seconds)]
    timeout: Duration,
    /// How many times to ask again
    #[arg(long, value_name = "N", default_value_t = 3)]
    retries: u16,
    /// The longest answer to take
    #[arg(long, value_name = "BYTES", default_value_t = 4096,
          value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    buffer: u32,
}

fn main() -> ExitCode {
    exit("udp_echo_client", run(&usage::parse()))
}

fn run(cli: &Cli) -> Result<(), Failed> {
    let mut reply = match &cli.unix {
        Some(path) => request(&unix_address(path)?, cli)?,
        None => request_any(cli)?,
    };
    reply.push(b'\n');
    write_out(&reply)
}

/// The first address where somebody listens. Unlike TCP's, this `connect`
/// always succeeds; the refusal comes after the first datagram.
fn request_any(cli: &Cli) -> Result<Vec<u8>, Failed> {
    let kind = libc::SOCK_DGRAM;
    let question = Question { kind, ..Question::default() };
    let mut result = Err(Failed::because("connect", "no address"));
    for answer in getaddrinfo(Some(&cli.host), Some(&cli.port), question)? {
        result = request(&answer.address, cli);
        if !result.as_ref().is_err_and(is_nobody_there) {
            break;
        }
    }
    result
}

fn is_nobody_there(failed: &Failed) -> bool {
    use Errno::{EADDRNOTAVAIL, EAFNOSUPPORT, ECONNREFUSED, ENETUNREACH};
    let nobody = [EADDRNOTAVAIL, EAFNOSUPPORT, ECONNREFUSED, ENETUNREACH];
    matches!(failed.cause, Cause::Errno(errno) if nobody.contains(&errno))
}

/// Asks until the answer is there, once and `retries` times more.
fn request(address: &SockaddrStorage, cli: &Cli) -> Result<Vec<u8>, Failed> {
    let at = Shown(address);
    let server = connect_to(address)?;
    let message = cli.message.as_bytes();
    for _ in 0..=cli.retries {
        send_one(&server, message).map_err(Failed::at("send", at))?;
        let deadline = Instant::now() + cli.timeout;
        while wait(&server, deadline).map_err(Failed::at("poll", at))? {
            let heard = hear(&server, message, cli.buffer as usize)
                .map_err(Failed::at("recv", at))?;
            match heard {
                Heard::Answer(reply) => return Ok(reply),
                Heard::Truncated(got, all) => {
                    let why = format!("{got} of {all} bytes");
                    return Err(Failed::because("truncated", why));
                }
                Heard::Other => {}
            }
        }
    }
    Err(Failed::at("recv", at)(Errno::ETIMEDOUT))
}

/// A connected datagram socket takes datagrams from that address only, and
/// hears of it when nobody listens there: ECONNREFUSED.
fn connect_to(address: &SockaddrStorage) -> Result<OwnedFd, Failed> {
    let at = Shown(address);
    let family = address.family().unwrap_or(AddressFamily::Unspec);
    let flags = SockFlag::SOCK_CLOEXEC;
    let server = socket(family, SockType::Datagram, flags, None)
        .map_err(Failed::at("socket", at))?;
    if family == AddressFamily::Unix {
        // Unlike UDP, AF_UNIX gives no address by itself to answer to. An
        // empty one asks the kernel for an abstract name.
        bind(server.as_raw_fd(), &UnixAddr::new_unnamed())
            .map_err(Failed::at("bind", at))?;
    }
    connect(server.as_raw_fd(), exact(address))
        .map_err(Failed::at("connect", at))?;
    Ok(server)
}

fn send_one(server: &OwnedFd, message: &[u8]) -> Result<(), Errno> {
    loop {
        match send(server.as_raw_fd(), message, MsgFlags::MSG_NOSIGNAL) {
            Err(Errno::EINTR) => {}
            sent => return sent.map(drop), // All or nothing.
        }
    }
}

/// False when the time is over and nothing came.
fn wait(server: &OwnedFd, deadline: Instant) -> Result<bool, Errno> {
    let mut fds = [PollFd::new(server.as_fd(), PollFlags::POLLIN)];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // Rounded up: not to spin through the last millisecond.
        let millis = left.as_nanos().div_ceil(1_000_000);
        let timeout =
            PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
        match poll(&mut fds, timeout) {
            Err(Errno::EINTR) => {}
            ready => return ready.map(|ready| ready > 0),
        }
    }
}

enum Heard {
    Answer(Vec<u8>),
    Truncated(usize, usize),
    /// Late, doubled or foreign: a datagram that is not the answer.
    Other,
}

/// One datagram. What does not fit is gone, but with MSG_TRUNC the kernel
/// says how long it was.
fn hear(
    server: &OwnedFd,
    message: &[u8],
    room: usize,
) -> Result<Heard, Errno> {
    let mut buffer = vec![0; room];
    let flags = MsgFlags::MSG_TRUNC | MsgFlags::MSG_DONTWAIT;
    let length = match recv(server.as_raw_fd(), &mut buffer, flags) {
        // A datagram with a bad checksum wakes poll, and is not there.
        Err(Errno::EAGAIN | Errno::EINTR) => return Ok(Heard::Other),
        length => length?,
    };
    let got = length.min(room);
    if length != message.len() || buffer[..got] != message[..got] {
        return Ok(Heard::Other);
    }
    if got < length {
        return Ok(Heard::Truncated(got, length));
    }
    buffer.truncate(got);
    Ok(Heard::Answer(buffer))
}
