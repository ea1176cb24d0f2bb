//! A listener whose queue is full.

use anyhow::Result;

use super::staging::{
    Listener, address, beside, close, connect, listen, recv, send, state_of,
    tcp,
};
use super::{Change, Experiment, Knob};
use crate::lab::acts::{Act, Switch};
use crate::lab::play::{Actor, Play, until};
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
        range: (1, 5),
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
         A \
         handshake that had begun before the queue was full ends with an ACK \
         that finds no room. The kernel forgets that ACK as well, and the \
         client, ESTABLISHED by then, sends its bytes again and again. Only \
         with tcp_abort_on_overflow=1 is it told, by an RST.",
    ],
    man: &["listen(2)", "tcp(7)", "connect(2)", "nstat(8)"],
    changes: &[
        Change {
            args: "--with backlog=3",
            look: "room for four, and the fifth waits",
        },
        Change {
            args: "--set tcp_abort_on_overflow=1",
            look: "an ACK that finds the queue full is answered by an RST",
        },
        Change {
            args: "--with backlog=3 --set net.core.somaxconn=1",
            look: "the kernel's limit is less than what listen() asks for",
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
             answered by an RST, and its client gets ECONNRESET. A SYN that \
             finds it full is dropped as ever: connect() waits, here too",
        );
    }
    let server = play.enter("server")?;
    let listener = listen(play, server, asked)?;
    let dropped = watch::count("TcpExt", "ListenDrops");
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
    let is_counted = play.counter_grows("TcpExt", "ListenDrops", dropped)?;
    play.observe("its SYN is dropped", true, is_counted);
    play.look("one more client");
    play.observe("its connect waits", true, play.is_waiting(late));

    let fd = listener.fd;
    let accepted = play.good(server, Act::Accept { fd })?.fd();
    let came = play.finish(late)?;
    play.observe("after one accept, its connect", 0, came.words());
    let (first, early) = inside[0];
    play.good(first, send(early, "hello"))?;
    play.good(server, recv(accepted, 100))?;
    play.good(server, close(accepted))?;
    ack_finds_it_full(play, server, first, aborts)
}

/// A handshake that had begun before the queue was full. So that its last
/// ACK comes late, the listener takes none without data (TCP_DEFER_ACCEPT).
fn ack_finds_it_full(
    play: &mut Play,
    server: Actor,
    client: Actor,
    aborts: bool,
) -> Result<()> {
    let fd = play.good(server, tcp())?.fd();
    let (option, value) = (Switch::DeferAccept, 5);
    play.good(server, Act::Set { fd, option, value })?;
    let to = beside(play);
    play.good(server, Act::Bind { fd, to })?;
    let backlog = 2;
    play.good(server, Act::Listen { fd, backlog })?;
    let listener = Listener { fd, at: address(play, server, fd)? };
    let other = play.enter("unlucky")?;
    let its = connect(play, other, &listener)?;
    let far = play.sight(other, its)?.turned();
    let limit = play.sight(server, fd)?.unsent.unwrap_or(0);
    for number in 1..=limit + 1 {
        let filling = connect(play, client, &listener)?;
        play.good(client, send(filling, "hello"))?;
        waits(play, server, fd, number)?;
    }
    let before = watch::count("TcpExt", "ListenOverflows");
    play.good(other, send(its, "hello?"))?;
    let is_counted =
        play.counter_grows("TcpExt", "ListenOverflows", before)?;
    play.observe("an ACK finds the queue full", true, is_counted);
    play.look("the unlucky one has sent its ACK, and six bytes");
    if aborts {
        let came = play.call(other, recv(its, 100))?;
        play.observe("it is answered by an RST", "ECONNRESET", came.words());
        return Ok(());
    }
    play.observe("the server's end of it", "SYN_RECV", state_of(&far));
    for _ in 0..=limit {
        play.good(server, Act::Accept { fd })?;
    }
    let came = play.call(server, Act::Accept { fd })?;
    let got = play.good(server, recv(came.fd(), 100))?;
    play.observe("sent again, it is let in", "hello?", got.text());
    Ok(())
}

/// Until so many wait at the listener.
fn waits(play: &Play, server: Actor, fd: i32, number: u32) -> Result<()> {
    let pid = play.pid(server);
    until(&format!("{number} wait at the listener"), || {
        let seen = crate::trace::sockets::of(pid, fd);
        Ok(seen.is_some_and(|it| it.look.receive_queue == Some(number)))
    })
}
