//! The first client anyone reads: it connects, says `hello`, and goes.
//!
//! Twin: `c_compare/simple_client.c`. Man pages: `socket(2)`, `connect(2)`,
//! `send(2)`. Try it: `simple_server`, then `simple_client` in another
//! terminal.

use std::ffi::OsString;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use berkeley::sockets::{
    Failed, Question, Shown, exact, exit, getaddrinfo, usage,
};
use clap::Parser;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, connect, send, socket,
};

/// Says a few words to a server and goes
#[derive(Parser)]
#[command(name = "simple_client")]
#[command(after_help = "Example: simple_client 127.0.0.1 50017 hello")]
struct Cli {
    /// Whom to connect to: an IPv4 address or a name
    #[arg(default_value = "127.0.0.1")]
    host: String,
    /// Where it listens
    #[arg(default_value = "50017", value_parser = usage::service)]
    port: String,
    /// What to say
    #[arg(default_value = "hello")]
    text: OsString,
}

fn main() -> ExitCode {
    exit("simple_client", run(&usage::parse()))
}

fn run(cli: &Cli) -> Result<(), Failed> {
    let (family, kind) = (libc::AF_INET, libc::SOCK_STREAM);
    let question = Question { flags: 0, family, kind };
    let answers = getaddrinfo(Some(&cli.host), Some(&cli.port), question)?;
    let address = answers[0].address;
    let at = Shown(&address);

    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let server = socket(family, kind, SockFlag::SOCK_CLOEXEC, None)
        .map_err(Failed::at("socket", at))?;
    connect(server.as_raw_fd(), exact(&address))
        .map_err(Failed::at("connect", at))?;

    let mut text = cli.text.as_bytes();
    while !text.is_empty() {
        // The kernel may take less than all. MSG_NOSIGNAL: a server that is
        // gone is an EPIPE, not a death by SIGPIPE.
        match send(server.as_raw_fd(), text, MsgFlags::MSG_NOSIGNAL) {
            Ok(sent) => text = &text[sent..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(Failed::at("send", at)(errno)),
        }
    }
    Ok(())
    // `server` closes here, at the end of its scope.
}
