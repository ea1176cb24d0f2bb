//! One at a time: what the second client sees of a server that serves the
//! first.

use anyhow::Result;

use super::staging::{close, connect, connected, listen, recv, send, unread};
use super::{Change, Experiment, Knob};
use crate::lab::acts::Act;
use crate::lab::play::Play;

pub(super) static BLOCKING: Experiment = Experiment {
    name: "blocking",
    title: "the second client of a chat for two",
    question: "A server of one process talks to its first client, and waits \
               for its next line in recv(). A second client connects and \
               sends two lines. What becomes of them?",
    choices: &[
        "connect() of the second client waits until the first has left",
        "connect() fails with ECONNREFUSED",
        "connect() and send() succeed; the lines wait in the kernel",
    ],
    answer: 2,
    knobs: &[Knob {
        name: "ask",
        usual: 100,
        range: (1, 4096),
        says: "how many bytes the server's recv() asks for",
    }],
    play,
    why: &[
        "The kernel answers for the server: it completes the handshake, \
         acknowledges what the second client sends, and keeps it, up to the \
         size of the receive buffer. The client cannot tell this from a \
         server that has read it.",
        "The server sleeps in one call at a time. While it waits in recv() \
         for the first client it is not in accept(); when that one leaves, \
         recv() returns 0, and the next accept() returns at once, with a \
         connection that is long there. The lines typed ahead come together, \
         in one recv(): nothing marks where the one ended.",
    ],
    man: &["accept(2)", "recv(2)", "listen(2)", "socket(7)"],
    changes: &[Change {
        args: "--with ask=6",
        look: "the server asks for fewer bytes: a line at a time, by luck",
    }],
};

const AHEAD: [&str; 2] = ["hello\n", "anybody there?\n"];

fn play(play: &mut Play) -> Result<()> {
    let server = play.enter("server")?;
    let listener = listen(play, server, 5)?;
    let first = play.enter("first")?;
    let (theirs, ours) = connected(play, server, first, &listener)?;
    play.good(first, send(ours, "hi\n"))?;
    play.good(server, recv(theirs, 100))?;
    play.begin(server, recv(theirs, 100))?;

    let second = play.enter("second")?;
    let its = connect(play, second, &listener)?;
    play.observe("connect of the second", "ESTABLISHED", {
        play.sight(second, its)?.state().to_owned()
    });
    for line in AHEAD {
        let sent = play.good(second, send(its, line))?;
        play.observe("bytes that its send took", line.len(), sent.result);
    }
    let far = play.sight(second, its)?.turned();
    let all: usize = AHEAD.iter().map(|line| line.len()).sum();
    unread(&far, u32::try_from(all)?)?;
    play.begin(second, recv(its, 100))?;
    play.look("the second client has sent two lines, and waits");
    play.observe("who holds its connection", 0, play.holders(&far));
    play.observe("the server waits in recv", true, play.is_waiting(server));

    play.good(first, close(ours))?;
    let end = play.finish(server)?;
    play.observe("its recv, when the first leaves", 0, end.result);
    play.good(server, close(theirs))?;
    let fd = listener.fd;
    let theirs = play.good(server, Act::Accept { fd })?.fd();
    let ask = usize::try_from(play.knob("ask"))?;
    let got = play.good(server, recv(theirs, ask))?;
    let expected = &AHEAD.concat()[..ask.min(all)];
    play.observe("the first recv from the second", format!("{expected:?}"), {
        format!("{:?}", got.text())
    });
    if ask < all {
        let more = play.good(server, recv(theirs, ask))?;
        let from = &AHEAD.concat()[ask..(2 * ask).min(all)];
        play.observe("and the next one", format!("{from:?}"), {
            format!("{:?}", more.text())
        });
    }
    play.good(server, send(theirs, "yes\n"))?;
    let answer = play.finish(second)?;
    play.observe("what the second is told", "yes\n", answer.text());
    Ok(())
}
