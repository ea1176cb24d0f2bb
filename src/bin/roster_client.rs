//! Registers a student: pickles both ways, as the roster lab's client does.
//!
//! Twin: `c_compare/roster_client.c`. Read before it: `echo_client.rs` and
//! `src/protocols/roster.rs`. Try it: `roster_server`, then `roster_client
//! --name 'Alice Brown' --username abrown --sid 123456789`.

use std::mem::{MaybeUninit, replace};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::ExitCode;

use berkeley::protocols::pickle::{Refused, Scanner, encode};
use berkeley::protocols::roster::{greeted, is_acknowledgement};
use berkeley::sockets::console::say;
use berkeley::sockets::{
    Failed, Question, Shown, exact, exit, getaddrinfo, recv, send_all,
    unix_address, usage,
};
use clap::Parser;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrLike, SockaddrStorage, connect,
    socket,
};

/// Registers a student with a roster server
#[derive(Parser)]
#[command(
    name = "roster_client",
    version,
    after_help = "Example: roster_client --name 'Alice Brown' \
                  --username abrown --sid 123456789"
)]
struct Cli {
    /// Whom to connect to
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Where it listens: a number or a service
    #[arg(long, default_value = "12000", value_parser = usage::service)]
    port: String,
    /// Connect to this socket file instead
    #[arg(long, value_name = "PATH", conflicts_with_all = ["host", "port"])]
    unix: Option<PathBuf>,
    /// The student's name
    #[arg(long)]
    name: String,
    /// The student's GitHub username
    #[arg(long)]
    username: String,
    /// The student's number; sent as an int when it is one
    #[arg(long)]
    sid: String,
}

fn main() -> ExitCode {
    exit("roster_client", run(&usage::parse()))
}

fn run(cli: &Cli) -> Result<(), Failed> {
    let student = encode::student(&cli.name, &cli.username, &cli.sid)
        .ok_or_else(|| Failed::because("student", "too long to be sent"))?;
    let (server, name) = match &cli.unix {
        Some(path) => {
            (connect_to(&unix_address(path)?)?, path.display().to_string())
        }
        None => (
            connect_any(&cli.host, &cli.port)?,
            format!("{}/{}", cli.host, cli.port),
        ),
    };
    let mut stream = Vec::new();
    let greeting = recv_pickle(&server, &mut stream)?;
    let greeting = greeted(&greeting).map_err(refused("greeting"))?;
    say(format_args!("{greeting} has successfully connected to {name}"))?;

    send_all(&server, &student).map_err(Failed::at("send", ""))?;
    let answer = recv_pickle(&server, &mut stream)?;
    if !is_acknowledgement(&answer).map_err(refused("acknowledgement"))? {
        let why = "not the integer 1";
        return Err(Failed::because("acknowledgement", why));
    }
    let done = "Data acknowledged by server and you passed the test";
    say(format_args!("{done}"))
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

/// The next whole pickle. It has no length in front, and `recv` knows nothing
/// of where it ends; what came behind it stays in `stream`.
fn recv_pickle(
    server: &OwnedFd,
    stream: &mut Vec<u8>,
) -> Result<Vec<u8>, Failed> {
    let mut scanner = Scanner::default();
    let mut buffer = [MaybeUninit::uninit(); 4096];
    loop {
        let length = scanner.scan(stream).map_err(refused("recv"))?;
        if let Some(length) = length {
            let rest = stream.split_off(length);
            return Ok(replace(stream, rest));
        }
        let piece =
            recv(server, &mut buffer).map_err(Failed::at("recv", ""))?;
        if piece.is_empty() {
            return Err(Failed::because("recv", "the server ended early"));
        }
        stream.extend_from_slice(piece);
    }
}

fn refused(what: &'static str) -> impl FnOnce(Refused) -> Failed {
    move |why| Failed::because(what, format!("refused a pickle: {why}"))
}
