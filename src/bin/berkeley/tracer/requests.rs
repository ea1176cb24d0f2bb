//! The requests of ptrace(2), one function each, and the wait for stops.
//!
//! A request other than PTRACE_SEIZE and PTRACE_INTERRUPT is for a task that
//! stands still. SIGKILL may end it even there, at any moment: the request
//! then fails with ESRCH, and the task's end is its next stop. So ESRCH is
//! never an error here, it is news that has not arrived yet.

use std::mem::{self, MaybeUninit};
use std::ptr;

use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::unistd::Pid;

use super::{Delivery, Entry};

/// From now on the task is traced by this thread. It runs on, and so does
/// all that it makes, with the same options.
pub(super) fn seize(tid: i32, dies_with_us: bool) -> Result<(), Errno> {
    let mut options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_TRACESECCOMP;
    options.set(Options::PTRACE_O_EXITKILL, dies_with_us);
    ptrace::seize(Pid::from_raw(tid), options)
}

/// The task will stop soon, for no other reason.
pub(super) fn interrupt(tid: i32) {
    let _ = ptrace::interrupt(Pid::from_raw(tid));
}

/// How a task goes on from its stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To the next signal, event or call that the filter stops.
    Free,
    /// To the next entry to a call, or return from one.
    ToCall,
    /// It stays stopped for its user, and says so when that is over.
    Listen,
    /// It is nobody's any more.
    Detached,
}

pub(super) fn go_on(way: Way, tid: i32, signal: i32) {
    let request = match way {
        Way::Free => libc::PTRACE_CONT,
        Way::ToCall => libc::PTRACE_SYSCALL,
        Way::Listen => libc::PTRACE_LISTEN,
        Way::Detached => libc::PTRACE_DETACH,
    };
    let nothing = ptr::null_mut::<libc::c_void>();
    // SAFETY: these requests touch no memory of this process; the last
    // argument is a number, widened as the kernel reads it.
    unsafe { libc::ptrace(request, tid, nothing, i64::from(signal)) };
}

/// Which side of which call a task stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Enters(Entry),
    Returns(i64),
    /// The call is of another ABI: its number means something else.
    Foreign,
    /// At none: by now it stands somewhere else.
    Elsewhere,
}

/// AUDIT_ARCH_*: machine, word size and byte order of whoever calls.
#[cfg(target_arch = "x86_64")]
pub(super) const ARCH: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
pub(super) const ARCH: u32 = 0xC000_00B7;
#[cfg(target_arch = "riscv64")]
pub(super) const ARCH: u32 = 0xC000_00F3;

/// x32 shares AUDIT_ARCH_X86_64, and is told by this bit of the number. (No
/// number of another architecture is so large.)
pub(super) const X32: u64 = 0x4000_0000;

pub(super) fn side(tid: i32) -> Side {
    let Some(info) = syscall_info(tid) else { return Side::Elsewhere };
    let (number, args) = match info.op {
        libc::PTRACE_SYSCALL_INFO_ENTRY => {
            // SAFETY: `op` says that the kernel has filled in this one.
            let entry = unsafe { info.u.entry };
            (entry.nr, entry.args)
        }
        libc::PTRACE_SYSCALL_INFO_SECCOMP => {
            // SAFETY: as above.
            let seccomp = unsafe { info.u.seccomp };
            (seccomp.nr, seccomp.args)
        }
        libc::PTRACE_SYSCALL_INFO_EXIT => {
            // SAFETY: as above.
            return Side::Returns(unsafe { info.u.exit.sval });
        }
        _ => return Side::Elsewhere,
    };
    if info.arch != ARCH || number & X32 != 0 {
        return Side::Foreign;
    }
    Side::Enters(Entry { number, args })
}

/// Whether these requests may be made at all. Nobody traces itself: a kernel
/// that would answer says so. One that does not (it is old, or a filter
/// forbids it) would leave whoever is traced standing at the first call.
pub(super) fn check() -> Result<(), Errno> {
    let request = libc::PTRACE_GET_SYSCALL_INFO;
    let nothing = ptr::null_mut::<libc::c_void>();
    // SAFETY: nothing can be written, in zero bytes, to nowhere.
    let done =
        unsafe { libc::ptrace(request, libc::getpid(), nothing, nothing) };
    match Errno::result(done) {
        Ok(_) | Err(Errno::ESRCH) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Whether it has made its last call by the ABI of this tool.
pub(super) fn is_native(tid: i32) -> bool {
    syscall_info(tid).is_some_and(|info| info.arch == ARCH)
}

fn syscall_info(tid: i32) -> Option<libc::ptrace_syscall_info> {
    let mut info = MaybeUninit::<libc::ptrace_syscall_info>::zeroed();
    let request = libc::PTRACE_GET_SYSCALL_INFO;
    let size = mem::size_of_val(&info);
    // SAFETY: the kernel writes no more than `size` bytes, which are there.
    let length =
        unsafe { libc::ptrace(request, tid, size, info.as_mut_ptr()) };
    // SAFETY: made of integers, all set: zero where the kernel wrote none.
    (length >= 0).then(|| unsafe { info.assume_init() })
}

/// What an event is about: whom it has made, who it was until its exec.
pub(super) fn message(tid: i32) -> Option<i32> {
    let message = ptrace::getevent(Pid::from_raw(tid)).ok()?;
    i32::try_from(message).ok()
}

/// The signal that a task stands in front of.
pub(super) fn delivery(tid: i32, signal: i32) -> Delivery {
    let unknown = Delivery { signal, code: 0, pid: 0, status: 0 };
    let Ok(info) = ptrace::getsiginfo(Pid::from_raw(tid)) else {
        return unknown;
    };
    let code = info.si_code;
    let is_child = signal == libc::SIGCHLD && code > 0;
    let is_sent = [libc::SI_USER, libc::SI_QUEUE, libc::SI_TKILL]
        .contains(&code)
        || code == libc::SI_MESGQ;
    // SAFETY: signals with these codes have a pid there; and where others
    // have something else, it is an integer, too.
    let pid = if is_child || is_sent { unsafe { info.si_pid() } } else { 0 };
    // SAFETY: SIGCHLD has the child's status there.
    let status = if is_child { unsafe { info.si_status() } } else { 0 };
    Delivery { signal, code, pid, status }
}

/// The next stop or end of anyone who is traced by this thread; of others,
/// nobody is looked at. EINTR when a tick came first; ECHILD when nobody is
/// left.
///
/// __WCLONE is meant for children that do not announce their end by SIGCHLD.
/// But whoever is traced counts always, so what it excludes are the ordinary
/// children: they stay for whoever in this tool has started them.
/// (waitpid(2) itself, since nix's knows no real-time signals.)
pub(super) fn next(flags: i32) -> Result<Option<(i32, i32)>, Errno> {
    wait(-1, libc::__WCLONE | libc::__WNOTHREAD | flags)
}

/// The next stop or end of one task.
pub(super) fn next_of(tid: i32) -> Result<i32, Errno> {
    loop {
        match wait(tid, libc::__WALL | libc::__WNOTHREAD) {
            Err(Errno::EINTR) | Ok(None) => {}
            Ok(Some((_, status))) => return Ok(status),
            Err(errno) => return Err(errno),
        }
    }
}

/// Takes the place of a parent that is gone. Whom: a pid, or minus a process
/// group. Whichever thread of this process the kernel gave them to.
pub(super) fn reap_all(whom: i32) {
    while let Ok(Some(_)) = wait(whom, libc::__WALL | libc::WNOHANG) {}
}

/// A stop wakes whoever waits, and sends SIGCHLD, for nothing: without that,
/// one costs 5 % less. (Who has a handler, or ignores it, has his reasons.)
pub(super) fn stop_quietly() -> nix::Result<()> {
    let quiet = SigAction::new(
        SigHandler::SigDfl,
        SaFlags::SA_NOCLDSTOP,
        SigSet::empty(),
    );
    // SAFETY: no handler is set that was not there before.
    unsafe {
        let former = sigaction(Signal::SIGCHLD, &quiet)?;
        if !matches!(former.handler(), SigHandler::SigDfl) {
            sigaction(Signal::SIGCHLD, &former)?;
        }
    }
    Ok(())
}

fn wait(whom: i32, flags: i32) -> Result<Option<(i32, i32)>, Errno> {
    let mut status = 0;
    // SAFETY: the status is this function's own.
    let tid = unsafe { libc::waitpid(whom, &raw mut status, flags) };
    let tid = Errno::result(tid)?;
    Ok((tid != 0).then_some((tid, status)))
}
