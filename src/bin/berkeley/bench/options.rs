//! What can be asked of the bench.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgAction, Args, CommandFactory};

use super::record::Mode;
use crate::catalogue::{Language, MODELS};
use crate::cpus::Placement;
use crate::generator::orders::Protocol;

/// What `supply_server` gives at most.
const SUPPLY: u32 = 16_384;

/// Measures fork against thread against everything, and Rust against C
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Without options: all fourteen models in both languages serve echo; the peers
play ping-pong, connect anew for each exchange, and sit idle. That takes about
two minutes. The table is printed; the report (HTML) and the record (JSON) are
written into berkeley-bench/, or where -o, --json and --markdown say.

MODE    pingpong  peers stay and ask again and again  --concurrency 1,8,50
        connect   connect, one exchange, close        --concurrency 8
        idle      memory of peers that say nothing    --concurrency 500
        open      a fixed --rate, whatever happens    --concurrency 50
        stream    bulk data, there and back           --size 64,1024,16384
        unp       chapter 30's client: so many processes (--concurrency 5)
                  make so many --connections (50) each in a round, and ask for
                  --size 4000 bytes; for --workers 1,2,4,8,16
MODELS  names, classic (the rows of chapter 30), all

Rust and C take turns every --slice milliseconds, the models come in a new
random order in each round, and servers are started anew every four rounds. A
word on a difference needs ten rounds that nobody disturbed; where there are
fewer, up to half as many --rounds are added.

JSON: {command, machine, cpus, cells: [{model, language, mode, concurrency,
rate, server_cpu_us_per_request, latency_us: {p50, p90, p99, p999, max},
starved, verdict, rounds: [...], ...}], ratios: [{of, to, quantity, median,
interval, says, ...}], notes}. Every field is explained in
src/bin/berkeley/bench/record.rs. Shares of CPU are of one CPU, intervals are
of 95 %, and what was not measured is null.

Examples:
  berkeley bench --quick
  berkeley bench --models fork,thread,epoll --mode connect --concurrency 1,50
  berkeley bench --mode unp --models classic
  berkeley bench --models epoll --server 'mine=python3 echo.py {port}'
  berkeley bench --target 192.0.2.7:10000 --rounds 1 --seconds 1 --json -")]
pub(crate) struct Options {
    /// Which models: names, classic, all
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "all",
        value_parser = models()
    )]
    pub(crate) models: Vec<String>,
    /// rust, c, or both
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "rust,c"
    )]
    pub(crate) languages: Vec<Language>,
    /// echo, knock, roster or supply
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    pub(crate) protocol: Option<Protocol>,
    /// How the peers behave; see below
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        hide_possible_values = true
    )]
    pub(crate) mode: Vec<Mode>,
    /// How many peers at once
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) concurrency: Vec<u32>,
    /// Bytes of a message
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub(crate) size: Vec<u32>,
    /// Workers of a pool model [default: 8]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) workers: Vec<u32>,
    /// The servers' argument of listen
    #[arg(long, value_name = "N", default_value = "4096")]
    pub(crate) backlog: u32,
    /// Rounds in which each server is measured once [default: 11]
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rounds: Option<u32>,
    /// How long each server is under load in a round [default: 0.06]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub(crate) seconds: Option<f64>,
    /// How long before its twin has a turn
    #[arg(long, value_name = "MS", default_value = "20")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) slice: u32,
    /// Ten short rounds, one concurrency: half a minute
    #[arg(long)]
    pub(crate) quick: bool,
    /// Requests per second, for the mode open
    #[arg(long, value_name = "R", default_value = "5000")]
    #[arg(value_parser = positive)]
    pub(crate) rate: f64,
    /// What each client connects for in a round, in the mode unp
    #[arg(long, value_name = "N", default_value = "50")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) connections: u32,
    /// Another server, kept in the foreground; {port} is where it listens
    #[arg(long, value_name = "[NAME=]COMMAND", action = ArgAction::Append)]
    #[arg(value_parser = foreign)]
    pub(crate) server: Vec<Foreign>,
    /// Only load, on a server that runs elsewhere
    #[arg(long, value_name = "HOST:PORT", value_parser = target)]
    #[arg(conflicts_with_all = ["models", "languages", "server", "workers"])]
    pub(crate) target: Option<Target>,
    /// One CPU for all, or one for servers and others for generators, or any
    #[arg(long, value_name = "same|split|free", default_value = "split")]
    #[arg(hide_possible_values = true)]
    pub(crate) cpus: Placement,
    /// Processes that make the load [default: 1; in unp one per peer]
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) generators: Option<u32>,
    /// Do not count system calls in a traced round
    #[arg(long)]
    pub(crate) no_syscalls: bool,
    /// Where report and record go
    #[arg(short, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// The record alone; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// The tables as Markdown; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Also against an earlier record
    #[arg(long, value_name = "OLD.json")]
    pub(crate) compare: Option<PathBuf>,
    /// Use the programs as they are, build nothing
    #[arg(long)]
    pub(crate) no_build: bool,
}

impl Options {
    /// What no single option can see, as clap would have said it.
    pub(crate) fn check(&self) {
        let Some(why) = self.nonsense() else { return };
        let mut command = crate::Cli::command();
        command.build();
        let kind = ErrorKind::ValueValidation;
        let bench = command.find_subcommand_mut("bench");
        match bench {
            Some(bench) => bench.error(kind, why).exit(),
            None => command.error(kind, why).exit(),
        }
    }

    fn nonsense(&self) -> Option<String> {
        let has = |mode| self.mode.contains(&mode);
        let is_other =
            |than| self.protocol.is_some_and(|protocol| protocol != than);
        if has(Mode::Unp) && is_other(Protocol::Supply) {
            return Some("--mode unp speaks supply alone".into());
        }
        if has(Mode::Stream) && is_other(Protocol::Echo) {
            return Some("--mode stream needs --protocol echo".into());
        }
        let supplies =
            has(Mode::Unp) || self.protocol == Some(Protocol::Supply);
        let large = self.size.iter().find(|size| **size > SUPPLY);
        large.filter(|_| supplies).map(|size| {
            format!("--size {size}: supply gives {SUPPLY} bytes at most")
        })
    }

    pub(crate) fn has(&self, language: Language) -> bool {
        self.languages.contains(&language)
    }
}

/// `NAME=COMMAND … {port}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    pub(crate) name: String,
    pub(crate) command: String,
}

/// `HOST:PORT`, and what that means here.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) addresses: Vec<SocketAddr>,
}

fn models() -> clap::builder::PossibleValuesParser {
    let names = MODELS.iter().map(|model| model.name);
    names.chain(["classic", "all"]).collect::<Vec<_>>().into()
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = positive(text)?;
    if seconds > 3600.0 {
        return Err("an hour is the most".into());
    }
    Ok(seconds)
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("not a number above 0".into()),
    }
}

/// Without a name it is known by its program's.
fn foreign(text: &str) -> Result<Foreign, String> {
    let is_name = |name: &&str| {
        !name.is_empty() && !name.contains([' ', '/', '\'', '"', '{'])
    };
    let named = text.split_once('=').filter(|(name, _)| is_name(name));
    let (name, command) = named.unwrap_or_else(|| {
        let first = text.split_whitespace().next().unwrap_or_default();
        (first.rsplit('/').next().unwrap_or_default(), text)
    });
    if command.trim().is_empty() {
        return Err("no command".into());
    }
    if !command.contains("{port}") {
        return Err("no {port} in it, where the server is to listen".into());
    }
    Ok(Foreign { name: name.to_string(), command: command.to_string() })
}

fn target(text: &str) -> Result<Target, String> {
    use std::net::ToSocketAddrs;
    let found = text.to_socket_addrs().map_err(|error| error.to_string())?;
    Ok(Target { name: text.to_string(), addresses: found.collect() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{foreign, positive, seconds, target};

    #[test]
    fn a_command_may_have_a_name() {
        let parts = |text| {
            let foreign = foreign(text).unwrap();
            (foreign.name, foreign.command)
        };
        let pair = |name: &str, command: &str| (name.into(), command.into());
        assert_eq!(parts("mine=./a {port}"), pair("mine", "./a {port}"));
        let plain = "/opt/bin/a {port}";
        assert_eq!(parts(plain), pair("a", plain));
        let option = "./a --port={port}";
        assert_eq!(parts(option), pair("a", option));
    }

    #[test]
    fn a_command_must_say_where_the_port_goes() {
        assert!(foreign("mine=./a").unwrap_err().contains("{port}"));
        assert_eq!(foreign("mine= "), Err("no command".into()));
    }

    #[test]
    fn a_time_is_a_number_above_0_and_at_most_an_hour() {
        for bad in ["0", "-1", "nan", "inf", "1e-400", "3601", "soon"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
        assert_eq!(seconds("0.06"), Ok(0.06));
        assert_eq!(positive("1e6"), Ok(1e6));
    }

    #[test]
    fn a_target_needs_its_port() {
        assert!(target("127.0.0.1").is_err());
        assert_eq!(target("127.0.0.1:7").unwrap().addresses.len(), 1);
    }
}
