//! write, write, read: forty milliseconds for nothing.

use anyhow::Result;

use super::staging::{connected, listen, recv, send, unread};
use super::{Change, Experiment, Knob};
use crate::lab::acts::{Act, Switch};
use crate::lab::play::Play;
use crate::lab::watch;

pub(super) static NAGLE: Experiment = Experiment {
    name: "nagle",
    title: "write, write, read",
    question: "A client sends a request in two small pieces, and waits for \
               the answer. Both sides are on one machine. When does the \
               server have the second piece?",
    choices: &[
        "At once: nothing is slow here",
        "When the server's kernel has acknowledged the first: after 40 ms",
        "When the client sends more, or closes",
    ],
    answer: 1,
    knobs: &[Knob {
        name: "nodelay",
        usual: 0,
        range: (0, 1),
        says: "whether the client sets TCP_NODELAY",
    }],
    play,
    why: &[
        "Nagle's rule: while something is not acknowledged, a small segment \
         waits. Delayed acknowledgements: the receiver waits up to 40 ms for \
         something to send that the ACK can ride on. In write, write, read \
         both wait for each other: the server has nothing to say before it \
         has the second piece. (A new connection is acknowledged quickly \
         for its first segments; here the server is put into the mode that \
         a connection with some talk behind it is in.)",
        "The mend is one send() for one request. TCP_NODELAY switches \
         Nagle's rule off, and then every send() is a segment, also the \
         smallest.",
    ],
    man: &["tcp(7)", "send(2)", "RFC 896", "RFC 1122, 4.2.3"],
    changes: &[Change {
        args: "--with nodelay=1",
        look: "the second piece does not wait for an ACK",
    }],
};

fn play(play: &mut Play) -> Result<()> {
    let is_hasty = play.knob("nodelay") == 1;
    let server = play.enter("server")?;
    let listener = listen(play, server, 5)?;
    let client = play.enter("client")?;
    let (theirs, ours) = connected(play, server, client, &listener)?;
    let far = play.sight(server, theirs)?;
    if is_hasty {
        let (option, value) = (Switch::NoDelay, 1);
        play.good(client, Act::Set { fd: ours, option, value })?;
    }
    let (option, value) = (Switch::QuickAck, 0);
    play.good(server, Act::Set { fd: theirs, option, value })?;
    let before = watch::count("TcpExt", "DelayedACKs");
    play.good(client, send(ours, "GET "))?;
    play.good(client, send(ours, "/\n"))?;
    let start = std::time::Instant::now();
    unread(&far, 6)?;
    let waited = start.elapsed().as_millis();
    let delayed = watch::count("TcpExt", "DelayedACKs") - before;
    play.figure("TcpExtDelayedACKs", delayed);
    play.figure("ms from the second send until it is there", waited);
    if !is_hasty {
        play.observe("it waited for a delayed ACK", true, delayed > 0);
    }
    let got = play.good(server, recv(theirs, 100))?;
    play.observe("the server's recv", "GET /\n", got.text());
    play.good(server, send(theirs, "page"))?;
    let got = play.good(client, recv(ours, 100))?;
    play.observe("the client's", "page", got.text());
    Ok(())
}
