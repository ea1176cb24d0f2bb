//! What a wait status says about a traced task. Man page: `ptrace(2)`, under
//! "Stopped states".
//!
//! The kernel packs three things into one number: how the task stopped or
//! ended (low byte), the signal that stopped it (second byte), and, in the
//! bits that no other user of waitpid(2) ever sees, a ptrace event.

use super::{Birth, End};

/// Why a task stands still, or that it will not move any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// In front of a system call, or behind it: which, only
    /// PTRACE_GET_SYSCALL_INFO knows.
    Call,
    /// It has made a child, or a thread.
    Birth(Birth),
    /// Its new program is in place, and has not begun.
    Exec,
    /// Stopped together with its process, by this signal, until SIGCONT.
    Group(i32),
    /// For nothing but the tracer: it is new, was interrupted, or was
    /// continued after a group-stop.
    Trap,
    /// This signal is about to be delivered. Whoever lets the task go on
    /// decides whether it is.
    Signal(i32),
    End(End),
}

impl Stop {
    pub(super) fn of(status: i32) -> Stop {
        if libc::WIFEXITED(status) {
            return Stop::End(End::Exited(libc::WEXITSTATUS(status)));
        }
        if libc::WIFSIGNALED(status) {
            let core = libc::WCOREDUMP(status);
            return Stop::End(End::Killed(libc::WTERMSIG(status), core));
        }
        let signal = libc::WSTOPSIG(status);
        match status >> 16 {
            0 if signal == libc::SIGTRAP | BY_THE_TRACER => Stop::Call,
            0 => Stop::Signal(signal),
            libc::PTRACE_EVENT_SECCOMP => Stop::Call,
            libc::PTRACE_EVENT_FORK => Stop::Birth(Birth::Fork),
            libc::PTRACE_EVENT_VFORK => Stop::Birth(Birth::Vfork),
            libc::PTRACE_EVENT_CLONE => Stop::Birth(Birth::Clone),
            libc::PTRACE_EVENT_EXEC => Stop::Exec,
            libc::PTRACE_EVENT_STOP if signal != libc::SIGTRAP => {
                Stop::Group(signal)
            }
            _ => Stop::Trap,
        }
    }
}

/// PTRACE_O_TRACESYSGOOD: without this bit a call looked as if the program
/// had got a SIGTRAP, which it may send itself.
const BY_THE_TRACER: i32 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(signal: i32, event: i32) -> i32 {
        event << 16 | signal << 8 | 0x7f
    }

    #[test]
    fn a_sigtrap_of_its_own_is_a_signal_and_no_call() {
        let own = stopped(libc::SIGTRAP, 0);
        assert_eq!(Stop::of(own), Stop::Signal(libc::SIGTRAP));
        assert_eq!(Stop::of(stopped(libc::SIGTRAP | 0x80, 0)), Stop::Call);
    }

    #[test]
    fn a_stop_by_a_signal_is_told_from_that_signal_and_from_a_trap() {
        let event = libc::PTRACE_EVENT_STOP;
        let sigstop = libc::SIGSTOP;
        assert_eq!(Stop::of(stopped(sigstop, 0)), Stop::Signal(sigstop));
        assert_eq!(Stop::of(stopped(sigstop, event)), Stop::Group(sigstop));
        assert_eq!(Stop::of(stopped(libc::SIGTRAP, event)), Stop::Trap);
    }

    #[test]
    fn ends_have_their_code_or_their_signal_and_core() {
        assert_eq!(Stop::of(3 << 8), Stop::End(End::Exited(3)));
        assert_eq!(Stop::of(9), Stop::End(End::Killed(9, false)));
        assert_eq!(Stop::of(0x8b), Stop::End(End::Killed(11, true)));
    }
}
