//! fork(2), waitpid(2), exit(3): the actors are processes, and may make
//! more.

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};

use super::{Args, Command, Kind, may};
use crate::shell::call::Answer;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "fork",
        takes: &[may("NAME", Kind::Word, "")],
        what: "A copy of this process is a new actor, @NAME, with the same \
               descriptors of the same sockets, by the same names. It sends \
               no FIN when only one of the two closes.",
        errors: &["EAGAIN: there are as many processes as there may be"],
        man: "fork(2)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\n\
                  fork worker\n@worker send left \"from the child\"\n\
                  recv right\n@worker exit 0\nwaitpid",
        // The actor makes it itself: see `actor.rs`.
        make: |_| Answer::failed(Errno::ENOSYS),
    },
    Command {
        name: "waitpid",
        takes: &[
            may("PID", Kind::Number, "-1"),
            may("WNOHANG", Kind::Symbol(FLAGS), "0"),
        ],
        what: "Waits for a child's end and takes its exit status: until \
               then it is a zombie.",
        errors: &["ECHILD: there is no child"],
        man: "waitpid(2)",
        example: "waitpid -1 WNOHANG",
        make: wait,
    },
    Command {
        name: "getpid",
        takes: &[],
        what: "The actor's number as a process.",
        errors: &[],
        man: "getpid(2)",
        example: "getpid",
        make: |_| Answer::good(getpid().as_raw().into(), ""),
    },
    Command {
        name: "exit",
        takes: &[may("STATUS", Kind::Number, "0")],
        what: "The actor ends; the kernel closes what it had open. With \
               the first one ends the shell.",
        errors: &[],
        man: "exit(3)",
        example: "@other socket AF_INET SOCK_STREAM\n@other exit 3",
        make: |args| Answer {
            ends: true,
            ..Answer::good(args.int(0).into(), "")
        },
    },
];

const FLAGS: &[(&str, i64)] = &[("0", 0), ("WNOHANG", libc::WNOHANG as i64)];

fn wait(args: &Args) -> Answer {
    let flags = WaitPidFlag::from_bits_truncate(args.int(1));
    match waitpid(Pid::from_raw(args.int(0)), Some(flags)) {
        Ok(WaitStatus::Exited(pid, code)) => {
            Answer::good(pid.as_raw().into(), format!("(exit status {code})"))
        }
        Ok(WaitStatus::Signaled(pid, signal, _)) => {
            Answer::good(pid.as_raw().into(), format!("(killed by {signal})"))
        }
        Ok(other) => {
            let pid = other.pid().map_or(0, Pid::as_raw);
            Answer::good(pid.into(), "")
        }
        Err(errno) => Answer::failed(errno),
    }
}
