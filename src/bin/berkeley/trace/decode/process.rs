//! Processes and threads: how they begin, what they run, how they end and
//! who waits for them.

use super::Call;
use super::errno::signal_argument;
use super::reading::{long, time, word};
use super::words::{Names, flags, hex, named, names, one_of, pointer};

pub(super) fn clone(call: &mut Call) {
    let options = call.arg(0);
    let has = |flag: i32| options & u64::from(flag.cast_unsigned()) != 0;
    let takes_parent = has(libc::CLONE_PARENT_SETTID | libc::CLONE_PIDFD);
    match call.result {
        None => {
            call.push(format!("child_stack={}", pointer(call.arg(1))));
            call.push(format!("flags={}", clone_flags(options)));
            if takes_parent {
                call.push(format!("parent_tid={}", pointer(call.arg(2))));
            }
            // Where the C library finds what belongs to the thread.
            let (tls, child) = if cfg!(target_arch = "x86_64") {
                (call.arg(4), call.arg(3))
            } else {
                (call.arg(3), call.arg(4))
            };
            if has(libc::CLONE_SETTLS) {
                call.push(format!("tls={}", hex(tls)));
            }
            if has(libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID) {
                call.push(format!("child_tidptr={}", pointer(child)));
            }
        }
        Some(1..) if takes_parent => {
            let written = call.boxed_int(call.arg(2));
            if has(libc::CLONE_PIDFD) {
                call.decoded.made.extend(call.int_at(call.arg(2)));
            }
            call.set(2, format!("parent_tid={written}"));
        }
        Some(_) => {}
    }
}

/// Flags, and in the lowest byte the signal that the parent will hear.
fn clone_flags(value: u64) -> String {
    let signal = i32::try_from(value & 0xff).unwrap_or(0);
    match (value & !0xff, signal) {
        (options, 0) => flags(options, CLONE, "CLONE_???"),
        (0, signal) => signal_argument(signal),
        (options, signal) => {
            let options = flags(options, CLONE, "CLONE_???");
            format!("{options}|{}", signal_argument(signal))
        }
    }
}

/// `struct clone_args`: fields that say nothing are left out.
pub(super) fn clone3(call: &mut Call) {
    let (at, size) = (call.arg(0), call.arg(1));
    let shown = usize::try_from(size.min(88)).unwrap_or(88);
    let options = call.bytes(at, shown).filter(|_| size >= 64);
    match (call.result, options) {
        (None, options) => {
            call.push(match options {
                Some(options) => clone_options(&options),
                None => pointer(at),
            });
            call.push(size);
        }
        (Some(1..), Some(options)) => {
            let written = clone_results(call, &options);
            if !written.is_empty()
                && let Some(before) = call.decoded.args.first()
            {
                let text = format!("{before} => {{{}}}", written.join(", "));
                call.set(0, text);
            }
        }
        _ => {}
    }
}

fn clone_options(options: &[u8]) -> String {
    let value = long(options, 0);
    let signal = i32::try_from(long(options, 32)).unwrap_or(-1);
    let mut words =
        vec![format!("flags={}", flags(value, CLONE, "CLONE_???"))];
    let mut optional = |flag: i32, name, at| {
        if value & u64::from(flag.cast_unsigned()) != 0 {
            words.push(format!("{name}={}", pointer(long(options, at))));
        }
    };
    optional(libc::CLONE_PIDFD, "pidfd", 8);
    let child = libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID;
    optional(child, "child_tid", 16);
    optional(libc::CLONE_PARENT_SETTID, "parent_tid", 24);
    words.push(format!("exit_signal={}", signal_argument(signal)));
    words.push(format!("stack={}", pointer(long(options, 40))));
    words.push(format!("stack_size={}", hex(long(options, 48))));
    if value & u64::from(libc::CLONE_SETTLS.cast_unsigned()) != 0 {
        words.push(format!("tls={}", hex(long(options, 56))));
    }
    format!("{{{}}}", words.join(", "))
}

fn clone_results(call: &mut Call, options: &[u8]) -> Vec<String> {
    let value = long(options, 0);
    let mut words = Vec::new();
    if value & u64::from(libc::CLONE_PIDFD.cast_unsigned()) != 0 {
        call.decoded.made.extend(call.int_at(long(options, 8)));
        words.push(format!("pidfd={}", call.boxed_int(long(options, 8))));
    }
    if value & u64::from(libc::CLONE_PARENT_SETTID.cast_unsigned()) != 0 {
        let tid = call.boxed_int(long(options, 24));
        words.push(format!("parent_tid={tid}"));
    }
    words
}

pub(super) fn execve(call: &mut Call) {
    if call.result.is_none() {
        push_program(call, 0);
    }
}

pub(super) fn execveat(call: &mut Call) {
    if call.result.is_none() {
        call.push(super::others::directory(call.int(0)));
        push_program(call, 1);
        let value = u64::from(call.unsigned(4));
        call.push(flags(value, AT_FLAGS, "AT_???"));
    }
}

/// Path, arguments and how many variables the environment has.
fn push_program(call: &mut Call, place: usize) {
    call.push(call.path(call.arg(place)));
    let at = call.arg(place + 1);
    let arguments = strings(call, at, super::reading::SHOWN + 1);
    call.push(match arguments {
        Some(addresses) => {
            let shown = addresses.iter().take(super::reading::SHOWN);
            let mut words: Vec<String> =
                shown.map(|at| call.string(*at, call.longest)).collect();
            if addresses.len() > words.len() {
                words.push("...".to_string());
            }
            format!("[{}]", words.join(", "))
        }
        None => pointer(at),
    });
    let at = call.arg(place + 2);
    call.push(match strings(call, at, MOST_VARIABLES) {
        Some(variables) => {
            let count = variables.len();
            let unit = if count == 1 { "var" } else { "vars" };
            format!("{} /* {count} {unit} */", pointer(at))
        }
        None => pointer(at),
    });
}

const MOST_VARIABLES: usize = 4096;

/// Addresses up to a null one.
fn strings(call: &Call, at: u64, most: usize) -> Option<Vec<u64>> {
    let mut found = Vec::new();
    let mut next = at;
    while found.len() < most {
        let piece = call.some_bytes(next, 512)?;
        let (addresses, _) = piece.as_chunks::<8>();
        if addresses.is_empty() {
            return None;
        }
        for address in addresses {
            match u64::from_ne_bytes(*address) {
                0 => return Some(found),
                address => found.push(address),
            }
        }
        next = next.checked_add((addresses.len() * 8) as u64)?;
    }
    found.truncate(most);
    Some(found)
}

pub(super) fn exit(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
    }
}

pub(super) fn wait4(call: &mut Call) {
    match call.result {
        None => {
            call.push_int(0);
            call.push_pointer(1);
            let options = u64::from(call.unsigned(2));
            call.push(flags(options, WAIT, "W???"));
            call.push_pointer(3);
        }
        Some(1..) => {
            if let Some(status) = call.int_at(call.arg(1)) {
                call.set(1, format!("[{}]", wait_status(status)));
            }
            let usage = usage(call, call.arg(3));
            call.set(3, usage);
        }
        Some(_) => {}
    }
}

/// `{WIFEXITED(s) && WEXITSTATUS(s) == 0}`
fn wait_status(status: i32) -> String {
    if libc::WIFSTOPPED(status) {
        let signal = signal_argument(libc::WSTOPSIG(status) & 0x7f);
        format!("{{WIFSTOPPED(s) && WSTOPSIG(s) == {signal}}}")
    } else if libc::WIFSIGNALED(status) {
        let signal = signal_argument(libc::WTERMSIG(status));
        let core =
            if libc::WCOREDUMP(status) { " && WCOREDUMP(s)" } else { "" };
        format!("{{WIFSIGNALED(s) && WTERMSIG(s) == {signal}{core}}}")
    } else if libc::WIFEXITED(status) {
        let code = libc::WEXITSTATUS(status);
        format!("{{WIFEXITED(s) && WEXITSTATUS(s) == {code}}}")
    } else if libc::WIFCONTINUED(status) {
        "{WIFCONTINUED(s)}".to_string()
    } else {
        hex(u64::from(status.cast_unsigned()))
    }
}

fn usage(call: &Call, at: u64) -> String {
    match call.bytes(at, 32) {
        Some(times) => {
            let user = time(&times, "tv_usec");
            let system = time(&times[16..], "tv_usec");
            format!("{{ru_utime={user}, ru_stime={system}, ...}}")
        }
        None => pointer(at),
    }
}

pub(super) fn waitid(call: &mut Call) {
    match call.result {
        None => {
            let whom = u64::from(call.unsigned(0));
            call.push(one_of(whom, WHOM, "P_???"));
            call.push_int(1);
            call.push_pointer(2);
            let options = u64::from(call.unsigned(3));
            call.push(flags(options, WAIT_ID, "W???"));
            call.push_pointer(4);
        }
        Some(0..) => {
            let at = call.arg(2);
            if let Some(news) = call.bytes(at, 48) {
                call.set(2, child_news(&news));
            }
            let usage = usage(call, call.arg(4));
            call.set(4, usage);
        }
        Some(_) => {}
    }
}

/// The siginfo of a child.
fn child_news(news: &[u8]) -> String {
    let number = word(news, 0).cast_signed();
    if number == 0 {
        return "{}".to_string();
    }
    let code = u64::from(word(news, 8));
    let status = word(news, 24).cast_signed();
    let status = match named(code, CHILD) {
        Some("CLD_EXITED") => status.to_string(),
        _ => signal_argument(status),
    };
    format!(
        "{{si_signo={}, si_code={}, si_pid={}, si_uid={}, si_status={status}, \
         si_utime={}, si_stime={}}}",
        signal_argument(number),
        one_of(code, CHILD, "CLD_???"),
        word(news, 16).cast_signed(),
        word(news, 20),
        ticks(long(news, 32)),
        ticks(long(news, 40)),
    )
}

/// Time is told in hundredths of a second.
fn ticks(value: u64) -> String {
    if value == 0 {
        return "0".to_string();
    }
    format!("{value} /* {}.{:02} s */", value / 100, value % 100)
}

pub(super) fn unshare(call: &mut Call) {
    if call.result.is_none() {
        call.push(flags(call.arg(0), CLONE, "CLONE_???"));
    }
}

pub(super) fn setns(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
        call.push(flags(u64::from(call.unsigned(1)), CLONE, "CLONE_???"));
    }
}

const CLONE: Names = names! {
    0x80 CLONE_NEWTIME 0x100 CLONE_VM 0x200 CLONE_FS 0x400 CLONE_FILES
    0x800 CLONE_SIGHAND 0x1000 CLONE_PIDFD 0x2000 CLONE_PTRACE
    0x4000 CLONE_VFORK 0x8000 CLONE_PARENT 0x10000 CLONE_THREAD
    0x20000 CLONE_NEWNS 0x40000 CLONE_SYSVSEM 0x80000 CLONE_SETTLS
    0x0010_0000 CLONE_PARENT_SETTID 0x0020_0000 CLONE_CHILD_CLEARTID
    0x0080_0000 CLONE_UNTRACED 0x0100_0000 CLONE_CHILD_SETTID
    0x0200_0000 CLONE_NEWCGROUP 0x0400_0000 CLONE_NEWUTS
    0x0800_0000 CLONE_NEWIPC 0x1000_0000 CLONE_NEWUSER
    0x2000_0000 CLONE_NEWPID 0x4000_0000 CLONE_NEWNET 0x8000_0000 CLONE_IO
    0x0001_0000_0000 CLONE_CLEAR_SIGHAND 0x0002_0000_0000 CLONE_INTO_CGROUP
};

const AT_FLAGS: Names = names! {
    0x100 AT_SYMLINK_NOFOLLOW 0x1000 AT_EMPTY_PATH
};

const WAIT: Names = names! {
    0x1 WNOHANG 0x2 WSTOPPED 0x8 WCONTINUED 0x2000_0000 __WNOTHREAD
    0x8000_0000 __WCLONE 0x4000_0000 __WALL
};

const WAIT_ID: Names = names! {
    0x1 WNOHANG 0x2 WSTOPPED 0x4 WEXITED 0x8 WCONTINUED 0x0100_0000 WNOWAIT
    0x2000_0000 __WNOTHREAD 0x8000_0000 __WCLONE 0x4000_0000 __WALL
};

const WHOM: Names = names! { 0 P_ALL 1 P_PID 2 P_PGID 3 P_PIDFD };

const CHILD: Names = names! {
    1 CLD_EXITED 2 CLD_KILLED 3 CLD_DUMPED 4 CLD_TRAPPED 5 CLD_STOPPED
    6 CLD_CONTINUED
};
