//! A stream has no messages: what is sent in two pieces may come in one, and
//! the other way round.

use anyhow::Result;

use super::staging::{connected, listen, recv, send, unread};
use super::{Change, Experiment, Knob};
use crate::lab::play::Play;

pub(super) static BOUNDARIES: Experiment = Experiment {
    name: "boundaries",
    title: "one recv is not one message",
    question: "A client calls send(\"Knock, \") and send(\"knock\\n\"). Then \
               the server calls recv() with room for 100 bytes. What does it \
               get?",
    choices: &[
        "The first message: 7 bytes. The second needs another recv()",
        "All 13 bytes",
        "An error: two messages do not fit one call",
    ],
    answer: 1,
    knobs: &[Knob {
        name: "ask",
        usual: 100,
        range: (1, 4096),
        says: "how many bytes the first recv() asks for",
    }],
    play,
    why: &[
        "TCP carries bytes in order, and nothing else. send() puts bytes at \
         the end of a queue, recv() takes from the front as many as there \
         are, and as it has room for. Which segments they travelled in, and \
         which calls they came from, is not to be seen.",
        "On loopback, with a person at the keyboard, one recv() mostly is \
         one line, and programs that count on it seem to work. A protocol \
         over a stream says itself where a message ends: by a sign (a line \
         feed), by a length in front, or by the end of the connection; and \
         a program reads until it has that.",
    ],
    man: &["recv(2)", "send(2)", "tcp(7)"],
    changes: &[
        Change {
            args: "--with ask=3",
            look: "the first recv() asks for 3 bytes: it splits a message",
        },
        Change {
            args: "--with ask=10",
            look: "it gets one message and a half",
        },
    ],
};

fn play(play: &mut Play) -> Result<()> {
    let server = play.enter("server")?;
    let listener = listen(play, server, 5)?;
    let client = play.enter("client")?;
    let (theirs, ours) = connected(play, server, client, &listener)?;
    let far = play.sight(server, theirs)?;

    // Two in one.
    play.good(client, send(ours, "Knock, "))?;
    play.good(client, send(ours, "knock\n"))?;
    unread(&far, 13)?;
    play.look("after two sends: 13 bytes, and no mark between them");
    let ask = usize::try_from(play.knob("ask"))?;
    let all = "Knock, knock\n";
    let (now, later) = all.split_at(ask.min(all.len()));
    let got = play.good(server, recv(theirs, ask))?;
    play.observe("two sends, the first recv", format!("{now:?}"), {
        format!("{:?}", got.text())
    });
    if !later.is_empty() {
        let more = play.good(server, recv(theirs, 100))?;
        play.observe("and the next recv", format!("{later:?}"), {
            format!("{:?}", more.text())
        });
    }

    // One in two.
    play.begin(server, recv(theirs, 100))?;
    play.good(client, send(ours, "Who's th"))?;
    let first = play.finish(server)?;
    play.begin(server, recv(theirs, 100))?;
    play.good(client, send(ours, "ere?\n"))?;
    let second = play.finish(server)?;
    play.observe("a line that is sent in two goes", "Who's th", first.text());
    play.observe("and its rest comes later", "ere?\n", second.text());

    // A call may ask for all of it.
    let flags = libc::MSG_WAITALL;
    let whole = crate::lab::acts::Act::Recv { fd: theirs, size: 6, flags };
    play.good(client, send(ours, "Spe"))?;
    play.begin(server, whole)?;
    play.good(client, send(ours, "ll\n"))?;
    let got = play.finish(server)?;
    play.observe("with MSG_WAITALL, for 6 bytes", "Spell\n", got.text());
    Ok(())
}
