//! What the kernel shows of the program's side.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::Error;
use nix::errno::Errno;
use nix::poll::poll;

use super::ends;
use super::growth::Figures;
use super::program::Program;
use super::room::{LOOK, Room};
use super::stop::Done;
use super::watch::{NOBODY, Place as End, Rest};
use crate::stage::{self, Interrupted};

/// For a program to come to rest before it is described: seconds, and of one
/// that runs seconds of CPU time, so that a busy machine is none of its
/// business,
const SETTLES: f64 = 1.0;
/// and however busy the machine is.
const SETTLES_AT_LAST: f64 = 10.0;

/// The addresses of an examiner's end: its own, and the program's.
type Ends = (SocketAddr, SocketAddr);

impl Room<'_> {
    /// How many bytes have arrived at the program and are not read.
    pub(super) fn unread(&mut self, (local, remote): Ends) -> usize {
        let Some(watch) = &mut self.watch else { return 0 };
        watch.connection(local, remote).unread as usize
    }

    /// Whether the program has a descriptor of it.
    pub(super) fn is_held(&mut self, (local, remote): Ends) -> bool {
        let Some(watch) = &mut self.watch else { return false };
        let end = watch.connection(local, remote);
        end.place == End::Held && !end.holders.is_empty()
    }

    /// Whether it is still to be accepted.
    pub(super) fn is_queued(&mut self, (local, remote): Ends) -> bool {
        let Some(watch) = &mut self.watch else { return false };
        watch.connection(local, remote).place == End::Queued
    }

    /// Whether it has sent, to somebody who reads, what is not acknowledged
    /// yet.
    pub(super) fn is_sending(&mut self) -> bool {
        let Some(watch) = &mut self.watch else { return false };
        let mut readers = self.peers.iter().filter(|peer| peer.is_reading());
        readers.any(|it| watch.connection(it.local, it.remote).unsent > 0)
    }

    pub(super) fn its_listeners(&mut self) -> Vec<SocketAddr> {
        let Some(watch) = &mut self.watch else { return Vec::new() };
        let listeners = watch.listeners().into_iter();
        listeners.map(|listener| listener.address).collect()
    }

    pub(super) fn figures(&mut self) -> Figures {
        let Some(watch) = &mut self.watch else { return Figures::default() };
        let growth = watch.growth();
        Figures {
            descriptors: growth.descriptors,
            zombies: growth.zombies,
            processes: growth.processes,
            threads: growth.threads,
        }
    }

    fn end_words(&self) -> Option<String> {
        self.program.as_ref().and_then(Program::end_words)
    }

    /// Of an interruption: that it is the program's doing, if it is.
    pub(super) fn accused(&self, error: &Error) -> Option<String> {
        let interrupted = error.downcast_ref::<Interrupted>()?;
        let sender = stage::sender()?;
        let program = self.program.as_ref()?;
        let is_its =
            sender == program.root() || program.family().contains(&sender);
        is_its.then(|| {
            format!(
                "the program (pid {sender}) has sent {} to its examiner",
                ends::signal_name(interrupted.0)
            )
        })
    }

    /// Lets the program come to rest, or to its end, if that is soon: one
    /// that has printed its last words is about to end.
    pub(super) fn settle(&mut self) -> Done<()> {
        let since = Instant::now();
        let mut computed = None;
        loop {
            stage::check()?;
            let (Some(program), Some(watch)) =
                (&mut self.program, &mut self.watch)
            else {
                return Ok(());
            };
            program.attend()?;
            match watch.look() {
                Rest::Active => {}
                // How it ended, its tracer has still to tell.
                Rest::Gone if program.is_still_traced() => {}
                _ => return Ok(()),
            }
            let lasted = since.elapsed();
            let before = *computed.get_or_insert_with(|| watch.growth().cpu);
            let mut is_enough = || {
                !watch.is_running() || watch.growth().cpu - before > SETTLES
            };
            if lasted > self.order.scaled(SETTLES_AT_LAST)
                || lasted > self.order.scaled(SETTLES) && is_enough()
            {
                return Ok(());
            }
            // Its own news only: what has come to its peers stays there.
            match poll(&mut program.watched(), LOOK) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// What each task does, and what became of each conversation.
    pub(super) fn doing(&mut self) -> Vec<String> {
        let peers = self.peers.iter().map(|peer| {
            (peer.name.clone(), peer.local, peer.remote, peer.is_open())
        });
        let peers: Vec<_> = peers.collect();
        // Asked first: whoever is reaped by it is no process any more.
        let mut end = self.end_words();
        let Some(watch) = &mut self.watch else { return Vec::new() };
        let mut name = |its: SocketAddr, ours: SocketAddr| {
            let known = |(_, local, remote, _): &&(_, _, _, _)| {
                (*remote, *local) == (its, ours)
            };
            peers.iter().find(known).map(|(name, ..)| name.clone())
        };
        let mut lines = watch.doing(&mut name);
        if lines == [NOBODY] {
            end = end.or_else(|| self.end_words());
            lines.retain(|_| end.is_none());
        }
        lines.splice(0..0, end);
        let Some(watch) = &mut self.watch else { return lines };
        for (name, local, remote, is_open) in &peers {
            let end = watch.connection(*local, *remote);
            if *is_open || end.place == End::Held {
                lines.extend(end.says(name));
            }
        }
        fold(lines)
    }
}

/// A hundred peers in the same state are not a hundred lines.
fn fold(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(MOST);
    if more > 1 {
        lines.truncate(MOST);
        lines.push(format!("… and {more} lines more like these"));
    }
    lines
}

const MOST: usize = 24;
