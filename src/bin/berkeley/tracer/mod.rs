//! The engine: programs are run, or joined, under ptrace, and what they do is
//! told to a witness, call by call, while whoever does it stands still.
//!
//! Nothing here knows what a call means; that is the witness's part. Man
//! pages: `ptrace(2)`, `seccomp(2)`, `process_vm_readv(2)`.

mod attach;
mod births;
mod calls;
mod ends;
mod engine;
mod filter;
mod launch;
mod memory;
mod names;
mod program;
mod requests;
mod signals;
mod status;
mod stops;
mod tasks;
mod tick;

#[cfg(test)]
mod tests;

pub(crate) use engine::{Blind, Scope, Tracer};
pub(crate) use launch::Launch;
pub(crate) use memory::{Memories, Memory, Remote};
pub(crate) use names::name;
pub(crate) use program::find;
pub(crate) use tick::now;

/// A system call that a task is about to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) args: [u64; 6],
}

/// A thread of a traced program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Task {
    pub(crate) tid: i32,
    /// The process that it is a thread of.
    pub(crate) pid: i32,
}

/// How a task came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Birth {
    /// It was started by this tool.
    Started,
    /// It was there when the tool attached.
    Found,
    Fork,
    Vfork,
    /// clone(2), as a process of its own.
    Clone,
    Thread,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Exited(i32),
    /// By this signal; whether a core was dumped.
    Killed(i32, bool),
    /// Another thread of its process has made an exec.
    ByExec,
    /// Nobody was told: the tool let go of it.
    Unknown,
}

/// A signal as it is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) signal: i32,
    pub(crate) code: i32,
    /// Who sent it, where `code` says that somebody did; for SIGCHLD, whose
    /// state has changed.
    pub(crate) pid: i32,
    /// For SIGCHLD: the exit code or signal of the child.
    pub(crate) status: i32,
}

/// Whether the return of a call is to be told, too. If not, the task does
/// not stop a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    Return,
    None,
}

/// Who is told. In every one of these the task concerned is stopped, so that
/// its memory and its descriptors are as the call finds or leaves them. Times
/// are of CLOCK_MONOTONIC, in ns.
pub(crate) trait Witness {
    /// It is about to make this call.
    fn enters(&mut self, at: u64, task: Task, call: &Entry) -> Interest;

    /// The call of its last `enters` has returned; -errno is an error. The
    /// kernel's own -512 to -516 (ERESTARTSYS and the like) are passed on as
    /// they are: the call will be made again, or end in EINTR, when the
    /// signal was delivered.
    fn returns(&mut self, at: u64, task: Task, result: i64);

    /// It has come to be. `parent` is whoever made the call.
    fn is_born(
        &mut self,
        at: u64,
        task: Task,
        parent: Option<Task>,
        how: Birth,
    );

    /// It runs another program now; all other threads of its process have
    /// ended. When one that was not the first of them did it, `former` was
    /// its number until then: the first one's is what stays.
    fn becomes(&mut self, at: u64, task: Task, former: i32);

    fn hears(&mut self, at: u64, task: Task, signal: &Delivery);

    /// From now on somebody may make calls that nobody is told of.
    fn loses_sight(&mut self) {}

    /// It was stopped by this signal, for long; and goes on again.
    fn pauses(&mut self, at: u64, task: Task, signal: i32);
    fn goes_on(&mut self, at: u64, task: Task);

    fn ends(&mut self, at: u64, task: Task, how: End);
}
