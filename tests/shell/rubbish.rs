//! Ten thousand lines of rubbish: clear errors, no crash, and every
//! descriptor that is there is told of.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use super::common::run_within;
use super::shell;

/// Nothing here blocks: sockets are O_NONBLOCK, and poll has its time.
const WORDS: &[&str] = &[
    "socket",
    "bind",
    "listen",
    "accept",
    "connect",
    "send",
    "sendto",
    "recv",
    "recvfrom",
    "close",
    "shutdown",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "dup",
    "sendmsg",
    "recvmsg",
    "fill",
    "drain",
    "ioctl",
    "fcntl",
    "help",
    "names",
    "actors",
    "constants",
    "inet_pton",
    "htons",
    "AF_INET",
    "AF_UNIX",
    "AF_INET6",
    "0x2",
    "-1",
    "0",
    "3",
    "4",
    "5",
    "6",
    "900",
    "99999999999999999999",
    "SOCK_STREAM|SOCK_NONBLOCK",
    "SOCK_DGRAM|SOCK_NONBLOCK",
    "MSG_DONTWAIT",
    "MSG_PEEK|MSG_DONTWAIT",
    "SO_REUSEADDR",
    "SO_LINGER",
    "SOL_SOCKET",
    "TCP_NODELAY",
    "127.0.0.1:0",
    "*:0",
    "[::1]:0",
    "[::1",
    ":",
    "@",
    "@a b",
    "@x",
    "unspec",
    "\"text\"",
    "\"half",
    "\"\\q\"",
    "#10",
    "#",
    "#99999999999999",
    "=",
    "a",
    "b",
    "a b",
    "{a.port}",
    "{b.peer}",
    "{",
    "}",
    "{@main.a.address}",
    "fds",
    "to",
    "&",
    "(",
    ")",
    ",",
    ";",
    "|",
    "é",
    "\u{0}",
    "%",
    "on",
    "off",
    "FIONREAD",
    "F_GETFL",
    "SHUT_WR",
    "expect",
    "status",
];

#[test]
fn rubbish_is_refused_line_by_line_and_nothing_is_lost() {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % u64::try_from(below).unwrap()).unwrap()
    };
    let mut text = String::from(
        "a = socket AF_INET SOCK_STREAM|SOCK_NONBLOCK\n\
         b = socket AF_INET SOCK_DGRAM|SOCK_NONBLOCK\n",
    );
    for _ in 0..10_000 {
        let count = 1 + draw(6);
        let words: Vec<&str> =
            (0..count).map(|_| WORDS[draw(WORDS.len())]).collect();
        let line = words.join(if draw(8) == 0 { "" } else { " " });
        // An expectation that is not met ends it, and rightly so; a socket
        // without O_NONBLOCK could block; many actors take their time.
        let ends = line.contains("expect");
        let blocks = line.starts_with("socket") && !line.contains("NONBLOCK");
        let another = line.starts_with('@') && !line.starts_with("@x");
        if !ends && !blocks && !another {
            let _ = writeln!(text, "{line}");
        }
    }
    text.push_str("status\ngetpid\n");
    let limit = Duration::from_secs(600);
    let done = run_within(limit, &mut shell(), text.as_bytes());
    let out = done.out();
    assert_eq!(done.code, 1, "{}", last(&done.err()));
    assert!(!done.err().contains("panicked"), "{}", last(&done.err()));
    assert!(last(&out).contains("getpid() = "), "{}", last(&out));
    // What was made and not closed is in the last status.
    let (_, status) = out.rsplit_once("> status\n").unwrap();
    let told: BTreeSet<&str> = status
        .lines()
        .take_while(|line| !line.starts_with("@x"))
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.starts_with(|one: char| one.is_ascii_digit()))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let open = open_at_the_end(&out);
    assert!(!open.is_empty());
    let lost: Vec<_> =
        open.iter().filter(|fd| !told.contains(fd.as_str())).collect();
    assert!(lost.is_empty(), "not in the status: {lost:?}");
}

/// By the results alone: whatever main made, and did not close.
fn open_at_the_end(out: &str) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for line in out.lines().filter(|line| !line.starts_with('@')) {
        let Some((call, result)) = line.split_once(") = ") else { continue };
        let Some((name, about)) = call.split_once('(') else { continue };
        let value = result.split(' ').next().unwrap();
        if value.starts_with('-') {
            continue;
        }
        match name {
            "socket" | "accept" | "dup" => {
                open.insert(value.to_owned());
            }
            "close" => {
                open.remove(about);
            }
            _ => {}
        }
    }
    open.retain(|fd| fd.parse::<i32>().is_ok_and(|fd| fd > 2));
    open
}

fn last(text: &str) -> &str {
    let start = text.len().saturating_sub(2000);
    let is_start = |at: &usize| text.is_char_boundary(*at);
    &text[(start..=text.len()).find(is_start).unwrap()..]
}
