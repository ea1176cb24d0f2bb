//! How a trace goes: who is started when, what is waited for, who is ended.
//!
//! Nothing is waited for by the clock: a server is ready when the kernel
//! shows its port and all of its tasks wait for something.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use super::labs::Step;
use super::record::{Role, Trace};
use super::session::Session;
use super::typist::{Typist, nothing};
use crate::children;
use crate::exit::Verdict;
use crate::stage::{self, kernel};
use crate::tracer::{End, Launch};

/// Long enough for a busy machine; only a failure waits for it.
const SOON: Duration = Duration::from_secs(20);
/// For a server to come to rest behind its last client.
const REST: Duration = Duration::from_secs(2);

/// What was traced, and how the tool is to end for it.
pub(crate) struct Outcome {
    pub(crate) trace: Trace,
    pub(crate) verdict: Verdict,
}

/// One program, until it and whatever it started has ended. Somebody may
/// examine it; then a Ctrl-C is for the program alone, however long it takes
/// over it.
pub(crate) fn alone(
    mut session: Session,
    command: &[OsString],
    examiner: Option<i32>,
) -> Result<Outcome> {
    let launch = launch(command.to_vec());
    let examiner = examiner.map(socket).transpose()?;
    let pid = session.start(Role::Alone, launch)?;
    let is_examined = examiner.is_some();
    if let Some(examiner) = examiner {
        introduce(pid, examiner)?;
    }
    while session.is_anyone_left() {
        session.step(&[]);
        if let Some(told) = stage::take() {
            let is_terminals = matches!(told, libc::SIGINT | libc::SIGHUP);
            if !(is_examined && is_terminals) {
                session.put_down(pid, told);
            }
        }
    }
    let verdict = session.end_of(pid).map_or(Verdict::Good, its_own);
    Ok(Outcome { trace: session.close(), verdict })
}

/// As if this tool were not there.
fn launch(argv: Vec<OsString>) -> Launch {
    let ignores_children = children::were_ignored();
    Launch { argv, ignores_children, ..Launch::default() }
}

/// That of this number, which the program is not to have.
fn socket(number: i32) -> Result<File> {
    // SAFETY: whoever gave its number has opened it for this, and for this
    // alone.
    let socket = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl(&socket, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))
        .with_context(|| format!("--examiner {number}"))?;
    Ok(File::from(socket))
}

/// Tells the program's pid, and waits until that was taken in. The program
/// stands still meanwhile, at its next call that is traced if not before: it
/// has no children yet.
fn introduce(pid: i32, mut examiner: File) -> Result<()> {
    examiner.write_all(&pid.to_ne_bytes()).context("--examiner")?;
    let _ = examiner.read(&mut [0]).context("--examiner")?;
    Ok(())
}

/// A program that is running already, until it has ended or Ctrl-C.
pub(crate) fn attached(mut session: Session, pid: i32) -> Result<Outcome> {
    let pid = kernel::process_of(pid);
    let command = fs::read(format!("/proc/{pid}/cmdline"))
        .with_context(|| format!("there is no process {pid}"))?;
    let words = command.split(|&byte| byte == 0);
    let words = words.map(|word| String::from_utf8_lossy(word).into_owned());
    session.attach(pid, words.filter(|word| !word.is_empty()).collect())?;
    eprintln!("berkeley: attached to {pid}; Ctrl-C lets go of it");
    while session.is_anyone_left() {
        session.step(&[]);
        if stage::take().is_some() {
            session.detach();
        }
    }
    let verdict = session.end_of(pid).map_or(Verdict::Good, its_own);
    Ok(Outcome { trace: session.close(), verdict })
}

/// A program that has its part beside others.
pub(crate) struct Part {
    /// In a client's, `{port}` is the server's.
    pub(crate) command: Vec<OsString>,
    pub(crate) input: Input,
}

/// What a part reads.
pub(crate) enum Input {
    /// This tool's own standard input.
    Ours,
    Nothing,
    /// What is typed to it; what it prints is for the typist alone.
    Typed(Vec<Step>),
}

/// Somebody who plays a part.
struct Actor {
    pid: i32,
    typist: Option<Typist>,
}

/// A server, and clients that come when it is ready. When they have gone, it
/// is told to end.
pub(crate) fn served(
    mut session: Session,
    server: Part,
    clients: Vec<Part>,
) -> Result<Outcome> {
    let server = start(&mut session, Role::Server, server, None)?;
    let mut actors = vec![server];
    let pid = actors[0].pid;
    let asks = |part: &Part| part.command.iter().any(names_port);
    let wants_port = clients.iter().any(asks);
    let port = is_ready(&mut session, &mut actors, wants_port)?;
    if let Some(port) = port {
        for client in clients {
            let client =
                start(&mut session, Role::Client, client, Some(port))?;
            actors.push(client);
        }
    } else {
        session.note(never_ready(wants_port));
    }
    while actors[1..].iter().any(|one| session.end_of(one.pid).is_none()) {
        play(&mut session, &mut actors)?;
        if let Some(told) = stage::take() {
            for client in &actors[1..] {
                session.put_down(client.pid, told);
            }
        }
    }
    come_to_rest(&mut session, &mut actors)?;
    let own_end = session.end_of(pid);
    session.put_down(pid, libc::SIGINT);
    let ends = actors[1..].iter().map(|client| session.end_of(client.pid));
    let mut ends: Vec<Option<End>> = ends.collect();
    ends.insert(0, own_end);
    let failed = ends.into_iter().flatten().find(|end| !is_well(*end));
    let verdict = match (failed, port) {
        (Some(end), _) => its_own(end),
        (None, None) => Verdict::FellShort,
        (None, Some(_)) => Verdict::Good,
    };
    Ok(Outcome { trace: session.close(), verdict })
}

fn start(
    session: &mut Session,
    role: Role,
    part: Part,
    at: Option<u16>,
) -> Result<Actor> {
    let put_port = |word: OsString| match (at, word.to_str()) {
        (Some(at), Some(text)) => {
            text.replace("{port}", &at.to_string()).into()
        }
        _ => word,
    };
    let argv = part.command.into_iter().map(put_port).collect();
    let mut launch = launch(argv);
    let typist = match part.input {
        Input::Ours => None,
        Input::Nothing => {
            launch.stdin = Some(nothing()?);
            None
        }
        Input::Typed(steps) => {
            launch.own_group = true;
            // The kit's own, some of which wait for their workers.
            launch.ignores_children = false;
            Some(Typist::at(&mut launch, &steps)?)
        }
    };
    Ok(Actor { pid: session.start(role, launch)?, typist })
}

/// Lets all go on for a moment, and types what is to be typed.
fn play(session: &mut Session, actors: &mut [Actor]) -> Result<()> {
    let screens =
        actors.iter().filter_map(|one| one.typist.as_ref()?.screen());
    let screens: Vec<BorrowedFd<'_>> = screens.collect();
    session.step(&screens);
    let typists = actors.iter_mut().filter_map(|one| one.typist.as_mut());
    for typist in typists {
        typist.work()?;
    }
    Ok(())
}

/// Waits for the server's port, and until all that it starts with is there.
/// `None` when it has ended first, or takes too long.
fn is_ready(
    session: &mut Session,
    actors: &mut [Actor],
    wants_port: bool,
) -> Result<Option<u16>> {
    let (server, start) = (actors[0].pid, Instant::now());
    while start.elapsed() < SOON {
        play(session, actors)?;
        let family = session.family(server);
        if family.is_empty() || stage::take().is_some() {
            return Ok(None);
        }
        let port = kernel::listening_port(&family)
            .or_else(|| kernel::datagram_port(&family));
        let is_there = port.is_some() || !wants_port;
        if is_there && kernel::is_asleep(&family) {
            return Ok(Some(port.unwrap_or_default()));
        }
    }
    Ok(None)
}

/// Lets the server finish what its clients have left it to do.
fn come_to_rest(session: &mut Session, actors: &mut [Actor]) -> Result<()> {
    let (server, start) = (actors[0].pid, Instant::now());
    while start.elapsed() < REST {
        play(session, actors)?;
        let family = session.family(server);
        if family.is_empty() || kernel::is_asleep(&family) {
            return Ok(());
        }
    }
    Ok(())
}

fn names_port(word: &OsString) -> bool {
    word.to_str().is_some_and(|word| word.contains("{port}"))
}

fn never_ready(wants_port: bool) -> String {
    let what = if wants_port { "had a port" } else { "came to rest" };
    format!(
        "the server never {what} (it ended, or {} s were over): no client \
         was started",
        SOON.as_secs()
    )
}

fn is_well(end: End) -> bool {
    end == End::Exited(0)
}

/// As the program, so the tool.
fn its_own(end: End) -> Verdict {
    match end {
        End::Exited(code) => Verdict::Code(u8::try_from(code).unwrap_or(255)),
        End::Killed(signal, _) => Verdict::Killed(signal),
        End::ByExec | End::Unknown => Verdict::Good,
    }
}
