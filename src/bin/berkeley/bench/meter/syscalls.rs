//! The names of the system calls that servers make. Man page: `syscalls(2)`.
//!
//! Numbers differ between architectures; `libc` has those of the one that
//! this is compiled for.

use libc::c_long;

macro_rules! table {
    ($($call:ident)*) => { &[$((libc::$call, stringify!($call))),*] };
}

const CALLS: &[(c_long, &str)] = table! {
    SYS_accept SYS_accept4 SYS_bind SYS_brk SYS_clock_gettime
    SYS_clock_nanosleep SYS_clone SYS_clone3 SYS_close SYS_connect SYS_dup
    SYS_dup3 SYS_epoll_create1 SYS_epoll_ctl SYS_epoll_pwait SYS_epoll_pwait2
    SYS_eventfd2 SYS_execve SYS_exit SYS_exit_group SYS_fcntl SYS_flock
    SYS_fstat SYS_futex SYS_getdents64 SYS_getpeername SYS_getpid SYS_getppid
    SYS_getrandom SYS_getsockname SYS_getsockopt SYS_gettid SYS_io_uring_enter
    SYS_ioctl SYS_kill SYS_listen SYS_lseek SYS_madvise SYS_mmap SYS_mprotect
    SYS_mremap SYS_munmap SYS_nanosleep SYS_newfstatat SYS_openat SYS_pipe2
    SYS_ppoll SYS_prctl SYS_pread64 SYS_prlimit64 SYS_pselect6 SYS_pwrite64
    SYS_read SYS_readv SYS_recvfrom SYS_recvmmsg SYS_recvmsg
    SYS_restart_syscall SYS_rseq SYS_rt_sigaction SYS_rt_sigprocmask
    SYS_rt_sigreturn SYS_rt_sigtimedwait SYS_sched_getaffinity SYS_sched_yield
    SYS_sendfile SYS_sendmmsg SYS_sendmsg SYS_sendto SYS_set_robust_list
    SYS_set_tid_address SYS_setpgid SYS_setsid SYS_setsockopt SYS_shutdown
    SYS_signalfd4 SYS_sigaltstack SYS_socket SYS_socketpair SYS_splice
    SYS_statx SYS_tgkill SYS_timerfd_settime SYS_uname SYS_wait4 SYS_waitid
    SYS_write SYS_writev
};

/// Calls that younger architectures never had.
#[cfg(target_arch = "x86_64")]
const OLD_CALLS: &[(c_long, &str)] = table! {
    SYS_access SYS_alarm SYS_arch_prctl SYS_dup2 SYS_epoll_create
    SYS_epoll_wait SYS_fork SYS_getdents SYS_lstat SYS_open SYS_pause SYS_pipe
    SYS_poll SYS_select SYS_stat SYS_time SYS_unlink SYS_vfork
};
#[cfg(not(target_arch = "x86_64"))]
const OLD_CALLS: &[(c_long, &str)] = &[];

/// `accept4`; `syscall_451` for one that is in neither table.
pub(super) fn name(number: u64) -> String {
    let is_it =
        |(known, _): &&(c_long, &str)| u64::try_from(*known) == Ok(number);
    match CALLS.iter().chain(OLD_CALLS).find(is_it) {
        Some((_, name)) => name.trim_start_matches("SYS_").to_string(),
        None => format!("syscall_{number}"),
    }
}
