//! A listener whose queue is full.

use anyhow::Result;

use super::staging::{close, connect, listen, recv, send, tcp};
use super::{Change, Experiment, Knob};
use crate::lab::acts::Act;
use crate::lab::play::Play;
use crate::lab::watch;

pub(super) static BACKLOG: Experiment = Experiment {
    name: "backlog",
    title: "what Linux does when the queue is full",
    question: "A server calls listen(fd, 1), and never accept(). Clients \
               come, one after the other. What does the third one see?",
    choices: &[
        "connect() fails with ECONNREFUSED: the queue is full",
        "connect() waits: the kernel drops its SYN, and it is sent again",
        "connect() succeeds: the backlog is a hint, and there is memory",
    ],
    answer: 1,
    knobs: &[Knob {
        name: "backlog",
        usual: 1,
        range: (0, 5),
        says: "the second argument of listen()",
    }],
    play,
    why: &[
        "Linux counts the connections that are ESTABLISHED and wait for \
         accept(). The queue is full when there are more than backlog: so \
         listen(fd, N) has room for N + 1. A SYN that comes then is dropped, \
         without a word; for the client it is as if it were lost on the way. \
         Its kernel sends it again after 1, 3, 7, 15 s, and connect() waits \
         all the while, for about two minutes. If the server accepts \
         meanwhile, the next SYN gets in.",
        "ECONNREFUSED means that nobody listens, and is another thing: an \
         RST. A full queue passes; with an RST the client would give up. \
         (tcp_abort_on_overflow=1 makes the kernel send an RST, but only for \
         the last ACK of a handshake that finds the queue full, not for a \
         SYN.)",
    ],
    man: &["listen(2)", "tcp(7)", "connect(2)", "nstat(8)"],
    changes: &[
        Change {
            args: "--with backlog=3",
            look: "room for four, and the fifth waits",
        },
        Change {
            args: "--set tcp_abort_on_overflow=1",
            look: "a SYN is still dropped, not refused",
        },
        Change {
            args: "--set net.core.somaxconn=0",
            look: "the kernel's limit is smaller than what listen() asks for",
        },
    ],
};

fn play(play: &mut Play) -> Result<()> {
    let asked = play.knob("backlog");
    let limit = watch::setting("net.core.somaxconn").unwrap_or(4096);
    let backlog = i64::from(asked).min(limit);
    if backlog < i64::from(asked) {
        play.differs(format!(
            "net.core.somaxconn is {limit}: listen(fd, {asked}) counts as \
             listen(fd, {backlog})"
        ));
    }
    let aborts = watch::setting("tcp_abort_on_overflow") == Some(1);
    if aborts {
        play.differs(
            "tcp_abort_on_overflow is 1: an ACK that finds the queue full is \
             answered by an RST; a SYN that finds it full is dropped as ever, \
             so that connect() waits here, too",
        );
    }
    let server = play.enter("server")?;
    let listener = listen(play, server, asked)?;
    let dropped = play.counter("TcpExt", "ListenDrops");
    let mut inside = Vec::new();
    for number in 1..=backlog + 1 {
        let client = play.enter(&format!("client {number}"))?;
        inside.push((client, connect(play, client, &listener)?));
    }
    let queue = play.sight(server, listener.fd)?;
    play.observe(
        format!("waiting at the listener, after {} clients", backlog + 1),
        backlog + 1,
        queue.unread.unwrap_or(0),
    );
    play.observe("the backlog", backlog, queue.unsent.unwrap_or(0));

    let late = play.enter("late")?;
    let fd = play.good(late, tcp())?.fd();
    let to = listener.at.clone();
    play.begin(late, Act::Connect { fd, to })?;
    let counted = play.counter_grows("TcpExt", "ListenDrops", dropped)?;
    play.observe("its SYN is dropped", true, counted);
    play.look("one more client");
    play.observe("its connect waits", true, play.is_waiting(late));

    let fd = listener.fd;
    let served = play.good(server, Act::Accept { fd })?.fd();
    let came = play.finish(late)?;
    play.observe("after one accept, its connect", 0, came.words());
    let (first, its) = inside[0];
    play.good(first, send(its, "hello"))?;
    play.good(server, recv(served, 100))?;
    play.good(server, close(served))?;
    Ok(())
}
