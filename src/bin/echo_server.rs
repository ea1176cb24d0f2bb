//! `echo_server`: sends back whatever it receives.
//!
//! Here are `socket`, `setsockopt`, `bind` and `listen`; the worker model in
//! `src/workers/` does the rest. Twin: `c_compare/echo_server.c`. Read
//! `simple_server` first. Try: `echo_server`, then `nc 127.0.0.1 10000`.
//! Man pages: `socket(2)`, `bind(2)`, `listen(2)`, `socket(7)`.

use std::os::fd::AsRawFd;
use std::process::ExitCode;

use berkeley::protocols::echo::Echo;
use berkeley::sockets::console::{note, warn};
use berkeley::sockets::text::shown;
use berkeley::sockets::{
    Failed, Peer, Shown, bind, exit, listen, local_address, unix_address,
    usage,
};
use berkeley::workers::{self, Lab, Model, Server, serve};
use clap::Parser;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrLike, SockaddrStorage,
    getsockname, setsockopt, socket, sockopt,
};

/// Sends back whatever it receives
#[derive(Parser)]
#[command(name = "echo_server")]
#[command(version, after_help = "Example: echo_server --model fork 10000")]
#[command(mut_arg("model", |model| {
    model.required(false).default_value("thread")
}))]
struct Options {
    /// Port to listen on; 0 lets the kernel choose
    #[arg(default_value_t = 10000)]
    port: u16,
    /// Bytes that one recv asks for
    #[arg(long, value_name = "BYTES", default_value_t = 4096,
          value_parser = clap::value_parser!(u32).range(1..=16_777_216))]
    buffer: u32,
    #[command(flatten)]
    server: workers::Options,
}

fn main() -> ExitCode {
    exit("echo_server", run(usage::parse()))
}

fn run(options: Options) -> Result<(), Failed> {
    let address = match &options.server.unix {
        Some(path) => unix_address(path)?,
        None => local_address(
            &options.server.host,
            options.port,
            libc::SOCK_STREAM,
        )?,
    };
    let at = |call| move |errno| Failed::at(call, Shown(&address))(errno);
    let family = address.family().unwrap_or(AddressFamily::Inet);

    let flags = SockFlag::SOCK_CLOEXEC;
    let listener =
        socket(family, SockType::Stream, flags, None).map_err(at("socket"))?;
    // A restart must not wait until the TIME_WAIT of old connections is over.
    setsockopt(&listener, sockopt::ReuseAddr, &true)
        .map_err(at("setsockopt"))?;
    if options.server.model == Model::Reuseport
        && family != AddressFamily::Unix
    {
        setsockopt(&listener, sockopt::ReusePort, &true)
            .map_err(at("setsockopt"))?;
    }
    bind(&listener, &address)?;
    listen(&listener, options.server.backlog).map_err(at("listen"))?;
    let bound: SockaddrStorage =
        getsockname(listener.as_raw_fd()).map_err(at("getsockname"))?;

    let quiet = options.server.quiet;
    let lab = EchoLab { piece: options.buffer as usize, quiet };
    let server = Server::open(listener, options.server, lab)?;
    warn(format_args!("making a server on {}", Shown(&bound)));
    if !quiet {
        warn(format_args!("waiting for a connection"));
    }
    serve(server)?;
    if !quiet {
        warn(format_args!("quitting echo server"));
    }
    Ok(())
}

/// What the handout's server prints.
struct EchoLab {
    piece: usize,
    quiet: bool,
}

impl Lab for EchoLab {
    type Session = Echo;

    const PROGRAM: &'static str = "echo_server";

    fn piece(&self) -> usize {
        self.piece
    }

    fn session(&self, _: &Peer) -> Echo {
        Echo
    }

    fn arrived(&self, peer: &Peer) {
        if !self.quiet {
            warn(format_args!("connection - {peer}"));
        }
    }

    fn received(&self, piece: &[u8]) {
        if !self.quiet {
            note(format_args!("received \"{}\"", shown(piece)));
        }
    }

    fn sent(&self, piece: &[u8]) {
        if !self.quiet {
            note(format_args!("sent \"{}\"", shown(piece)));
        }
    }

    fn left(&self, _: &Peer) {
        if !self.quiet {
            warn(format_args!("echo complete, client connection closed"));
        }
    }
}
