//! What an error and a signal are called. Man pages: `errno(3)`,
//! `signal(7)`.

use super::words::{Names, named, names};

/// `ECONNREFUSED`; nothing when it is no error. `ERESTARTSYS` and its kin are
/// the kernel's own: no program ever sees them.
pub(crate) fn errno(result: i64) -> Option<String> {
    let value = u64::try_from(result.checked_neg()?).ok()?;
    match value {
        1..=4095 => Some(match error(value) {
            Some(name) => name.to_string(),
            None => format!("E{value}"),
        }),
        _ => None,
    }
}

fn error(value: u64) -> Option<&'static str> {
    if let Some(name) = named(value, RESTARTS) {
        return Some(name);
    }
    let value = i32::try_from(value).ok()?;
    syscalls::Errno::new(value).name()
}

const RESTARTS: Names = names! {
    512 ERESTARTSYS 513 ERESTARTNOINTR 514 ERESTARTNOHAND
    516 ERESTART_RESTARTBLOCK
};

/// `SIGCHLD`, `SIGRTMIN+3`. Real-time signals are counted as in a program:
/// the C library keeps the kernel's first two, 32 and 33, for its threads,
/// so that SIGRTMIN is 34. (strace counts from the kernel's 32: its
/// `SIGRT_2` is our `SIGRTMIN`.)
pub(crate) fn signal(number: i32) -> String {
    let value = u64::try_from(number).unwrap_or(u64::MAX);
    match (named(value, SIGNALS), number) {
        (Some(name), _) => name.to_string(),
        (None, 32..34) => format!("SIGRT_{}", number - 32),
        (None, 34) => "SIGRTMIN".to_string(),
        (None, 35..=64) => format!("SIGRTMIN+{}", number - 34),
        (None, _) => number.to_string(),
    }
}

/// As an argument, where strace's way of counting is kept.
pub(super) fn signal_argument(number: i32) -> String {
    match number {
        32 => "SIGRTMIN".to_string(),
        33..=64 => format!("SIGRT_{}", number - 32),
        _ => signal(number),
    }
}

const SIGNALS: Names = names! {
    1 SIGHUP 2 SIGINT 3 SIGQUIT 4 SIGILL 5 SIGTRAP 6 SIGABRT 7 SIGBUS 8 SIGFPE
    9 SIGKILL 10 SIGUSR1 11 SIGSEGV 12 SIGUSR2 13 SIGPIPE 14 SIGALRM
    15 SIGTERM 16 SIGSTKFLT 17 SIGCHLD 18 SIGCONT 19 SIGSTOP 20 SIGTSTP
    21 SIGTTIN 22 SIGTTOU 23 SIGURG 24 SIGXCPU 25 SIGXFSZ 26 SIGVTALRM
    27 SIGPROF 28 SIGWINCH 29 SIGIO 30 SIGPWR 31 SIGSYS
};

/// `[INT CHLD RT_2]`, and `~[TERM]` when most of them are in it.
pub(super) fn signal_set(bits: u64) -> String {
    let inverted = bits.count_ones() >= 64 * 2 / 3;
    let bits = if inverted { !bits } else { bits };
    let members = (1..=64).filter(|number| bits >> (number - 1) & 1 == 1);
    let names: Vec<String> = members
        .map(|number| signal_argument(number)[3..].to_string())
        .collect();
    format!("{}[{}]", if inverted { "~" } else { "" }, names.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_between_minus_1_and_minus_4095() {
        assert_eq!(errno(-111).as_deref(), Some("ECONNREFUSED"));
        assert_eq!(errno(-11).as_deref(), Some("EAGAIN"));
        assert_eq!(errno(-512).as_deref(), Some("ERESTARTSYS"));
        assert_eq!(errno(-513).as_deref(), Some("ERESTARTNOINTR"));
        assert_eq!(errno(-514).as_deref(), Some("ERESTARTNOHAND"));
        assert_eq!(errno(-516).as_deref(), Some("ERESTART_RESTARTBLOCK"));
        assert_eq!(errno(-4000).as_deref(), Some("E4000"));
        assert_eq!(errno(0), None);
        assert_eq!(errno(5), None);
        assert_eq!(errno(-4096), None);
        assert_eq!(errno(i64::MIN), None);
    }

    #[test]
    fn real_time_signals_are_counted_as_programs_do() {
        assert_eq!(signal(libc::SIGCHLD), "SIGCHLD");
        assert_eq!(signal(libc::SIGRTMIN()), "SIGRTMIN");
        assert_eq!(signal(libc::SIGRTMIN() + 3), "SIGRTMIN+3");
        assert_eq!(signal(32), "SIGRT_0");
        assert_eq!(signal(0), "0");
        assert_eq!(signal(-1), "-1");
        assert_eq!(signal(65), "65");
    }

    #[test]
    fn a_set_of_signals_is_its_members_or_what_it_lacks() {
        assert_eq!(signal_set(0), "[]");
        assert_eq!(signal_set(1 << 1 | 1 << 16 | 1 << 33), "[INT CHLD RT_2]");
        assert_eq!(signal_set(!(1 << 1)), "~[INT]");
        assert_eq!(signal_set(1 << 31), "[RTMIN]");
    }
}
