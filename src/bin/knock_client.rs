//! Tells one knock, knock joke, and shows both sides of it.
//!
//! Twin: `c_compare/knock_client.c`. Read before it: `echo_client.rs`. Try
//! it: `knock -p 5000`, then `knock_client 127.0.0.1 5000`.

use std::ffi::OsString;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;

use berkeley::protocols::knock::LONGEST;
use berkeley::sockets::console::write_out;
use berkeley::sockets::text::shown;
use berkeley::sockets::{
    Failed, Question, Shown, exact, exit, getaddrinfo, recv, send_all,
    unix_address, usage,
};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrLike, SockaddrStorage, connect,
    socket,
};

/// Tells a knock, knock joke to a server
#[derive(Parser)]
#[command(name = "knock_client")]
#[command(
    version,
    override_usage = "knock_client HOST PORT [WORD PUNCHLINE]
       knock_client --unix PATH [WORD PUNCHLINE]",
    after_help = "Example: knock_client 127.0.0.1 5000 Spell 'Okay, S-P-E-L-L'"
)]
struct Cli {
    /// Where the server listens, and the joke
    #[arg(value_name = "WORDS")]
    words: Vec<OsString>,
    /// Connect to this socket file instead of HOST and PORT
    #[arg(long, value_name = "PATH")]
    unix: Option<PathBuf>,
}

fn main() -> ExitCode {
    exit("knock_client", run(&usage::parse()))
}

fn run(cli: &Cli) -> Result<(), Failed> {
    let (target, joke) = match (&cli.unix, cli.words.as_slice()) {
        (Some(_), joke) => (None, joke),
        (None, [host, port, joke @ ..]) => {
            let port = port.to_string_lossy();
            let port = usage::service(&port).unwrap_or_else(|why| {
                bad_usage(&format!("invalid value '{port}' for 'PORT': {why}"))
            });
            (Some((host.to_string_lossy(), port)), joke)
        }
        (None, _) => bad_usage("HOST and PORT are required"),
    };
    let (word, punchline) = match joke {
        [] => (&b"Spell"[..], &b"Okay, S-P-E-L-L"[..]),
        [word, punchline] => (word.as_bytes(), punchline.as_bytes()),
        _ => bad_usage("a joke is a WORD and a PUNCHLINE"),
    };
    if word.contains(&b'\n') || punchline.contains(&b'\n') {
        bad_usage("a line has no line end inside");
    }
    let server = match (target, &cli.unix) {
        (Some((host, port)), _) => connect_any(&host, &port)?,
        (None, path) => {
            connect_to(&unix_address(path.as_deref().unwrap_or("".as_ref()))?)?
        }
    };
    tell(&server, word, punchline)
}

fn bad_usage(why: &str) -> ! {
    Cli::command().error(ErrorKind::ValueValidation, why).exit()
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

/// Three lines each way: the next one goes when the answer to the last one is
/// there.
fn tell(
    server: &OwnedFd,
    word: &[u8],
    punchline: &[u8],
) -> Result<(), Failed> {
    let who = [word, b" who?"].concat();
    let mut heard = Vec::new();
    for (line, expected) in [
        (&b"Knock, knock"[..], &b"Who's there?"[..]),
        (word, &who),
        (punchline, b"Ha, ha, ha!"),
    ] {
        let line = [line, b"\n"].concat();
        send_all(server, &line).map_err(Failed::at("send", ""))?;
        write_out(&line)?;
        let mut answer = hear(server, &mut heard)?;
        let right = answer == expected;
        let wrong = shown(&answer);
        answer.push(b'\n');
        write_out(&answer)?;
        if !right {
            let why = format!("\"{}\", not \"{wrong}\"", shown(expected));
            return Err(Failed::because("the answer should be", why));
        }
    }
    Ok(())
}

/// The server's next line, without its end. What came behind it stays in
/// `heard`.
fn hear(server: &OwnedFd, heard: &mut Vec<u8>) -> Result<Vec<u8>, Failed> {
    let mut buffer = [MaybeUninit::uninit(); LONGEST];
    loop {
        if let Some(end) = heard.iter().position(|&byte| byte == b'\n') {
            let rest = heard.split_off(end + 1);
            let mut line = std::mem::replace(heard, rest);
            line.pop();
            line.pop_if(|last| *last == b'\r');
            return Ok(line);
        }
        if heard.len() > 2 * LONGEST {
            return Err(Failed::because("recv", "the answer has no end"));
        }
        let piece =
            recv(server, &mut buffer).map_err(Failed::at("recv", ""))?;
        if piece.is_empty() {
            return Err(Failed::because("recv", "the server ended early"));
        }
        heard.extend_from_slice(piece);
    }
}
