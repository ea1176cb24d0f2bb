//! Which calls are known, and which file decodes each: a row per call, as in
//! strace's own table. Man page: `syscalls(2)`.

use std::borrow::Cow;
use std::sync::LazyLock;

use syscalls::Sysno;

use super::{
    Call, descriptors, message, network, options, others, process, signals,
    transfer, waiting,
};
use crate::tracer::{self, Entry};

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// socket, bind, send, recv and the like.
    Network,
    /// read, write, sendfile, splice: on sockets or on anything else.
    Transfer,
    /// close, dup, fcntl, ioctl.
    Descriptor,
    /// poll, select, epoll.
    Waiting,
    /// fork, exec, exit, wait, signals.
    Process,
    Other,
}

/// A row of the table.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) family: Family,
    /// Which argument is the descriptor that the call is about.
    subject: Option<usize>,
    /// Whether the result is a new descriptor.
    pub(super) makes: bool,
    pub(super) decode: fn(&mut Call),
}

const UNKNOWN: Known = Known {
    family: Family::Other,
    subject: None,
    makes: false,
    decode: others::any,
};

/// On a descriptor, its first argument.
const fn on(family: Family, decode: fn(&mut Call)) -> Known {
    Known { family, subject: Some(0), makes: false, decode }
}

/// On no descriptor.
const fn plain(family: Family, decode: fn(&mut Call)) -> Known {
    Known { family, subject: None, makes: false, decode }
}

impl Known {
    /// Its result is a descriptor.
    const fn makes(self) -> Known {
        Known { makes: true, ..self }
    }
}

use Family::{Descriptor, Network, Other, Process, Transfer, Waiting};

macro_rules! table {
    ($($call:ident $row:expr),* $(,)?) => {
        &[$((Sysno::$call, $row)),*]
    };
}

const CALLS: &[(Sysno, Known)] = table! {
    socket plain(Network, network::socket).makes(),
    socketpair plain(Network, network::socketpair),
    bind on(Network, network::name),
    connect on(Network, network::name),
    listen on(Network, network::listen),
    accept on(Network, network::peer).makes(),
    accept4 on(Network, network::accept4).makes(),
    getsockname on(Network, network::peer),
    getpeername on(Network, network::peer),
    setsockopt on(Network, options::setsockopt),
    getsockopt on(Network, options::getsockopt),
    sendto on(Network, network::sendto),
    recvfrom on(Network, network::recvfrom),
    sendmsg on(Network, message::sendmsg),
    recvmsg on(Network, message::recvmsg),
    sendmmsg on(Network, message::sendmmsg),
    recvmmsg on(Network, message::recvmmsg),
    shutdown on(Network, network::shutdown),

    read on(Transfer, transfer::read),
    write on(Transfer, transfer::write),
    pread64 on(Transfer, transfer::read_at),
    pwrite64 on(Transfer, transfer::write_at),
    readv on(Transfer, transfer::readv),
    writev on(Transfer, transfer::writev),
    preadv on(Transfer, transfer::readv),
    pwritev on(Transfer, transfer::writev),
    preadv2 on(Transfer, transfer::readv),
    pwritev2 on(Transfer, transfer::writev),
    sendfile on(Transfer, transfer::sendfile),
    splice on(Transfer, transfer::splice),
    tee on(Transfer, transfer::tee),
    vmsplice on(Transfer, transfer::vmsplice),
    copy_file_range on(Transfer, transfer::copy_file_range),

    close on(Descriptor, descriptors::close),
    close_range plain(Descriptor, descriptors::close_range),
    dup on(Descriptor, descriptors::dup).makes(),
    dup3 on(Descriptor, descriptors::dup3).makes(),
    fcntl on(Descriptor, descriptors::fcntl),
    ioctl on(Descriptor, descriptors::ioctl),
    pidfd_open plain(Descriptor, descriptors::pidfd_open).makes(),
    pidfd_getfd on(Descriptor, descriptors::pidfd_getfd).makes(),
    pipe2 plain(Descriptor, descriptors::pipe),

    ppoll plain(Waiting, waiting::ppoll),
    pselect6 plain(Waiting, waiting::pselect6),
    epoll_create1 plain(Waiting, waiting::epoll_create1).makes(),
    epoll_ctl on(Waiting, waiting::epoll_ctl),
    epoll_pwait on(Waiting, waiting::epoll_pwait),
    epoll_pwait2 on(Waiting, waiting::epoll_pwait2),

    clone plain(Process, process::clone),
    clone3 plain(Process, process::clone3),
    execve plain(Process, process::execve),
    execveat plain(Process, process::execveat),
    exit plain(Process, process::exit),
    exit_group plain(Process, process::exit),
    wait4 plain(Process, process::wait4),
    waitid plain(Process, process::waitid),
    kill plain(Process, signals::kill),
    tkill plain(Process, signals::kill),
    tgkill plain(Process, signals::tgkill),
    rt_sigaction plain(Process, signals::sigaction),
    rt_sigprocmask plain(Process, signals::sigprocmask),
    rt_sigsuspend plain(Process, signals::sigsuspend),
    pidfd_send_signal on(Process, signals::pidfd_send_signal),
    unshare plain(Process, process::unshare),
    setns on(Process, process::setns),
    restart_syscall plain(Process, others::nothing),

    io_uring_setup plain(Other, others::ring).makes(),
    openat plain(Other, others::openat),
    getpid plain(Other, others::nothing),
    getppid plain(Other, others::nothing),
    gettid plain(Other, others::nothing),
    getuid plain(Other, others::nothing),
    getgid plain(Other, others::nothing),
    geteuid plain(Other, others::nothing),
    getegid plain(Other, others::nothing),
    setsid plain(Other, others::nothing),
    sched_yield plain(Other, others::nothing),
    rt_sigreturn plain(Other, others::nothing),
    brk plain(Other, others::one),
    set_tid_address plain(Other, others::one),
    fsync on(Other, others::one),
    munmap plain(Other, others::two),
    set_robust_list plain(Other, others::two),
    getrandom plain(Other, others::three),
    mprotect plain(Other, others::three),
    madvise plain(Other, others::three),
    lseek on(Other, others::three),
    fstat on(Other, others::two),
    newfstatat plain(Other, others::path_at),
    readlinkat plain(Other, others::path_at),
    rseq plain(Other, others::four),
    prlimit64 plain(Other, others::four),
    clock_nanosleep plain(Other, others::four),
};

/// Calls that younger architectures never had.
#[cfg(target_arch = "x86_64")]
const OLD_CALLS: &[(Sysno, Known)] = table! {
    dup2 on(Descriptor, descriptors::dup2).makes(),
    pipe plain(Descriptor, descriptors::pipe),
    poll plain(Waiting, waiting::poll),
    select plain(Waiting, waiting::select),
    epoll_create plain(Waiting, waiting::epoll_create).makes(),
    epoll_wait on(Waiting, waiting::epoll_wait),
    fork plain(Process, others::nothing),
    vfork plain(Process, others::nothing),
    pause plain(Process, others::nothing),
    open plain(Other, others::open),
    access plain(Other, others::path),
    stat plain(Other, others::path),
    lstat plain(Other, others::path),
    unlink plain(Other, others::path),
    readlink plain(Other, others::path),
    arch_prctl plain(Other, others::two),
};
#[cfg(not(target_arch = "x86_64"))]
const OLD_CALLS: &[(Sysno, Known)] = &[];

/// The table by number, because every call is looked up in it.
static ROWS: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let mut rows = vec![UNKNOWN; 512];
    for (call, known) in CALLS.iter().chain(OLD_CALLS) {
        let place = usize::try_from(call.id()).unwrap_or(usize::MAX);
        if let Some(row) = rows.get_mut(place) {
            *row = *known;
        }
    }
    rows
});

pub(super) fn known(number: u64) -> &'static Known {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    ROWS.get(place).unwrap_or(&UNKNOWN)
}

/// `accept4`; `unknown` for one that is younger than the table of names.
pub(super) fn name(number: u64) -> &'static str {
    match tracer::name(number) {
        Cow::Borrowed(name) => name,
        Cow::Owned(_) => "unknown",
    }
}

pub(crate) fn family(number: u64) -> Family {
    known(number).family
}

/// The descriptor that a call is about: its memory is not read for that.
pub(crate) fn subject(call: &Entry) -> Option<i32> {
    let place = known(call.number).subject?;
    Some(super::words::int(call.args[place]))
}

/// The calls that a trace of sockets needs to see: those that may be about
/// one, those that start, end, or await processes, and those that would
/// change what is seen. Signals are told of without a call.
pub(crate) fn numbers() -> Vec<u64> {
    let rows = CALLS.iter().chain(OLD_CALLS);
    let needed = rows.filter(|(call, known)| is_needed(*call, *known));
    needed.filter_map(|(call, _)| u64::try_from(call.id()).ok()).collect()
}

fn is_needed(call: Sysno, known: Known) -> bool {
    match known.family {
        Network | Waiting => true,
        // No socket can be read or written at an offset.
        Transfer => !call.name().starts_with('p'),
        Descriptor => !call.name().starts_with("pipe"),
        Process => !call.name().starts_with("rt_sig"),
        Other => call == Sysno::io_uring_setup,
    }
}
