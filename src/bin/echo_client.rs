//! Sends a message and reads it back, in pieces of at most 16 bytes.
//!
//! Twin: `c_compare/echo_client.c`. Man pages: `getaddrinfo(3)`,
//! `connect(2)`, `recv(2)`. Try it: `echo_server`, then
//! `echo_client 'This is the message.'`.

use std::ffi::OsString;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;

use berkeley::sockets::console::{warn, write_out};
use berkeley::sockets::text::shown;
use berkeley::sockets::{
    Failed, Question, Shown, exact, exit, getaddrinfo, recv, send_all,
    unix_address, usage,
};
use clap::{CommandFactory, Parser};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrLike, SockaddrStorage, connect,
    socket,
};

/// Sends a message to an echo server and shows what comes back
#[derive(Parser)]
#[command(name = "echo_client")]
#[command(
    version,
    after_help = "Example: echo_client --port 10000 'This is the message.'"
)]
struct Cli {
    /// What to send
    message: OsString,
    /// Whom to connect to
    #[arg(long, default_value = "localhost")]
    host: String,
    /// Where it listens: a number or a service
    #[arg(long, default_value = "10000", value_parser = usage::service)]
    port: String,
    /// Connect to this socket file instead
    #[arg(long, value_name = "PATH", conflicts_with_all = ["host", "port"])]
    unix: Option<PathBuf>,
}

fn main() -> ExitCode {
    if std::env::args_os().len() <= 1 {
        warn(format_args!("{}", Cli::command().render_usage()));
        return ExitCode::FAILURE;
    }
    exit("echo_client", run(&usage::parse()))
}

fn run(cli: &Cli) -> Result<(), Failed> {
    let server = if let Some(path) = &cli.unix {
        warn(format_args!("connecting to {}", path.display()));
        connect_to(&unix_address(path)?)?
    } else {
        warn(format_args!("connecting to {} port {}", cli.host, cli.port));
        connect_any(&cli.host, &cli.port)?
    };
    let reply = converse(&server, cli.message.as_bytes());
    warn(format_args!("closing socket"));
    drop(server);
    let mut reply = reply?;
    reply.push(b'\n');
    write_out(&reply)
}

/// The first address that answers: a name may resolve to `::1` before
/// `127.0.0.1`, where alone somebody listens.
fn connect_any(host: &str, port: &str) -> Result<OwnedFd, Failed> {
    let kind = libc::SOCK_STREAM;
    let question = Question { kind, ..Question::default() };
    let mut result = Err(Failed::because("connect", "no address"));
    for answer in getaddrinfo(Some(host), Some(port), question)? {
        result = connect_to(&answer.address);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn connect_to(address: &SockaddrStorage) -> Result<OwnedFd, Failed> {
    let family = address.family().unwrap_or(AddressFamily::Unspec);
    let flags = SockFlag::SOCK_CLOEXEC;
    let server = socket(family, SockType::Stream, flags, None)
        .map_err(Failed::at("socket", Shown(address)))?;
    connect(server.as_raw_fd(), exact(address))
        .map_err(Failed::at("connect", Shown(address)))?;
    Ok(server)
}

/// The whole reply. It is counted in bytes: the stream has no mark where a
/// message ends.
fn converse(server: &OwnedFd, message: &[u8]) -> Result<Vec<u8>, Failed> {
    warn(format_args!("sending \"{}\"", shown(message)));
    send_all(server, message).map_err(Failed::at("send", ""))?;
    let mut reply = Vec::with_capacity(message.len() + 1);
    let mut buffer = [MaybeUninit::uninit(); 16];
    while reply.len() < message.len() {
        let piece =
            recv(server, &mut buffer).map_err(Failed::at("recv", ""))?;
        if piece.is_empty() {
            let (got, all) = (reply.len(), message.len());
            let why = format!("the server ended after {got} of {all} bytes");
            return Err(Failed::because("recv", why));
        }
        warn(format_args!("received \"{}\"", shown(piece)));
        reply.extend_from_slice(piece);
    }
    Ok(reply)
}
