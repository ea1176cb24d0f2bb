//! The first server anyone reads: one peer at a time, what it says is shown.
//!
//! Twin: `c_compare/simple_server.c`. Man pages: `socket(2)`, `bind(2)`,
//! `listen(2)`, `accept(2)`, `recv(2)`, `ip(7)`. Try it: `simple_server`,
//! then `simple_client` in another terminal; Ctrl-C ends it.

use std::mem::size_of;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

use berkeley::sockets::console::{note, warn};
use berkeley::sockets::text::repr;
use berkeley::sockets::{
    Failed, Question, Shown, exact, exit, getaddrinfo, usage,
};
use clap::Parser;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, bind, listen, recv,
    setsockopt, socket, sockopt,
};

/// Shows what one peer after the other says
#[derive(Parser)]
#[command(name = "simple_server")]
#[command(after_help = "Example: simple_server 127.0.0.1 50017")]
struct Cli {
    /// Where to listen: an IPv4 address or a name
    #[arg(default_value = "127.0.0.1")]
    host: String,
    /// Where to listen
    #[arg(default_value_t = 50017)]
    port: u16,
}

fn main() -> ExitCode {
    exit("simple_server", run(&usage::parse()))
}

fn run(cli: &Cli) -> Result<(), Failed> {
    let (family, kind) = (libc::AF_INET, libc::SOCK_STREAM);
    let question = Question { flags: libc::AI_PASSIVE, family, kind };
    let port = cli.port.to_string();
    let answers = getaddrinfo(Some(&cli.host), Some(&port), question)?;
    let address = answers[0].address;
    let at = Shown(&address);

    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::SOCK_CLOEXEC, None)
        .map_err(Failed::at("socket", at))?;
    // Without it, the last connection's TIME_WAIT holds the port for a minute.
    setsockopt(&listener, sockopt::ReuseAddr, &true)
        .map_err(Failed::at("setsockopt", at))?;
    bind(listener.as_raw_fd(), exact(&address))
        .map_err(Failed::at("bind", at))?;
    let backlog = Backlog::new(1).map_err(Failed::at("listen", at))?;
    listen(&listener, backlog).map_err(Failed::at("listen", at))?;

    loop {
        let peer = match accept(&listener) {
            Ok(peer) => peer,
            Err(failed) => {
                warn(format_args!("simple_server: {failed}"));
                // Most likely short of descriptors or memory: not a spin.
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        // What happens to one peer does not concern the next.
        if let Err(failed) = show(&peer) {
            warn(format_args!("simple_server: {failed}"));
        }
        // `peer` closes here, at the end of its scope.
    }
}

fn accept(listener: &OwnedFd) -> Result<OwnedFd, Failed> {
    let mut at = libc::sockaddr_in {
        sin_family: 0,
        sin_port: 0,
        sin_addr: libc::in_addr { s_addr: 0 },
        sin_zero: [0; 8],
    };
    #[allow(clippy::cast_possible_truncation)] // It is 16.
    let mut length = size_of::<libc::sockaddr_in>() as libc::socklen_t;
    // SAFETY: `at` has room for `length` bytes, all an IPv4 address needs.
    let peer = unsafe {
        libc::accept4(
            listener.as_raw_fd(),
            (&raw mut at).cast(),
            &raw mut length,
            libc::SOCK_CLOEXEC,
        )
    };
    let peer = Errno::result(peer).map_err(Failed::at("accept", ""))?;
    let host = Ipv4Addr::from(u32::from_be(at.sin_addr.s_addr));
    let port = u16::from_be(at.sin_port);
    note(format_args!("A Client Connected ('{host}', {port})"));
    // SAFETY: the kernel has just made this descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(peer) })
}

fn show(peer: &OwnedFd) -> Result<(), Failed> {
    let mut buffer = [0; 4096];
    loop {
        match recv(peer.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) => return Ok(()),
            Ok(got) => note(format_args!("{}", repr(&buffer[..got]))),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(Failed::at("recv", "")(errno)),
        }
    }
}
