//! The handout's client: getaddrinfo, socket, connect, send, and recv until
//! the response is complete.
//!
//! The handout took a piece shorter than the buffer for the last one; TCP
//! promises nothing of the kind, so what came is read as HTTP. Twin:
//! `c_compare/http_get.c`. Man pages: `getaddrinfo(3)`, `connect(2)`,
//! `recv(2)`. Try it: `python3 -m http.server`, then
//! `http_get localhost 8000`.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::ExitCode;

use berkeley::protocols::http::{Response, Step, Wrong};
use berkeley::sockets::console::{warn, write_out};
use berkeley::sockets::text::shown;
use berkeley::sockets::{
    Answer, Failed, Question, Shown, exact, exit, getaddrinfo, recv, send_all,
    usage,
};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use nix::errno::Errno;
use nix::sys::socket::connect;

/// Fetch one page over HTTP: body to stdout, status and sizes to stderr
#[derive(Parser)]
#[command(
    name = "http_get",
    version,
    after_help = "\
Example:
  python3 -m http.server 8000 &
  http_get localhost 8000 /index.html

The exit code is 1 for a status of 400 or more, and for a body that did not
come whole."
)]
struct Args {
    /// A name or an address; IPv6 without brackets
    host: String,

    /// A number or the name of a service
    #[arg(default_value = "80", value_parser = usage::service)]
    port: String,

    /// What to ask for, with its query
    #[arg(default_value = "/")]
    path: String,
}

fn main() -> ExitCode {
    let args: Args = usage::parse();
    if !is_path(&args.path) {
        bad_usage("a blank in a path is written %20");
    }
    match get(&args) {
        Ok(status) if status >= 400 => ExitCode::FAILURE,
        done => exit("http_get", done.map(|_| ())),
    }
}

/// A blank would end the path, and a line end begin a header.
fn is_path(text: &str) -> bool {
    text.bytes().all(|byte| byte > b' ' && byte != 0x7f)
}

fn bad_usage(why: &str) -> ! {
    Args::command().error(ErrorKind::ValueValidation, why).exit()
}

fn get(args: &Args) -> Result<u16, Failed> {
    let (socket, answer) = connect_to(&args.host, &args.port)?;
    let peer = Shown(&answer.address);
    let request = request(args, peer);
    send_all(&socket, request.as_bytes()).map_err(Failed::at("send", peer))?;

    let mut response = Response::begin();
    let done = receive(&socket, peer, &mut response);
    if response.has_head() {
        let (head, body) = (response.head_size(), response.body_size());
        warn(format_args!("head: {head} bytes, body: {body} bytes"));
    }
    done.map(|()| response.status())
}

/// The first stream address that takes the connection. Without a hint the
/// resolver answers for datagrams and raw sockets too, as the handout shows.
fn connect_to(host: &str, port: &str) -> Result<(OwnedFd, Answer), Failed> {
    let answers = getaddrinfo(Some(host), Some(port), Question::default());
    let none = format!("no stream address ({host}:{port})");
    let mut last = Failed::because("getaddrinfo", none);
    for answer in answers? {
        if answer.kind != libc::SOCK_STREAM {
            continue;
        }
        match connected(&answer) {
            Ok(socket) => return Ok((socket, answer)),
            Err(failed) => last = failed,
        }
    }
    Err(last)
}

fn connected(answer: &Answer) -> Result<OwnedFd, Failed> {
    let peer = Shown(&answer.address);
    let flags = libc::SOCK_CLOEXEC;
    // SAFETY: three numbers and no memory.
    let socket = unsafe {
        libc::socket(answer.family, answer.kind | flags, answer.protocol)
    };
    let socket = Errno::result(socket).map_err(Failed::at("socket", peer))?;
    // SAFETY: the kernel has just made this descriptor for us alone.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    // Interrupted, it goes on connecting; a second call waits for that.
    let mut done = Err(Errno::EINTR);
    while done == Err(Errno::EINTR) {
        done = connect(socket.as_raw_fd(), exact(&answer.address));
    }
    done.map_err(Failed::at("connect", peer))?;
    Ok(socket)
}

/// The port is part of the host's name, unless it is 80; where the interface
/// is (fe80::1%eth0) is no business of the server's.
fn request(args: &Args, peer: Shown) -> String {
    let host = args.host.split('%').next().unwrap_or_default();
    let mut host = host.to_string();
    if host.contains(':') {
        host = format!("[{host}]");
    }
    let port = peer.port().unwrap_or_default();
    if port != 80 {
        host = format!("{host}:{port}");
    }
    let path = &args.path;
    let slash = if path.starts_with('/') { "" } else { "/" };
    let line = format!("GET {slash}{path} HTTP/1.1\r\n");
    format!("{line}Host: {host}\r\nConnection: close\r\n\r\n")
}

/// The body goes out as it comes, in pieces that say nothing.
fn receive(
    socket: &OwnedFd,
    peer: Shown,
    response: &mut Response,
) -> Result<(), Failed> {
    let wrong = |wrong: Wrong| Failed::because("response", wrong.to_string());
    let mut buffer = [MaybeUninit::uninit(); 4096];
    loop {
        let input = recv(socket, &mut buffer);
        let mut input = &*input.map_err(Failed::at("recv", peer))?;
        if input.is_empty() {
            return response.end().map_err(wrong);
        }
        loop {
            match response.next(&mut input).map_err(wrong)? {
                Step::More => break,
                Step::Head => {
                    let line = shown(response.status_line());
                    warn(format_args!("{line}"));
                }
                Step::Body(piece) => write_out(piece)?,
                Step::Over => return Ok(()),
            }
        }
    }
}
