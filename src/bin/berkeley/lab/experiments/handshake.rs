//! The life of a connection, from LISTEN to TIME_WAIT.

use anyhow::Result;

use super::staging::{
    Listener, address, becomes, close, connect, home, recv, send, state_of,
    tcp,
};
use super::{Change, Experiment, Knob};
use crate::lab::acts::Act;
use crate::lab::play::Play;

pub(super) static HANDSHAKE: Experiment = Experiment {
    name: "handshake",
    title: "from LISTEN to TIME_WAIT",
    question: "A client has called connect(), and it has returned. The \
               server has not called accept() yet. What is there?",
    choices: &[
        "Nothing yet: the connection is made by accept()",
        "A connection that the kernel has made: both ends are ESTABLISHED",
        "A process that accept() has forked for this client",
    ],
    answer: 1,
    knobs: &[Knob {
        name: "first",
        usual: 0,
        range: (0, 1),
        says: "who closes first: 0 the client, 1 the server",
    }],
    play,
    why: &[
        "listen() tells the kernel to answer: SYN, SYN|ACK and ACK go to and \
         fro without any process. connect() returns when the kernel has the \
         server's SYN|ACK. accept() takes a connection that exists out of a \
         queue and gives it a descriptor. It makes no process and no thread, \
         and there is no number that server and client would share: the two \
         ends know each other by the pair of their addresses.",
        "Whoever closes first says the first FIN, and keeps the connection \
         in TIME_WAIT for a minute when both are through: the last ACK may \
         have been lost. Nobody holds a descriptor then; only the kernel \
         knows of it.",
    ],
    man: &["listen(2)", "accept(2)", "connect(2)", "tcp(7)", "RFC 9293"],
    changes: &[Change {
        args: "--with first=1",
        look: "the server closes first, and TIME_WAIT is on its side",
    }],
};

fn play(play: &mut Play) -> Result<()> {
    let server = play.enter("server")?;
    let fd = play.good(server, tcp())?.fd();
    let to = home(play);
    play.good(server, Act::Bind { fd, to })?;
    play.observe("after bind", "CLOSE", play.sight(server, fd)?.state());
    play.good(server, Act::Listen { fd, backlog: 5 })?;
    play.observe("after listen", "LISTEN", play.sight(server, fd)?.state());
    let listener = Listener { fd, at: address(play, server, fd)? };

    let client = play.enter("client")?;
    let ours = connect(play, client, &listener)?;
    let near = play.sight(client, ours)?;
    let far = near.turned();
    play.look("connect() has returned, nobody has called accept()");
    play.observe("the client's end", "ESTABLISHED", near.state());
    becomes(&far, "ESTABLISHED")?;
    play.observe("the server's end, not accepted", 0, play.holders(&far));
    let waits = play.sight(server, fd)?.unread.unwrap_or(0);
    play.observe("connections in the listener's queue", 1, waits);

    let before = play.family(server);
    let theirs = play.good(server, Act::Accept { fd })?.fd();
    play.look("after accept()");
    play.observe("processes of the server after accept", 1, before);
    play.observe("and then", before, play.family(server));
    play.observe("descriptors of the server", "3 4", play.descriptors(server));
    let waits = play.sight(server, fd)?.unread.unwrap_or(9);
    play.observe("connections in the listener's queue", 0, waits);

    play.good(client, send(ours, "hello"))?;
    play.good(server, recv(theirs, 100))?;
    let is_server_first = play.knob("first") == 1;
    let ends = [(client, ours, &near), (server, theirs, &far)];
    let (first, second) =
        if is_server_first { (ends[1], ends[0]) } else { (ends[0], ends[1]) };
    play.good(first.0, close(first.1))?;
    becomes(first.2, "FIN_WAIT2")?;
    becomes(second.2, "CLOSE_WAIT")?;
    play.look("one side has closed");
    let end = play.good(second.0, recv(second.1, 100))?;
    play.observe("recv on the other side", 0, end.result);
    play.good(second.0, close(second.1))?;
    becomes(first.2, "TIME_WAIT")?;
    play.look("both have closed");
    play.observe("who closed first is in", "TIME_WAIT", state_of(first.2));
    play.observe("who closed second is in", "none", state_of(second.2));
    Ok(())
}
