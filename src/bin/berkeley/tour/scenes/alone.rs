//! The labs that need no third party: one program, or the same one twice.

use anyhow::Result;

use super::super::play::Play;
use super::Scene;
use crate::catalogue::CHAT;
use crate::stage::Stream::{Err, Out};
use crate::stage::fell_short;

pub(crate) static ONE_TO_ONE: Scene = Scene {
    step: "one_to_one",
    title: "two people talk in turns",
    look: "The same program at both ends, one line each: who waits for the \
           user does not hear the network, and the other way round.",
    programs: &["one_to_one"],
    models: &[],
    sheet: None,
    play: one_to_one,
    try_next: &[
        ("@one_to_one server 5000", "and in a second terminal"),
        ("@one_to_one localhost 5000", "write; a blank line ends it"),
    ],
};

fn one_to_one(play: &mut Play) -> Result<()> {
    let server = play.start("server", "one_to_one", &["server", "0"])?;
    let port = play.stage.listens(server)?.to_string();
    let listening = format!("listening on 0.0.0.0:{port}");
    play.stage.says(server, &listening)?;
    let client = play.start("client", "one_to_one", &["127.0.0.1", &port])?;
    // Each waits for what it is to answer, as people do.
    play.stage.types(client, CHAT[0])?;
    play.stage.says(server, CHAT[0])?;
    play.stage.types(server, CHAT[1])?;
    play.stage.says(client, CHAT[1])?;
    play.stage.types(client, CHAT[2])?;
    play.stage.says(server, CHAT[2])?;
    play.stage.types(server, CHAT[3])?;
    play.stage.says(client, CHAT[3])?;
    play.stage.types(client, "")?;
    play.stage.ends(client, 0)?;
    play.stage.says(server, "client gone")?;
    play.interrupt(server, 0)?;
    play.said(client, Out, &[CHAT[1], CHAT[3]])?;
    play.said(client, Err, &[])?;
    play.said(
        server,
        Out,
        &[
            &listening,
            "A Client Connected ('127.0.0.1', <n>)",
            CHAT[0],
            CHAT[2],
            "client gone",
        ],
    )?;
    play.said(server, Err, &[])
}

pub(crate) static SOCKET_TOOLS: Scene = Scene {
    step: "socket_tools",
    title: "what the system knows",
    look: "Names and numbers are looked up by library calls, and some of \
           them read files: /etc/services, /etc/hosts.",
    programs: &["socket_tools"],
    models: &[],
    sheet: None,
    play: socket_tools,
    try_next: &[
        (
            "@socket_tools addrinfo localhost http",
            "why a name has many answers",
        ),
        ("@socket_tools constants IPPROTO_", "a protocol is a number"),
    ],
};

fn socket_tools(play: &mut Play) -> Result<()> {
    let socket = "<socket.socket fd=<n>, family=AddressFamily.AF_INET, \
                  type=SocketKind.SOCK_STREAM, proto=0, \
                  laddr=('0.0.0.0', 0)>";
    let questions: [(&'static str, &[&str], &[&str]); 4] = [
        ("a host", &["host", "127.0.0.1"], &["127.0.0.1"]),
        ("a constant", &["constants", "SOCK_STREAM"], &["1 SOCK_STREAM"]),
        ("a socket", &["socket", "AF_INET", "SOCK_STREAM"], &[socket]),
        ("a service", &["service", "http"], &["80"]),
    ];
    for (role, question, answer) in questions {
        if question[0] == "service" && !is_http_known() {
            continue;
        }
        let asked = play.start(role, "socket_tools", question)?;
        play.stage.ends(asked, 0)?;
        play.said(asked, Out, answer)?;
        play.said(asked, Err, &[])?;
    }
    Ok(())
}

/// A small system has no such file, or an empty one.
fn is_http_known() -> bool {
    let services = std::fs::read_to_string("/etc/services");
    let services = services.unwrap_or_default();
    services.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("http") && words.next() == Some("80/tcp")
    })
}

pub(crate) static WORKER_DEMO: Scene = Scene {
    step: "worker_demo",
    title: "four workers and one counter",
    look: "Each worker adds ten. Threads add to one variable: 40. Processes \
           add each to a copy of their own, and the parent's is still 0.",
    programs: &["worker_demo"],
    models: &["thread", "fork"],
    sheet: None,
    play: worker_demo,
    try_next: &[
        ("@worker_demo --model thread", "a line a second from each"),
        ("@worker_demo --model fork", "and now see the last line"),
    ],
};

fn worker_demo(play: &mut Play) -> Result<()> {
    let args = play.with_model(&["--interval", "0.01"]);
    let demo = play.start("program", "worker_demo", &args)?;
    play.stage.ends(demo, 0)?;
    play.said(demo, Err, &[])?;
    let lines = play.stage.lines(demo, Out);
    for word in ["abc", "def", "foo", "baz"] {
        let of_worker = lines.iter().filter(|line| line.starts_with(word));
        let expected = (0..10).map(|index| format!("{word} {index}"));
        if !of_worker.map(ToString::to_string).eq(expected) {
            return fell_short(format!("not {word} 0 to {word} 9, in order"));
        }
    }
    let counted = if play.model == Some("thread") { 40 } else { 0 };
    let last = format!("counter: {counted}");
    match lines[..] {
        [.., got] if lines.len() == 41 && got == last => Ok(()),
        [.., got] => fell_short(format!(
            "expected 41 lines and \"{last}\" at the end; got {} and \
             \"{got}\"",
            lines.len()
        )),
        [] => fell_short("not a line"),
    }
}
