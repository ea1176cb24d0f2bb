//! Two people talk in turns: the same loop at both ends of one connection.
//!
//! Twin: `c_compare/one_to_one.c`. Man pages: `accept(2)`, `recv(2)`,
//! `tcflush(3)`. Try it: `one_to_one server 5000`, and in another terminal
//! `one_to_one localhost 5000`. Everything blocks, and that is the lesson:
//! who waits for the user does not hear the network.

use std::io::stdin;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

use berkeley::sockets::console::{note, warn, write_out};
use berkeley::sockets::{
    Failed, Peer, Question, Shown, accept, bind, exact, exit, getaddrinfo,
    leave_on_signals, recv, send_all, usage,
};
use clap::Parser;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrLike, SockaddrStorage,
    connect, getsockname, listen, setsockopt, socket, sockopt,
};
use nix::unistd::read;

const NAME: &str = "one_to_one";

/// Two people talk in turns, one line each
#[derive(Parser)]
#[command(name = "one_to_one")]
#[command(
    version,
    override_usage = "one_to_one HOST PORT
       one_to_one server PORT",
    after_help = "Example: one_to_one server 5000"
)]
struct Cli {
    /// Whom to connect to; the word server makes this side the server
    host: String,
    /// Where it listens: a number or a service
    #[arg(value_parser = usage::service)]
    port: String,
}

fn main() -> ExitCode {
    let cli: Cli = usage::parse();
    let run = if cli.host == "server" { serve } else { visit };
    exit(NAME, leave_on_signals(None).and_then(|()| run(&cli)))
}

// The client: it reads the user first.

fn visit(cli: &Cli) -> Result<(), Failed> {
    let server = connect_any(&cli.host, &cli.port)?;
    talk(&server, Turn::User, &mut Typed::default())
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

// The server: it hears the network first.

fn serve(cli: &Cli) -> Result<(), Failed> {
    let (flags, kind) = (libc::AI_PASSIVE, libc::SOCK_STREAM);
    let question = Question { flags, family: 0, kind };
    let answers = getaddrinfo(Some("0.0.0.0"), Some(&cli.port), question)?;
    let address = answers[0].address;
    let at = Shown(&address);

    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::SOCK_CLOEXEC, None)
        .map_err(Failed::at("socket", at))?;
    setsockopt(&listener, sockopt::ReuseAddr, &true)
        .map_err(Failed::at("setsockopt", at))?;
    bind(&listener, &address)?;
    // The second client connects, and waits in this queue to be accepted.
    let backlog = Backlog::new(5).map_err(Failed::at("listen", at))?;
    listen(&listener, backlog).map_err(Failed::at("listen", at))?;
    let address: SockaddrStorage = getsockname(listener.as_raw_fd())
        .map_err(Failed::at("getsockname", at))?;
    note(format_args!("listening on {}", Shown(&address)));

    let mut typed = Typed::default();
    loop {
        let (client, peer) = match accept(&listener, SockFlag::empty()) {
            Ok(accepted) => accepted,
            Err(Errno::EINTR) => continue,
            Err(errno) => {
                let failed = Failed::at("accept", at)(errno);
                warn(format_args!("{NAME}: {failed}"));
                // Most likely short of descriptors or memory: not a spin.
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        if let Peer::V4(host, port) = peer {
            note(format_args!("A Client Connected ('{host}', {port})"));
        }
        match talk(&client, Turn::Network, &mut typed) {
            Err(failed) if !failed.is_nobody_reading() => {
                warn(format_args!("{NAME}: {failed}"));
            }
            _ => {}
        }
        drop(client);
        // Before the line that says so: what is typed after it is for the
        // next client.
        typed.forget();
        note(format_args!("client gone"));
    }
}

// The conversation: the same at both ends.

#[derive(Clone, Copy, PartialEq)]
enum Turn {
    User,
    Network,
}

/// Until either side closes.
fn talk(
    socket: &OwnedFd,
    first: Turn,
    typed: &mut Typed,
) -> Result<(), Failed> {
    if first == Turn::Network && !hear(socket)? {
        return Ok(());
    }
    loop {
        let line = typed.line().map_err(Failed::at("read", "stdin"))?;
        let Some(line) = line else {
            return Ok(());
        };
        send_all(socket, &line).map_err(Failed::at("send", ""))?;
        if !hear(socket)? {
            return Ok(());
        }
    }
}

/// Shows what one `recv` brings; false at the end of the peer's stream. A
/// bare line end is a goodbye, too: some clients of this lab send it.
fn hear(socket: &OwnedFd) -> Result<bool, Failed> {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let piece = recv(socket, &mut buffer).map_err(Failed::at("recv", ""))?;
    let is_end = |byte: &u8| *byte == b'\r' || *byte == b'\n';
    let Some(last) = piece.iter().rposition(|byte| !is_end(byte)) else {
        return Ok(false);
    };
    let line = [&piece[..=last], b"\n"].concat();
    write_out(&line)?;
    Ok(true)
}

/// What the user typed ahead. It waits its turn.
#[derive(Default)]
struct Typed(Vec<u8>);

impl Typed {
    /// The next line, its end made LF; `None` for a blank one or the end of
    /// input. On a terminal Ctrl-D is such an end, and more may follow.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Errno> {
        let Typed(ahead) = self;
        let mut buffer = [0; 4096];
        let mut line = loop {
            if let Some(end) = ahead.iter().position(|&byte| byte == b'\n') {
                let rest = ahead.split_off(end + 1);
                break std::mem::replace(ahead, rest);
            }
            match read(stdin(), &mut buffer) {
                Ok(0) => break std::mem::take(ahead),
                Ok(got) => ahead.extend_from_slice(&buffer[..got]),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        };
        line.pop_if(|last| *last == b'\n');
        line.pop_if(|last| *last == b'\r');
        if line.is_empty() {
            return Ok(None);
        }
        line.push(b'\n');
        Ok(Some(line))
    }

    /// Throws away what was typed and not sent: here, in the terminal, or
    /// for a pipe, as much as it holds by now.
    fn forget(&mut self) {
        let Typed(ahead) = self;
        ahead.clear();
        let input = stdin().as_raw_fd();
        // SAFETY: takes two numbers; what is no terminal is ENOTTY.
        if unsafe { libc::tcflush(input, libc::TCIFLUSH) } == 0 {
            return;
        }
        let mut waiting: libc::c_int = 0;
        // SAFETY: FIONREAD writes one int, to where the pointer says.
        let asked =
            unsafe { libc::ioctl(input, libc::FIONREAD, &raw mut waiting) };
        let mut left = usize::try_from(waiting).unwrap_or(0);
        let mut buffer = [0; 4096];
        while asked == 0 && left > 0 {
            let room = left.min(buffer.len());
            match read(stdin(), &mut buffer[..room]) {
                Ok(0) | Err(_) => return,
                Ok(got) => left -= got,
            }
        }
    }
}
