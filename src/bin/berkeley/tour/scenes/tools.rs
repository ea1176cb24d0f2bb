//! The tools of the kit, each as somebody types it, and what must come of it.

use anyhow::Result;

use super::super::play::Play;
use super::super::sheet::{Passage, Sheet};
use super::Scene;
use crate::catalogue::Language;

pub(crate) static LADDER: Scene = Scene {
    step: "ladder",
    title: "the calls of both sides in one picture",
    look: "The joke again, with the calls behind it. Each process has a \
           column, and time runs downwards: ┆ is a wait in a call, an arrow \
           goes from the call that sent to the one that received, and the \
           state of TCP is in brackets.",
    programs: &[],
    models: &[],
    sheet: Some(Sheet { reads: None, keeps: &[] }),
    play: ladder,
    try_next: &[
        ("@berkeley trace knock --model thread", "a column that is a thread"),
        ("@berkeley trace --diff knock", "Rust and C, call by call"),
    ],
};

fn ladder(play: &mut Play) -> Result<()> {
    let language = play.languages()?[0];
    play.needs(language, "knock")?;
    play.needs(language, "knock_client")?;
    let mut words = vec!["trace", "knock", "--model", "fork"];
    if language == Language::C {
        words.extend(["--language", "c"]);
    }
    let says = ["fork() = ", "connection 1", "Knock, knock"];
    play.tool(&words, &["--no-build"], 0, &says)
}

pub(crate) static BENCH: Scene = Scene {
    step: "bench",
    title: "fork against thread, measured",
    look: "For ten seconds or so the servers take turns under one load: a \
           process or a thread for each connection, in Rust and in C. A \
           ratio has its 95 % interval beside it; where that has 1 in it, \
           there is no difference to be told.",
    programs: &[],
    models: &[],
    sheet: Some(Sheet {
        reads: None,
        keeps: &["connect:", "requests/s", "what ", "notes"],
    }),
    play: bench,
    try_next: &[
        (
            "@berkeley bench --models thread,epoll --mode pingpong",
            "one thread for all, and peers that stay",
        ),
        ("@berkeley bench --quick", "all fourteen models, in half a minute"),
    ],
};

fn bench(play: &mut Play) -> Result<()> {
    let languages = play.languages()?;
    for language in &languages {
        play.needs(*language, "echo_server")?;
    }
    let mut words = vec!["bench", "--models", "fork,thread"];
    words.extend(["--mode", "connect", "--rounds", "30"]);
    if let [one] = languages[..] {
        let name = if one == Language::C { "c" } else { "rust" };
        words.extend(["--languages", name]);
    }
    // A record that nobody asked for would be in the way.
    let unseen = ["--no-build", "--json", "/dev/null"];
    play.tool(&words, &unseen, 0, &["requests/s", "what it says"])
}

pub(crate) static CHECK: Scene = Scene {
    step: "check",
    title: "a server with a mistake, and how it is told",
    look: "A joke server as many write it first. It takes what one recv \
           returns for one line, and all is well until a line comes in \
           pieces. A check must find that:",
    programs: &[],
    models: &[],
    sheet: Some(Sheet {
        reads: Some(Passage {
            file: "c_compare/mistakes/one_recv.c",
            text: include_str!("../../../../../c_compare/mistakes/one_recv.c"),
            function: "static bool hear(",
        }),
        keeps: &[],
    }),
    play: check,
    try_next: &[
        ("@berkeley check knock -- @knock -p {port}", "without the mistake"),
        ("@berkeley check --list", "which labs a program can be checked for"),
    ],
};

fn check(play: &mut Play) -> Result<()> {
    play.needs(Language::C, "one_recv")?;
    let program = play.typed(Language::C, "one_recv");
    let words = ["check", "knock", "--only", "split", "--"];
    let words = [&words[..], &[&program, "{port}"]].concat();
    // Whoever passes everything has not been checked.
    let says = ["FAILED  split: ", "4 passed, 1 failed"];
    play.tool(&words, &[], 1, &says)
}

pub(crate) static LAB: Scene = Scene {
    step: "lab",
    title: "the kernel, asked",
    look: "An experiment asks first, then makes the calls, and checks what \
           it says against the kernel. Alone it shows the calls in C and in \
           Rust, and their ladder, and says why.",
    programs: &[],
    models: &[],
    sheet: Some(Sheet {
        reads: None,
        keeps: &["──", "a  ", "Observed", "It is"],
    }),
    play: lab,
    try_next: &[
        ("@berkeley lab blocking", "asks you, and says why"),
        ("@berkeley lab backlog", "does a full queue refuse?"),
    ],
};

fn lab(play: &mut Play) -> Result<()> {
    let words = ["lab", "blocking", "--yes"];
    play.tool(&words, &[], 0, &["Observed, and checked", "It is c: "])
}
