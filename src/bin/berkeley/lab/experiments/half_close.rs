//! One direction of a connection ends, and the other does not.

use anyhow::Result;

use super::staging::{
    becomes, close, connected, listen, recv, send, state_of,
};
use super::{Change, Experiment, Knob};
use crate::lab::acts::{Act, Switch};
use crate::lab::play::Play;

pub(super) static HALF_CLOSE: Experiment = Experiment {
    name: "half-close",
    title: "one direction ends, and the other does not",
    question: "A client sends its request and calls shutdown(fd, SHUT_WR). \
               The server reads the request, and then recv() returns 0. Can \
               it still answer?",
    choices: &[
        "No: the connection is over, send() fails with EPIPE",
        "Yes: only one direction is over",
        "Yes, but only what was in its buffers before",
    ],
    answer: 1,
    knobs: &[Knob {
        name: "keep",
        usual: 1,
        range: (1, 5),
        says: "how many seconds the kernel keeps FIN_WAIT2 (TCP_LINGER2)",
    }],
    play,
    why: &[
        "A FIN ends one direction. Who has sent it is in FIN_WAIT2, and can \
         go on receiving as long as it likes; who has received it is in \
         CLOSE_WAIT, and can go on sending. CLOSE_WAIT has no timer: the \
         kernel waits for the program to call close(), and a row of \
         connections in CLOSE_WAIT is a program that forgets to.",
        "When the client closes its descriptor as well, nobody could receive \
         any more. The kernel keeps FIN_WAIT2 for a while, in case the FIN \
         of the other side is on its way (tcp_fin_timeout, 60 s; here \
         TCP_LINGER2 makes it shorter), and then forgets the connection. \
         The server is told nothing of this. What it sends then is answered \
         by an RST, and the send() after that fails with EPIPE.",
    ],
    man: &["shutdown(2)", "close(2)", "tcp(7)"],
    changes: &[Change {
        args: "--with keep=3",
        look: "FIN_WAIT2 is there for longer; the end is the same",
    }],
};

fn play(play: &mut Play) -> Result<()> {
    let server = play.enter("server")?;
    let listener = listen(play, server, 5)?;
    let client = play.enter("client")?;
    let (theirs, ours) = connected(play, server, client, &listener)?;
    let near = play.sight(client, ours)?;
    let far = near.turned();
    play.good(client, send(ours, "request"))?;
    let how = libc::SHUT_WR;
    play.good(client, Act::Shutdown { fd: ours, how })?;
    becomes(&near, "FIN_WAIT2")?;
    play.look("the client has called shutdown(SHUT_WR)");
    play.observe("the client's end", "FIN_WAIT2", state_of(&near));
    play.observe("the server's end", "CLOSE_WAIT", state_of(&far));
    let got = play.good(server, recv(theirs, 100))?;
    play.observe("the server's recv", "request", got.text());
    let end = play.good(server, recv(theirs, 100))?;
    play.observe("and the next one", 0, end.result);
    let sent = play.call(server, send(theirs, "answer"))?;
    play.observe("its send after that", 6, sent.words());
    let got = play.good(client, recv(ours, 100))?;
    play.observe("what the client receives", "answer", got.text());

    let (option, value) = (Switch::Linger2, play.knob("keep"));
    play.good(client, Act::Set { fd: ours, option, value })?;
    play.good(client, close(ours))?;
    play.look("the client has closed, the server has not");
    play.observe("the client's end, without a holder", "FIN_WAIT2", {
        state_of(&near)
    });
    becomes(&near, "none")?;
    play.look("the kernel has given the client's end up");
    play.observe("the server's end", "CLOSE_WAIT", state_of(&far));

    let sent = play.call(server, send(theirs, "still there?"))?;
    play.observe("send to nobody", 12, sent.words());
    becomes(&far, "none")?;
    let flags = libc::MSG_NOSIGNAL;
    let again = Act::Send { fd: theirs, bytes: "hello?".into(), flags };
    let came = play.call(server, again)?;
    play.observe("and the next send", "EPIPE", came.words());
    Ok(())
}
