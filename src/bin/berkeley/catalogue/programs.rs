//! The lab programs, in the order in which they are read best.

use serde::Serialize;

/// One lab program, in both languages.
#[derive(Debug, Serialize)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// Which lab it belongs to, as `berkeley tour` names it.
    pub(crate) lab: &'static str,
    /// Its usage in one line.
    pub(crate) usage: &'static str,
    pub(crate) default_port: Option<u16>,
    pub(crate) default_model: Option<&'static str>,
    pub(crate) shows: &'static str,
    pub(crate) rust: &'static str,
    pub(crate) c: &'static str,
    pub(crate) man: &'static [&'static str],
}

macro_rules! program {
    ($lab:literal $name:literal, $usage:literal, $port:expr, $model:expr,
     $shows:literal, $man:expr) => {
        program!($lab $name in concat!("src/bin/", $name, ".rs"),
            $usage, $port, $model, $shows, $man)
    };
    ($lab:literal $name:literal in $rust:expr, $usage:literal, $port:expr,
     $model:expr, $shows:literal, $man:expr) => {
        Program {
            name: $name,
            lab: $lab,
            usage: concat!($name, $usage),
            default_port: $port,
            default_model: $model,
            shows: $shows,
            rust: $rust,
            c: concat!("c_compare/", $name, ".c"),
            man: &$man,
        }
    };
}

#[rustfmt::skip]
pub(crate) static PROGRAMS: [Program; 16] = [
    program!("simple" "simple_server", " [HOST] [PORT]", Some(50017), None,
        "The first server anyone reads: socket, bind, listen, accept, recv, \
         and nothing between you and the calls.",
        ["socket(2)", "bind(2)", "listen(2)", "accept(2)", "recv(2)",
         "ip(7)"]),
    program!("simple" "simple_client",
        " [HOST] [PORT] [TEXT]", Some(50017), None,
        "The first client anyone reads: it connects, says hello, and goes.",
        ["socket(2)", "connect(2)", "send(2)"]),
    program!("echo" "echo_server",
        " [PORT] [--model NAME]", Some(10000), Some("thread"),
        "Sends back whatever it receives, until the peer has ended.",
        ["socket(2)", "bind(2)", "listen(2)", "socket(7)"]),
    program!("echo" "echo_client", " MESSAGE [--port PORT]", Some(10000), None,
        "A reply comes in pieces: a stream has no mark where a message ends.",
        ["getaddrinfo(3)", "connect(2)", "recv(2)"]),
    program!("knock" "knock", " -p PORT [--model NAME]", None, Some("pool"),
        "A conversation with a memory: lines, however TCP cuts them, and a \
         graceful end.",
        ["socket(2)", "bind(2)", "listen(2)", "shutdown(2)"]),
    program!("knock" "knock_client", " HOST PORT [WORD PUNCHLINE]", None, None,
        "Tells one joke, and never speaks before the answer is there.",
        ["getaddrinfo(3)", "connect(2)", "recv(2)"]),
    program!("roster" "roster_server",
        " [--port PORT] [--model NAME]", Some(12000), Some("iterative"),
        "Speaks Python's pickle with its clients, and refuses pickles that \
         could run code.",
        ["socket(2)", "bind(2)", "listen(2)"]),
    program!("roster" "roster_client",
        " --name NAME --username NAME --sid ID", Some(12000), None,
        "Signs a student in: a greeting, a dict, an acknowledgement.",
        ["getaddrinfo(3)", "connect(2)", "recv(2)"]),
    program!("supply" "supply_server", " [PORT] [--model NAME]", Some(10030), Some("iterative"),
        "A line with a number asks for that many bytes: the server of the \
         comparison in chapter 30 of UNIX Network Programming.",
        ["socket(2)", "bind(2)", "listen(2)"]),
    program!("udp" "udp_echo_server", " [PORT]", Some(10001), None,
        "Echo without a connection: one socket serves everybody.",
        ["udp(7)", "recvfrom(2)", "sendto(2)"]),
    program!("udp" "udp_echo_client",
        " MESSAGE [--port PORT]", Some(10001), None,
        "A datagram may be lost: it waits, and asks again.",
        ["udp(7)", "connect(2)", "poll(2)", "recv(2)"]),
    program!("dumb_net" "dumb_net", " HOST PORT", None, None,
        "A telnet that says one line and then only listens.",
        ["getaddrinfo(3)", "connect(2)", "read(2)", "recv(2)"]),
    program!("one_to_one" "one_to_one", " HOST PORT | server PORT", None, None,
        "Two people talk in turns: who waits for the user does not hear the \
         network.",
        ["accept(2)", "recv(2)", "tcflush(3)"]),
    program!("http_get" "http_get", " HOST [PORT] [PATH]", Some(80), None,
        "A web page is a conversation over a stream socket.",
        ["getaddrinfo(3)", "connect(2)", "recv(2)"]),
    program!("socket_tools" "socket_tools" in "src/bin/socket_tools/main.rs",
        " QUESTION [WHAT]", None, None,
        "What the system knows of services, hosts, addresses and constants.",
        ["getservbyname(3)", "gethostbyname(3)", "getaddrinfo(3)",
         "socket(2)"]),
    program!("worker_demo" "worker_demo",
        " [--model thread|fork]", None, Some("thread"),
        "Four workers count: threads share the counter, processes do not.",
        ["pthread_create(3)", "fork(2)", "waitpid(2)"]),
];
