//! The files behind the programs that exist in both languages.

use serde::Serialize;

/// A file and its twin: the same functions in the same order.
#[derive(Debug, Serialize)]
pub(crate) struct Twin {
    pub(crate) shows: &'static str,
    pub(crate) rust: &'static str,
    pub(crate) c: &'static str,
}

macro_rules! twin {
    ($folder:literal $file:literal, $shows:literal) => {
        Twin {
            shows: $shows,
            rust: concat!("src/", $folder, "/", $file, ".rs"),
            c: concat!("c_compare/", $folder, "/", $file, ".c"),
        }
    };
}

/// What the worker models share, the protocols, and what stands under both.
#[rustfmt::skip]
pub(crate) static TWINS: &[Twin] = &[
    twin!("workers" "options", "the options of every server"),
    twin!("workers" "server", "accept, and what may go wrong there"),
    twin!("workers" "conversation", "one peer: recv, answer, send"),
    twin!("workers" "event_loop", "many peers in one thread"),
    Twin {
        shows: "what select, poll, epoll share",
        rust: "src/workers/waiter.rs",
        c: "c_compare/workers/waiter.h",
    },
    twin!("workers" "children", "fork, waitpid, a worker's successor"),
    twin!("workers" "pthread", "pthread_create and its stack"),
    twin!("workers" "seats", "at most so many peers at once"),
    twin!("workers" "board", "counters in memory that processes share"),
    twin!("workers" "stats", "the line of --stats"),
    twin!("workers" "way_out", "signals, and how it all ends"),
    twin!("protocols" "echo", "the answer is the input"),
    twin!("protocols" "knock", "lines out of pieces, three turns, the end"),
    twin!("protocols" "roster", "pickled dicts, back and forth"),
    twin!("protocols" "supply", "a number asks for so many bytes"),
    twin!("protocols" "http", "a response, as it comes in pieces"),
    Twin {
        shows: "pickles: no name, no call, no surprise",
        rust: "src/protocols/pickle/mod.rs",
        c: "c_compare/protocols/pickle/pickle.c",
    },
    twin!("sockets" "accept", "accept4, and who the peer is"),
    twin!("sockets" "address", "addresses as text and back"),
    twin!("sockets" "bind", "bind, and a stale socket file"),
    twin!("sockets" "console", "one line, one write"),
    twin!("sockets" "errors", "the call, the errno, the object"),
    twin!("sockets" "lines", "lines out of a stream"),
    twin!("sockets" "resolve", "names into addresses"),
    twin!("sockets" "signals", "an end with nothing to finish"),
    twin!("sockets" "text", "bytes that are shown"),
    twin!("sockets" "transfer", "all of a send, the end of a recv"),
    twin!("sockets" "usage", "what a command line may say"),
];
