//! Who plays in each lab, and what is typed.
//!
//! A server's console is not what a trace is about: `--quiet`, where there is
//! such an option. Not here: socket_tools and worker_demo, which have nobody
//! to talk to; `berkeley trace -- PROGRAM` shows them.

use super::{Lab, Step};
use crate::catalogue::{
    CHAT, JOKE, MESSAGE, ORDER, REFUSED, STUDENT, SUPPLIED,
};

const fn first(line: &'static str) -> Step {
    Step { after: None, line }
}

const fn then(after: &'static str, line: &'static str) -> Step {
    Step { after: Some(after), line }
}

/// In the order in which they are understood best.
pub(crate) static LABS: &[Lab] = &[
    Lab {
        name: "simple",
        server: &["simple_server", "127.0.0.1", "0"],
        client: &["simple_client", "127.0.0.1", "{port}"],
        says: &["hello"],
        ..SILENT
    },
    Lab {
        name: "echo",
        server: &["echo_server", "0", "--quiet"],
        client: &["echo_client", "--host", "127.0.0.1", "--port", "{port}"],
        says: &[MESSAGE],
        ..SILENT
    },
    Lab {
        name: "knock",
        server: &["knock", "-p", "0", "--quiet"],
        client: &["knock_client", "127.0.0.1", "{port}"],
        says: &JOKE,
        ..SILENT
    },
    Lab {
        name: "roster",
        server: &["roster_server", "--port", "0", "--quiet"],
        client: &["roster_client", "--port", "{port}"],
        says: &STUDENT,
        ..SILENT
    },
    Lab {
        name: "supply",
        server: &["supply_server", "0", "--quiet"],
        client: &["one_to_one", "127.0.0.1", "{port}"],
        typed: &[first(ORDER), then(SUPPLIED, REFUSED)],
        ..SILENT
    },
    Lab {
        name: "udp",
        server: &["udp_echo_server", "0", "--quiet"],
        client: &[
            "udp_echo_client",
            "--host",
            "127.0.0.1",
            "--port",
            "{port}",
        ],
        says: &["hello"],
        ..SILENT
    },
    Lab {
        name: "chat",
        server: &["one_to_one", "server", "0"],
        client: &["one_to_one", "127.0.0.1", "{port}"],
        // Nothing ahead of its turn: what is typed while nobody is there is
        // thrown away.
        replies: &[then(CHAT[0], CHAT[1]), then(CHAT[2], CHAT[3])],
        typed: &[first(CHAT[0]), then(CHAT[1], CHAT[2]), then(CHAT[3], "")],
        ..SILENT
    },
    // After its one line it only listens, so the server must be one that ends
    // the conversation: this is no joke, and knock says so and leaves.
    Lab {
        name: "dumb_net",
        server: &["knock", "-p", "0", "--quiet"],
        client: &["dumb_net", "127.0.0.1", "{port}"],
        typed: &[first("hello")],
        ..SILENT
    },
    // The kit has no web server: what comes back is the request, and http_get
    // says that this is no response. Its calls are those of any request.
    Lab {
        name: "http_get",
        server: &["echo_server", "0", "--quiet"],
        client: &["http_get", "127.0.0.1", "{port}", "/"],
        ..SILENT
    },
];

const SILENT: Lab = Lab {
    name: "",
    server: &[],
    client: &[],
    says: &[],
    replies: &[],
    typed: &[],
};
