//! A port that is busy although its server has ended.

use anyhow::Result;

use super::staging::{
    Listener, address, becomes, close, connected, home, recv, state_of, tcp,
};
use super::{Change, Experiment, Knob};
use crate::lab::acts::{Act, Switch};
use crate::lab::play::{Actor, Play};
use crate::lab::sight::Sight;
use crate::lab::watch;

pub(super) static TIME_WAIT: Experiment = Experiment {
    name: "time-wait",
    title: "why the port is busy for a minute",
    question: "A server closes the connection to its client, and then ends. \
               It is started again at once, on the same port. What happens?",
    choices: &[
        "bind() fails with EADDRINUSE, whoever had closed first",
        "bind() fails with EADDRINUSE, because the server had closed first",
        "bind() succeeds: a program that has ended holds no port",
    ],
    answer: 1,
    knobs: &[
        Knob {
            name: "first",
            usual: 1,
            range: (0, 1),
            says: "who closes first: 0 the client, 1 the server",
        },
        Knob {
            name: "reuse",
            usual: 0,
            range: (0, 1),
            says: "whether both servers set SO_REUSEADDR before bind()",
        },
    ],
    play,
    why: &[
        "Whoever closes first keeps the connection in TIME_WAIT, for 60 s on \
         Linux, so that a segment that is late cannot get into a new \
         connection of the same addresses, and so that a lost ACK can be \
         sent again. When the server has closed first, the address in \
         TIME_WAIT is the one that it wants to bind.",
        "SO_REUSEADDR says that a connection in TIME_WAIT does not matter. \
         It does not let two servers listen on one port: bind() then still \
         fails with EADDRINUSE. Both the old socket and the new one must \
         have set it. So a server sets it, always, between socket() and \
         bind(); another port each time is no solution, and waiting for two \
         minutes is none either.",
    ],
    man: &["bind(2)", "socket(7)", "tcp(7)"],
    changes: &[
        Change { args: "--with reuse=1", look: "bind() succeeds at once" },
        Change {
            args: "--with first=0",
            look: "the client has TIME_WAIT, and the port is free",
        },
    ],
};

fn play(play: &mut Play) -> Result<()> {
    let is_server_first = play.knob("first") == 1;
    let reuse = play.knob("reuse");
    let server = play.enter("server")?;
    let fd = play.good(server, tcp())?.fd();
    set_reuse(play, server, fd, reuse)?;
    let to = home(play);
    play.good(server, Act::Bind { fd, to })?;
    play.good(server, Act::Listen { fd, backlog: 5 })?;
    let listener = Listener { fd, at: address(play, server, fd)? };
    let client = play.enter("client")?;
    let (theirs, ours) = connected(play, server, client, &listener)?;
    let near = play.sight(client, ours)?;
    let far = near.turned();
    let ends = [(client, ours, &near), (server, theirs, &far)];
    let (first, second) =
        if is_server_first { (ends[1], ends[0]) } else { (ends[0], ends[1]) };
    play.good(first.0, close(first.1))?;
    becomes(second.2, "CLOSE_WAIT")?;
    play.good(second.0, recv(second.1, 100))?;
    play.good(second.0, close(second.1))?;
    becomes(first.2, "TIME_WAIT")?;
    play.exit(server, 0)?;
    play.look("the server has ended");
    let (servers, clients) = if is_server_first {
        ("TIME_WAIT", "none")
    } else {
        ("none", "TIME_WAIT")
    };
    play.observe("the server's end", servers, state_of(&far));
    play.observe("the client's end", clients, state_of(&near));

    let again = play.enter("server again")?;
    let fd = play.good(again, tcp())?.fd();
    set_reuse(play, again, fd, reuse)?;
    let to = listener.at.clone();
    let came = play.call(again, Act::Bind { fd, to })?;
    let is_busy = is_server_first && reuse == 0;
    let expected = if is_busy { "EADDRINUSE" } else { "0" };
    play.observe("bind of the next server", expected, came.words());
    if !is_busy {
        play.good(again, Act::Listen { fd, backlog: 5 })?;
        // A second one that listens there is another thing.
        let other = play.good(client, tcp())?.fd();
        set_reuse(play, client, other, 1)?;
        let to = listener.at.clone();
        let came = play.call(client, Act::Bind { fd: other, to })?;
        let what = "bind while another one listens";
        play.observe(what, "EADDRINUSE", came.words());
    }
    timer(play, if is_server_first { &far } else { &near });
    Ok(())
}

fn set_reuse(play: &mut Play, who: Actor, fd: i32, value: i32) -> Result<()> {
    if value != 0 {
        let option = Switch::ReuseAddr;
        play.good(who, Act::Set { fd, option, value })?;
    }
    Ok(())
}

/// How long it is going to stay.
fn timer(play: &mut Play, end: &Sight) {
    let left = watch::seconds_left(end.local.as_deref());
    if let Some(left) = left {
        play.figure("TIME_WAIT goes on for, in s", left);
    }
}
