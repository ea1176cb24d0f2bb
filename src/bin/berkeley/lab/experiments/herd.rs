//! Who wakes when several wait for one connection.

use anyhow::Result;

use super::staging::{Listener, beside, connect, listen, listen_at};
use super::{Change, Experiment, Knob};
use crate::lab::acts::Act;
use crate::lab::play::{Actor, Play};

pub(super) static HERD: Experiment = Experiment {
    name: "herd",
    title: "three wait, one client comes: who wakes?",
    question: "Three processes each have an epoll of their own on one \
               listener, and wait in epoll_wait(). One client connects. How \
               many of them wake?",
    choices: &["One", "All three", "It is left to chance"],
    answer: 1,
    knobs: &[Knob {
        name: "exclusive",
        usual: 0,
        range: (0, 1),
        says: "whether they ask with EPOLLEXCLUSIVE",
    }],
    play,
    why: &[
        "In accept() the kernel wakes one: a connection can be taken by one \
         only, and each that waits there says so (an exclusive wait). Until \
         Linux 2.2 all woke, and all but one went to sleep again: the \
         thundering herd. epoll_wait() only tells that there is something. \
         The kernel cannot know who will take it, and wakes all; one \
         accept() then succeeds, and the others get EAGAIN, if they were \
         wise enough to make the listener non-blocking.",
        "EPOLLEXCLUSIVE (Linux 4.5) asks for one to be woken, or a few. A \
         lock around the wait lets one wait at a time, and SO_REUSEPORT \
         gives each a listener of its own: then there is nothing to fight \
         for.",
    ],
    man: &["accept(2)", "epoll_ctl(2)", "epoll(7)", "socket(7)"],
    changes: &[Change {
        args: "--with exclusive=1",
        look: "one of the three wakes",
    }],
};

const NAMES: [&str; 3] = ["worker 1", "worker 2", "worker 3"];
const OTHERS: [&str; 3] = ["epoll 1", "epoll 2", "epoll 3"];

fn play(play: &mut Play) -> Result<()> {
    let server = play.enter("server")?;
    let listener = listen(play, server, 5)?;
    let client = play.enter("client")?;
    let woken = blocked(play, server, client, &listener)?;
    play.observe("of three in accept, woken", 1, woken);
    watched(play, server, client)
}

/// How many have returned from what they waited in.
fn woken(play: &Play, all: &[Actor]) -> Vec<Actor> {
    let all = all.iter().copied();
    all.filter(|who| !play.is_waiting(*who)).collect()
}

fn blocked(
    play: &mut Play,
    server: Actor,
    client: Actor,
    listener: &Listener,
) -> Result<usize> {
    let mut workers = Vec::new();
    for name in NAMES {
        let worker = play.fork(server, name)?;
        play.begin(worker, Act::Accept { fd: listener.fd })?;
        workers.push(worker);
    }
    connect(play, client, listener)?;
    let woken = woken(play, &workers);
    for worker in &woken {
        play.finish(*worker)?;
    }
    Ok(woken.len())
}

fn watched(play: &mut Play, server: Actor, client: Actor) -> Result<()> {
    let is_exclusive = play.knob("exclusive") == 1;
    let to = beside(play);
    let listener = listen_at(play, server, to, 5)?;
    let fd = listener.fd;
    play.good(server, Act::NonBlocking { fd })?;
    let mut workers = Vec::new();
    for name in OTHERS {
        let worker = play.fork(server, name)?;
        let epoll = play.good(worker, Act::EpollCreate)?.fd();
        play.good(worker, Act::EpollAdd { epoll, fd, is_exclusive })?;
        play.begin(worker, Act::EpollWait { epoll })?;
        workers.push(worker);
    }
    connect(play, client, &listener)?;
    let woken = woken(play, &workers);
    let expected = if is_exclusive { 1 } else { 3 };
    play.observe("of three in epoll_wait, woken", expected, woken.len());
    let mut took = Vec::new();
    for worker in &woken {
        play.finish(*worker)?;
    }
    for worker in &woken {
        took.push(play.call(*worker, Act::Accept { fd })?.errno);
    }
    let good = took.iter().filter(|errno| **errno == 0).count();
    let late = took.iter().filter(|one| **one == libc::EAGAIN).count();
    play.observe("of these, accept succeeds in", 1, good);
    play.observe("and fails with EAGAIN in", expected - 1, late);
    Ok(())
}
