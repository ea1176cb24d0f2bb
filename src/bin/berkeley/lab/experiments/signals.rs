//! A call that waits, and a signal.

use anyhow::Result;
use nix::sys::signal::Signal;

use super::staging::{beside, close, connect, listen, listen_at};
use super::{Change, Experiment, Knob};
use crate::lab::acts::{Act, How};
use crate::lab::play::Play;

pub(super) static SIGNALS: Experiment = Experiment {
    name: "signals",
    title: "EINTR, SA_RESTART, and how to wake an accept",
    question: "A server waits in accept(). Another thread of it closes the \
               listening descriptor, so that the server ends. What happens?",
    choices: &[
        "accept() returns -1, EBADF",
        "accept() returns -1, EINVAL",
        "accept() goes on waiting, and still accepts the next client",
    ],
    answer: 2,
    knobs: &[Knob {
        name: "signals",
        usual: 1,
        range: (1, 5),
        says: "how many signals come while accept() is to be restarted",
    }],
    play,
    why: &[
        "A signal with a handler interrupts a call that waits: it returns \
         -1, EINTR, and a program calls it again. With SA_RESTART the kernel \
         does that itself, for accept(), recv() and send(), but never for \
         poll(), select() and epoll_wait(). Python and Java hide EINTR; C \
         and Rust do not.",
        "close() takes a descriptor out of the table. A call that is under \
         way has the socket itself, so that it does not notice. shutdown() \
         is about the socket: it wakes every accept() on it, in every thread \
         and process, with EINVAL. That, or a poll() on a second descriptor, \
         is how a server is ended.",
    ],
    man: &["signal(7)", "sigaction(2)", "accept(2)", "shutdown(2)"],
    changes: &[Change {
        args: "--with signals=3",
        look: "restarted however often, accept() never says so",
    }],
};

fn play(play: &mut Play) -> Result<()> {
    let server = play.enter("server")?;
    let listener = listen(play, server, 5)?;
    let fd = listener.fd;
    let signal = libc::SIGUSR1;
    play.good(server, Act::Catch { signal, how: How::Count })?;
    play.begin(server, Act::Accept { fd })?;
    play.kill(server, Signal::SIGUSR1)?;
    let came = play.finish(server)?;
    play.observe("accept, with a handler", "EINTR", came.words());

    let how = How::CountAndRestart;
    play.good(server, Act::Catch { signal, how })?;
    play.begin(server, Act::Accept { fd })?;
    let times = play.knob("signals");
    for _ in 0..times {
        play.kill(server, Signal::SIGUSR1)?;
        // The next one must not find this one pending.
        play.handled(server, Signal::SIGUSR1)?;
    }
    let client = play.enter("client")?;
    connect(play, client, &listener)?;
    let came = play.finish(server)?;
    play.observe("with SA_RESTART, accept", 0, came.errno);
    let caught = play.good(server, Act::Caught)?.value;
    play.observe("and the handler ran, in all", 1 + times, caught);

    let thread = play.thread(server, "thread")?;
    play.begin(server, Act::Accept { fd })?;
    play.good(thread, close(fd))?;
    play.look("a thread has closed the listener");
    play.observe("after close, accept waits", true, {
        play.is_waiting(server)
    });
    connect(play, client, &listener)?;
    let came = play.finish(server)?;
    play.observe("and takes one more client", 0, came.errno);

    let to = beside(play);
    let fresh = listen_at(play, server, to, 5)?;
    play.begin(server, Act::Accept { fd: fresh.fd })?;
    let how = libc::SHUT_RDWR;
    play.good(thread, Act::Shutdown { fd: fresh.fd, how })?;
    let came = play.finish(server)?;
    play.observe("after shutdown, accept", "EINVAL", came.words());
    Ok(())
}
