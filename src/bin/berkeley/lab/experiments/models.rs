//! One of the kit's servers under one model, some peers that are silent, and
//! one that speaks: real programs, which nobody here tells what to call.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, connect,
    getsockname, recv, send, socket,
};

use crate::catalogue::Language;
use crate::house::{Built, House};
use crate::lab::play::until;
use crate::lab::sight::Sight;
use crate::screen::Progress;
use crate::stage::{Stage, kernel};
use crate::trace::sockets::internet_rows;
use crate::tracer::name;

const HELLO: &[u8] = b"hello\n";

/// When the one that speaks was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    AtOnce,
    AfterTheyLeft,
}

/// What came of it.
pub(super) struct Run {
    pub(super) said: Said,
    /// Of all its peers, while the silent ones were there.
    pub(super) accepted: usize,
    backlog: u32,
    /// Calls, and how many tasks sleep in each.
    asleep: BTreeMap<String, usize>,
}

impl Run {
    /// Comes back when the one that speaks has been answered.
    pub(super) fn of(
        language: Language,
        model: &str,
        silent: usize,
        workers: usize,
    ) -> Result<Run> {
        let workers = workers.to_string();
        let args = ["--model", model, "--workers", &workers, "--quiet", "0"];
        let args = args.map(Into::into);
        let mut stage = Stage::open()?;
        let who =
            stage.start("echo_server", &program(language)?, &args, None)?;
        let port = stage.listens(who)?;
        let pid = stage.pid(who);

        let quiet: Result<Vec<OwnedFd>> =
            (0..silent).map(|_| peer(port)).collect();
        let quiet = quiet?;
        let speaker = peer(port)?;
        let sent = send(speaker.as_raw_fd(), HELLO, MsgFlags::MSG_NOSIGNAL);
        ensure!(sent == Ok(HELLO.len()), "send: {sent:?}");

        let (mut is_answered, mut before) = (false, None);
        until(&format!("{model} answers, or sleeps"), || {
            is_answered = is_answered || hears(&speaker)?;
            let now = stillness(pid);
            let is_still = now.is_some() && now == before;
            before = now;
            let is_there = is_answered || has_come(&speaker, port)?;
            Ok(is_still && is_there)
        })?;
        let mut run = Run::seen(pid, port);
        if !is_answered {
            run.said = Said::AfterTheyLeft;
            drop(quiet);
            until(&format!("{model} answers"), || hears(&speaker))?;
        }
        Ok(run)
    }

    /// What the kernel has of its tasks and its connections.
    fn seen(pid: i32, port: u16) -> Run {
        let mut run = Run {
            said: Said::AtOnce,
            accepted: 0,
            backlog: 0,
            asleep: asleep(pid),
        };
        let own = std::process::id().cast_signed();
        for (protocol, row) in internet_rows(own) {
            if protocol != libc::IPPROTO_TCP || row.local.port() != port {
                continue;
            }
            match row.tcp().state {
                Some("LISTEN") => run.backlog += row.receive,
                // Nobody has a descriptor of one that waits for accept.
                Some("ESTABLISHED") if row.inode != 0 => run.accepted += 1,
                _ => {}
            }
        }
        run
    }
}

/// Where it is; built, where nobody has done so yet.
fn program(language: Language) -> Result<PathBuf> {
    let house = House::find()?;
    let path = house.path(language, "echo_server");
    if !path.is_file()
        && let Built::Failed(why) = house.build(language, &Progress::new())?
    {
        bail!("{} is not there: {why}", path.display());
    }
    Ok(path)
}

fn peer(port: u16) -> Result<OwnedFd> {
    let none = SockFlag::SOCK_CLOEXEC;
    let peer = socket(AddressFamily::Inet, SockType::Stream, none, None)?;
    let to = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
    connect(peer.as_raw_fd(), &SockaddrIn::from(to)).context("connect")?;
    Ok(peer)
}

/// Whether there is an answer; it stays where it is.
fn hears(peer: &OwnedFd) -> Result<bool> {
    let mut room = [0; HELLO.len()];
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK;
    match recv(peer.as_raw_fd(), &mut room, flags) {
        Err(Errno::EAGAIN | Errno::EINTR) => Ok(false),
        Ok(got) if room[..got] == *HELLO => Ok(true),
        other => bail!("the answer is {other:?}"),
    }
}

/// Whether the server's end has the bytes, and nobody has read them.
fn has_come(peer: &OwnedFd, port: u16) -> Result<bool> {
    let own: SockaddrIn = getsockname(peer.as_raw_fd())?;
    let far = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).to_string();
    let end = Sight::end(&far, &own.to_string());
    let unread = end.and_then(|end| end.unread);
    Ok(unread == u32::try_from(HELLO.len()).ok())
}

/// All tasks of a program, with how often each was taken off its CPU; `None`
/// while one of them runs. The same twice: nothing happened in between.
fn stillness(pid: i32) -> Option<Vec<(i32, String)>> {
    let family = kernel::family(pid);
    kernel::is_asleep(&family).then(|| {
        let of = |tid| {
            let status = fs::read_to_string(format!("/proc/{tid}/status"));
            let status = status.unwrap_or_default();
            let lines = status.lines().filter(|it| it.contains("ctxt"));
            (tid, lines.collect())
        };
        tasks(&family).map(of).collect()
    })
}

fn tasks(family: &[i32]) -> impl Iterator<Item = i32> {
    let of = |pid| fs::read_dir(format!("/proc/{pid}/task"));
    let entries = family.iter().filter_map(move |pid| of(*pid).ok());
    let names = entries.flatten().flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.parse().ok())
}

/// In which calls its tasks sleep.
fn asleep(pid: i32) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for tid in tasks(&kernel::family(pid)) {
        let line = fs::read_to_string(format!("/proc/{tid}/syscall"));
        let line = line.unwrap_or_default();
        let number = line.split(' ').next().and_then(|it| it.parse().ok());
        let call = number.map_or("?".into(), name).into_owned();
        *calls.entry(call).or_default() += 1;
    }
    calls
}

/// `accepted 2, backlog 1; in 2 recvfrom, 1 wait4`
impl fmt::Display for Run {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Run { accepted, backlog, asleep, .. } = self;
        let calls: Vec<String> = asleep
            .iter()
            .map(|(call, many)| format!("{many} {call}"))
            .collect();
        let calls = calls.join(", ");
        write!(out, "accepted {accepted}, backlog {backlog}; in {calls}")
    }
}

impl fmt::Display for Said {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Said::AtOnce => "answers",
            Said::AfterTheyLeft => "answers when the silent ones have left",
        })
    }
}
