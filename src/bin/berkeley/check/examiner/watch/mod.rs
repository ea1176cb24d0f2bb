//! What a program does, as the kernel has it: no clock tells whether it is
//! slow, or waits for something that will not come.
//!
//! `family` finds its processes, `rest` whether they can do anything on
//! their own, `doing` says in words where each of them is, `connections`
//! what became of one connection, `growth` what has become more. Nothing
//! here stops a task, or changes anything. Man page: `proc(5)`.

mod call;
mod connections;
mod descriptors;
mod doing;
mod family;
mod fold;
mod growth;
mod rest;
mod stat;
#[cfg(test)]
mod tests;
mod waits;

use std::net::SocketAddr;

pub(crate) use connections::{End, Place};
pub(crate) use doing::NOBODY;
pub(crate) use growth::Growth;
pub(crate) use rest::Rest;

use crate::trace::sockets::{Listener, Namespace};
use family::Family;
use rest::Eyelids;

/// Who is at the other end of a connection: its addresses as the program
/// has them, its own first. `None`: nobody who has a name.
pub(crate) type Namer<'a> =
    &'a mut dyn FnMut(SocketAddr, SocketAddr) -> Option<String>;

/// A program, which is one process or many. It is watched from the network
/// namespace that it is in.
pub(crate) struct Watch {
    family: Family,
    eyelids: Eyelids,
    namespace: Namespace,
}

impl Watch {
    /// The program whose first process this is: a child of this process, or
    /// of a tracer that this process has started.
    pub(crate) fn new(root: i32) -> Watch {
        let (family, eyelids) = (Family::new(root), Eyelids::default());
        Watch { family, eyelids, namespace: Namespace::own() }
    }

    /// Every child that this process has, or adopts, is of the program:
    /// also a daemon whose parent ended before it was
    /// ever seen. Only for an examiner, which has no children of its own.
    pub(crate) fn adopting(mut self) -> Watch {
        self.family.adopt();
        self
    }

    /// Whether the program can do anything on its own. To be called again
    /// and again: a rest is told when it has lasted for a while (30 ms).
    pub(crate) fn look(&mut self) -> Rest {
        self.eyelids.look(&mut self.family)
    }

    /// Whether one of its tasks runs, or would if it had a CPU, as of the
    /// last look.
    pub(crate) fn is_running(&self) -> bool {
        rest::states(&self.family) == Rest::Active
    }

    /// Its processes, zombies too.
    #[cfg(test)]
    pub(crate) fn processes(&mut self) -> Vec<i32> {
        self.family.refresh(true);
        self.family.pids()
    }

    /// What each of its tasks is doing, in words; those that are alike are
    /// counted.
    pub(crate) fn doing(&mut self, name: Namer<'_>) -> Vec<String> {
        self.family.refresh(true);
        doing::lines(&self.family, name)
    }

    /// The program's end of a connection, by the addresses that the examiner
    /// has of its own end: its own, and the program's.
    pub(crate) fn connection(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> End {
        self.family.refresh(true);
        connections::end(&mut self.namespace, &self.family, local, remote)
    }

    /// On what it listens. A socket that several processes hold is one.
    pub(crate) fn listeners(&mut self) -> Vec<Listener> {
        self.family.refresh(true);
        let mut all = self.namespace.listeners();
        if !all.is_empty() {
            let held = descriptors::sockets(&self.family);
            all.retain(|listener| held.contains(&listener.inode));
        }
        all
    }

    /// How much there is of it by now.
    pub(crate) fn growth(&mut self) -> Growth {
        self.family.refresh(true);
        growth::of(&self.family)
    }

    /// What could not be seen, in sentences.
    pub(crate) fn notes(&self) -> Vec<String> {
        let blind = "the kernel does not show the calls that the program is \
            in (ptrace_scope, or another user's program): one that sleeps \
            for a time looks like one that waits for ever";
        self.eyelids
            .is_blind()
            .then(|| blind.to_string())
            .into_iter()
            .collect()
    }
}
