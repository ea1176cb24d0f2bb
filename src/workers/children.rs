//! Child processes: born, reaped, replaced, killed.
//!
//! Twin: `c_compare/workers/children.c`. Man pages: `fork(2)`, `waitpid(2)`,
//! `prctl(2)`.

use std::collections::{HashMap, VecDeque};
use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nix::errno::Errno;
use nix::unistd::{
    ForkResult, Pid, SysconfVar, getpid, getppid, read, sysconf,
};

use crate::sockets::symbol;

use super::board::Slot;
use super::brake::Brake;
use super::{Lab, Server};

unsafe extern "C" {
    /// As fork(3) of the C library, without the handlers of
    /// `pthread_atfork`.
    safe fn _Fork() -> libc::pid_t;
}

/// fork(2); the child outlives neither its work nor its parent.
///
/// `_Fork` and not `fork`: in a process with two threads, and ctrlc's is the
/// second, `fork` takes every lock of malloc and stdio, and then both parent
/// and child must copy the pages that it wrote: a fifth of the connection
/// rate. Those locks guard against a thread that holds one while another
/// forks; ctrlc's takes none once it waits for signals, see `way_out`.
pub fn fork() -> Result<ForkResult, Errno> {
    let parent = getpid();
    match Errno::result(_Fork())? {
        0 => {
            die_with(parent);
            Ok(ForkResult::Child)
        }
        child => Ok(ForkResult::Parent { child: Pid::from_raw(child) }),
    }
}

/// Keeps from children of `fork` what Rust's runtime has mapped in addition
/// for this thread, a page and a stack on which it would report that the
/// other one has overflowed; C has no such thing. Four mappings with those of
/// ctrlc's thread, and each costs every child: together 3 % of the connection
/// rate. A child whose stack overflows ends by SIGSEGV all the same.
pub fn keep_signal_stack() {
    let mut stack = MaybeUninit::<libc::stack_t>::uninit();
    // SAFETY: sets nothing, and writes one stack_t to where it is told.
    let asked = unsafe { libc::sigaltstack(ptr::null(), stack.as_mut_ptr()) };
    if asked != 0 {
        return;
    }
    // SAFETY: the call has succeeded, so it is filled in.
    let stack = unsafe { stack.assume_init() };
    if stack.ss_flags & libc::SS_DISABLE == 0 {
        let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
        let guard = page.and_then(|page| usize::try_from(page).ok());
        let guard = guard.unwrap_or(4096);
        let start = stack.ss_sp.wrapping_byte_sub(guard);
        let length = stack.ss_size + guard;
        // SAFETY: a mark for `fork`; in this process nothing changes. The
        // runtime has mapped both in one piece, the page in front as a guard,
        // so no memory of anybody else is marked.
        unsafe { libc::madvise(start, length, libc::MADV_DONTFORK) };
    }
}

/// Ends a child without running what the parent has registered for its own
/// exit.
pub fn exit_child(status: i32) -> ! {
    // SAFETY: the process ends here.
    unsafe { libc::_exit(status) }
}

/// Makes a child that does `work` and exits.
pub fn spawn(work: impl FnOnce()) -> Result<Pid, Errno> {
    match fork()? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            work();
            exit_child(0)
        }
    }
}

/// The kernel kills this process when its parent dies, however it dies.
fn die_with(parent: Pid) {
    // SAFETY: PR_SET_PDEATHSIG takes a signal and touches no memory.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    if getppid() != parent {
        exit_child(1); // it was dead before we asked
    }
}

/// Any child of this process.
pub const ANY: Pid = Pid::from_raw(-1);

/// Reaps `who` when it has ended; with `WNOHANG` without waiting for it. Its
/// pid and its status. For a signal handler, too.
pub fn reap(who: Pid, flags: i32) -> Option<(Pid, i32)> {
    let mut status = 0;
    loop {
        // SAFETY: `status` is a valid place for an int.
        let pid =
            unsafe { libc::waitpid(who.as_raw(), &raw mut status, flags) };
        match Errno::result(pid) {
            Ok(0) => return None,
            Ok(pid) => return Some((Pid::from_raw(pid), status)),
            Err(Errno::EINTR) => {}
            Err(_) => return None,
        }
    }
}

/// Where the kernel lists the children of this process.
pub fn list_of_children() -> CString {
    let pid = getpid();
    CString::new(format!("/proc/self/task/{pid}/children")).unwrap_or_default()
}

/// Kills all children of this process. The kernel has the list of them, so
/// the server keeps none; false where it cannot be read, on an old kernel or
/// without a descriptor. For a signal handler: takes no lock, allocates
/// nothing.
pub fn kill_all(list: &CStr) -> bool {
    // SAFETY: the path ends in a NUL.
    let list =
        unsafe { libc::open(list.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
    if list < 0 {
        return false;
    }
    // SAFETY: open has just made this descriptor for us alone.
    let list = unsafe { OwnedFd::from_raw_fd(list) };
    let (mut text, mut pid) = ([0; 512], 0);
    while let Ok(length @ 1..) = read(&list, &mut text) {
        for letter in &text[..length] {
            if letter.is_ascii_digit() {
                pid = pid * 10 + i32::from(letter - b'0');
            } else if pid > 0 {
                // It may have been reaped since; but numbers are dealt out in
                // turn, so this one is nobody else's for a long time.
                // SAFETY: touches no memory.
                unsafe { libc::kill(pid, libc::SIGKILL) };
                pid = 0;
            }
        }
    }
    true
}

/// Keeps one child running for each worker until the server is stopping; in
/// a pool, that is all that the parent does. `work` is what each child does.
pub fn supervise<L: Lab>(
    server: &'static Server<L>,
    work: impl Fn(usize, &'static Slot),
) {
    keep_all_here(server, work);
    while reap(ANY, 0).is_some() {}
}

/// The same, without waiting for the last of them.
pub fn keep_all_here<L: Lab>(
    server: &'static Server<L>,
    work: impl Fn(usize, &'static Slot),
) {
    let mut children = Children::new(server);
    while !server.board.is_stopping() {
        // With nobody missing there is nothing to do but wait for a death.
        let flags = if children.all_here() { 0 } else { libc::WNOHANG };
        if children.bury(ANY, flags) {
            continue;
        }
        server.sleep(children.patience());
        if !server.board.is_stopping() {
            children.replace(|worker| {
                spawn(|| work(worker, server.slot(worker)))
                    .map_err(|errno| ("fork", errno))
            });
        }
    }
}

/// The workers of a pool: who is here, and who is missing.
pub struct Children<L: Lab> {
    server: &'static Server<L>,
    here: HashMap<Pid, usize>,
    missing: VecDeque<usize>,
    brake: Brake,
}

impl<L: Lab> Children<L> {
    /// All missing as yet.
    pub fn new(server: &'static Server<L>) -> Children<L> {
        Children {
            server,
            here: HashMap::new(),
            missing: (0..server.board.slots.len()).collect(),
            brake: Brake::released(),
        }
    }

    /// Whether nobody is missing.
    pub fn all_here(&self) -> bool {
        self.missing.is_empty()
    }

    /// How long until the next one may be replaced.
    pub fn patience(&self) -> Duration {
        self.brake.left()
    }

    /// Reaps a worker and clears away what it held; false when there is
    /// nobody to reap.
    pub fn bury(&mut self, who: Pid, flags: i32) -> bool {
        let Some((pid, status)) = reap(who, flags) else { return false };
        let Some(worker) = self.here.remove(&pid) else { return true };
        let slot = self.server.slot(worker);
        slot.open.store(0, Ordering::Relaxed);
        self.server.seats.give_all(slot);
        self.missing.push_back(worker);
        self.brake.death();
        if !self.server.board.is_stopping() {
            let (how, number) = if libc::WIFSIGNALED(status) {
                ("was killed by signal", libc::WTERMSIG(status))
            } else {
                ("exited with", libc::WEXITSTATUS(status))
            };
            self.server.warn(format_args!(
                "worker {pid} {how} {number}: replacing it"
            ));
        }
        true
    }

    /// Lets `make` replace the one that has been missing longest. What it
    /// fails with is a call and its error.
    pub fn replace(
        &mut self,
        make: impl FnOnce(usize) -> Result<Pid, (&'static str, Errno)>,
    ) {
        let Some(&worker) = self.missing.front() else { return };
        match make(worker) {
            Ok(pid) => {
                self.here.insert(pid, worker);
                self.missing.pop_front();
                self.brake.release();
            }
            Err((call, errno)) => {
                self.server.warn(format_args!(
                    "{call}: {}: a worker is missing",
                    symbol(errno)
                ));
                self.brake.slow_down();
            }
        }
    }
}
