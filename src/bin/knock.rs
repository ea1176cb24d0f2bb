//! `knock`: the knock-knock joke server.
//!
//! Twin: `c_compare/knock.c`. Read `echo_server` first; the calls are the
//! same. Try: `knock -p 5000`, then `nc -C 127.0.0.1 5000` and tell it a
//! joke. Man pages: `socket(2)`, `bind(2)`, `listen(2)`.

use std::os::fd::AsRawFd;
use std::process::ExitCode;

use berkeley::protocols::knock::{Framing, Knock, LONGEST};
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

/// Answers knock-knock jokes
#[derive(Parser)]
#[command(name = "knock")]
#[command(version, after_help = "Example: knock -p 5000 --model fork")]
#[command(mut_arg("model", |model| {
    model.required(false).default_value("pool")
}))]
struct Options {
    /// Port to listen on; 0 lets the kernel choose
    #[arg(short, long, required_unless_present = "unix")]
    port: Option<u16>,
    /// What ends a message: "line", or "recv" as in the handout
    #[arg(
        long,
        value_name = "HOW",
        default_value = "line",
        hide_possible_values = true
    )]
    framing: Framing,
    #[command(flatten)]
    server: workers::Options,
}

fn main() -> ExitCode {
    exit("knock", run(usage::parse()))
}

fn run(options: Options) -> Result<(), Failed> {
    let address = match &options.server.unix {
        Some(path) => unix_address(path)?,
        None => local_address(
            &options.server.host,
            options.port.unwrap_or(0),
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

    let lab = Joke(options.framing);
    let server = Server::open(listener, options.server, lab)?;
    match Shown(&bound).port() {
        Some(port) => {
            note(format_args!("Running knock, knock server on port {port}"));
        }
        None => note(format_args!(
            "Running knock, knock server on {}",
            Shown(&bound)
        )),
    }
    serve(server)
}

/// Each peer tells one joke.
struct Joke(Framing);

impl Lab for Joke {
    type Session = Knock;

    const PROGRAM: &'static str = "knock";

    fn piece(&self) -> usize {
        LONGEST
    }

    fn session(&self, _: &Peer) -> Knock {
        Knock::new(self.0)
    }
}
