//! Where a case takes place: the program, its peers, and what is waited for.
//!
//! Everything that is waited for is a state: bytes that are there, a
//! descriptor that is held. The wait is over without it when the program
//! cannot bring it about any more: it has ended, or all its threads sleep
//! for ever. Time decides only where a program computes without a sign of
//! life, or sleeps by the clock.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};

use super::growth::Figures;
use super::order::{Order, Values};
use super::peer::Peer;
use super::place::Place;
use super::ports::Port;
use super::program::Program;
use super::stop::{Done, Stop, failed};
use super::watch::{Rest, Watch};
use crate::check::lab::Case;
use crate::check::report::Mistake;
use crate::stage;

/// How often the kernel is asked what the program does.
pub(super) const LOOK: u16 = 5;
/// Without a byte that moves: of a program that computes, of one that could
/// not, since the machine had no time for it, of one that sleeps by the
/// clock, and of a kernel that has something to repeat.
const BUSY: f64 = 15.0;
const STARVED: f64 = 120.0;
/// Whoever is busy has used so much of a CPU meanwhile.
const COMPUTED: f64 = 2.0;
const TIMED: f64 = 4.0;
const REPEATS: f64 = 2.0;
/// However much moves.
const LONGEST: f64 = 300.0;
/// How often its memory and CPU time are looked at,
const WEIGH: Duration = Duration::from_millis(500);
/// and how much it may have, in all its processes.
const HEAVIEST: u64 = 2 << 30;
/// How many of those there may be.
const MOST_PROCESSES: usize = 2000;

pub(super) struct Room<'a> {
    pub(super) order: &'a Order,
    pub(super) case: &'a Case,
    pub(super) values: Values,
    /// What could be had of a place for it.
    pub(super) place: Place,
    /// Keeps the port for this examiner.
    pub(super) _claim: Option<Port>,
    /// The program as it was started,
    pub(super) argv: Vec<OsString>,
    /// itself, once it is,
    pub(super) program: Option<Program>,
    /// and what can be seen of it.
    pub(super) watch: Option<Watch>,
    /// How far its two outputs have been searched.
    pub(super) printed: [usize; 2],
    /// Where the program listens, or is to connect to,
    pub(super) port: u16,
    /// and where to connect to it.
    pub(super) its_address: SocketAddr,
    /// The examiner's own, in a client's lab.
    pub(super) listeners: Vec<OwnedFd>,
    /// Somebody's connection is not established yet.
    pub(super) is_connecting: bool,
    pub(super) peers: Vec<Peer>,
    pub(super) noted: Option<Figures>,
    /// Something has: it is not that the program failed before it could.
    pub(super) has_grown: bool,
    pub(super) weighed: Instant,
    /// Its CPU time at that moment.
    pub(super) computed: f64,
    pub(super) did: Vec<String>,
    pub(super) mistakes: Option<Vec<Mistake>>,
}

/// Why a wait was over without what it was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gave {
    Ended,
    Rests,
    Stopped,
    Sleeps,
    Busy,
}

impl Gave {
    /// Behind "it": why nothing more is to be expected.
    pub(super) fn words(self) -> &'static str {
        match self {
            Gave::Ended => "the program has ended",
            Gave::Rests => "the program waits for something else",
            Gave::Stopped => "the program is stopped by a signal",
            Gave::Sleeps => "the program sleeps",
            Gave::Busy => "the program is busy with something else",
        }
    }
}

/// What a wait has seen so far.
struct Wait {
    start: Instant,
    last_moved: Instant,
    /// How long the program had computed then, in seconds of CPU time.
    computed: f64,
    /// Nothing has moved for a moment. To look at a program costs more than
    /// to wait for that: as long as bytes come, it lives.
    is_still: bool,
}

impl Wait {
    fn begins(computed: f64) -> Wait {
        let start = Instant::now();
        Wait { start, last_moved: start, computed, is_still: false }
    }

    fn has_news(&mut self, computed: f64) {
        *self = Wait { start: self.start, ..Wait::begins(computed) };
    }
}

impl Room<'_> {
    /// Lets things go on until this is so. The peer that a wait is about is
    /// one of `peers`, so the question is asked of the room.
    pub(super) fn until(
        &mut self,
        mut is_so: impl FnMut(&mut Room<'_>) -> Done<bool>,
    ) -> Done<Result<(), Gave>> {
        let mut wait = Wait::begins(self.computed);
        loop {
            if self.pump()? {
                wait.has_news(self.computed);
            }
            if is_so(self)? {
                return Ok(Ok(()));
            }
            if let Some(gave) = self.gives_up(&wait)? {
                // What moved since it was looked at may be the very thing.
                if self.pump()? && wait.start.elapsed() < self.scaled(LONGEST)
                {
                    wait.has_news(self.computed);
                    continue;
                }
                if is_so(self)? {
                    return Ok(Ok(()));
                }
                return Ok(Err(gave));
            }
            self.sleep()?;
            wait.is_still = true;
        }
    }

    fn is_still_traced(&self) -> bool {
        self.program.as_ref().is_some_and(Program::is_still_traced)
    }

    fn scaled(&self, seconds: f64) -> Duration {
        self.order.scaled(seconds)
    }

    fn gives_up(&mut self, wait: &Wait) -> Done<Option<Gave>> {
        stage::check()?;
        if wait.start.elapsed() > self.scaled(LONGEST) {
            return Ok(Some(Gave::Busy));
        }
        self.weigh()?;
        if !wait.is_still {
            return Ok(None);
        }
        let still = wait.last_moved.elapsed();
        let is_starved = self.computed - wait.computed < COMPUTED
            && still < self.scaled(STARVED);
        let Some(watch) = &mut self.watch else {
            return Ok(Some(Gave::Ended));
        };
        Ok(match watch.look() {
            // How it ended, its tracer tells when the trace is written.
            Rest::Gone if self.is_still_traced() => None,
            Rest::Gone => Some(Gave::Ended),
            Rest::Stopped => Some(Gave::Stopped),
            Rest::Asleep if !self.kernel_has_work() => Some(Gave::Rests),
            Rest::Asleep if still > self.scaled(REPEATS) => Some(Gave::Rests),
            Rest::Timed if still > self.scaled(TIMED) => Some(Gave::Sleeps),
            _ if still > self.scaled(BUSY) && !is_starved => Some(Gave::Busy),
            _ => None,
        })
    }

    /// A program that grows without a bound must not take the machine with
    /// it.
    fn weigh(&mut self) -> Done<()> {
        let Some(watch) = &mut self.watch else { return Ok(()) };
        if self.weighed.elapsed() < WEIGH {
            return Ok(());
        }
        self.weighed = Instant::now();
        let growth = watch.growth();
        self.computed = growth.cpu;
        if growth.resident <= HEAVIEST && growth.processes <= MOST_PROCESSES {
            return Ok(());
        }
        let got = format!(
            "{} processes with {} MiB of memory",
            growth.processes,
            growth.resident >> 20
        );
        let most = format!(
            "at most {MOST_PROCESSES} processes with {} MiB",
            HEAVIEST >> 20
        );
        self.has_grown = true;
        failed("the program grows without a bound").with(most, got).stop()
    }

    /// Bytes that have not arrived yet, by a window that was closed or a
    /// queue that was full, are sent again by and by. And both sides may
    /// sleep while a small segment waits until the one before it is
    /// acknowledged (Nagle's algorithm), which may take 40 ms.
    fn kernel_has_work(&mut self) -> bool {
        self.is_connecting
            || self.peers.iter().any(Peer::is_under_way)
            || self.is_sending()
    }

    /// Whether anything moved.
    pub(super) fn pump(&mut self) -> Done<bool> {
        let mut moved = false;
        for peer in &mut self.peers {
            moved |= peer.pump();
        }
        if let Some(program) = &mut self.program {
            moved |= program.attend()?;
        }
        Ok(moved)
    }

    pub(super) fn sleep(&self) -> Done<()> {
        let mut fds: Vec<PollFd<'_>> = Vec::new();
        for (fd, reads, writes) in self.peers.iter().filter_map(Peer::wants) {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::POLLIN, reads);
            flags.set(PollFlags::POLLOUT, writes);
            fds.push(PollFd::new(fd, flags));
        }
        let program = self.program.iter();
        fds.extend(program.flat_map(Program::watched));
        match poll(&mut fds, LOOK) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    pub(super) fn peer(&mut self, name: &str) -> Done<&mut Peer> {
        let known = self.peers.iter_mut().find(|peer| peer.name == name);
        known.ok_or_else(|| {
            let why = format!("the lab has no {name} at this step");
            Stop::Trouble(anyhow::anyhow!(why))
        })
    }

    /// By name, what strings in steps stand for.
    pub(super) fn value(&self, name: &str) -> Option<Vec<u8>> {
        if let Some(name) = name.strip_suffix(".port") {
            let mut peers = self.peers.iter();
            let peer = peers.find(|peer| peer.name == name)?;
            return Some(peer.local.port().to_string().into_bytes());
        }
        self.values.get(name)
    }
}
