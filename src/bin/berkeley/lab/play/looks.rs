//! What the kernel is asked, and what is held against it.

use anyhow::{Context, Result};

use super::{Actor, Member, Play, until};
use crate::lab::outcome::{Observed, Snapshot};
use crate::lab::sight::Sight;
use crate::lab::{snapshot, watch};
use crate::stage::kernel;
use crate::trace::sockets;

impl Play {
    /// What the kernel says of a socket of theirs, now.
    pub(crate) fn sight(&self, who: Actor, fd: i32) -> Result<Sight> {
        let Member { pid, ref name, .. } = self.cast[who.0];
        sockets::of(pid, fd)
            .map(Sight::from)
            .with_context(|| format!("{name} has no socket {fd}"))
    }

    /// How many of them hold a descriptor of this end.
    pub(crate) fn holders(&self, end: &Sight) -> usize {
        let (local, peer) = (end.local.as_deref(), end.peer.as_deref());
        let found = local.zip(peer).and_then(|(l, p)| Sight::end(l, p));
        let inode = found.map_or(0, |found| found.inode);
        let holds = |member: &&Member| {
            let held = sockets::held(member.pid);
            member.pid == member.tid
                && held.iter().any(|(_, one)| inode != 0 && *one == inode)
        };
        self.cast.iter().filter(holds).count()
    }

    /// Of how many processes a program is.
    pub(crate) fn family(&self, who: Actor) -> usize {
        kernel::family(self.pid(who)).len()
    }

    /// The descriptors of a program, without the standard streams.
    pub(crate) fn descriptors(&self, who: Actor) -> String {
        let all = watch::descriptors(self.pid(who));
        let all: Vec<String> = all.iter().map(i32::to_string).collect();
        all.join(" ")
    }

    /// Waits until it has counted more, and shows how many.
    pub(crate) fn counter_grows(
        &mut self,
        group: &str,
        name: &str,
        from: i64,
    ) -> Result<bool> {
        until(&format!("{name} grows"), || {
            Ok(watch::count(group, name) > from)
        })?;
        let now = watch::count(group, name);
        self.figure(&format!("{group}{name}"), now - from);
        Ok(now > from)
    }

    pub(crate) fn pid(&self, who: Actor) -> i32 {
        self.cast[who.0].pid
    }

    pub(crate) fn tid(&self, who: Actor) -> i32 {
        self.cast[who.0].tid
    }

    /// The value of a knob.
    pub(crate) fn knob(&self, name: &str) -> i32 {
        self.knobs.get(name).copied().unwrap_or_default()
    }

    /// What was expected, and what the kernel says.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "what is observed is mostly made on the spot"
    )]
    pub(crate) fn observe(
        &mut self,
        what: impl Into<String>,
        expected: impl ToString,
        got: impl ToString,
    ) {
        let (expected, got) = (expected.to_string(), got.to_string());
        let ok = expected == got;
        let what = what.into();
        self.outcome.observed.push(Observed { what, expected, got, ok });
    }

    /// A setting of the kernel is not as usual, and this is different by it.
    pub(crate) fn differs(&mut self, what: impl Into<String>) {
        self.outcome.differs.push(what.into());
    }

    /// What is to be known of this machine.
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        self.outcome.notes.push(what.into());
    }

    /// A figure of the kernel's, for the page.
    #[expect(clippy::needless_pass_by_value, reason = "a number, mostly")]
    pub(crate) fn figure(&mut self, what: &str, value: impl ToString) {
        let figure = (what.to_owned(), value.to_string());
        self.outcome.figures.push(figure);
    }

    /// The table of sockets as it is now.
    pub(crate) fn look(&mut self, when: &str) {
        let cast: Vec<(String, i32)> = self
            .cast
            .iter()
            .filter(|one| one.pid == one.tid)
            .map(|one| (one.name.clone(), one.pid))
            .collect();
        let ports = self.ports();
        let of_ours = |port| self.has_own_network || ports.contains(&port);
        let rows = snapshot::rows(&cast, of_ours);
        let when = when.to_owned();
        self.outcome.snapshots.push(Snapshot { when, rows });
    }

    /// The ports that are bound here.
    fn ports(&self) -> Vec<u16> {
        let sockets = self.tale.trace.sockets.iter();
        let local = sockets.filter_map(|socket| socket.local.as_ref());
        let ports = local.filter_map(|at| at.rsplit_once(':'));
        ports.filter_map(|(_, port)| port.parse().ok()).collect()
    }
}
