//! poll(2) and select(2): which of several descriptors is ready.

use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::sys::select::FdSet;
use nix::sys::time::{TimeVal, TimeValLike};

use super::{Args, Command, Kind, may, needs};
use crate::shell::call::{Answer, Arg};
use crate::shell::sets::NAMES;
use crate::trace::symbols;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "poll",
        takes: &[
            needs("FD[:EVENTS]...", Kind::Events),
            may("MILLISECONDS", Kind::Number, "-1"),
        ],
        what: "Waits until one of them is ready, for POLLIN if nothing else is \
           said; -1 milliseconds are for ever, 0 only looks. POLLERR, \
           POLLHUP and POLLNVAL come unasked.",
        errors: &["EINTR: a signal came, such as Ctrl-C"],
        man: "poll(2)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\n\
              poll left:POLLIN|POLLOUT right 0\nsend left \"x\"\n\
              poll right 0",
        make: poll,
    },
    Command {
        name: "select",
        takes: &[
            needs("[NFDS] [read|write|except FD...]...", Kind::Sets),
            may("SECONDS", Kind::Seconds, "NULL"),
        ],
        what: "Waits until a descriptor of one of the sets is ready, for so long, \
           or for ever. NFDS is one more than the highest, and is taken so \
           when it is left out: those from NFDS on are not looked at, and \
           their bits say nothing. A set \
           has room for descriptors below FD_SETSIZE, 1024.",
        errors: &[
            "EBADF: there is no such descriptor in one of the sets",
            "EINVAL: NFDS is negative",
            "EINTR: a signal came, such as Ctrl-C",
        ],
        man: "select(2)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\n\
              select read left right write left 0\nsend left \"x\"\n\
              select 5 read left right 0.5",
        make: select,
    },
];

fn poll(args: &Args) -> Answer {
    let Arg::Events(asked) = args.arg(0) else {
        return Answer::failed(Errno::EINVAL);
    };
    let entry =
        |&(fd, events): &(i32, i16)| libc::pollfd { fd, events, revents: 0 };
    let mut polled: Vec<libc::pollfd> = asked.iter().map(entry).collect();
    let count = polled.len() as libc::nfds_t;
    // SAFETY: the kernel reads and writes `count` entries, which are there.
    let ready = unsafe { libc::poll(polled.as_mut_ptr(), count, args.int(1)) };
    match Errno::result(ready) {
        Ok(ready) => {
            let those = polled.iter().filter(|it| it.revents != 0);
            let told = those.map(|it| {
                format!("{}: {}", it.fd, symbols::events(it.revents))
            });
            Answer::good(ready.into(), noted(told))
        }
        Err(errno) => Answer::failed(errno),
    }
}

/// `(3: POLLIN, 4: POLLOUT)`; nothing of nothing.
fn noted(told: impl Iterator<Item = String>) -> String {
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        String::new()
    } else {
        format!("({})", told.join(", "))
    }
}

fn select(args: &Args) -> Answer {
    let Arg::Sets(sets) = args.arg(0) else {
        return Answer::failed(Errno::EINVAL);
    };
    let mut all = sets.fds.each_ref().map(|fds| {
        let mut set = FdSet::new();
        for fd in fds {
            set.insert(borrowed(*fd));
        }
        (!fds.is_empty()).then_some(set)
    });
    let micros = args.long(1);
    let mut time = (micros >= 0).then(|| TimeVal::microseconds(micros));
    let [input, output, except] = all.each_mut().map(Option::as_mut);
    let done = nix::sys::select::select(
        sets.nfds(),
        input,
        output,
        except,
        time.as_mut(),
    );
    match done {
        Ok(ready) => {
            let named = NAMES.into_iter().zip(&sets.fds).zip(&all);
            let told = named.filter_map(|((name, fds), set)| {
                let set = set.as_ref()?;
                let is_in = |fd: &&i32| set.contains(borrowed(**fd));
                let fds = fds.iter().filter(is_in).map(i32::to_string);
                let fds: Vec<String> = fds.collect();
                (!fds.is_empty()).then(|| format!("{name}: {}", fds.join(" ")))
            });
            Answer::good(ready.into(), noted(told))
        }
        Err(errno) => Answer::failed(errno),
    }
}

/// A number, for a set of numbers.
fn borrowed(fd: i32) -> BorrowedFd<'static> {
    // SAFETY: it is not -1; whether it is open is for the kernel to say.
    unsafe { BorrowedFd::borrow_raw(fd) }
}
