//! A socket with a name in the file system, and a descriptor on its way.

use anyhow::{Context, Result};

use super::staging::{close, recv, send};
use super::{Change, Experiment, Knob};
use crate::lab::acts::{Act, Place};
use crate::lab::play::Play;

pub(super) static UNIX: Experiment = Experiment {
    name: "unix",
    title: "a path, a stale file, a descriptor passed on",
    question: "A server is bound to the path ./door, and is killed. It is \
               started again. What does bind() say?",
    choices: &[
        "0: the path went with the process",
        "EADDRINUSE: the file is still there, though nobody listens",
        "EADDRINUSE for a minute, as TIME_WAIT does it with ports",
    ],
    answer: 1,
    knobs: &[Knob {
        name: "unlink",
        usual: 0,
        range: (0, 1),
        says: "whether the second server unlinks the path before bind()",
    }],
    play,
    why: &[
        "bind() makes a file of the kind socket; the socket itself lives in \
         the kernel, and ends with its last descriptor. The file stays. It \
         leads nowhere then: connect() fails with ECONNREFUSED, and bind() \
         with EADDRINUSE, until somebody unlinks it. A server does that \
         before bind(); better, it finds out first by connect() that nobody \
         is there.",
        "Over such a socket descriptors can travel: sendmsg() with \
         SCM_RIGHTS, recvmsg() on the other side. What arrives is a new \
         number for the same open socket, as dup() would have made it, in \
         another process. The sender may close its own at once: on the way \
         the message itself holds the socket.",
    ],
    man: &["unix(7)", "bind(2)", "unlink(2)", "sendmsg(2)", "cmsg(3)"],
    changes: &[Change {
        args: "--with unlink=1",
        look: "the second server unlinks the path first, and bind() is fine",
    }],
};

fn door() -> Place {
    Place::Path("door".to_owned())
}

fn play(play: &mut Play) -> Result<()> {
    play.in_a_folder()?;
    let (family, kind) = (libc::AF_UNIX, libc::SOCK_STREAM);
    let socket = Act::Socket { family, kind };
    let server = play.enter("server")?;
    let fd = play.good(server, socket.clone())?.fd();
    play.good(server, Act::Bind { fd, to: door() })?;
    play.good(server, Act::Listen { fd, backlog: 5 })?;
    play.exit(server, 0)?;
    play.observe("the file, when its server has ended", true, {
        std::path::Path::new("door").exists()
    });
    let client = play.enter("client")?;
    let ours = play.good(client, socket.clone())?.fd();
    let came = play.call(client, Act::Connect { fd: ours, to: door() })?;
    play.observe("connect then", "ECONNREFUSED", came.words());

    let server = play.enter("server again")?;
    let fd = play.good(server, socket)?.fd();
    let unlink = Act::Unlink { path: "door".to_owned() };
    if play.knob("unlink") == 0 {
        let came = play.call(server, Act::Bind { fd, to: door() })?;
        play.observe("bind of the next server", "EADDRINUSE", came.words());
    }
    play.good(server, unlink)?;
    let came = play.call(server, Act::Bind { fd, to: door() })?;
    play.observe("bind after unlink", 0, came.words());
    play.good(server, Act::Listen { fd, backlog: 5 })?;
    play.good(client, Act::Connect { fd: ours, to: door() })?;

    let pair = play.good(server, Act::SocketPair)?.made;
    let (&near, &far) = pair.first().zip(pair.get(1)).context("a pair")?;
    let worker = play.fork(server, "worker")?;
    let theirs = play.good(server, Act::Accept { fd })?.fd();
    play.good(server, Act::Pass { fd: near, passed: theirs })?;
    play.good(server, close(theirs))?;
    let taken = play.good(worker, Act::Take { fd: far })?;
    let got = *taken.made.first().context("no descriptor came")?;
    play.observe("the sender's number", 6, theirs);
    play.observe("the receiver's number for it", 6, got);
    play.good(worker, send(got, "from the worker"))?;
    let said = play.good(client, recv(ours, 100))?;
    play.observe("what the client hears", "from the worker", said.text());
    play.good(worker, close(got))?;
    let end = play.good(client, recv(ours, 100))?;
    play.observe("when the worker closes it", 0, end.words());
    Ok(())
}
