//! `supply_server`: sends as many bytes as a line asks for.
//!
//! Twin: `c_compare/supply_server.c`. Read `echo_server` first; the calls are
//! the same. Try: `supply_server`, then `nc 127.0.0.1 10030` and type 70. Man
//! pages: `socket(2)`, `bind(2)`, `listen(2)`.

use std::os::fd::AsRawFd;
use std::process::ExitCode;

use berkeley::protocols::supply::{PIECE, Supply};
use berkeley::sockets::console::note;
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

/// Sends as many bytes as a line asks for
#[derive(Parser)]
#[command(name = "supply_server")]
#[command(version, after_help = "Example: supply_server --model prefork")]
#[command(mut_arg("model", |model| {
    model.required(false).default_value("iterative")
}))]
struct Options {
    /// Port to listen on; 0 lets the kernel choose
    #[arg(default_value_t = 10030)]
    port: u16,
    #[command(flatten)]
    server: workers::Options,
}

fn main() -> ExitCode {
    exit("supply_server", run(usage::parse()))
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

    let lab = Store { quiet: options.server.quiet };
    let server = Server::open(listener, options.server, lab)?;
    note(format_args!("Supplying bytes on {}", Shown(&bound)));
    serve(server)
}

/// Each peer asks as often as it likes.
struct Store {
    quiet: bool,
}

impl Lab for Store {
    type Session = Supply;

    const PROGRAM: &'static str = "supply_server";

    fn piece(&self) -> usize {
        PIECE
    }

    fn session(&self, _: &Peer) -> Supply {
        Supply::new()
    }

    fn arrived(&self, peer: &Peer) {
        if !self.quiet {
            note(format_args!("connection - {peer}"));
        }
    }
}
