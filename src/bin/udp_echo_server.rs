//! Echo without a connection: every datagram goes back to where it came from.
//!
//! Twin: `c_compare/udp_echo_server.c`. Read after it: `udp_echo_client.rs`.
//! Man pages: `udp(7)`, `unix(7)`, `recvfrom(2)`, `sendto(2)`. Try it:
//! `udp_echo_server`, then `udp_echo_client hello`. One socket serves
//! everybody: no `listen`, no `accept`, nothing to close.

use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use berkeley::sockets::console::{note, warn};
use berkeley::sockets::text::shown;
use berkeley::sockets::{
    Failed, Shown, bind, exact, exit, leave_on_signals, local_address,
    unix_address, usage,
};
use clap::Parser;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrLike,
    SockaddrStorage, getsockname, sendto, socket,
};

const NAME: &str = "udp_echo_server";

/// No datagram is larger: UDP's have 65507 bytes, those of AF_UNIX what
/// net.core.wmem_default allows.
const LARGEST: usize = 256 * 1024;

/// Sends every datagram back to where it came from
#[derive(Parser)]
#[command(name = "udp_echo_server")]
#[command(version, after_help = "Example: udp_echo_server 10001")]
struct Cli {
    /// Where to listen; 0 lets the kernel choose
    #[arg(default_value_t = 10001)]
    port: u16,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Listen on this socket file instead
    #[arg(long, value_name = "PATH", conflicts_with_all = ["host", "port"])]
    unix: Option<PathBuf>,
    /// Print the announcement and errors, nothing else
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    exit(NAME, run(&usage::parse()))
}

fn run(cli: &Cli) -> Result<(), Failed> {
    let address = match &cli.unix {
        Some(path) => unix_address(path)?,
        None => local_address(&cli.host, cli.port, libc::SOCK_DGRAM)?,
    };
    let at = Shown(&address);
    let family = address.family().unwrap_or(AddressFamily::Unspec);
    let flags = SockFlag::SOCK_CLOEXEC;
    let server = socket(family, SockType::Datagram, flags, None)
        .map_err(Failed::at("socket", at))?;
    // No SO_REUSEADDR: UDP has no TIME_WAIT to step over, and the option
    // would let a second server take this one's datagrams.
    bind(&server, &address)?;
    leave_on_signals(cli.unix.as_deref())?;
    let address: SockaddrStorage = getsockname(server.as_raw_fd())
        .map_err(Failed::at("getsockname", at))?;
    warn(format_args!("making a UDP server on {}", Shown(&address)));
    serve(&server, cli.quiet);
}

fn serve(server: &OwnedFd, quiet: bool) -> ! {
    let mut buffer = vec![0; LARGEST];
    loop {
        match recvfrom(server, &mut buffer) {
            Ok((length, Some(peer))) => {
                answer(server, &buffer[..length], &peer, quiet);
            }
            Ok((_, None)) => {
                // AF_UNIX only: who has not called bind has no address.
                let why = "a datagram without a sender's address";
                warn(format_args!("{NAME}: recvfrom: {why}"));
            }
            Err(Errno::EINTR) => {}
            Err(errno) => {
                let failed = Failed::at("recvfrom", "")(errno);
                warn(format_args!("{NAME}: {failed}"));
                // Short of memory, most likely: not a spin.
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

fn answer(
    server: &OwnedFd,
    datagram: &[u8],
    peer: &SockaddrStorage,
    quiet: bool,
) {
    if !quiet {
        warn(format_args!("datagram - {}", Shown(peer)));
        note(format_args!("received \"{}\"", shown(datagram)));
    }
    // A datagram that finds no room is lost, as UDP may: to wait here, for a
    // peer that does not read, would be to let all others wait.
    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
    loop {
        match sendto(server.as_raw_fd(), datagram, exact(peer), flags) {
            Ok(_) if quiet => return,
            Ok(_) => {
                return note(format_args!("sent \"{}\"", shown(datagram)));
            }
            Err(Errno::EINTR) => {}
            Err(errno) => {
                let failed = Failed::at("sendto", Shown(peer))(errno);
                return warn(format_args!("{NAME}: {failed}"));
            }
        }
    }
}

/// nix would lose the sender that has no address.
fn recvfrom(
    server: &OwnedFd,
    buffer: &mut [u8],
) -> Result<(usize, Option<SockaddrStorage>), Errno> {
    let mut from = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    #[allow(clippy::cast_possible_truncation)] // It is 128.
    let mut length = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    // SAFETY: `buffer` is writable for its length, `from` for `length`.
    let got = unsafe {
        libc::recvfrom(
            server.as_raw_fd(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            0,
            from.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    let got = Errno::result(got)?.cast_unsigned();
    if length == 0 {
        return Ok((got, None));
    }
    let at = from.as_ptr().cast();
    // SAFETY: the kernel wrote a socket address of `length` bytes there.
    Ok((got, unsafe { SockaddrStorage::from_raw(at, Some(length)) }))
}
