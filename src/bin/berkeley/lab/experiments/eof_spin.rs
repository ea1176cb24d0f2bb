//! A program that does not take 0 for an answer.

use anyhow::Result;

use super::staging::{becomes, close, connected, listen, recv, send};
use super::{Change, Experiment, Knob};
use crate::lab::acts::Act;
use crate::lab::play::Play;

pub(super) static EOF_SPIN: Experiment = Experiment {
    name: "eof-spin",
    title: "recv returns 0, and is called again",
    question: "A server loops: recv(), print what came. The client has gone. \
               What does recv() do now?",
    choices: &[
        "It waits for ever: nothing comes any more",
        "It returns 0, each time, at once: the loop spins",
        "It returns 0 once, and -1 with ENOTCONN after that",
    ],
    answer: 1,
    knobs: &[Knob {
        name: "times",
        usual: 5,
        range: (1, 50),
        says: "how often recv() is called",
    }],
    play,
    why: &[
        "0 is the end of the stream, not an empty message: the peer has \
         closed its direction, and will never send again. That stays true, \
         so recv() says it each time, without waiting, and poll() says \
         POLLIN for the same reason. A loop that goes on prints empty lines \
         as fast as it can, and the connection stays in CLOSE_WAIT.",
        "The loop ends at 0, and the descriptor is closed. For datagrams 0 \
         is different: an empty datagram is a message.",
    ],
    man: &["recv(2)", "poll(2)", "tcp(7)"],
    changes: &[Change {
        args: "--with times=20",
        look: "however often it is called",
    }],
};

fn play(play: &mut Play) -> Result<()> {
    let server = play.enter("server")?;
    let listener = listen(play, server, 5)?;
    let client = play.enter("client")?;
    let (fd, ours) = connected(play, server, client, &listener)?;
    let far = play.sight(server, fd)?;
    play.good(client, send(ours, "hello"))?;
    play.good(client, close(ours))?;
    becomes(&far, "CLOSE_WAIT")?;
    let got = play.good(server, recv(fd, 100))?;
    play.observe("the first recv", "hello", got.text());
    let times = play.knob("times");
    let mut zeros = 0;
    for _ in 0..times {
        let came = play.call(server, recv(fd, 100))?;
        zeros += i32::from(came.errno == 0 && came.result == 0);
    }
    play.observe("calls after that", times, times);
    play.observe("of them returned 0, at once", times, zeros);
    let poll = Act::Poll { fd, events: libc::POLLIN, timeout: -1 };
    let ready = play.call(server, poll)?;
    let is_ready = ready.value & i64::from(libc::POLLIN) != 0;
    play.observe("poll says POLLIN", true, is_ready);
    play.look("the server goes on calling recv");
    let state = play.sight(server, fd)?.state().to_owned();
    play.observe("its end stays in", "CLOSE_WAIT", state);
    Ok(())
}
