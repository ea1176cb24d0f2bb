//! How a connection ends without a FIN.

use anyhow::Result;
use nix::sys::signal::Signal;

use super::staging::{
    becomes, close, connected, listen, recv, send, state_of, unread,
};
use super::{Change, Experiment, Knob};
use crate::lab::acts::{Act, How};
use crate::lab::play::Play;

pub(super) static RESET: Experiment = Experiment {
    name: "reset",
    title: "ECONNRESET, EPIPE and SIGPIPE",
    question: "A server has sent an answer. The client calls close() without \
               having read it. What does the server's next recv() say?",
    choices: &[
        "0: the peer has closed, as always",
        "-1, ECONNRESET: the client's kernel has sent an RST",
        "It waits: the answer is still on its way",
    ],
    answer: 1,
    knobs: &[Knob {
        name: "ignore",
        usual: 0,
        range: (0, 1),
        says: "whether the server ignores SIGPIPE",
    }],
    play,
    why: &[
        "close() with unread bytes says that something was lost: the kernel \
         sends an RST instead of a FIN. So does close() after SO_LINGER with \
         a time of 0, on purpose; then there is no TIME_WAIT either. What \
         the other side had in flight is thrown away, at both ends.",
        "The error is told once, to whichever call comes next: ECONNRESET. \
         Then the socket is just closed: recv() returns 0, and send() fails \
         with EPIPE. With EPIPE comes SIGPIPE, and whoever has not thought \
         of it is ended by that, without a word. A server ignores SIGPIPE, \
         or sends with MSG_NOSIGNAL.",
    ],
    man: &["send(2)", "close(2)", "socket(7)", "signal(7)", "tcp(7)"],
    changes: &[Change {
        args: "--with ignore=1",
        look: "the server lives, and send() tells EPIPE",
    }],
};

fn play(play: &mut Play) -> Result<()> {
    let server = play.enter("server")?;
    if play.knob("ignore") == 1 {
        let (signal, how) = (libc::SIGPIPE, How::Ignore);
        play.good(server, Act::Catch { signal, how })?;
    }
    let listener = listen(play, server, 5)?;
    let client = play.enter("client")?;
    let (theirs, ours) = connected(play, server, client, &listener)?;
    let near = play.sight(client, ours)?;
    play.good(server, send(theirs, "answer"))?;
    unread(&near, 6)?;
    play.look("6 bytes are unread at the client");
    play.good(client, close(ours))?;
    becomes(&near.turned(), "none")?;
    play.look("the client has closed");
    play.observe("the client's end", "none", state_of(&near));
    let came = play.call(server, recv(theirs, 100))?;
    play.observe("recv, when unread bytes were lost", "ECONNRESET", {
        came.words()
    });
    let came = play.call(server, recv(theirs, 100))?;
    play.observe("the next recv", 0, came.words());
    play.good(server, close(theirs))?;

    let (theirs, ours) = connected(play, server, client, &listener)?;
    let near = play.sight(client, ours)?;
    play.good(client, Act::Linger { fd: ours, seconds: 0 })?;
    play.good(client, close(ours))?;
    becomes(&near.turned(), "none")?;
    play.observe("after SO_LINGER 0 and close, its end", "none", {
        state_of(&near)
    });
    let came = play.call(server, recv(theirs, 100))?;
    play.observe("the server's recv", "ECONNRESET", came.words());
    let flags = libc::MSG_NOSIGNAL;
    let quiet = Act::Send { fd: theirs, bytes: "hello?".into(), flags };
    let came = play.call(server, quiet)?;
    play.observe("send with MSG_NOSIGNAL", "EPIPE", came.words());
    if play.knob("ignore") == 1 {
        let came = play.call(server, send(theirs, "hello?"))?;
        play.observe("send, SIGPIPE ignored", "EPIPE", came.words());
        return Ok(());
    }
    play.order(server, send(theirs, "hello?"))?;
    play.dies(server, Signal::SIGPIPE)?;
    let how = play.ended_by(server)?;
    play.observe("send without: the server is ended by", "SIGPIPE", how);
    Ok(())
}
