//! A telnet that says one line and then only listens.
//!
//! Twin: `c_compare/dumb_net.c`. Man pages: `getaddrinfo(3)`, `connect(2)`,
//! `read(2)`, `recv(2)`. Try it: `knock -p 5000`, then
//! `echo hello | dumb_net localhost 5000`.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use berkeley::sockets::{
    Failed, Question, console, exact, exit, getaddrinfo, recv, send_all, usage,
};
use clap::Parser;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrLike, SockaddrStorage, connect,
    socket,
};
use nix::unistd::read;

/// Sends one line of standard input and shows everything that comes back
#[derive(Parser)]
#[command(name = "dumb_net")]
#[command(
    version,
    after_help = "Example: echo hello | dumb_net localhost 5000"
)]
struct Cli {
    /// Whom to connect to
    host: String,
    /// Where it listens: a number or a service
    #[arg(value_parser = usage::service)]
    port: String,
}

fn main() -> ExitCode {
    exit("dumb_net", run(&usage::parse()))
}

fn run(cli: &Cli) -> Result<(), Failed> {
    let name = format!("{}:{}", cli.host, cli.port);
    let server = connect_any(&cli.host, &cli.port, &name)?;
    let line = read_line().map_err(Failed::at("read", "standard input"))?;
    // A server may speak and leave without listening: what it said is shown
    // all the same.
    let sent = line.map_or(Ok(()), |line| send_all(&server, &line));
    copy(&server, &name)?;
    sent.map_err(Failed::at("send", name))
}

/// The first address that answers: a name may resolve to `::1` before
/// `127.0.0.1`, where alone somebody listens.
fn connect_any(host: &str, port: &str, name: &str) -> Result<OwnedFd, Failed> {
    let kind = libc::SOCK_STREAM;
    let question = Question { kind, ..Question::default() };
    let mut result = Err(Failed::because("connect", "no address"));
    for answer in getaddrinfo(Some(host), Some(port), question)? {
        result = connect_to(&answer.address, name);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn connect_to(
    address: &SockaddrStorage,
    name: &str,
) -> Result<OwnedFd, Failed> {
    let family = address.family().unwrap_or(AddressFamily::Unspec);
    let flags = SockFlag::SOCK_CLOEXEC;
    let server = socket(family, SockType::Stream, flags, None)
        .map_err(Failed::at("socket", name))?;
    connect(server.as_raw_fd(), exact(address))
        .map_err(Failed::at("connect", name))?;
    Ok(server)
}

/// One line, its end made CR LF; `None` where the input ends without one.
///
/// Byte for byte: whatever stands behind the line is left for the next
/// program that reads this standard input.
fn read_line() -> Result<Option<Vec<u8>>, Errno> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match read(std::io::stdin(), &mut byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte == *b"\n" => {
                line.pop_if(|last| *last == b'\r');
                break;
            }
            Ok(_) => line.push(byte[0]),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    line.extend_from_slice(b"\r\n");
    Ok(Some(line))
}

/// Shows each piece as it comes, until the server's end of the stream. Our
/// side stays open: a server may take its end for our goodbye.
fn copy(server: &OwnedFd, name: &str) -> Result<(), Failed> {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    loop {
        let piece =
            recv(server, &mut buffer).map_err(Failed::at("recv", name))?;
        if piece.is_empty() {
            return Ok(());
        }
        console::write_out(piece)?;
    }
}
