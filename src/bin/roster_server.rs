//! `roster_server`: exchanges pickled dicts with its clients.
//!
//! Twin: `c_compare/roster_server.c`. Read `echo_server` first; the calls are
//! the same. Try: `roster_server`, then `roster_client --name Alice
//! --username alice --sid 1`. Man pages: `socket(2)`, `bind(2)`, `listen(2)`.

use std::os::fd::AsRawFd;
use std::process::ExitCode;

use berkeley::protocols::roster::Roster;
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

/// Exchanges pickled dicts with its clients
#[derive(Parser)]
#[command(name = "roster_server")]
#[command(version, after_help = "Example: roster_server --model thread")]
#[command(mut_arg("model", |model| {
    model.required(false).default_value("iterative")
}))]
#[command(mut_arg("backlog", |backlog| backlog.default_value("10")))]
struct Options {
    /// Port to listen on; 0 lets the kernel choose
    #[arg(short, long, default_value_t = 12000)]
    port: u16,
    #[command(flatten)]
    server: workers::Options,
}

fn main() -> ExitCode {
    exit("roster_server", run(usage::parse()))
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

    let server = Server::open(listener, options.server, Class)?;
    let shown = Shown(&bound);
    match shown.port() {
        Some(port) => {
            note(format_args!("Listening at {}/{port}", shown.host()));
        }
        None => note(format_args!("Listening at {shown}")),
    }
    serve(server)
}

/// Each peer is a student.
struct Class;

impl Lab for Class {
    type Session = Roster;

    const PROGRAM: &'static str = "roster_server";

    fn piece(&self) -> usize {
        4096
    }

    fn session(&self, peer: &Peer) -> Roster {
        Roster::new(peer.id())
    }
}
