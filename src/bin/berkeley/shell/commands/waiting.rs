//! poll(2): which of several descriptors is ready.

use nix::errno::Errno;

use super::{Args, Command, Kind, may, needs};
use crate::shell::call::{Answer, Arg};
use crate::trace::symbols;

pub(super) const COMMANDS: &[Command] = &[Command {
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
}];

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
            let told: Vec<String> = those
                .map(|it| {
                    format!("{}: {}", it.fd, symbols::events(it.revents))
                })
                .collect();
            let note = if told.is_empty() {
                String::new()
            } else {
                format!("({})", told.join(", "))
            };
            Answer::good(ready.into(), note)
        }
        Err(errno) => Answer::failed(errno),
    }
}
