//! Datagrams: each is a message, or lost.

use anyhow::Result;

use super::staging::{address, close, home, recv, send, udp};
use super::{Change, Experiment, Knob};
use crate::lab::acts::{Act, Switch};
use crate::lab::play::Play;

pub(super) static UDP: Experiment = Experiment {
    name: "udp",
    title: "boundaries, truncation, and who refuses",
    question: "A client sends a datagram of 12 bytes. The server calls \
               recvfrom() with room for 5, and then again. What does the \
               second call get?",
    choices: &[
        "The other 7 bytes",
        "Nothing: they are lost, and it waits for the next datagram",
        "-1, EMSGSIZE",
    ],
    answer: 1,
    knobs: &[Knob {
        name: "room",
        usual: 5,
        range: (1, 11),
        says: "for how many bytes the server has room",
    }],
    play,
    why: &[
        "A datagram is a message: one recvfrom() gets one of them, never \
         two, and never half of one and then the rest. What there is no room \
         for is thrown away; MSG_TRUNC asks how long it was. An empty \
         datagram is a message, too, so that 0 is no end: there is no \
         connection that could end.",
        "Nobody confirms a datagram. When no socket is at the port, the \
         other kernel answers with an ICMP message, and a socket that has \
         called connect() is told: ECONNREFUSED, at its next call. One that \
         uses sendto() is not told, since it might be about any of its \
         peers.",
    ],
    man: &["udp(7)", "recvfrom(2)", "sendto(2)", "connect(2)"],
    changes: &[Change {
        args: "--with room=11",
        look: "room for all but one byte, and that one is lost",
    }],
};

fn play(play: &mut Play) -> Result<()> {
    let server = play.enter("server")?;
    let fd = play.good(server, udp())?.fd();
    let to = home(play);
    play.good(server, Act::Bind { fd, to })?;
    let at = address(play, server, fd)?;
    let client = play.enter("client")?;
    let ours = play.good(client, udp())?.fd();
    let post = |text: &str| Act::SendTo {
        fd: ours,
        bytes: text.into(),
        to: at.clone(),
    };
    play.good(client, post("Knock"))?;
    play.good(client, post("knock, knock"))?;
    play.look("two datagrams have been sent");
    let whole = Act::RecvFrom { fd, size: 100, flags: 0 };
    let got = play.good(server, whole.clone())?;
    play.observe("two sent, the first recvfrom", "Knock", got.text());
    let size = usize::try_from(play.knob("room"))?;
    let got = play.good(server, Act::RecvFrom { fd, size, flags: 0 })?;
    let start = &"knock, knock"[..size];
    play.observe("with less room, the second", start, got.text());
    let flags = libc::MSG_DONTWAIT;
    let more = Act::RecvFrom { fd, size: 100, flags };
    let came = play.call(server, more.clone())?;
    play.observe("the rest of it", "EAGAIN", came.words());

    play.good(client, post("knock, knock"))?;
    let flags = libc::MSG_TRUNC;
    let came = play.good(server, Act::RecvFrom { fd, size, flags })?;
    play.observe("with MSG_TRUNC, its length", 12, came.result);
    play.good(client, post(""))?;
    let came = play.good(server, whole)?;
    play.observe("an empty datagram", 0, came.words());
    let came = play.call(server, more)?;
    play.observe("and it was no end: the next", "EAGAIN", came.words());

    play.good(server, close(fd))?;
    let came = play.call(client, post("anybody?"))?;
    play.observe("sendto where nobody is", 8, came.words());
    let option = Switch::Error;
    let asked = play.good(client, Act::Get { fd: ours, option })?;
    play.observe("and its socket is told", 0, asked.value);
    let tied = play.good(client, udp())?.fd();
    play.good(client, Act::Connect { fd: tied, to: at.clone() })?;
    let came = play.call(client, send(tied, "anybody?"))?;
    play.observe("send on a connected one", 8, came.words());
    let came = play.call(client, recv(tied, 100))?;
    play.observe("its next call", "ECONNREFUSED", came.words());
    Ok(())
}
