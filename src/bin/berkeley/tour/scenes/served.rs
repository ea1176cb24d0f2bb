//! The labs that have a server and a client of their own.

use anyhow::Result;
use nix::sys::signal::Signal;

use super::super::play::Play;
use super::{Scene, THREE};
use crate::catalogue::{JOKE, MESSAGE, ORDER, REFUSED, STUDENT, SUPPLIED};
use crate::stage::Stream::{Err, Out};

pub(crate) static SIMPLE: Scene = Scene {
    step: "simple",
    title: "the first server and the first client",
    look: "The client connects, sends five bytes and closes. The server's \
           recv returns them, then nothing: that is how it learns of the end.",
    programs: &["simple_server", "simple_client"],
    models: &[],
    sheet: None,
    play: simple,
    try_next: &[
        ("@simple_server", "and in a second terminal"),
        ("nc 127.0.0.1 50017", "type something; Ctrl-D ends it"),
    ],
};

fn simple(play: &mut Play) -> Result<()> {
    let server = play.start("server", "simple_server", &["127.0.0.1", "0"])?;
    let port = play.stage.listens(server)?.to_string();
    let client =
        play.start("client", "simple_client", &["127.0.0.1", &port, "hello"])?;
    play.stage.ends(client, 0)?;
    play.stage.says(server, "b'hello'")?;
    // It takes no notice of signals: Ctrl-C simply ends it.
    play.interrupt(server, -(Signal::SIGINT as i32))?;
    play.said(client, Out, &[])?;
    play.said(client, Err, &[])?;
    play.said(
        server,
        Out,
        &["A Client Connected ('127.0.0.1', <n>)", "b'hello'"],
    )
}

pub(crate) static ECHO: Scene = Scene {
    step: "echo",
    title: "whatever arrives goes back",
    look: "One message, and it comes back in pieces of at most 16 bytes: TCP \
           keeps the bytes in order, and knows nothing of messages.",
    programs: &["echo_server", "echo_client", "dumb_net"],
    models: THREE,
    sheet: None,
    play: echo,
    try_next: &[
        ("@echo_server --model fork", "and in a second terminal"),
        ("nc 127.0.0.1 10000", "every line comes back"),
        ("pstree -p $(pgrep -x echo_server)", "in a third: see the children"),
    ],
};

fn echo(play: &mut Play) -> Result<()> {
    let args = play.with_model(&["0"]);
    let server = play.start("server", "echo_server", &args)?;
    let port = play.stage.listens(server)?.to_string();
    let making = format!("making a server on 127.0.0.1:{port}");
    play.stage.says(server, &making)?;
    let args = ["--host", "127.0.0.1", "--port", &port, MESSAGE];
    let client = play.start("client", "echo_client", &args)?;
    play.stage.ends(client, 0)?;
    play.stage.says(server, "echo complete, client connection closed")?;
    play.interrupt(server, 0)?;
    play.said(client, Out, &[MESSAGE])?;
    play.said(
        client,
        Err,
        &[
            &format!("connecting to 127.0.0.1 port {port}"),
            &format!("sending \"{MESSAGE}\""),
            "received \"This is the mess\"",
            "received \"age. It will be \"",
            "received \"repeated.\"",
            "closing socket",
        ],
    )?;
    play.said(
        server,
        Out,
        &[&format!("received \"{MESSAGE}\""), &format!("sent \"{MESSAGE}\"")],
    )?;
    play.said(
        server,
        Err,
        &[
            &making,
            "waiting for a connection",
            "connection - 127.0.0.1:<n>",
            "echo complete, client connection closed",
            "quitting echo server",
        ],
    )?;
    play.one_more_peer("echo_server", &["0"])
}

pub(crate) static KNOCK: Scene = Scene {
    step: "knock",
    title: "the knock-knock joke",
    look: "Three lines each way. The client shows both sides; it speaks only \
           when the answer to its last line is there. The server ends the \
           conversation: it shuts down its side, and waits for the peer's \
           FIN.",
    programs: &["knock", "knock_client", "dumb_net"],
    models: THREE,
    sheet: None,
    play: knock,
    try_next: &[
        ("@knock -p 5000", "and in a second terminal"),
        ("nc 127.0.0.1 5000", "type Knock, knock and tell it a joke"),
    ],
};

fn knock(play: &mut Play) -> Result<()> {
    let args = play.with_model(&["-p", "0"]);
    let server = play.start("server", "knock", &args)?;
    let port = play.stage.listens(server)?.to_string();
    let running = format!("Running knock, knock server on port {port}");
    play.stage.says(server, &running)?;
    let args = ["127.0.0.1", &port, JOKE[0], JOKE[1]];
    let client = play.start("client", "knock_client", &args)?;
    play.stage.ends(client, 0)?;
    play.interrupt(server, 0)?;
    play.said(
        client,
        Out,
        &[
            "Knock, knock",
            "Who's there?",
            "Spell",
            "Spell who?",
            "Okay, S-P-E-L-L",
            "Ha, ha, ha!",
        ],
    )?;
    play.said(client, Err, &[])?;
    play.said(server, Out, &[&running])?;
    play.said(server, Err, &[])?;
    play.one_more_peer("knock", &["-p", "0"])
}

pub(crate) static ROSTER: Scene = Scene {
    step: "roster",
    title: "dicts, pickled as Python does it",
    look: "The server speaks first: a dict with the client's port. The client \
           sends a dict, the server the number 1. A pickle says itself where \
           it ends; recv does not.",
    programs: &["roster_server", "roster_client", "dumb_net"],
    models: THREE,
    sheet: None,
    play: roster,
    try_next: &[
        ("@roster_server", "and in a second terminal"),
        (
            "@roster_client --name You --username you --sid 1",
            "your name on the server's console",
        ),
    ],
};

fn roster(play: &mut Play) -> Result<()> {
    let args = play.with_model(&["--port", "0"]);
    let server = play.start("server", "roster_server", &args)?;
    let port = play.stage.listens(server)?.to_string();
    let listening = format!("Listening at 127.0.0.1/{port}");
    play.stage.says(server, &listening)?;
    let args = [&["--port", &port][..], &STUDENT].concat();
    let client = play.start("client", "roster_client", &args)?;
    play.stage.ends(client, 0)?;
    play.interrupt(server, 0)?;
    play.said(
        client,
        Out,
        &[
            &format!(
                "{{'clientid': <n>}} has successfully connected to \
                 127.0.0.1/{port}"
            ),
            "Data acknowledged by server and you passed the test",
        ],
    )?;
    play.said(client, Err, &[])?;
    play.said(
        server,
        Out,
        &[
            &listening,
            "Connected: Student: Alice, Github Username: alice, sid: 12345",
        ],
    )?;
    play.said(server, Err, &[])?;
    play.one_more_peer("roster_server", &["--port", "0"])
}

pub(crate) static SUPPLY: Scene = Scene {
    step: "supply",
    title: "as many bytes as a line asks for",
    look: "The client asks for 70 bytes and gets the 64 letters of base64 \
           and the first six again. A line that is no number ends it: the \
           answer is a FIN, and the console says why.",
    programs: &["supply_server", "one_to_one", "dumb_net"],
    models: THREE,
    sheet: None,
    play: supply,
    try_next: &[
        ("@supply_server", "and in a second terminal"),
        ("nc 127.0.0.1 10030", "type 70, then ten"),
    ],
};

fn supply(play: &mut Play) -> Result<()> {
    let args = play.with_model(&["0"]);
    let server = play.start("server", "supply_server", &args)?;
    let port = play.stage.listens(server)?.to_string();
    let supplying = format!("Supplying bytes on 127.0.0.1:{port}");
    play.stage.says(server, &supplying)?;
    let client = play.start("client", "one_to_one", &["127.0.0.1", &port])?;
    play.stage.types(client, ORDER)?;
    play.stage.says(client, SUPPLIED)?;
    play.stage.types(client, REFUSED)?;
    play.stage.ends(client, 0)?;
    play.interrupt(server, 0)?;
    play.said(client, Out, &[SUPPLIED])?;
    play.said(client, Err, &[])?;
    play.said(server, Out, &[&supplying, "connection - 127.0.0.1:<n>"])?;
    let why = "supply_server: 127.0.0.1:<n>: no number from 1 to 16384: \
               \"ten\"";
    play.said(server, Err, &[why])?;
    play.one_more_peer("supply_server", &["0"])
}

pub(crate) static UDP: Scene = Scene {
    step: "udp",
    title: "echo without a connection",
    look: "No listen, no accept, nothing to close: one socket, and each \
           datagram carries the address to answer to.",
    programs: &["udp_echo_server", "udp_echo_client"],
    models: &[],
    sheet: None,
    play: udp,
    try_next: &[
        ("@udp_echo_server", "and in a second terminal"),
        ("@udp_echo_client --buffer 3 hello", "two bytes are gone for good"),
    ],
};

fn udp(play: &mut Play) -> Result<()> {
    let server = play.start("server", "udp_echo_server", &["0"])?;
    let port = play.stage.is_bound(server)?.to_string();
    let making = format!("making a UDP server on 127.0.0.1:{port}");
    play.stage.says(server, &making)?;
    let args = ["--host", "127.0.0.1", "--port", &port, "hello"];
    let client = play.start("client", "udp_echo_client", &args)?;
    play.stage.ends(client, 0)?;
    play.stage.says(server, "sent \"hello\"")?;
    play.interrupt(server, 0)?;
    play.said(client, Out, &["hello"])?;
    play.said(client, Err, &[])?;
    play.said(server, Out, &["received \"hello\"", "sent \"hello\""])?;
    play.said(server, Err, &[&making, "datagram - 127.0.0.1:<n>"])
}
