//! A descriptor that the parent has kept.

use anyhow::Result;

use super::staging::{close, connected, listen, recv, send, state_of};
use super::{Change, Experiment, Knob};
use crate::lab::acts::Act;
use crate::lab::play::Play;

pub(super) static FORK_FDS: Experiment = Experiment {
    name: "fork-fds",
    title: "the parent keeps the descriptor, and the client waits",
    question: "A server accepts, forks, and the child serves. The child \
               sends \"bye\", closes the connection and exits. The client \
               reads until the end. When does it see the end?",
    choices: &[
        "At once: the child has closed, and has exited as well",
        "Not before the parent closes its copy of the descriptor",
        "After a minute, when the kernel finds that nobody is there",
    ],
    answer: 1,
    knobs: &[Knob {
        name: "closes",
        usual: 0,
        range: (0, 1),
        says: "whether the parent closes its copy after fork()",
    }],
    play,
    why: &[
        "fork() copies the table of descriptors, not the sockets: parent and \
         child hold the same connection. The kernel sends the FIN when the \
         last descriptor is closed, not the first. A parent that keeps its \
         copy also uses up its descriptors, one for each client, until \
         accept() fails with EMFILE.",
        "So after fork() the parent closes the connection, and the child \
         closes the listener: each what it does not serve. shutdown() is \
         different: it says the FIN for everybody who holds the connection.",
    ],
    man: &["fork(2)", "close(2)", "shutdown(2)", "accept(2)"],
    changes: &[Change {
        args: "--with closes=1",
        look: "the parent closes, and the child's close is the last",
    }],
};

fn play(play: &mut Play) -> Result<()> {
    let is_careful = play.knob("closes") == 1;
    let server = play.enter("server")?;
    let listener = listen(play, server, 5)?;
    let client = play.enter("client")?;
    let (theirs, ours) = connected(play, server, client, &listener)?;
    let near = play.sight(client, ours)?;
    let far = near.turned();
    let child = play.fork(server, "child")?;
    play.look("after fork()");
    play.observe("who holds the connection", 2, play.holders(&far));
    if is_careful {
        play.good(server, close(theirs))?;
    }
    play.good(child, close(listener.fd))?;
    play.good(child, send(theirs, "bye"))?;
    play.good(child, close(theirs))?;
    play.exit(child, 0)?;
    let got = play.good(client, recv(ours, 100))?;
    play.observe("the client's recv", "bye", got.text());
    if is_careful {
        let end = play.call(client, recv(ours, 100))?;
        play.observe("and the next one", 0, end.words());
        let held = play.descriptors(server);
        play.observe("descriptors of the parent", "3", held);
        play.good(server, Act::Wait { flags: 0 })?;
        return Ok(());
    }
    play.begin(client, recv(ours, 100))?;
    play.look("the child has closed and is gone");
    play.observe("the next recv waits", true, play.is_waiting(client));
    play.observe("the client's end", "ESTABLISHED", state_of(&near));
    play.observe("who holds the server's end", 1, play.holders(&far));
    let held = play.descriptors(server);
    play.observe("descriptors of the parent", "3 4", held);
    play.good(server, close(theirs))?;
    let end = play.finish(client)?;
    play.observe("when the parent closes, recv", 0, end.words());
    play.good(server, Act::Wait { flags: 0 })?;
    Ok(())
}
