//! One server under load: how it is started, what is known of it so far, and
//! how it ends.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use berkeley::sockets::{symbol, words};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::socket::sockopt::SendTimeout;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrStorage, bind,
    connect, getsockname, setsockopt, socket,
};
use nix::sys::time::{TimeVal, TimeValLike};

use super::options::{Foreign, Options, Target};
use super::plan::{Part, is_pool};
use crate::catalogue::Language;
use crate::generator::orders::Protocol;
use crate::house::House;
use crate::stage::{FellShort, Stage, Stream, Who, fell_short};

/// How long a foreign server has for its end.
const PATIENCE: Duration = Duration::from_secs(1);

/// A server as it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) model: String,
    pub(crate) language: Option<Language>,
    pub(crate) workers: Option<u32>,
    /// As somebody would type it.
    pub(crate) shown: String,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Ours { path: PathBuf, args: Vec<String> },
    Foreign { command: String },
    Elsewhere(Vec<SocketAddr>),
}

impl Entry {
    /// One of the kit's own.
    pub(crate) fn ours(
        house: &House,
        language: Language,
        model: &str,
        part: &Part,
        options: &Options,
    ) -> Entry {
        let (name, place): (_, &[&str]) = match part.protocol {
            Protocol::Echo => ("echo_server", &["0"]),
            Protocol::Knock => ("knock", &["-p", "0"]),
            Protocol::Roster => ("roster_server", &["--port", "0"]),
            Protocol::Supply => ("supply_server", &["0"]),
        };
        let mut args: Vec<String> =
            place.iter().map(ToString::to_string).collect();
        args.extend(["--model".into(), model.into()]);
        let workers = is_pool(model).then_some(part.workers);
        if let Some(workers) = workers {
            args.extend(["--workers".into(), workers.to_string()]);
        }
        args.extend(["--backlog".into(), options.backlog.to_string()]);
        args.extend(["--quiet".into(), "--stats".into()]);
        let typed = house.typed(language, name);
        let path = house.path(language, name);
        Entry {
            model: model.to_string(),
            language: Some(language),
            workers,
            shown: format!("{typed} {}", args.join(" ")),
            source: Source::Ours { path, args },
        }
    }

    pub(crate) fn foreign(foreign: &Foreign) -> Entry {
        Entry {
            model: foreign.name.clone(),
            language: None,
            workers: None,
            shown: foreign.command.clone(),
            source: Source::Foreign { command: foreign.command.clone() },
        }
    }

    pub(crate) fn target(target: &Target) -> Entry {
        Entry {
            model: "target".into(),
            language: None,
            workers: None,
            shown: target.name.clone(),
            source: Source::Elsewhere(target.addresses.clone()),
        }
    }

    /// Program and arguments; a foreign command is the shell's to read.
    /// `None` where there is nothing to be started.
    pub(crate) fn command(&self) -> Result<Option<Command>> {
        Ok(match &self.source {
            Source::Ours { path, args } => Some(Command {
                path: path.clone(),
                args: args.iter().map(Into::into).collect(),
            }),
            Source::Foreign { command } => {
                let port = free_port()?;
                let command = command.replace("{port}", &port.to_string());
                Some(Command {
                    path: "/bin/sh".into(),
                    args: vec!["-c".into(), command.into()],
                })
            }
            Source::Elsewhere(_) => None,
        })
    }

    /// Where a server is that somebody else runs.
    fn elsewhere(&self) -> &[SocketAddr] {
        match &self.source {
            Source::Elsewhere(addresses) => addresses,
            _ => &[],
        }
    }

    pub(crate) fn name(&self) -> String {
        match self.language {
            Some(language) => format!("{} in {}", self.model, language.name()),
            None => self.model.clone(),
        }
    }
}

/// How a server is started.
pub(crate) struct Command {
    pub(crate) path: PathBuf,
    pub(crate) args: Vec<OsString>,
}

/// Nobody listens there now; the kernel will not hand it out again soon.
fn free_port() -> Result<u16> {
    let flags = SockFlag::SOCK_CLOEXEC;
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let socket = socket(family, kind, flags, None)?;
    bind(socket.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    let address: SockaddrIn = getsockname(socket.as_raw_fd())?;
    Ok(address.port())
}

/// The first of these addresses at which somebody listens: a name may well
/// mean `::1` and `127.0.0.1`, and a server be at one of them alone.
fn answering(addresses: &[SocketAddr]) -> Result<SocketAddr> {
    let mut last = String::from("it has no address");
    for &address in addresses {
        match try_connect(address) {
            Ok(()) => return Ok(address),
            Err(errno) => {
                let (symbol, text) = (symbol(errno), words(errno));
                last = format!("connect: {symbol}: {text} ({address})");
            }
        }
    }
    fell_short(last)
}

fn try_connect(address: SocketAddr) -> Result<(), Errno> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let flags = SockFlag::SOCK_CLOEXEC;
    let socket = socket(family, SockType::Stream, flags, None)?;
    // connect(2) is bounded by it, too.
    setsockopt(&socket, SendTimeout, &TimeVal::seconds(3))?;
    connect(socket.as_raw_fd(), &SockaddrStorage::from(address))
}

/// A server that runs.
pub(crate) struct Running {
    pub(crate) who: Option<Who>,
    pub(crate) pid: Option<i32>,
    pub(crate) address: SocketAddr,
}

/// What `--stats` says at the end, as far as it is used here.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub(crate) struct Stats {
    pub(crate) peers_per_worker: Vec<u64>,
    #[serde(default)]
    pub(crate) accept_errors: BTreeMap<String, u64>,
}

impl Entry {
    /// Starts it; the CPUs it may use are those of this thread.
    pub(crate) fn start(&self, stage: &mut Stage) -> Result<Option<Who>> {
        let Some(command) = self.command()? else { return Ok(None) };
        let Command { path, args, .. } = command;
        Ok(Some(stage.start(&self.model, &path, &args, None)?))
    }

    /// Waits until it listens.
    pub(crate) fn listens(
        &self,
        stage: &mut Stage,
        who: Option<Who>,
    ) -> Result<Running> {
        let Some(who) = who else {
            let address = answering(self.elsewhere())?;
            return Ok(Running { who: None, pid: None, address });
        };
        let port = stage.listens(who)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Running { who: Some(who), pid: Some(stage.pid(who)), address })
    }

    /// Ends it as a user would, and hears its last line. What a foreign
    /// server makes of a signal is its own affair.
    pub(crate) fn end(
        &self,
        stage: &mut Stage,
        running: &Running,
    ) -> Result<Option<Stats>> {
        let Some(who) = running.who else { return Ok(None) };
        if self.language.is_none() {
            stage.put_down(who, PATIENCE)?;
            return Ok(None);
        }
        stage.signal(who, Signal::SIGINT);
        stage.ends(who, 0)?;
        let lines = stage.lines(who, Stream::Err);
        let last = lines.iter().rev().find(|line| line.starts_with('{'));
        Ok(last.and_then(|line| serde_json::from_str(line).ok()))
    }
}

/// What a user should read when it did not come off: the reason, and what
/// the server said last.
pub(crate) fn why(error: &anyhow::Error) -> Option<String> {
    let is_finding = error.is::<FellShort>() || error.is::<std::io::Error>();
    is_finding.then(|| format!("{error:#}"))
}

/// A server that has gone while it was under load.
pub(crate) fn must_live(stage: &mut Stage, running: &Running) -> Result<()> {
    let Some(who) = running.who else { return Ok(()) };
    match stage.has_ended(who)? {
        None => Ok(()),
        Some(how) => fell_short(how),
    }
}
