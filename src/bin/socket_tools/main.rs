//! What the handout asks Python's `socket` module, one question a run, and
//! the same answers.
//!
//! Twin: `c_compare/socket_tools.c`. Man pages: `getservbyname(3)`,
//! `gethostbyname(3)`, `getaddrinfo(3)`, `socket(2)`. Try it:
//! `socket_tools addrinfo localhost http`.

mod constants;
mod hosts;
mod python;
mod services;
mod sockets;

use std::process::ExitCode;

use berkeley::sockets::{Failed, exit, usage};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

/// Ask the system about services, hosts, constants, addresses and sockets
#[derive(Parser)]
#[command(
    name = "socket_tools",
    version,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  socket_tools service ssh
  socket_tools addrinfo localhost http
  socket_tools socket AF_INET SOCK_DGRAM IPPROTO_UDP"
)]
struct Args {
    #[command(subcommand)]
    question: Question,
}

#[derive(Subcommand)]
enum Question {
    /// The port of a service: getservbyname
    #[command(after_help = "Example: socket_tools service domain udp")]
    Service {
        /// Its name: ssh
        name: String,
        /// tcp or udp; any when not given
        proto: Option<String>,
    },
    /// The service at a port: getservbyport
    #[command(after_help = "Example: socket_tools port 80")]
    Port {
        /// 0 to 65535
        number: String,
        /// tcp or udp; any when not given
        proto: Option<String>,
    },
    /// The services at a range of ports, both ends included
    #[command(after_help = "Example: socket_tools services 0 100")]
    Services {
        /// The first port
        #[arg(default_value = "0")]
        low: String,
        /// The last port; 1023, or 65535 when LOW is more than that
        high: Option<String>,
    },
    /// The name of this machine: gethostname
    #[command(after_help = "Example: socket_tools hostname")]
    Hostname,
    /// The IPv4 address of a host: gethostbyname
    #[command(after_help = "Example: socket_tools host localhost")]
    Host {
        /// The host
        name: String,
    },
    /// Name, aliases and IPv4 addresses of a host: gethostbyname
    #[command(after_help = "Example: socket_tools host-ex localhost")]
    HostEx {
        /// The host
        name: String,
    },
    /// The constants that begin so, with their values
    #[command(after_help = "Example: socket_tools constants SOCK_")]
    Constants {
        /// AF_, SOCK_ or IPPROTO_, or more of the name
        prefix: String,
    },
    /// All ways to reach a host and a service: getaddrinfo
    #[command(after_help = "Example: socket_tools addrinfo localhost http")]
    Addrinfo {
        /// A name or an address
        host: String,
        /// A name or a number; without it the port is 0
        service: Option<String>,
    },
    /// Create a socket and show it
    #[command(after_help = "Example: socket_tools socket AF_INET6 SOCK_DGRAM")]
    Socket {
        /// A number, or a name of `constants AF_`
        #[arg(default_value = "AF_INET")]
        family: String,
        /// A number, or names of `constants SOCK_`, joined by |
        #[arg(default_value = "SOCK_STREAM")]
        r#type: String,
        /// A number, or a name of `constants IPPROTO_`
        #[arg(default_value = "0")]
        proto: String,
    },
}

fn main() -> ExitCode {
    exit("socket_tools", answer(&usage::parse::<Args>().question))
}

fn answer(question: &Question) -> Result<(), Failed> {
    match question {
        Question::Service { name, proto } => {
            services::service(name, proto.as_deref())
        }
        Question::Port { number, proto } => {
            services::port(port("port", number), proto.as_deref())
        }
        Question::Services { low, high } => {
            let (low, high) = range(low, high.as_deref());
            services::services(low, high)
        }
        Question::Hostname => hosts::hostname(),
        Question::Host { name } => hosts::host(name),
        Question::HostEx { name } => hosts::host_ex(name),
        Question::Constants { prefix } => constants::constants(prefix),
        Question::Addrinfo { host, service } => {
            hosts::addrinfo(host, service.as_deref())
        }
        Question::Socket { family, r#type, proto } => {
            let known = |value: Option<i32>, why| {
                value.unwrap_or_else(|| bad_usage("socket", why))
            };
            sockets::socket(
                known(constants::family(family), "no such family"),
                known(constants::kind(r#type), "no such type"),
                known(constants::protocol(proto), "no such protocol"),
            )
        }
    }
}

/// The well-known ports, or all from LOW on when it is above them.
fn range(low: &str, high: Option<&str>) -> (u16, u16) {
    let low = port("services", low);
    let high = match high {
        Some(high) => port("services", high),
        None if low <= 1023 => 1023,
        None => 65535,
    };
    if low > high {
        bad_usage("services", "LOW is more than HIGH");
    }
    (low, high)
}

fn port(question: &str, text: &str) -> u16 {
    text.parse().unwrap_or_else(|_| {
        bad_usage(question, "a port is a number from 0 to 65535")
    })
}

fn bad_usage(question: &str, why: &str) -> ! {
    let mut command = Args::command();
    command.build();
    let asked = command.find_subcommand_mut(question);
    let asked = asked.expect("a question that was parsed");
    asked.error(ErrorKind::ValueValidation, why).exit()
}
