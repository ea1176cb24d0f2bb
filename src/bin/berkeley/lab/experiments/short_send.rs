//! A receiver that does not read: buffers fill, and the sender feels it.

use anyhow::Result;

use super::staging::{connected, listen, tcp};
use super::{Change, Experiment, Knob};
use crate::lab::acts::{Act, Bytes, Switch};
use crate::lab::play::Play;

pub(super) static SHORT_SEND: Experiment = Experiment {
    name: "short-send",
    title: "send() takes less than it was given",
    question: "The server does not read. A client with a non-blocking socket \
               calls send() with 4 MiB. What does send() return?",
    choices: &[
        "4194304: the kernel keeps it all",
        "-1, EAGAIN: it does not fit, so nothing is taken",
        "A number between: as much as there was room for",
    ],
    answer: 2,
    knobs: &[Knob {
        name: "buffer",
        usual: 65_536,
        range: (8192, 212_992),
        says: "SO_SNDBUF and SO_RCVBUF, in bytes",
    }],
    play,
    why: &[
        "Each end has a buffer. What the server does not read stays in its \
         receive buffer; when that is full, its kernel announces a window of \
         0, and the client's send buffer fills, too. Then a blocking send() \
         waits, and a non-blocking one takes what still fits and says how \
         much; when nothing fits, EAGAIN.",
        "So send() must be called in a loop, with what is left, and a server \
         with an event loop must keep the rest until poll() says POLLOUT. \
         That is flow control: a slow reader slows its writer, and nothing \
         is lost. A blocking send() on Linux returns when everything is in \
         the buffers, or less when a signal comes.",
    ],
    man: &["send(2)", "socket(7)", "tcp(7)", "poll(2)"],
    changes: &[Change {
        args: "--with buffer=8192",
        look: "the kernel doubles it, and much less fits",
    }],
};

const ALL: usize = 4 << 20;

fn play(play: &mut Play) -> Result<()> {
    let value = play.knob("buffer");
    let server = play.enter("server")?;
    let listener = listen(play, server, 5)?;
    // What is accepted has the buffer of its listener.
    let option = Switch::ReceiveBuffer;
    play.good(server, Act::Set { fd: listener.fd, option, value })?;
    let client = play.enter("client")?;
    let fd = play.good(client, tcp())?.fd();
    let option = Switch::SendBuffer;
    play.good(client, Act::Set { fd, option, value })?;
    let told = play.good(client, Act::Get { fd, option })?.value;
    play.observe("SO_SNDBUF is doubled", i64::from(value) * 2, told);
    let to = listener.at.clone();
    play.good(client, Act::Connect { fd, to })?;
    let accept = Act::Accept { fd: listener.fd };
    let theirs = play.good(server, accept)?.fd();
    play.good(client, Act::NonBlocking { fd })?;

    let mut taken = 0;
    let last = loop {
        let bytes = Bytes::Many(ALL - taken);
        let came = play.call(client, Act::Send { fd, bytes, flags: 0 })?;
        let Ok(more) = usize::try_from(came.result) else { break came };
        taken += more;
        if taken == ALL {
            break came;
        }
    };
    play.look("the client cannot send any more");
    play.figure("bytes that send() took in all", taken);
    play.observe("it took something", true, taken > 0);
    play.observe("and less than 4 MiB", true, taken < ALL);
    play.observe("the last send", "EAGAIN", last.words());

    let flags = libc::MSG_WAITALL;
    let whole = Act::Recv { fd: theirs, size: taken, flags };
    let got = play.call(server, whole)?;
    play.observe("the server reads, and nothing is lost", taken, got.result);
    let (events, timeout) = (libc::POLLOUT, -1);
    let ready = play.call(client, Act::Poll { fd, events, timeout })?;
    let is_writable = ready.value & i64::from(libc::POLLOUT) != 0;
    play.observe("then poll says POLLOUT", true, is_writable);

    // The same, with a socket that blocks.
    let other = play.enter("blocking client")?;
    let (theirs, fd) = connected(play, server, other, &listener)?;
    let bytes = Bytes::Many(ALL * 4);
    play.begin(other, Act::Send { fd, bytes, flags: 0 })?;
    play.look("a blocking send() of 16 MiB");
    play.observe("a blocking send waits", true, play.is_waiting(other));
    let whole = Act::Recv { fd: theirs, size: ALL * 4, flags };
    play.call(server, whole)?;
    let all = play.finish(other)?;
    play.observe("until it has given all away", ALL * 4, all.result);
    Ok(())
}
